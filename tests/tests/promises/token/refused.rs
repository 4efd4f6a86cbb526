//! What is refused: by us, before the issuer is asked, or by the issuer, in its own
//! words. Nothing is written and nothing of anybody is said.

use serde_json::{Value, json};
use shared::domain::OAuthClient;
use shared::host::clock::Deadline;
use std::time::Duration;

use super::ground::{Answered, CLIENT, CODE, Ground, VERIFIER, code_form, refresh_form};
use super::upstream::Reply;
use crate::routes::{recorded, token_function};

/// An error in OAuth's form, as clients of any kind read it.
#[track_caller]
fn check(what: &str, answered: &Answered, status: u64, code: &str) {
    assert_eq!(answered.status, status, "{what}: {}", answered.text);
    assert_eq!(answered.body["error"], code, "{what}");
    let description = answered.body["error_description"].as_str().unwrap();
    assert!(!description.is_empty(), "{what}");
    assert_eq!(answered.headers["cache-control"], "no-store", "{what}");
    assert_eq!(answered.headers["pragma"], "no-cache", "{what}");
    for secret in [CODE, VERIFIER] {
        assert!(!answered.text.contains(secret), "{what}: {}", answered.text);
    }
}

#[tokio::test]
async fn every_bad_request_is_refused_before_the_issuer_hears_of_it() {
    let ground = Ground::new().await;
    for (id, public, active) in [("with-secret", false, true), ("switched-off", true, false)] {
        let client = OAuthClient {
            client_id: id.parse().unwrap(),
            name: id.into(),
            public,
            redirect_uris: vec!["http://localhost:8080/callback".into()],
            grant_types: vec!["authorization_code".into()],
            response_types: vec!["code".into()],
            scope: "openid".into(),
            active,
        };
        let deadline = Deadline::after(Duration::from_secs(10));
        ground.world.store.create(&client, deadline).await.unwrap();
    }
    let before = ground.tables().await;
    let as_client = |id: &str| code_form().replace(CLIENT, id);
    let redirected = |to: &str| code_form().replace("%2Fcallback", to);
    let refresh_as = |id: &str| refresh_form().replace(CLIENT, id);
    for (form, status, code) in [
        (String::new(), 400, "invalid_request"),
        (as_client("nobody"), 401, "invalid_client"),
        (as_client("no%20id"), 401, "invalid_client"),
        (as_client("with-secret"), 401, "invalid_client"),
        (as_client("switched-off"), 401, "invalid_client"),
        (
            format!("{}&client_secret=s", code_form()),
            401,
            "invalid_client",
        ),
        (redirected("%2Fcallback%2F"), 400, "invalid_grant"),
        (redirected("%2Fcallback%3Fa%3D1"), 400, "invalid_grant"),
        (redirected(""), 400, "invalid_grant"),
        (
            code_form().replace("code_verifier", "verifier"),
            400,
            "invalid_request",
        ),
        (
            code_form().replace(VERIFIER, "too-short"),
            400,
            "invalid_request",
        ),
        (
            format!("{}&code=other", code_form()),
            400,
            "invalid_request",
        ),
        (
            format!("{}&client%5Fid={CLIENT}", code_form()),
            400,
            "invalid_request",
        ),
        (
            code_form().replace("authorization_code", "password"),
            400,
            "unsupported_grant_type",
        ),
        (refresh_as("with-secret"), 401, "invalid_client"),
        (
            format!("{}&include_credits=1", refresh_form()),
            400,
            "invalid_request",
        ),
        (refresh_form().replace("r-1", ""), 400, "invalid_request"),
        (
            json!({"grant_type": "refresh_token"}).to_string(),
            400,
            "invalid_request",
        ),
        (
            format!("{}&x={}", code_form(), "x".repeat(16 * 1024)),
            413,
            "invalid_request",
        ),
    ] {
        check(&form, &ground.ask(&form).await, status, code);
    }
    for (header, value) in [
        ("content-type", "application/json"),
        ("content-type", "multipart/form-data; boundary=x"),
        ("authorization", "Basic YTpi"),
    ] {
        let mut event = recorded("post-token.json");
        event["headers"][header] = json!(value);
        let answered = ground.send(&event).await;
        let expected = if header == "content-type" { 400 } else { 401 };
        assert_eq!(answered.status, expected, "{value}: {}", answered.text);
    }
    assert!(ground.issuer.asked().is_empty());
    assert_eq!(ground.tables().await, before);
}

