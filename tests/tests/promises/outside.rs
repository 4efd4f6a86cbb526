//! What only tools from outside can judge. These tests run when OUTSIDE=1 is
//! set, because a contributor needs nothing but Rust; then a tool that is not
//! installed is a failure, never a silent pass.

use std::path::Path;
use std::process::Command;

use shared::host::environment::Variables;

use crate::architecture::root;

/// A command of a tool from outside, run in the workspace's folder; none if
/// nobody asked for tools from outside.
pub(crate) fn outside(tool: &str) -> Option<Command> {
    let variables = Variables::of_this_process();
    let asked = variables.optional("OUTSIDE") == Some("1");
    let folders = variables.optional("PATH").unwrap_or_default();
    command(tool, asked, folders)
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
            "OUTSIDE=1 asks for {tool}, which is not on PATH: \
             `pip install -r tests/outside-requirements.txt`, or leave OUTSIDE unset"
        );
    };
    let mut command = Command::new(found);
    command.current_dir(root());
    Some(command)
}

/// The version of a tool that its judgement was settled with: another one may
/// know rules that this project has not seen yet, or miss some.
fn pinned(tool: &str) -> String {
    let text = include_str!("../../outside-requirements.txt");
    let mut pins = text.lines().filter_map(|line| line.split_once("=="));
    let pin = pins.find(|(name, _)| *name == tool);
    let (_, version) =
        pin.unwrap_or_else(|| panic!("pin {tool} in tests/outside-requirements.txt"));
    version.trim().to_string()
}

/// Fails if the tool is of another version than the pinned one.
#[track_caller]
fn check_version(tool: &str) {
    if let Some(mut command) = outside(tool) {
        let output = command.arg("--version").output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let (found, wanted) = (said.trim(), pinned(tool));
        assert!(
            found.split_whitespace().any(|word| word == wanted),
            "{tool} on PATH says {found:?}, and this is judged by {wanted}: \
             `pip install -r tests/outside-requirements.txt`"
        );
    }
}

/// Runs it; whatever it says is in the failure.
#[track_caller]
fn check(mut command: Command) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{said}{problem}");
}

#[test]
fn the_templates_pass_cfn_lint() {
    if let Some(mut cfn_lint) = outside("cfn-lint") {
        check_version("cfn-lint");
        // Remarks count as well as warnings and errors.
        cfn_lint.args(["-c", "I", "--", "template.yaml", "infra/data.yaml"]);
        check(cfn_lint);
    }
}

#[test]
fn every_tool_is_pinned_to_one_version() {
    assert_eq!(pinned("cfn-lint").split('.').count(), 3);
}

#[test]
fn nobody_needs_a_tool_from_outside_who_did_not_ask_for_it() {
    assert!(command("a-tool-that-nobody-has", false, "").is_none());
}

#[test]
#[should_panic = "OUTSIDE=1 asks for a-tool-that-nobody-has, which is not on PATH"]
fn a_tool_that_was_asked_for_and_is_not_there_is_a_failure() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    command("a-tool-that-nobody-has", true, folder.to_str().unwrap());
}
