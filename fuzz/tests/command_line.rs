//! What the program says and how it ends, without a build for libFuzzer.

// What is instrumented calls libFuzzer, also where only this test is linked.
#[cfg(feature = "libfuzzer")]
use libfuzzer_sys as _;

use std::io::Result;
use std::path::Path;
use std::process::{Command, Output};

fn fuzz(words: &[&str]) -> Result<Output> {
    let mut program = Command::new(env!("CARGO_BIN_EXE_fuzz"));
    program.args(words).output()
}

#[test]
fn an_unknown_target_is_refused_and_the_known_ones_are_named() {
    let output = fuzz(&["--target", "everything"]).unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("everything is none of"), "{said}");
    for target in fuzz::TARGETS {
        assert!(said.contains(target.name), "{said}");
    }
}

#[test]
fn a_kept_input_is_replayed() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/cursor");
    let input = corpus.join("parts-of-a-second");
    let output = fuzz(&["--target", "cursor", "--replay", input.to_str().unwrap()]).unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, "cursor: every property is kept\n");
}
