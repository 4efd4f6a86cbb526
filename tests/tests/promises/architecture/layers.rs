//! The arrow: domain (a crate of its own) <- store <- http <- functions <- local <- tests; terminal, seeds and
//! ops use domain and store. The reader of Stripe's events stands on domain alone, the client of its API on outbound, which calls hosts outside AWS; functions and ops use both. Clients stand alone. What
//! crates of others a layer may name stands here; which of our files may use which is in `imports`.

use super::{check, manifest, members, name_of, package_of, root, sources};

/// A layer of `shared`, what may not be named in it, and what to do instead.
struct Layer {
    folder: &'static str,
    foreign: &'static [&'static str],
    instead: &'static str,
}

const SDK: &str = "aws_sdk_dynamodb";

const LAYERS: [Layer; 3] = [
    Layer {
        folder: "store",
        foreign: &["lambda_runtime"],
        instead: "store does not know HTTP: return a value or a StoreError and let http render it",
    },
    Layer {
        folder: "host",
        foreign: &["aws_", "lambda_runtime", "serde"],
        instead: "host only asks the machine: hand its value to whoever wants it",
    },
    Layer {
        folder: "http",
        foreign: &["aws_", SDK, "serde_dynamo", "dynoxide"],
        instead: "http does not know DynamoDB: ask the Store",
    },
];

#[test]
fn no_layer_of_shared_names_a_crate_of_another_layer() {
    let mut findings = Vec::new();
    for layer in &LAYERS {
        for source in sources(&root().join("shared/src").join(layer.folder)) {
            for (number, line) in source.code() {
                for foreign in layer
                    .foreign
                    .iter()
                    .filter(|foreign| line.contains(**foreign))
                {
                    let Layer {
                        folder, instead, ..
                    } = layer;
                    findings.push(format!(
                        "{}:{number}: {folder} names {foreign}; {instead}",
                        source.path
                    ));
                }
            }
        }
    }
    check(findings);
}

#[test]
fn of_the_domain_the_host_knows_the_timestamp_alone() {
    let mut findings = Vec::new();
    for source in sources(&root().join("shared/src/host")) {
        for (number, line) in source.code() {
            let rest = line.replace("crate::domain::Timestamp", "");
            if rest.contains("crate::domain") || rest.contains("super::super") {
                let path = &source.path;
                findings.push(format!(
                    "{path}:{number}: host may use domain::Timestamp and nothing else"
                ));
            }
        }
    }
    check(findings);
}

/// Which of our packages a package may name for its tests alone, besides those that it may use.
fn may_test_with(package: &str) -> &'static [&'static str] {
    match package {
        // The reader is held against what the model of Stripe would post, and the planner behind it against the
        // model's own sum. Neither can use the model, nor the model them.
        "stripe" => &["stripe-billing"],
        // Its tests run the program itself, which no other package's tests can, against a world.
        "ops" => &["local", "tests"],
        _ => &[],
    }
}

/// Which of our packages a package may name, by its folder.
fn may_use(package: &str, is_function: bool) -> Option<&'static [&'static str]> {
    match package {
        _ if is_function => Some(&["notices", "outbound", "shared", "stripe", "stripe-client"]),
        "domain" => Some(&[]),
        // The client in Rust, in `clients/rust`: whoever calls the API builds it without the API.
        "rust" => Some(&[]),
        // The model of Stripe must not share a mistake with what it checks.
        "stripe-billing" => Some(&[]),
        "shared" | "stripe" => Some(&["domain"]),
        // It returns Stripe's objects as they are: the reader does not know the caller.
        "stripe-client" => Some(&["outbound", "shared"]),
        "notices" | "outbound" => Some(&["shared"]),
        "terminal" => Some(&["shared"]),
        "wording" => Some(&["domain"]),
        "seeds" => Some(&["shared", "terminal"]),
        "ops" => Some(&[
            "notices",
            "outbound",
            "shared",
            "stripe",
            "stripe-client",
            "terminal",
            "wording",
        ]),
        // What stands at the end of the arrow may use everything.
        "local" | "openapi" | "tests" | "simulator" | "bench" | "fuzz" => None,
        other => panic!("{other} has no place in the arrow yet: give it one in this table"),
    }
}

#[test]
fn packages_depend_along_the_arrow_and_functions_not_on_each_other() {
    let members = members();
    let packages: Vec<String> = members.iter().map(|folder| package_of(folder)).collect();
    let ours: Vec<&str> = packages.iter().map(String::as_str).collect();
    let mut findings = Vec::new();
    for folder in &members {
        let package = name_of(folder);
        let is_function = folder
            .parent()
            .is_some_and(|parent| name_of(parent) == "functions");
        let Some(allowed) = may_use(package, is_function) else {
            continue;
        };
        let manifest = manifest(folder);
        for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let for_tests = match table {
                "dev-dependencies" => may_test_with(package),
                _ => &[],
            };
            let names = manifest.get(table).and_then(|table| table.as_table());
            for name in names.into_iter().flat_map(|table| table.keys()) {
                let may = allowed.contains(&name.as_str()) || for_tests.contains(&name.as_str());
                if ours.contains(&name.as_str()) && !may {
                    findings.push(format!(
                        "{package} depends on {name} and may only on {allowed:?}: move what both need to shared"
                    ));
                }
            }
        }
    }
    check(findings);
}

#[test]
fn nothing_but_the_local_world_knows_the_embedded_database() {
    let mut findings = Vec::new();
    for folder in members() {
        let package = name_of(&folder).to_string();
        if ["local", "tests", "simulator", "bench"].contains(&package.as_str()) {
            continue;
        }
        for source in sources(&folder) {
            for (number, line) in source.code().filter(|(_, line)| line.contains("dynoxide")) {
                let path = &source.path;
                findings.push(format!(
                    "{path}:{number}: {} names dynoxide; only local may",
                    line.trim()
                ));
            }
        }
    }
    check(findings);
}
