//! What is linked: nothing that makes a cold start slow, and in functions
//! nothing that only the laptop needs. Asked of cargo, offline.

use std::process::Command;

use super::{check, folders_in, name_of, root};

/// Crates and versions below some packages, as `name vX.Y.Z`.
fn tree(arguments: &[&str]) -> Vec<String> {
    let mut command = Command::new(env!("CARGO"));
    command
        .current_dir(root())
        .args(["tree", "--offline", "--locked"]);
    command
        .args(["--prefix", "none", "--format", "{p}"])
        .args(arguments);
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "cargo tree {arguments:?}: {problem}"
    );
    text.lines().map(str::to_string).collect()
}

/// What must not be linked, as the beginning of `name vX.Y.Z `.
type Banned = (&'static str, &'static str);

const NOT_IN_FUNCTIONS: [Banned; 16] = [
    (
        "local v",
        "a function is built for AWS: keep what the laptop needs in local",
    ),
    ("seeds v", "a function reads reference data from its table"),
    ("dynoxide-rs v", "the embedded database belongs to local"),
    (
        "axum v",
        "API Gateway is the server: take an Event, return a Response",
    ),
    (
        "jsonwebtoken v",
        "API Gateway verifies tokens: read the claims of the Event",
    ),
    (
        "rsa v",
        "API Gateway verifies tokens: read the claims of the Event",
    ),
    (
        "hyper v0.",
        "it is a second HTTP stack: switch off the feature that asks for it",
    ),
    (
        "http v0.",
        "it is a second HTTP stack: switch off the feature that asks for it",
    ),
    (
        "h2 v0.3",
        "it is a second HTTP stack: switch off the feature that asks for it",
    ),
    (
        "rustls v0.21",
        "it is a second TLS stack: switch off the feature that asks for it",
    ),
    ("reqwest v", "the SDK's client is the only one"),
    (
        "aws-config v",
        "a function has its role: only operators sign in",
    ),
    ("clap v", "a function has no command line: read Variables"),
    ("saphyr v", "templates are read by local"),
    ("toml v", "seed data is read by seeds"),
    (
        "utoipa v",
        "routes are described behind the feature `openapi`, for the package openapi alone",
    ),
];

/// The bans of deny.toml, which cargo-deny holds where it is installed.
fn banned_everywhere() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(root().join("deny.toml")).unwrap();
    let rules: toml::Table = text.parse().unwrap();
    let bans = rules["bans"]["deny"].as_array().unwrap().iter();
    let word = |ban: &toml::Value, name: &str| ban[name].as_str().unwrap().to_string();
    let bans = bans.map(|ban| (format!("{} v", word(ban, "crate")), word(ban, "reason")));
    bans.collect()
}

fn found<S: AsRef<str>>(tree: &[String], banned: &[(S, S)], where_: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for (start, instead) in banned {
        let (start, instead) = (start.as_ref(), instead.as_ref());
        for package in tree.iter().filter(|package| package.starts_with(start)) {
            findings.push(format!(
                "{where_} links {package}: {instead} (cargo tree -i {package:?})"
            ));
        }
    }
    findings.sort();
    findings.dedup();
    findings
}

#[test]
fn no_package_links_a_crypto_library_in_c() {
    let tree = tree(&["--workspace", "--edges", "normal,build,dev"]);
    assert!(
        tree.iter().any(|package| package.starts_with("ring v")),
        "the tree was not read"
    );
    let banned = banned_everywhere();
    assert!(banned.len() >= 6, "{banned:?}");
    check(found(&tree, &banned, "the workspace"));
}

#[test]
fn functions_link_nothing_that_only_the_laptop_needs() {
    let mut findings = Vec::new();
    for folder in folders_in(&root().join("functions")) {
        let package = name_of(&folder);
        let tree = tree(&["--package", package, "--edges", "normal,build"]);
        assert!(
            tree.iter().any(|package| package.starts_with("shared v")),
            "the tree was not read"
        );
        findings.extend(found(&tree, &NOT_IN_FUNCTIONS, package));
    }
    check(findings);
}

/// Features that no deployed function turns on, and who needs them.
const NOT_OF_FUNCTIONS: [(&str, &str); 2] = [
    ("operator", "the operator's tools"),
    ("openapi", "the package openapi"),
];

#[test]
fn no_function_turns_on_a_feature_that_only_tools_need() {
    let mut findings = Vec::new();
    for folder in folders_in(&root().join("functions")) {
        let package = name_of(&folder);
        let tree = tree(&["--package", package, "--edges", "features,no-dev"]);
        let shared = "shared feature \"default\"";
        assert!(
            tree.iter().any(|line| line.starts_with(shared)),
            "the tree was not read"
        );
        for (feature, of) in NOT_OF_FUNCTIONS {
            if (package, feature) == ("watch", "operator") {
                // It audits, as the operator's tools do.
                continue;
            }
            let named = format!(" feature \"{feature}\"");
            if let Some(line) = tree.iter().find(|line| line.contains(&named)) {
                findings.push(format!(
                    "{package} turns on {line}, which is for {of}: no function may"
                ));
            }
        }
    }
    check(findings);
}

/// What the domain may link, by the beginnings of `name vX.Y.Z`: dates, hashes,
/// derives, and what those are made of. Nothing of it waits or asks the machine.
const IN_DOMAIN: [&str; 5] = ["chrono v", "hex v", "serde v", "sha2 v", "thiserror v"];

#[test]
fn the_domain_links_values_hashes_and_dates_alone() {
    let direct = tree(&["--package", "domain", "--edges", "normal", "--depth", "1"]);
    let strangers: Vec<&String> = direct
        .iter()
        .filter(|package| !package.starts_with("domain v"))
        .filter(|package| !IN_DOMAIN.iter().any(|known| package.starts_with(known)))
        .collect();
    assert!(
        strangers.is_empty(),
        "domain is pure: do this in store or http instead of linking {strangers:?}"
    );
    let whole = tree(&["--package", "domain", "--edges", "normal"]);
    for stranger in [
        "tokio",
        "aws-",
        "hyper",
        "http v",
        "mio v",
        "uuid",
        "serde_json",
    ] {
        let found: Vec<&String> = whole.iter().filter(|it| it.starts_with(stranger)).collect();
        assert!(found.is_empty(), "domain links {found:?}");
    }
}
