//! A library of another language verifies our messages as a receiver would, also while a
//! secret is rolled, and refuses changed ones.

use std::io::Write;
use std::process::Stdio;

use local::WorldOptions;
use serde_json::{Value, json};

use super::script;
use crate::notices::Ground;

#[tokio::test]
async fn the_standard_webhooks_library_verifies_our_messages() {
    let Some(mut library) = script("standard_webhooks.py", &["standardwebhooks"]) else {
        return;
    };
    // The library holds timestamps against the machine's clock.
    let ground = Ground::in_world(WorldOptions::default()).await;
    let mut endpoint = ground.add_endpoint("one").await;
    let old = secret(&endpoint);
    endpoint.roll(
        notices::generate(&shared::host::entropy::SystemEntropy),
        ground.now(),
    );
    assert!(
        ground
            .world
            .store
            .save_endpoint(&mut endpoint)
            .await
            .unwrap()
    );
    ground.charge("100").await;
    ground.pump().await;
    let got = ground.receiver.got();
    let message = |name: &str, secret: &str, body: &str, good: bool| -> Value {
        json!({
            "name": name, "secret": secret, "body": body, "good": good,
            "headers": {
                "webhook-id": got[0].id,
                "webhook-timestamp": got[0].timestamp.to_string(),
                "webhook-signature": got[0].signature,
            },
        })
    };
    let body = got[0].body.as_str();
    let other = notices::generate(&shared::host::entropy::SystemEntropy);
    let messages = [
        message("by the new secret", &secret(&endpoint), body, true),
        message("by the old secret", &old, body, true),
        message("by another secret", &other, body, false),
        message("changed", &old, &body.replace("credits", "debits"), false),
    ];
    let mut running = library
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = running.stdin.take().unwrap();
    for message in messages {
        writeln!(input, "{message}").unwrap();
    }
    drop(input);
    let output = running.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert_eq!(said.lines().count(), 4, "{said}");
}

/// The newest secret.
fn secret(endpoint: &shared::domain::Endpoint) -> String {
    endpoint.secrets[0].secret.expose().clone()
}
