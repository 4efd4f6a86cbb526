//! On Lambda the webhook's secrets lie in Secrets Manager and are fetched while
//! the sandbox starts, through the connection that the tables have as well. One
//! that does not answer delays nothing for long and stops nothing; a secret
//! that can never match does.

use std::sync::Arc;

use local::World;
use serde_json::{Value, json};
use shared::host::environment::Variables;
use shared::host::log::Log;
use shared::host::sink::KeptLines;
use shared::store::Connection;
use stripe_webhook::{App, Settings, SigningSecrets};
use tests::{WEBHOOK_SECRET, world};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::ENOUGH;
use crate::routes::recorded;

/// The function as its `main.rs` puts it together, with Secrets Manager at an
/// address of this machine, and what it counts.
fn function(world: &World, secrets_manager: &str) -> (App, KeptLines) {
    let pairs = ENOUGH.iter();
    let variables: Variables = pairs
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect();
    let connection = Connection::read(&variables).unwrap();
    let aws = connection.sdk_config().clone().into_builder();
    let aws = aws.endpoint_url(secrets_manager).build();
    let (clock, lines) = (Arc::new(world.clock.clone()), KeptLines::default());
    let log = Log::new("stripe-webhook", clock.clone(), lines.clone());
    let secrets = SigningSecrets::read(&variables, Some(&aws), clock.clone(), log.clone());
    let settings = Settings::read(&variables).unwrap();
    let app = App::new(world.store.clone(), clock, settings, secrets.unwrap(), log);
    (app, lines)
}

/// The answer to the recorded event, whose signature is a good one.
async fn answer(app: &App) -> Value {
    let event = serde_json::from_value(recorded("post-stripe-webhook.json")).unwrap();
    serde_json::to_value(app.handle(event).await).unwrap()
}

/// How fetching went, each time, by the counters.
fn fetched(lines: &KeptLines) -> Vec<String> {
    let lines = lines.take().into_iter();
    let lines = lines.map(|line| serde_json::from_str::<Value>(&line).unwrap());
    let secrets = lines.filter(|line| line["SigningSecrets"].is_number());
    secrets
        .map(|line| line["Outcome"].as_str().unwrap().to_string())
        .collect()
}

/// Answers every request with a secret of that text; where it listens.
async fn secrets_manager(secret: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let body = json!({"Name": "stripe", "SecretString": secret}).to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            // A body of JSON is the end of the request.
            while !request.ends_with(b"}") {
                assert!(stream.read_buf(&mut request).await.unwrap() > 0);
            }
            let length = body.len();
            let head = "content-type: application/x-amz-json-1.1\r\nconnection: close";
            let reply =
                format!("HTTP/1.1 200 OK\r\n{head}\r\ncontent-length: {length}\r\n\r\n{body}");
            stream.write_all(reply.as_bytes()).await.unwrap();
        }
    });
    url
}

#[tokio::test]
async fn secrets_are_fetched_before_the_first_event() {
    let world = world().await;
    let url = secrets_manager(&json!([WEBHOOK_SECRET]).to_string()).await;
    let (app, lines) = function(&world, &url);
    app.warm_up().await.unwrap();
    assert_eq!(fetched(&lines), ["fetched"]);
    assert_eq!(answer(&app).await["statusCode"], 200);
    assert_eq!(fetched(&lines), Vec::<String>::new());
}

#[tokio::test]
async fn a_secret_that_cannot_be_used_stops_the_start_and_names_where_it_is() {
    let world = world().await;
    let url = secrets_manager("whsec_hush").await;
    let (app, lines) = function(&world, &url);
    let text = app.warm_up().await.unwrap_err().to_string();
    let line = "STRIPE_WEBHOOK_SECRET_ARN names a secret that cannot be used: it holds a secret";
    assert!(text.starts_with(line), "{text}");
    assert!(!text.contains("hush") && !text.contains('\n'), "{text}");
    assert_eq!(fetched(&lines), ["unusable"]);
}

/// Starts without secrets, and then turns deliveries away so that Stripe
/// comes again.
async fn check_starts_without(url: &str) {
    let world = world().await;
    let (app, lines) = function(&world, url);
    app.warm_up().await.unwrap();
    assert_eq!(fetched(&lines), ["unreachable"], "{url}");
    let response = answer(&app).await;
    assert_eq!(response["statusCode"], 503, "{url}: {response}");
    assert_eq!(response["headers"]["retry-after"], "1", "{url}");
}

#[tokio::test]
async fn a_secrets_manager_that_cannot_be_reached_does_not_stop_the_start() {
    check_starts_without("http://127.0.0.1:1").await;
}

#[tokio::test(start_paused = true)]
async fn a_secrets_manager_that_never_answers_does_not_hold_the_start() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    check_starts_without(&url).await;
}
