//! What a script sees of the program `creditsctl`: 0 if it was done, 1 if it
//! could not be, 2 if the command line is wrong. These run the program itself,
//! because its last word is main's. What takes tables is tried in `tests`.

use std::process::{Command, Stdio};

fn creditsctl(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_creditsctl"));
    // Whatever the shell of this test points at is not to be met.
    for name in ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_REGION", "AWS_PROFILE"] {
        command.env_remove(name);
    }
    command.args(words).stdin(Stdio::null());
    command
}

/// The exit code, the result, and what was said beside it.
fn ended(words: &[&str]) -> (Option<i32>, String, String) {
    let output = creditsctl(words).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

#[test]
fn what_is_asked_and_done_ends_with_0_and_says_nothing_beside_its_result() {
    for shell in SHELLS {
        let (code, result, said) = ended(&["completions", shell]);
        assert_eq!((code, said.as_str()), (Some(0), ""), "{shell}");
        assert!(result.contains("creditsctl"), "{shell}: {result}");
    }
    assert_eq!(ended(&["--version"]).0, Some(0));
}

#[test]
fn every_command_has_a_help_with_examples() {
    let (code, help, _) = ended(&["help"]);
    assert_eq!(code, Some(0));
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| line.starts_with("  "));
    let commands: Vec<&str> = listed
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(commands.contains(&"completions"), "{help}");
    for command in commands {
        for words in [&["help", command][..], &[command, "--help"]] {
            let (code, help, _) = ended(words);
            assert_eq!(code, Some(0), "{words:?}");
            let example = format!("\n  creditsctl {command}");
            assert!(help.contains("Examples:"), "{words:?}: {help}");
            assert!(help.contains(&example), "{words:?}: {help}");
        }
    }
}

#[test]
fn a_line_that_asks_for_nothing_known_ends_with_2_and_says_what_it_was() {
    for words in [
        &["--nonsense"][..],
        &["nonsense"],
        &["completions", "nonsense"],
        &["completions", "bash", "--now", "nonsense"],
    ] {
        let (code, _, said) = ended(words);
        assert_eq!(code, Some(2), "{words:?}: {said}");
        assert!(said.contains("nonsense"), "{words:?}: {said}");
    }
    assert_eq!(ended(&[]).0, Some(2));
}
