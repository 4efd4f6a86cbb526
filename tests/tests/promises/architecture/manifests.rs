//! Rules about `Cargo.toml` files: versions stand once, names agree, and every
//! package lives under the workspace's lints.

use super::{check, manifest, members, name_of, root};

const TABLES: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

#[test]
fn versions_stand_in_the_root_manifest_alone() {
    let mut findings = Vec::new();
    for folder in members() {
        let package = name_of(&folder);
        let manifest = manifest(&folder);
        for table in TABLES {
            let dependencies = manifest.get(table).and_then(|table| table.as_table());
            for (name, dependency) in dependencies.into_iter().flatten() {
                let from_root = dependency.get("workspace").and_then(|flag| flag.as_bool());
                if from_root != Some(true) || dependency.get("version").is_some() {
                    findings.push(format!(
                        "{package}: write `{name}.workspace = true` and put its version into [workspace.dependencies]"
                    ));
                }
            }
        }
        for field in ["version", "edition", "rust-version", "license", "publish"] {
            let value = &manifest["package"].get(field);
            if value.and_then(|value| value.get("workspace")).is_none() {
                findings.push(format!("{package}: write `{field}.workspace = true`"));
            }
        }
    }
    check(findings);
}

#[test]
fn every_dependency_of_the_workspace_is_used_and_names_its_version_exactly() {
    let root = manifest(&root());
    let dependencies = root["workspace"]["dependencies"].as_table().unwrap();
    let mut used = Vec::new();
    for folder in members() {
        let manifest = manifest(&folder);
        for table in TABLES {
            let names = manifest.get(table).and_then(|table| table.as_table());
            used.extend(names.into_iter().flat_map(|table| table.keys().cloned()));
        }
    }
    let mut findings = Vec::new();
    for (name, dependency) in dependencies {
        // Our own packages are named ahead of those that use them.
        if dependency.get("path").is_some() {
            continue;
        }
        if !used.contains(name) {
            findings.push(format!(
                "{name} is used by nobody: remove it from [workspace.dependencies]"
            ));
        }
        let version = dependency
            .as_str()
            .or_else(|| dependency.get("version")?.as_str());
        if version.is_none_or(|version| version.split('.').count() < 2) {
            findings.push(format!(
                "{name}: write its whole version, as `cargo add` does"
            ));
        }
    }
    check(findings);
}

#[test]
fn a_package_its_folder_and_its_binary_bear_one_name() {
    let mut findings = Vec::new();
    for folder in members() {
        let manifest = manifest(&folder);
        let package = manifest["package"]["name"].as_str().unwrap();
        let folder = name_of(&folder);
        // A client's folder is named after its language, its package after the API.
        if package != folder && (package, folder) != ("dedicated-api-client", "rust") {
            findings.push(format!(
                "the package {package} lives in {folder}: give both one name"
            ));
        }
        let binaries = manifest.get("bin").and_then(|bins| bins.as_array());
        for binary in binaries.into_iter().flatten() {
            let binary = binary["name"].as_str().unwrap();
            // The operator's command is typed by hand and has a name of its own.
            if binary != package && (package, binary) != ("ops", "creditsctl") {
                findings.push(format!(
                    "{package} makes the binary {binary}: leave the name to cargo"
                ));
            }
        }
    }
    check(findings);
}

#[test]
fn every_package_lives_under_the_lints_of_the_workspace() {
    let mut findings = Vec::new();
    for folder in members() {
        let (package, manifest) = (name_of(&folder), manifest(&folder));
        let lints = &manifest["lints"];
        let of_workspace = lints.get("workspace").and_then(|flag| flag.as_bool()) == Some(true);
        // Tests may unwrap and index: what breaks there is a failed test.
        let of_tests =
            package == "tests" && lints["rust"]["unsafe_code"].as_str() == Some("forbid");
        if !of_workspace && !of_tests {
            findings.push(format!("{package}: write `[lints] workspace = true`"));
        }
    }
    check(findings);
}
