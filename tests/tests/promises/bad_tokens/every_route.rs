//! The same refusals on every operation of openapi.yaml, which has every route of the
//! template (`contract::document`), so that a new route cannot forget what the others ask:
//! a token, its scope, and the right kind of caller. Nothing is written, whatever is sent.
//! Some routes ask for no token: there something else takes its place, and no token is
//! worth anything.

use std::collections::BTreeSet;

use local::stripe::sign;
use serde_json::{Value, json};
use tests::{NOW, Served, WEBHOOK_SECRET, at, dump};

use super::{FORBIDDEN, OTHER_KEY, UNAUTHORIZED, good_claims};
use crate::routes::recorded;

/// Every scope there is, so that only the kind of caller is wrong.
const ALL_SCOPES: &str = "credits.read credits.charge user.info models.read billing.manage";
const WRONG_CALLER: &str = r#""error":"insufficient_scope""#;
const NO_USER: &str = r#""error":"unauthorized""#;

/// An operation for one kind of caller, with ids in its path.
struct Asked {
    method: String,
    path: String,
    /// A token order of the kind of caller that the document names.
    right: Value,
    /// One of the other kind.
    wrong: Value,
    /// The scopes that the document names, for any kind of caller: the gateway lets all of
    /// them in.
    scopes: BTreeSet<String>,
    /// The scopes of a token of the wrong kind.
    wrong_scope: String,
    /// The statuses that the document names.
    statuses: BTreeSet<u16>,
}

/// All operations of the document, each with its route key.
fn operations() -> Vec<(String, Value)> {
    let documents = openapi::documents().unwrap();
    let mut documents = documents.into_iter();
    let document = documents.find(|it| it.path == openapi::API).unwrap();
    let mut all = Vec::new();
    for (path, methods) in document.value["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let key = format!("{} {path}", method.to_uppercase());
            all.push((key, operation.clone()));
        }
    }
    all
}

/// What the document says of an operation, once for each kind of caller it is for.
fn asked(key: &str, operation: &Value) -> Vec<Asked> {
    let (method, path) = key.split_once(' ').unwrap();
    let statuses = operation["responses"].as_object().unwrap().keys();
    let statuses: BTreeSet<u16> = statuses.map(|status| status.parse().unwrap()).collect();
    let kinds: Vec<(&String, &Value)> = operation["security"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|one| one.as_object().unwrap())
        .collect();
    let is_for_both = kinds.len() > 1;
    let read =
        |scopes: &Value| -> BTreeSet<String> { serde_json::from_value(scopes.clone()).unwrap() };
    let of_all: BTreeSet<String> = kinds.iter().flat_map(|(_, scopes)| read(scopes)).collect();
    let asked = kinds.into_iter().map(|(kind, scopes)| {
        let user = json!({"user": "free-user", "scope": ALL_SCOPES});
        let service = json!({"client": "inference-service", "scope": ALL_SCOPES});
        let (right, wrong) = match kind.as_str() {
            "user" => (user, service),
            "service" => (service, user),
            other => panic!("{key} is for {other}: say here what its token is"),
        };
        let scopes = read(scopes);
        assert!(!scopes.is_empty(), "{key} asks for no scope");
        let all = || ALL_SCOPES.to_string();
        let own = || scopes.iter().cloned().collect::<Vec<_>>().join(" ");
        Asked {
            method: method.to_string(),
            path: path
                .replace("{userId}", "free-user")
                .replace("{holdId}", "hold-1"),
            right,
            wrong,
            wrong_scope: if is_for_both { own() } else { all() },
            scopes: of_all.clone(),
            statuses: statuses.clone(),
        }
    });
    asked.collect()
}

/// All operations that ask for a token.
fn every_route() -> Vec<Asked> {
    let operations = operations();
    let all = operations.iter();
    all.flat_map(|(key, operation)| asked(key, operation))
        .collect()
}

/// A token order with one field changed.
async fn changed(served: &Served, order: &Value, field: &str, value: Value) -> String {
    let mut order = order.clone();
    order[field] = value;
    format!("Bearer {}", served.token_of(order).await)
}

/// The authorizations no route takes, with the answer each gets.
async fn refused(served: &Served, asked: &Asked) -> Vec<(&'static str, String, u16, &'static str)> {
    let Asked {
        right,
        wrong,
        scopes,
        wrong_scope,
        ..
    } = asked;
    let others = ALL_SCOPES
        .split(' ')
        .filter(|scope| !scopes.contains(*scope));
    let others = others.collect::<Vec<_>>().join(" ");
    let (header, claims) = good_claims(served).await;
    let mut signed = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::RS256);
    signed.kid = header["kid"].as_str().map(str::to_string);
    let key = jsonwebtoken::EncodingKey::from_rsa_pem(OTHER_KEY).unwrap();
    let foreign = jsonwebtoken::encode(&signed, &claims, &key).unwrap();
    let order = |field, value| changed(served, right, field, value);
    let elsewhere = json!("https://issuer.example");
    let later = json!(at(NOW).plus_seconds(3_600));
    vec![
        ("none", String::new(), 401, UNAUTHORIZED),
        ("garbage", "Bearer garbage".into(), 401, UNAUTHORIZED),
        (
            "a key of others",
            format!("Bearer {foreign}"),
            401,
            UNAUTHORIZED,
        ),
        (
            "expired",
            order("expiresIn", json!(-1)).await,
            401,
            UNAUTHORIZED,
        ),
        (
            "not yet valid",
            order("notBefore", later).await,
            401,
            UNAUTHORIZED,
        ),
        (
            "another audience",
            order("audience", json!("another-app")).await,
            401,
            UNAUTHORIZED,
        ),
        (
            "another issuer",
            order("issuer", elsewhere).await,
            401,
            UNAUTHORIZED,
        ),
        ("an ID token", order("use", json!("id")).await, 401, NO_USER),
        ("no scope", order("scope", json!("")).await, 403, FORBIDDEN),
        (
            "a foreign scope",
            order("scope", json!("openid")).await,
            403,
            FORBIDDEN,
        ),
        (
            "the scopes of other routes",
            order("scope", json!(others)).await,
            403,
            FORBIDDEN,
        ),
        (
            "the wrong kind of caller",
            changed(served, wrong, "scope", json!(wrong_scope)).await,
            403,
            WRONG_CALLER,
        ),
    ]
}

