//! Nobody ever sees what is another's. Two users and a service have markers
//! planted in everything that is theirs; then another asks every route of the
//! template with every trick at hand, and no answer may hold a marker.
//!
//! Requests go straight to the gateway, because a client library would tidy up
//! the paths and headers that matter here.

mod planted;
mod tricks;
mod webhook;

use local::World;
use local::gateway::{Reply, Request};
use local::identity::TokenRequest;
use serde_json::{Value, json};
use tests::{Tables, dump};

use planted::{MARKER, VICTIM, plant};
use tricks::{Trick, tricks};

/// Who tries: somebody with data of their own, and somebody without any.
const OTHERS: [&str; 2] = ["mallory", "a-stranger"];
const USER_SCOPES: &str = "user.info credits.read models.read llm.inference billing.manage";
const ALL_SCOPES: &str = "user.info credits.read models.read billing.manage credits.charge";

fn token(world: &World, user: &str, scope: &str) -> String {
    let request = TokenRequest::access(user, scope, "jti");
    let now = shared::host::clock::Clock::now(&world.clock);
    world.issuer.issue(&request, now.unix_seconds()).unwrap()
}

fn service_token(world: &World, client: &str, scope: &str) -> String {
    let request = TokenRequest {
        audience: Some("inference-service".into()),
        ..TokenRequest::client_credentials(client, scope, "jti")
    };
    let now = shared::host::clock::Clock::now(&world.clock);
    world.issuer.issue(&request, now.unix_seconds()).unwrap()
}

/// A request of the method, path and query, with a token and more headers.
async fn ask(
    world: &World,
    token: &str,
    (method, target): (&str, &str),
    headers: &[(&str, String)],
    body: &str,
) -> Reply {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let own = [("authorization", format!("Bearer {token}"))];
    let headers = headers.iter().chain(&own);
    let request = Request {
        method: method.into(),
        path: path.into(),
        query: query.into(),
        headers: headers
            .map(|(name, value)| (name.to_string(), value.clone()))
            .collect(),
        body: body.into(),
        source_ip: "127.0.0.1".into(),
    };
    world.gateway.handle(request).await
}

fn text(reply: &Reply) -> String {
    String::from_utf8(reply.body.clone()).unwrap()
}

/// Neither body nor headers tell anything of the victim's.
#[track_caller]
fn check(what: &str, reply: &Reply) {
    let (status, body) = (reply.status, text(reply));
    assert!(status < 500, "{what}: {status} {body}");
    let said = format!("{:?} {body}", reply.headers).to_lowercase();
    assert!(!said.contains(MARKER), "{what}: {status} {said}");
}

/// The routes on which users act for themselves, and those of services. The
/// one that asks for no token has a suite of its own.
fn routes(world: &World, of_users: bool) -> Vec<(String, String)> {
    let routes = world.deployment.routes.iter();
    let routes = routes.filter(|route| route.authorized);
    let wanted = routes.filter(|route| route.path.contains('{') != of_users);
    let wanted: Vec<_> = wanted
        .map(|route| (route.method.clone(), route.path.clone()))
        .collect();
    assert!(!wanted.is_empty());
    wanted
}

/// What is stored of the victim and for them.
fn of_victim(tables: Tables) -> Vec<(String, String)> {
    let items = tables.0.into_iter();
    items
        .filter(|(key, item)| key.contains(VICTIM) || item.to_lowercase().contains(MARKER))
        .collect()
}

#[tokio::test]
async fn the_markers_are_where_the_victim_sees_them() {
    let world = plant().await;
    let token = token(&world, VICTIM, USER_SCOPES);
    for path in [
        "/api/user",
        "/api/user/credits",
        "/api/user/credits/history",
        "/api/user/profile",
        "/api/user/preferences",
        "/api/user/usage?groupBy=model",
    ] {
        let reply = ask(&world, &token, ("GET", path), &[], "").await;
        assert_eq!(reply.status, 200, "{path}");
        let said = text(&reply);
        assert!(said.contains(MARKER), "{path} shows no marker: {said}");
    }
}

