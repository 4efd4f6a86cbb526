//! What the program prints and how it ends.

use std::io::Result;
use std::process::{Command, Output};

fn simulator(words: &[&str]) -> Result<Output> {
    Command::new(env!("CARGO_BIN_EXE_simulator"))
        .args(words)
        .output()
}

#[test]
fn the_same_seeds_print_the_same_but_for_their_speed() {
    let run = |threads| {
        let words = ["--seed", "90210", "--seeds", "3", "--steps", "120"];
        let output = simulator(&[&words[..], &["--threads", threads]].concat()).unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        let (said, speed) = said.trim_end().rsplit_once('\n').unwrap();
        assert!(speed.ends_with(" steps a second"), "{speed}");
        assert!(said.contains("3 seeds, 360 steps: "), "{said}");
        said.to_string()
    };
    assert_eq!(run("1"), run("2"));
}

#[test]
fn a_plan_is_told_in_words_and_nothing_is_run() {
    let output = simulator(&["--seed", "17", "--steps", "20", "--plan"]).unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.lines().count() >= 20, "{said}");
    assert!(!said.contains("steps a second"), "{said}");
}
