//! The house rules as tests: what may know what, where a call may stand, what
//! belongs to a function. Each failure says what to do instead.
//!
//! They read sources as text, after `cargo fmt`, and run nothing of them.

mod cargo_lambda;
mod dependencies;
mod error_codes;
mod imports;
mod inventory;
mod layers;
mod manifests;
mod metrics;
mod sources;
mod stages;

use std::path::{Path, PathBuf};

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

/// The folders of all packages, from the root manifest's members.
pub(crate) fn members() -> Vec<PathBuf> {
    let manifest = manifest(&root());
    let members = manifest["workspace"]["members"].as_array().unwrap();
    let mut folders = Vec::new();
    for member in members {
        match member.as_str().unwrap().strip_suffix("/*") {
            Some(parent) => folders.extend(folders_in(&root().join(parent))),
            None => folders.push(root().join(member.as_str().unwrap())),
        }
    }
    folders
}

/// The folders directly in a folder, in order of their names.
pub(crate) fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut folders: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders
}

/// A folder's `Cargo.toml`.
pub(crate) fn manifest(folder: &Path) -> toml::Table {
    let file = folder.join("Cargo.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    text.parse()
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The name of the package in a folder.
pub(crate) fn package_of(folder: &Path) -> String {
    let manifest = manifest(folder);
    manifest["package"]["name"].as_str().unwrap().to_string()
}

/// The last part of a path.
pub(crate) fn name_of(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// A Rust source file.
pub(crate) struct Source {
    /// From the workspace's root, with slashes.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// Line numbers and lines without their comments.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().zip(1..);
        // A `//` in a text hides the rest of its line, which no rule looks for.
        lines.map(|(line, number)| (number, line.split("//").next().unwrap_or_default()))
    }
}

/// All Rust files below a folder.
pub(crate) fn sources(folder: &Path) -> Vec<Source> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            // A package inside, as a peer of the benchmark, has its own rules.
            let is_package = path.join("Cargo.toml").is_file();
            if path.is_dir() && !is_package && name_of(&path) != "target" {
                waiting.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let from_root = path.strip_prefix(root()).unwrap();
                found.push(Source {
                    path: from_root.to_str().unwrap().replace('\\', "/"),
                    text: std::fs::read_to_string(&path).unwrap(),
                });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(!found.is_empty(), "{} holds no sources", folder.display());
    found
}

/// All Rust files of all packages.
pub(crate) fn all_sources() -> Vec<Source> {
    members()
        .iter()
        .flat_map(|folder| sources(folder))
        .collect()
}

/// Fails with every finding on a line of its own.
#[track_caller]
pub(crate) fn check(findings: Vec<String>) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}