#[tokio::test]
async fn the_user_comes_from_the_token_whatever_the_request_says() {
    let world = plant().await;
    for other in OTHERS {
        let own = token(&world, other, USER_SCOPES);
        for (method, path) in routes(&world, true) {
            let body = if method == "GET" {
                ""
            } else {
                r#"{"maxTokens":7}"#
            };
            let plain = ask(&world, &own, (&method, &path), &[], body).await;
            for Trick {
                query,
                headers,
                body: said,
            } in tricks()
            {
                let what = format!("{other}: {method} {path}?{query} {headers:?} {said}");
                let target = format!("{path}?{query}");
                let sent = if method == "GET" { said.as_str() } else { body };
                let reply = ask(&world, &own, (&method, &target), &headers, sent).await;
                check(&what, &reply);
                // It is the same answer as without the trick, too.
                assert_eq!(reply.status, plain.status, "{what}");
                if plain.status == 200 {
                    assert_eq!(text(&reply), text(&plain), "{what}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_path_that_leads_elsewhere_leads_nowhere() {
    let world = plant().await;
    for other in OTHERS {
        for scope in [USER_SCOPES, ALL_SCOPES] {
            let own = token(&world, other, scope);
            for path in tricks::paths() {
                for method in ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD"] {
                    let what = format!("{other} ({scope}): {method} {path}");
                    let reply = ask(&world, &own, (method, &path), &[], "{}").await;
                    check(&what, &reply);
                    assert!(
                        (400..500).contains(&reply.status),
                        "{what}: {}",
                        reply.status
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn holding_the_tag_of_anothers_answer_reveals_nothing() {
    let world = plant().await;
    let victim = token(&world, VICTIM, USER_SCOPES);
    for other in OTHERS {
        let own = token(&world, other, USER_SCOPES);
        for path in ["/api/user", "/api/user/profile", "/api/user/credits"] {
            let theirs = ask(&world, &victim, ("GET", path), &[], "").await;
            let tag = theirs.headers["etag"].clone();
            let plain = ask(&world, &own, ("GET", path), &[], "").await;
            for sent in [tag.clone(), tag.replace("W/", ""), format!("\"x\", {tag}")] {
                let headers = [("if-none-match", sent)];
                let reply = ask(&world, &own, ("GET", path), &headers, "").await;
                check(path, &reply);
                assert_eq!(reply.status, plain.status, "{other} {path}");
                assert_ne!(reply.headers.get("etag"), Some(&tag), "{other} {path}");
            }
        }
    }
}

const HISTORY: &str = "/api/user/credits/history";

/// The entries of a history; none if it was refused.
fn entries(reply: &Reply) -> Vec<Value> {
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    body["entries"].as_array().cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_cursor_of_anothers_history_leads_into_ones_own() {
    let world = plant().await;
    let victim = token(&world, VICTIM, USER_SCOPES);
    let first = format!("{HISTORY}?limit=1");
    let page = ask(&world, &victim, ("GET", &first), &[], "").await;
    let page: Value = serde_json::from_slice(&page.body).unwrap();
    let cursor = page["nextCursor"].as_str().unwrap();
    for other in OTHERS {
        let own = token(&world, other, USER_SCOPES);
        let all = ask(&world, &own, ("GET", HISTORY), &[], "").await;
        let all = entries(&all);
        for query in ["limit=100", "limit=1", "kind=charge", "kind=open"] {
            let target = format!("{HISTORY}?cursor={cursor}&{query}");
            let reply = ask(&world, &own, ("GET", &target), &[], "").await;
            check(&target, &reply);
            let strange = entries(&reply)
                .into_iter()
                .find(|entry| !all.contains(entry));
            assert_eq!(strange, None, "{other}: {target}");
        }
    }
}

#[tokio::test]
async fn a_second_token_in_a_request_does_not_change_its_sender() {
    let world = plant().await;
    let own = token(&world, "mallory", USER_SCOPES);
    for (method, path) in routes(&world, true) {
        for forged in tricks::forged_tokens(&own) {
            for headers in [
                [own.clone(), forged.clone()],
                [forged.clone(), own.clone()],
                [format!("{own},Bearer {forged}"), own.clone()],
                [format!("{forged} {own}"), own.clone()],
            ] {
                let request = Request {
                    method: method.clone(),
                    path: path.clone(),
                    headers: headers
                        .map(|token| ("Authorization".into(), format!("Bearer {token}")))
                        .into(),
                    body: if method == "GET" {
                        "".into()
                    } else {
                        "{}".into()
                    },
                    ..Request::default()
                };
                let reply = world.gateway.handle(request).await;
                check(&format!("{method} {path}"), &reply);
                let shown = text(&reply);
                assert!(!shown.contains(VICTIM), "{method} {path}: {shown}");
            }
        }
    }
}

#[tokio::test]
async fn a_lookalike_subject_is_another_user_or_refused() {
    let world = plant().await;
    for subject in tricks::subjects() {
        let lookalike = token(&world, &subject, USER_SCOPES);
        for (method, path) in routes(&world, true) {
            let body = if method == "GET" {
                ""
            } else {
                r#"{"maxTokens":7}"#
            };
            let mut reply = ask(&world, &lookalike, (&method, &path), &[], body).await;
            // Whoever has a valid token is a user, and is shown their own id.
            let own = format!(r#""userId":"{subject}""#);
            reply.body = text(&reply).replace(&own, "").into_bytes();
            check(&format!("{subject:?}: {method} {path}"), &reply);
        }
    }
}

#[tokio::test]
async fn no_body_changes_what_is_anothers() {
    let world = plant().await;
    let client = world.dynamodb.client();
    let before = of_victim(dump(&client).await.without_rate_counters());
    assert!(before.len() >= 8, "{before:?}");
    for other in OTHERS {
        let own = token(&world, other, USER_SCOPES);
        for body in [
            json!({"userId": VICTIM, "usageAlerts": false}),
            json!({"user_id": VICTIM, "usageAlerts": false}),
            json!({"pk": format!("USER#{VICTIM}"), "usageAlerts": false}),
            json!({"sub": VICTIM}),
            json!({"usageAlerts": false}),
        ] {
            for Trick { query, headers, .. } in tricks() {
                let target = format!("/api/user/preferences?{query}");
                let body = body.to_string();
                let reply = ask(&world, &own, ("PATCH", &target), &headers, &body).await;
                check(&format!("{other}: {target} {body}"), &reply);
            }
        }
    }
    let after = of_victim(dump(&client).await.without_rate_counters());
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_users_token_opens_no_route_of_a_service() {
    let world = plant().await;
    let client = world.dynamodb.client();
    let before = dump(&client).await;
    for sender in ["mallory", "a-stranger", VICTIM] {
        for scope in [USER_SCOPES, ALL_SCOPES] {
            let own = token(&world, sender, scope);
            for (method, path) in routes(&world, false) {
                for user in [VICTIM, sender] {
                    let path = path
                        .replace("{userId}", user)
                        .replace("{holdId}", planted::HOLD);
                    let key = [("idempotency-key", "mallory-1".to_string())];
                    let body = r#"{"amount":1}"#;
                    let reply = ask(&world, &own, (&method, &path), &key, body).await;
                    let what = format!("{sender} ({scope}): {method} {path}");
                    check(&what, &reply);
                    assert_eq!(reply.status, 403, "{what}: {}", text(&reply));
                }
            }
        }
    }
    assert_eq!(dump(&client).await, before);
}

#[tokio::test]
async fn a_services_token_is_not_a_user_whatever_its_name() {
    let world = plant().await;
    let client = world.dynamodb.client();
    let before = dump(&client).await;
    for service in ["inference-service", VICTIM, "textassistant-desktop"] {
        let own = service_token(&world, service, ALL_SCOPES);
        for (method, path) in routes(&world, true) {
            // The models are the same for everybody, but for users only.
            let reply = ask(&world, &own, (&method, &path), &[], "{}").await;
            let what = format!("{service}: {method} {path}");
            check(&what, &reply);
            // A quote is for both, and says nothing of anybody; this one asks for none.
            let expected = if path == "/v1/quotes" { 422 } else { 403 };
            assert_eq!(reply.status, expected, "{what}: {}", text(&reply));
        }
    }
    assert_eq!(dump(&client).await, before);
}

#[tokio::test]
async fn one_services_holds_are_not_anothers() {
    let world = plant().await;
    let client = world.dynamodb.client();
    let before = of_victim(dump(&client).await);
    let own = service_token(&world, "another-service", "credits.charge");
    for route in ["extend", "report", "commit", "release"] {
        let path = format!("/api/users/{VICTIM}/holds/{}/{route}", planted::HOLD);
        let key = [("idempotency-key", format!("other-{route}"))];
        let body = match route {
            "extend" => r#"{"ttlSeconds":60}"#,
            "release" => "{}",
            _ => r#"{"amount":1}"#,
        };
        let reply = ask(&world, &own, ("POST", &path), &key, body).await;
        assert_eq!(reply.status, 404, "{route}: {}", text(&reply));
    }
    assert_eq!(of_victim(dump(&client).await), before);
}