#[tokio::test]
async fn what_the_issuer_refuses_goes_back_in_its_own_words() {
    let ground = Ground::new().await;
    let before = ground.tables().await;
    for (status, body) in [
        (400, json!({"error": "invalid_grant"})),
        (
            400,
            json!({"error": "invalid_grant", "error_description": "code was used", "trace": 1}),
        ),
        (401, json!({"error": "invalid_client"})),
        (500, json!({"error": "server_error"})),
    ] {
        ground.issuer.answers(Reply::json(status, &body));
        for form in [code_form(), refresh_form()] {
            let more = "&include_user_data=true&include_credits=true";
            let answered = ground.ask(&format!("{form}{more}")).await;
            assert_eq!(
                (answered.status, answered.text),
                (status.into(), body.to_string())
            );
            assert_eq!(answered.headers["cache-control"], "no-store");
        }
    }
    assert_eq!(ground.tables().await, before);
    let said = ground.trouble();
    assert!(
        said.iter()
            .all(|line| line.starts_with("the issuer answered ")),
        "{said:?}"
    );
}

#[tokio::test]
async fn an_issuer_that_answers_nonsense_is_an_error_of_ours() {
    let ground = Ground::new().await;
    let long = json!({"access_token": "x".repeat(300_000)}).to_string();
    for (reply, status, code) in [
        (Reply::Of(200, String::new()), 502, "server_error"),
        (Reply::Of(200, "<html>".into()), 502, "server_error"),
        (Reply::Of(200, "{}".into()), 502, "server_error"),
        (Reply::Of(200, long), 502, "server_error"),
        (Reply::Of(302, "{}".into()), 502, "server_error"),
        (Reply::Of(404, "no such page".into()), 502, "server_error"),
        (
            Reply::Of(503, "<html>".into()),
            503,
            "temporarily_unavailable",
        ),
        (Reply::Cut, 503, "temporarily_unavailable"),
    ] {
        let what = format!("{reply:?}");
        ground.issuer.answers(reply);
        check(&what, &ground.ask(&code_form()).await, status, code);
        let asked = ground.issuer.asked();
        let codes = asked.iter().filter(|it| it.what == "POST /token").count();
        assert_eq!(codes, 1, "a code is sent once: {what}");
    }
}

#[tokio::test]
async fn an_issuer_that_is_down_is_said_to_be_down() {
    let ground = Ground::new().await;
    let app = token_function(&ground.world, "http://127.0.0.1:1");
    let ground = Ground { app, ..ground };
    let answered = ground.ask(&code_form()).await;
    check("down", &answered, 503, "temporarily_unavailable");
    assert_eq!(answered.headers["retry-after"], "1");
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_is_silent_is_given_up() {
    let ground = Ground::new().await;
    ground.issuer.answers(Reply::Silence);
    let answered = ground.ask(&code_form()).await;
    check("silent", &answered, 503, "temporarily_unavailable");
    let lines: Vec<Value> = ground
        .world
        .log
        .take()
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["reason"], "the issuer did not answer in time");
}

#[tokio::test]
async fn tables_that_do_not_answer_keep_no_code_from_the_issuer_only_if_the_client_is_known() {
    let ground = Ground::new().await;
    ground.gives(&ground.access("pro-user", &json!({})), None);
    let faults = ground.world.dynamodb.faults();
    (0..6).for_each(|_| faults.push("GetItem", local::dynamodb::Fault::ServerError));
    let answered = ground.ask(&code_form()).await;
    check("no client", &answered, 503, "temporarily_unavailable");
    assert!(ground.issuer.asked().is_empty());
    // Now what comes with the tokens fails, and the tokens do not.
    (0..6).for_each(|_| faults.push("Query", local::dynamodb::Fault::ServerError));
    let form = format!("{}&include_user_data=true", code_form());
    let answered = ground.ask(&form).await;
    assert_eq!(answered.status, 200);
    assert_eq!(answered.body["refresh_token"], "r-2");
    assert_eq!(answered.body.get("user"), None);
}
