//! What only tools from outside can judge. These tests run when OUTSIDE=1 is
//! set, because a contributor needs nothing but Rust; then a tool that is not
//! installed is a failure, never a silent pass.

mod browser;
mod chromium;
mod dynamodb_local;
mod front_door;
mod oauth_library;
mod old_postgres;
mod schemathesis;
mod stack;
mod standard_webhooks;
mod stripe_sdk;
mod templates;
mod typescript;

use std::path::Path;
use std::process::Command;

use shared::host::environment::Variables;

use crate::architecture::root;

/// A command of a tool from outside, run in the workspace's folder; none if
/// nobody asked for tools from outside.
fn outside(tool: &str) -> Option<Command> {
    let variables = Variables::of_this_process();
    let asked = variables.optional("OUTSIDE") == Some("1");
    let folders = variables.optional("PATH").unwrap_or_default();
    command(tool, asked, folders)
}

/// One of the scripts in `tests/outside`, once the packages that judge are
/// known to be of the pinned versions.
fn script(name: &str, packages: &[&str]) -> Option<Command> {
    let mut python = outside("python3")?;
    for package in packages {
        check_package(package);
    }
    python.arg(format!("tests/outside/{name}"));
    Some(python)
}

fn command(tool: &str, asked: bool, folders: &str) -> Option<Command> {
    if !asked {
        println!("not run: set OUTSIDE=1 to have {tool} judge this too");
        return None;
    }
    let found = std::env::split_paths(folders)
        .map(|folder| folder.join(tool))
        .find(|file| file.is_file());
    let Some(found) = found else {
        panic!(
            "OUTSIDE=1 asks for {tool}, which is not on PATH: install it as docs/testing.md \
             says, or leave OUTSIDE unset"
        );
    };
    let mut command = Command::new(found);
    command
        .current_dir(root())
        // Nothing is left beside the sources, and nobody is reported it.
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("SAM_CLI_TELEMETRY", "0")
        .env("__SAM_CLI_APP_DIR", env!("CARGO_TARGET_TMPDIR"));
    Some(command)
}

/// The version of a tool that its judgement was settled with: another one may
/// know rules that this project has not seen yet, or miss some.
fn pinned(tool: &str) -> String {
    let text = include_str!("../../outside-requirements.txt");
    let mut pins = text.lines().filter_map(|line| line.split_once("=="));
    // Extras in brackets are no part of a name.
    let pin = pins.find(|(name, _)| name.split('[').next() == Some(tool));
    let (_, version) =
        pin.unwrap_or_else(|| panic!("pin {tool} in tests/outside-requirements.txt"));
    version.trim().to_string()
}

/// Fails if a package of Python's is of another version than the pinned one.
#[track_caller]
fn check_package(package: &str) {
    let Some(mut python) = outside("python3") else {
        return;
    };
    let ask = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))";
    let output = python.args(["-c", ask, package]).output().unwrap();
    let found = String::from_utf8_lossy(&output.stdout);
    let (found, wanted) = (found.trim(), pinned(package));
    assert!(
        found == wanted,
        "python3 on PATH has {package} {found:?}, and this is judged by {wanted}: \
         `pip install -r tests/outside-requirements.txt`"
    );
}

/// Runs it and hands back what it prints; a failure has all it says.
#[track_caller]
fn check(mut command: Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{said}{problem}");
    said.into_owned()
}

#[test]
fn every_tool_is_pinned_to_one_version() {
    let text = [
        include_str!("../../outside-requirements.txt"),
        include_str!("../../outside-emulator-requirements.txt"),
    ];
    for line in text.concat().lines().filter(|line| !line.starts_with('#')) {
        let (_, version) = line.split_once("==").unwrap_or((line, ""));
        // A packager's own count may follow as a fourth.
        assert!(
            (3..=4).contains(&version.split('.').count()),
            "{line}: write name==1.2.3"
        );
    }
    assert_eq!(pinned("cfn-lint").split('.').count(), 3);
}

#[test]
fn external_tools_are_needed_only_on_request() {
    assert!(command("a-tool-that-nobody-has", false, "").is_none());
}

#[test]
#[should_panic = "OUTSIDE=1 asks for a-tool-that-nobody-has, which is not on PATH"]
fn a_tool_that_was_asked_for_and_is_not_there_is_a_failure() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    command("a-tool-that-nobody-has", true, folder.to_str().unwrap());
}
