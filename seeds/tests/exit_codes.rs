//! What an operator's script sees of the program `seeds` itself, because `main` sets its
//! exit codes. What it does with tables is tested in `tests`.

use std::io;
use std::process::{Command, Stdio};

/// The exit code, standard output and standard error.
fn ended(words: &[&str]) -> io::Result<(Option<i32>, String, String)> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seeds"));
    // The test must not use the tables that its shell points at.
    for name in ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_REGION", "AWS_PROFILE"] {
        command.env_remove(name);
    }
    let output = command.args(words).stdin(Stdio::null()).output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (result, said) = (text(&output.stdout), text(&output.stderr));
    Ok((output.status.code(), result, said))
}

#[test]
fn help_is_a_success_and_names_the_commands() -> io::Result<()> {
    let (code, result, said) = ended(&["--help"])?;
    assert_eq!((code, said.as_str()), (Some(0), ""));
    assert!(
        result.contains("apply") && result.contains("verify"),
        "{result}"
    );
    Ok(())
}

#[test]
fn a_wrong_line_is_2_and_says_what_is_wrong() -> io::Result<()> {
    let (code, result, said) = ended(&["apply", "--nonsense"])?;
    assert_eq!((code, result.as_str()), (Some(2), ""));
    assert!(said.contains("--nonsense"), "{said}");
    Ok(())
}

#[test]
fn tables_that_cannot_be_reached_are_1_and_a_line_that_says_so() -> io::Result<()> {
    // Nobody listens on port 9 of this machine.
    let (code, _, said) = ended(&["verify", "--endpoint-url", "http://127.0.0.1:9"])?;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("DynamoDB is not available"), "{said}");
    Ok(())
}