#[tokio::test]
async fn every_route_refuses_every_bad_token_and_writes_nothing() {
    let served = Served::start().await;
    let client = served.world.dynamodb.client();
    let before = dump(&client).await;
    for asked in every_route() {
        for (name, authorization, status, body) in refused(&served, &asked).await {
            let what = format!("{name}: {} {}", asked.method, asked.path);
            let mut headers = vec![("idempotency-key", "k")];
            if !authorization.is_empty() {
                headers.push(("authorization", authorization.as_str()));
            }
            let sent = Some(r#"{"amount":1}"#).filter(|_| asked.method == "POST");
            let answer = served
                .send(&asked.method, &asked.path, &headers, sent)
                .await;
            assert_eq!(answer.status, status, "{what}: {}", answer.text);
            assert!(answer.text.contains(body), "{what}: {}", answer.text);
            assert!(asked.statuses.contains(&status), "{what}: not described");
        }
    }
    assert_eq!(dump(&client).await, before);
}

/// What takes the place of a token on each operation without one.
const OPEN: [(&str, &str); 4] = [
    (
        "GET /unsubscribe",
        "a sealed link of an e-mail, which only shows a page",
    ),
    (
        "POST /unsubscribe",
        "the same link, sealed (notices/unsubscribe)",
    ),
    (
        "POST /oauth/token",
        "a code or a refresh token of the issuer (token)",
    ),
    ("POST /webhooks/stripe", "Stripe's signature (below)"),
];

#[test]
fn an_operation_without_a_token_says_what_takes_its_place() {
    let operations = operations();
    let open = operations
        .iter()
        .filter(|(key, it)| asked(key, it).is_empty());
    let open: BTreeSet<&str> = open.map(|(key, _)| key.as_str()).collect();
    assert_eq!(open, OPEN.map(|(key, _)| key).into());
}

#[tokio::test]
async fn the_launch_route_asks_for_both_of_its_scopes() {
    let served = Served::start().await;
    for (scope, status) in [
        ("user.info", 403),
        ("credits.read", 403),
        ("user.info credits.read", 200),
    ] {
        let token = served.token("free-user", scope).await;
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        let answer = served.send("GET", "/api/user", &headers, None).await;
        assert_eq!(answer.status, status, "{scope}: {}", answer.text);
        if status == 403 {
            assert!(answer.text.contains(WRONG_CALLER), "{}", answer.text);
        }
    }
}

const WEBHOOK: &str = "/webhooks/stripe";
const RECEIVED: &str = r#"{"received":true}"#;

/// Posts a body to the webhook, with an authorization unless that is empty and
/// with a signature if there is one; the answer without its request's id.
async fn post(
    served: &Served,
    authorization: &str,
    signature: Option<&str>,
    body: &str,
) -> (u16, String) {
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(signature.map(|signature| ("stripe-signature", signature)));
    if !authorization.is_empty() {
        headers.push(("authorization", authorization));
    }
    let answer = served.send("POST", WEBHOOK, &headers, Some(body)).await;
    let reported = answer.text.split(r#","requestId""#).next();
    (answer.status, reported.unwrap_or_default().to_string())
}

#[tokio::test]
async fn the_webhook_asks_for_no_token_and_takes_none_for_a_signature() {
    let served = Served::start().await;
    let user = json!({"user": "free-user", "scope": ALL_SCOPES});
    let service = json!({"client": "inference-service", "scope": ALL_SCOPES});
    let mut authorizations = Vec::new();
    for (right, wrong) in [(user.clone(), service.clone()), (service, user)] {
        let good = format!("Bearer {}", served.token_of(right.clone()).await);
        let asked = Asked {
            method: "POST".into(),
            path: WEBHOOK.into(),
            right,
            wrong,
            scopes: BTreeSet::new(),
            wrong_scope: ALL_SCOPES.to_string(),
            statuses: BTreeSet::new(),
        };
        let bad = refused(&served, &asked).await.into_iter();
        authorizations.extend(bad.map(|(_, authorization, ..)| authorization));
        authorizations.push(good);
    }
    let event = recorded("post-stripe-webhook.json");
    let body = event["body"].as_str().unwrap();
    let forged = sign("whsec_of_somebody_else", at(NOW), body.as_bytes());
    let genuine = sign(WEBHOOK_SECRET, at(NOW), body.as_bytes());
    let client = served.world.dynamodb.client();
    let before = dump(&client).await;
    for authorization in &authorizations {
        for (signature, part) in [
            (None, "header is missing"),
            (Some("t=1,v1=0"), "cannot be read"),
            (Some(forged.as_str()), "does not match the body"),
        ] {
            let (status, reported) = post(&served, authorization, signature, body).await;
            assert_eq!(status, 400, "{authorization}: {reported}");
            assert!(
                reported.contains(r#""error":"invalid_request""#),
                "{reported}"
            );
            assert!(reported.contains(part), "{authorization}: {reported}");
        }
    }
    assert_eq!(dump(&client).await, before);
    for authorization in &authorizations {
        let answered = post(&served, authorization, Some(&genuine), body).await;
        assert_eq!(answered, (200, RECEIVED.to_string()), "{authorization}");
    }
}
