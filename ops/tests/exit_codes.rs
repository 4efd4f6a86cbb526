//! Exit codes of `creditsctl`: 0 success, 1 failure, 2 invalid command line,
//! 130 interrupted. These tests run the program itself, because `main` sets the
//! code. Commands that need tables are tested in `tests`.

use std::io::{self, Read};
use std::net::TcpListener;
use std::process::{Command, Stdio};

fn creditsctl(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_creditsctl"));
    // The test must not use the tables that its shell points at.
    for name in ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_REGION", "AWS_PROFILE"] {
        command.env_remove(name);
    }
    command.args(words).stdin(Stdio::null());
    command
}

/// The exit code, standard output and standard error.
fn ended(words: &[&str]) -> io::Result<(Option<i32>, String, String)> {
    let output = creditsctl(words).output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (result, said) = (text(&output.stdout), text(&output.stderr));
    Ok((output.status.code(), result, said))
}

/// An address that accepts connections and never answers.
fn silence() -> io::Result<(TcpListener, String)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}

#[test]
fn what_cannot_be_done_ends_with_1_and_one_line_that_says_why() {
    let (listener, nobody) = silence().unwrap();
    drop(listener);
    let at = ["--endpoint-url", &nobody];
    for words in [
        &["verify", "--all"][..],
        &["explain", "--user", "somebody"],
        &["migrate", "up"],
        &["migrate", "status"],
    ] {
        let words = [words, &at].concat();
        let (code, _, said) = ended(&words).unwrap();
        assert_eq!(code, Some(1), "{words:?}: {said}");
        let reported = said.starts_with("creditsctl: ") && said.trim_end().lines().count() == 1;
        assert!(reported, "{words:?}: {said}");
        let place =
            format!("asked were the tables users, credits, billing and notices at {nobody}");
        assert!(said.contains(&place), "{words:?}: {said}");
    }
    let (code, _, said) = ended(&["verify", "--all"]).unwrap();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("--endpoint-url"), "{said}");
}

#[cfg(unix)]
#[test]
fn what_is_interrupted_ends_with_130_and_says_that_it_can_go_on() {
    let (listener, url) = silence().unwrap();
    let mut running = creditsctl(&["verify", "--all", "--endpoint-url", &url])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It has sent a request, so it listens for signals by now.
    let asked = listener.accept().unwrap();
    let id = running.id().to_string();
    let reported = Command::new("kill").args(["-INT", &id]).status();
    assert!(reported.unwrap().success());
    assert_eq!(running.wait().unwrap().code(), Some(130));
    let mut said = String::new();
    let mut errors = running.stderr.take().unwrap();
    errors.read_to_string(&mut said).unwrap();
    assert!(said.contains("run the same command again"), "{said}");
    drop(asked);
}

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

#[test]
fn what_is_asked_and_done_ends_with_0_and_says_nothing_beside_its_result() {
    for shell in SHELLS {
        let (code, result, said) = ended(&["completions", shell]).unwrap();
        assert_eq!((code, said.as_str()), (Some(0), ""), "{shell}");
        assert!(result.contains("creditsctl"), "{shell}: {result}");
    }
    assert_eq!(ended(&["--version"]).unwrap().0, Some(0));
}

#[test]
fn every_command_has_a_help_with_examples() {
    let (code, help, _) = ended(&["help"]).unwrap();
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
            let (code, help, _) = ended(words).unwrap();
            assert_eq!(code, Some(0), "{words:?}");
            let example = format!("\n  creditsctl {command}");
            assert!(help.contains("Examples:"), "{words:?}: {help}");
            assert!(help.contains(&example), "{words:?}: {help}");
        }
    }
}

/// The words of a line as a shell reads them, up to a pipe or a redirection.
fn words_of(line: &str) -> Vec<String> {
    let (mut words, mut quoted, mut inside) = (vec![String::new()], None, false);
    for letter in line.chars() {
        match (letter, quoted) {
            ('\'' | '"', None) => (quoted, inside) = (Some(letter), true),
            (_, Some(quote)) if letter == quote => quoted = None,
            ('|' | '>', None) => break,
            (' ', None) => {
                words.extend(inside.then(String::new));
                inside = false;
            }
            _ => {
                if let Some(word) = words.last_mut() {
                    word.push(letter);
                }
                inside = true;
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The examples in the help of a command and of all below it.
fn examples(command: &clap::Command) -> Vec<String> {
    let help = command.get_after_help().map(ToString::to_string);
    // A long one goes on in the next line.
    let lines = help.unwrap_or_default().replace("\\\n", "");
    let own = lines.lines().filter_map(|line| line.strip_prefix("  "));
    let own = own.filter(|line| line.starts_with("creditsctl "));
    let own = own.map(str::to_string).collect::<Vec<_>>();
    let below = command.get_subcommands().flat_map(examples);
    own.into_iter().chain(below).collect()
}

#[test]
fn every_example_of_a_help_is_a_line_that_is_understood() {
    let line = ops::command_line();
    let examples = examples(&line);
    assert!(examples.len() > 100, "{}", examples.len());
    let is_wrong = |example: &String| {
        let parsed = line.clone().try_get_matches_from(words_of(example));
        // Asking for help is an error of the parser's that ends with 0.
        parsed.is_err_and(|error| error.exit_code() != 0)
    };
    let wrong: Vec<_> = examples.into_iter().filter(is_wrong).collect();
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_line_that_asks_for_nothing_known_ends_with_2_and_says_what_it_was() {
    for words in [
        &["--nonsense"][..],
        &["nonsense"],
        &["completions", "nonsense"],
        &["completions", "bash", "--now", "nonsense"],
    ] {
        let (code, _, said) = ended(words).unwrap();
        assert_eq!(code, Some(2), "{words:?}: {said}");
        assert!(said.contains("nonsense"), "{words:?}: {said}");
    }
    assert_eq!(ended(&[]).unwrap().0, Some(2));
}

#[test]
fn a_migration_of_real_tables_without_a_terminal_must_be_told_yes() {
    for way in ["up", "down"] {
        let words = ["migrate", way, "--region", "eu-west-1"];
        let (code, _, said) = ended(&words).unwrap();
        assert_eq!(code, Some(2), "{way}: {said}");
        let reported = said.trim_end().lines().count() == 1 && said.contains("--yes");
        assert!(reported, "{way}: {said}");
    }
}
