//! What is tried again and what is not, and that one deadline ends it all.

use std::time::Duration;

use serde_json::{Value, json};
use shared::host::clock::Deadline;
use stripe_client::{Form, StripeError};

use crate::caller::{client, deadline};
use crate::server::{Reply, Server, error, ok};

/// The outcome of one read of a server that answers so, and how often it was asked.
async fn outcome(replies: Vec<Reply>) -> (Result<Value, StripeError>, usize) {
    outcome_by(replies, deadline()).await
}

async fn outcome_by(
    replies: Vec<Reply>,
    deadline: Deadline,
) -> (Result<Value, StripeError>, usize) {
    let server = Server::with(replies).await;
    let client = client(&server.url);
    let outcome = client.get("invoices/in_1", &Form::new(), deadline).await;
    (outcome, server.asked().len())
}

fn done() -> Reply {
    ok(json!({"id": "in_1"}))
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    let passing: Vec<(&str, Reply)> = vec![
        ("429", error(429, json!({"code": "rate_limit"}))),
        ("409", error(409, json!({"code": "lock_timeout"}))),
        ("500", error(500, json!({}))),
        ("503", Reply::Json(503, Vec::new(), json!("busy"))),
        ("no answer", Reply::Drop),
        (
            "half an answer",
            Reply::Bytes(b"HTTP/1.1 200 x\r\nContent-Length: 99\r\n\r\n{\"id\":".to_vec()),
        ),
        ("no HTTP", Reply::Bytes(b"\x00\x01garbage\r\n\r\n".to_vec())),
        (
            "no JSON",
            Reply::Bytes(b"HTTP/1.1 200 x\r\nContent-Length: 6\r\n\r\n<html>".to_vec()),
        ),
        ("no object", ok(json!(["a"]))),
        (
            "400 that is to be tried again",
            Reply::Json(400, vec![("Stripe-Should-Retry", "true".into())], json!({})),
        ),
    ];
    for (what, reply) in passing {
        let (found, asked) = outcome(vec![reply, done()]).await;
        assert_eq!(
            (found.unwrap()["id"].clone(), asked),
            (json!("in_1"), 2),
            "{what}"
        );
    }
}

#[tokio::test]
async fn what_stays_wrong_is_not_tried_again() {
    let moved = vec![("Location", "http://127.0.0.1:1/".to_string())];
    let told = vec![("Stripe-Should-Retry", "false".to_string())];
    let lasting: Vec<(Reply, &str)> = vec![
        (
            error(400, json!({"param": "limit", "message": "too many"})),
            "too many (status 400, parameter limit, request req_400)",
        ),
        (error(401, json!({})), "does not accept the API key"),
        (
            error(402, json!({"code": "card_declined"})),
            "could not take the payment",
        ),
        (error(403, json!({})), "lacks a permission"),
        (
            error(404, json!({"code": "resource_missing"})),
            "no such object: status 404, code resource_missing",
        ),
        (
            Reply::Json(302, moved, json!({})),
            "redirects are not followed",
        ),
        (Reply::Json(500, told.clone(), json!({})), "status 500"),
        (Reply::Json(429, told, json!({})), "no more requests"),
    ];
    for (reply, text) in lasting {
        let (found, asked) = outcome(vec![reply]).await;
        let error = found.unwrap_err().to_string();
        assert!(error.contains(text), "{error}");
        assert_eq!(asked, 1, "{text}");
    }
}

#[tokio::test]
async fn five_retries_are_enough() {
    let replies = (0..10).map(|_| error(500, json!({}))).collect();
    let (found, asked) = outcome(replies).await;
    assert!(matches!(found, Err(StripeError::Unavailable(_))));
    assert_eq!(asked, 6);
}

#[tokio::test]
async fn a_pause_beyond_the_deadline_is_not_waited_for() {
    let wait = vec![("Retry-After", "60".to_string())];
    let (found, asked) = outcome(vec![Reply::Json(429, wait, json!({}))]).await;
    let error = found.unwrap_err();
    assert!(matches!(error, StripeError::RateLimited(_)) && error.is_passing());
    assert_eq!(asked, 1);
}

#[tokio::test]
async fn a_server_that_never_answers_is_left_at_the_deadline() {
    let soon = Deadline::after(Duration::from_millis(50));
    let (found, asked) = outcome_by(vec![Reply::Silence], soon).await;
    let error = found.unwrap_err();
    assert_eq!(
        error.to_string(),
        "Stripe cannot be reached: there was no answer in time"
    );
    assert!(error.is_passing());
    assert_eq!(asked, 1);
    // After the deadline nothing is sent at all.
    let passed = Deadline::after(Duration::ZERO);
    let (found, asked) = outcome_by(vec![done()], passed).await;
    assert!(matches!(found, Err(StripeError::Unavailable(_))));
    assert_eq!(asked, 0);
}

#[tokio::test]
async fn an_answer_without_an_end_is_not_read_to_the_end() {
    let mut endless = b"HTTP/1.1 200 x\r\n\r\n{\"id\":\"".to_vec();
    endless.resize(9 * 1024 * 1024, b'x');
    let (found, asked) = outcome(vec![Reply::Bytes(endless)]).await;
    let error = found.unwrap_err();
    assert!(
        error.to_string().contains("longer than 8388608 bytes"),
        "{error}"
    );
    assert!(!error.is_passing());
    assert_eq!(asked, 1);
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_replaced() {
    let closing = |id: &str| {
        let body = json!({"id": id}).to_string();
        let head = format!(
            "HTTP/1.1 200 x\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        Reply::Bytes(head.into_bytes())
    };
    let server = Server::with(vec![closing("in_1"), closing("in_2"), closing("in_3")]).await;
    let client = client(&server.url);
    for id in ["in_1", "in_2", "in_3"] {
        let found = client.get("x", &Form::new(), deadline()).await;
        assert_eq!(found.unwrap()["id"], id);
    }
    assert_eq!(server.asked().len(), 3);
    assert!(server.connections() >= 3);
}
