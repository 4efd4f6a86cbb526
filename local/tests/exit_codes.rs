//! Exit codes of `local`: 0 success or stopped by a signal, 1 failure, 2
//! invalid command line. These tests run the program itself, because `main`
//! sets the code.

use std::io::{self, BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};

fn local(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    command.args(words).stdin(Stdio::null());
    command
}

/// The exit code and the error message.
fn ended(words: &[&str]) -> io::Result<(Option<i32>, String)> {
    let output = local(words).output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok((output.status.code(), said))
}

#[test]
fn what_is_asked_and_done_ends_with_0() {
    for words in [&["stripe", "list"][..], &["--version"]] {
        assert_eq!(ended(words).unwrap(), (Some(0), String::new()), "{words:?}");
    }
}

#[test]
fn a_line_that_asks_for_nothing_known_ends_with_2_and_says_what_it_was() {
    for words in [
        &["--nonsense"][..],
        &["stripe", "nonsense"],
        &["--now", "nonsense"],
    ] {
        let (code, said) = ended(words).unwrap();
        assert_eq!(code, Some(2), "{words:?}: {said}");
        assert!(said.contains("nonsense"), "{words:?}: {said}");
    }
}

#[test]
fn what_cannot_be_done_ends_with_1_and_one_line_that_says_why() {
    // This test holds the port, so that no server can use it.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for words in [
        &["--port", &port][..],
        &["--port", "0", "--dynamodb-port", &port],
        &["--port", "0", "--template", "nowhere.yaml"],
        &["stripe", "subscribe", "--url", "http://127.0.0.1:1"],
    ] {
        let (code, said) = ended(words).unwrap();
        assert_eq!(code, Some(1), "{words:?}: {said}");
        let reported = said.starts_with("local: ") && said.trim_end().lines().count() == 1;
        assert!(reported, "{words:?}: {said}");
    }
}

#[cfg(unix)]
#[test]
fn a_world_takes_a_story_of_somebody_it_knows_and_ends_with_0_when_asked() {
    let mut world = local(&["--port", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The welcome is complete: it listens, also for signals.
    let said = BufReader::new(world.stdout.take().unwrap()).lines();
    let lines = said.map(|line| line.unwrap());
    let welcome: Vec<String> = lines.take_while(|line| line != "Ctrl-C ends it.").collect();
    // Its address stands before all else.
    let first = welcome.first().unwrap().split_whitespace().next();
    let url = first.unwrap().trim_end_matches('/');
    assert!(url.starts_with("http://127.0.0.1:"), "{welcome:?}");
    for (user, expected) in [("free@example.com", Some(0)), ("typo", Some(1))] {
        let (code, said) = ended(&["stripe", "buy-pack", "--url", url, "--user", user]).unwrap();
        assert_eq!(code, expected, "{user}: {said}");
        assert_eq!(
            said.contains("nobody here has the user id"),
            user == "typo",
            "{said}"
        );
    }
    let asked = Command::new("kill").arg(world.id().to_string()).status();
    assert!(asked.unwrap().success());
    assert_eq!(world.wait().unwrap().code(), Some(0));
}
