//! `doctor` with a line that is wrong, and one that is interrupted.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::doctor::{doctor, well};

#[tokio::test]
async fn a_line_that_is_wrong_ends_with_two_and_ctrl_c_with_130() {
    let (shop, token) = well().await;
    for words in [
        "--api-url ftp://x",
        "--webhook-url nowhere",
        "--livemode perhaps",
    ] {
        let output = doctor(&shop, &token, words).output().await.unwrap();
        assert_eq!(output.status.code(), Some(2), "{words}");
        assert!(output.stdout.is_empty(), "{words}");
    }
    // An API that takes the call and never answers.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut command = doctor(&shop, &token, "");
    command.env(
        "API_URL",
        format!("http://{}", silent.local_addr().unwrap()),
    );
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (_held, _) = silent.accept().await.unwrap();
    let pid = child.id().unwrap().to_string();
    let killed = Command::new("kill")
        .args(["-INT", &pid])
        .status()
        .await
        .unwrap();
    assert!(killed.success());
    let ended = tokio::time::timeout(Duration::from_secs(5), child.wait_with_output());
    assert_eq!(ended.await.unwrap().unwrap().status.code(), Some(130));
}
