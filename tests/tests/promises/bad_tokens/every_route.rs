//! The same refusals on every route of the template, so that a new route
//! cannot forget what the others ask: a token, its scope, and the right kind
//! of caller. Nothing is written, whatever is sent. One route asks for no
//! token: there a signature takes its place, and no token is worth anything.

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

/// A route with ids in its path, and the two kinds of caller it could have.
struct Asked {
    method: String,
    path: String,
    right: Value,
    wrong: Value,
    /// The scopes of a token of the wrong kind.
    wrong_scope: &'static str,
}

/// The route for users and services; each needs a scope of its own.
const FOR_BOTH: &str = "POST /v1/quotes";

/// All routes that ask for a token.
fn every_route(served: &Served) -> Vec<Asked> {
    let routes = served.world.deployment.routes.iter();
    let routes = routes.filter(|route| route.authorized).map(|route| {
        let (method, path) = route.key.split_once(' ').unwrap();
        let user = json!({"user": "free-user", "scope": ALL_SCOPES});
        let service = json!({"client": "inference-service", "scope": ALL_SCOPES});
        let is_service_route = path.contains("{userId}");
        let (right, wrong) = if is_service_route {
            (service, user)
        } else {
            (user, service)
        };
        let path = path.replace("{userId}", "free-user");
        Asked {
            method: method.to_string(),
            path: path.replace("{holdId}", "hold-1"),
            right,
            wrong,
            wrong_scope: if route.key == FOR_BOTH {
                "models.read"
            } else {
                ALL_SCOPES
            },
        }
    });
    routes.collect()
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
        wrong_scope,
        ..
    } = asked;
    let (header, claims) = good_claims(served).await;
    let mut signed = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::RS256);
    signed.kid = header["kid"].as_str().map(str::to_string);
    let key = jsonwebtoken::EncodingKey::from_rsa_pem(OTHER_KEY).unwrap();
    let foreign = jsonwebtoken::encode(&signed, &claims, &key).unwrap();
    let order = |field, value| changed(served, right, field, value);
    let elsewhere = json!("https://issuer.example");
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
    let routes = every_route(&served);
    assert_eq!(routes.len(), 20, "a route came or went");
    for asked in routes {
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
        }
    }
    assert_eq!(dump(&client).await, before);
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
    let open = served.world.deployment.routes.iter();
    let open: Vec<_> = open.filter(|route| !route.authorized).collect();
    let open: Vec<&str> = open.iter().map(|route| route.key.as_str()).collect();
    let expected = [
        "POST /webhooks/stripe",
        "POST /oauth/token",
        // Links in e-mails, which are sealed.
        "GET /unsubscribe",
        "POST /unsubscribe",
    ];
    assert_eq!(
        BTreeSet::from_iter(open),
        BTreeSet::from_iter(expected),
        "a route is open that was not"
    );
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
            wrong_scope: ALL_SCOPES,
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
