//! The edge on its own: who a caller is, what a body may be, and how calls are
//! counted, as tables over events. Routes build on this and test it no further.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use local::dynamodb::Fault;
use serde_json::{Value, json};
use shared::host::environment::Variables;
use shared::http::{
    ApiError, BodyError, Caller, Event, Fields, RateLimiter, ScopePrefix, ServiceCaller,
};
use tests::{NOW, at, user, world};

fn event(value: Value) -> Event {
    serde_json::from_value(value).unwrap()
}

fn with_claims(claims: Value) -> Event {
    event(json!({"requestContext": {"authorizer": {"jwt": {"claims": claims}}}}))
}

/// Who an event's caller is on a user route and on a service route, or the
/// code of the refusal.
#[track_caller]
fn check_callers(claims: Value, on_user_route: &str, on_service_route: &str) {
    let prefix = ScopePrefix::new(None);
    let event = with_claims(claims.clone());
    let as_user = match Caller::of(&event, &prefix, &["a", "b"]) {
        Ok(caller) => caller.user_id.to_string(),
        Err(error) => error.code().to_string(),
    };
    assert_eq!(as_user, on_user_route, "user route: {claims}");
    let as_service = match ServiceCaller::of(&event, &prefix, &["a", "b"]) {
        Ok(caller) => caller.client.to_string(),
        Err(error) => error.code().to_string(),
    };
    assert_eq!(as_service, on_service_route, "service route: {claims}");
}

const NOBODY: &str = "unauthorized";
const FORBIDDEN: &str = "insufficient_scope";

#[test]
fn a_caller_is_a_user_or_a_service_and_never_both() {
    for (claims, on_user_route, on_service_route) in [
        (json!({"sub": "u", "scope": "a b"}), "u", FORBIDDEN),
        (
            json!({"sub": "u", "client_id": "app", "scope": "a b"}),
            "u",
            FORBIDDEN,
        ),
        (
            json!({"sub": "app", "client_id": "app", "scope": "b a"}),
            FORBIDDEN,
            "app",
        ),
        (
            json!({"sub": "app", "azp": "app", "scope": "a b"}),
            FORBIDDEN,
            "app",
        ),
        (
            json!({"sub": "app@clients", "azp": "app", "scope": "a b"}),
            FORBIDDEN,
            "app",
        ),
        (
            json!({"sub": "app@client", "azp": "app", "scope": "a b"}),
            "app@client",
            FORBIDDEN,
        ),
        (
            json!({"sub": "app2", "client_id": "app", "scope": "a b"}),
            "app2",
            FORBIDDEN,
        ),
        // Where both are there, `client_id` is the one that counts.
        (
            json!({"sub": "x", "client_id": "app", "azp": "x", "scope": "a b"}),
            "x",
            FORBIDDEN,
        ),
    ] {
        check_callers(claims, on_user_route, on_service_route);
    }
}

#[test]
fn a_token_without_subject_or_scopes_makes_no_caller() {
    for (claims, on_user_route, on_service_route) in [
        (
            json!({"sub": "a/b", "client_id": "a/b", "scope": "a b"}),
            NOBODY,
            NOBODY,
        ),
        (json!({"sub": "", "scope": "a b"}), NOBODY, FORBIDDEN),
        (json!({"sub": "..", "scope": "a b"}), NOBODY, FORBIDDEN),
        (json!({"scope": "a b"}), NOBODY, NOBODY),
        (
            json!({"sub": "u", "token_use": "id", "scope": "a b"}),
            NOBODY,
            NOBODY,
        ),
        (
            json!({"sub": "u", "token_use": "access", "scope": "a b"}),
            "u",
            FORBIDDEN,
        ),
        (
            json!({"sub": "u", "token_use": "", "scope": "a b"}),
            NOBODY,
            NOBODY,
        ),
        (json!({"sub": "u", "scope": "a"}), FORBIDDEN, FORBIDDEN),
        (json!({"sub": "u", "scope": "b"}), FORBIDDEN, FORBIDDEN),
        (json!({"sub": "u", "scope": "ab"}), FORBIDDEN, FORBIDDEN),
        (json!({"sub": "u", "scp": "[b c a]"}), "u", FORBIDDEN),
        (json!({"sub": "u"}), FORBIDDEN, FORBIDDEN),
        (json!({}), NOBODY, NOBODY),
    ] {
        check_callers(claims, on_user_route, on_service_route);
    }
}

#[test]
fn a_missing_scope_is_answered_with_all_that_are_needed() {
    let event = with_claims(json!({"sub": "u", "scope": "b"}));
    let refused = Caller::of(&event, &ScopePrefix::new(None), &["a", "b"]);
    let needed = "a b".to_string();
    assert_eq!(refused, Err(ApiError::InsufficientScope { needed }));
}

#[test]
fn a_scope_prefix_is_stripped_once_and_none_is_none() {
    for (prefix, scope, passes) in [
        (None, "a", true),
        (Some(""), "a", true),
        (Some("api/"), "api/a", true),
        (Some("api/"), "a", false),
        (Some("api/"), "api/api/a", false),
        (Some("api/"), "API/a", false),
        (
            Some("https://api.example.com/"),
            "https://api.example.com/a",
            true,
        ),
    ] {
        let event = with_claims(json!({"sub": "u", "scope": scope}));
        let caller = Caller::of(&event, &ScopePrefix::new(prefix), &["a"]);
        assert_eq!(caller.is_ok(), passes, "{prefix:?} {scope}");
    }
}

#[test]
fn a_header_is_found_whatever_the_case_of_its_name() {
    let event = event(json!({"headers": {
        "If-None-Match": "\"a\"",
        "x-twice": "1,2",
        "X-BOTH": "upper",
        "x-both": "lower",
        "empty": "",
        "x-letters": "Müller\t\u{1}",
    }}));
    for (name, value) in [
        ("if-none-match", Some("\"a\"")),
        // The gateway has joined what was sent twice.
        ("x-twice", Some("1,2")),
        // It sends one of each; should there be two, the one as it writes names.
        ("x-both", Some("lower")),
        ("empty", Some("")),
        ("x-letters", Some("Müller\t\u{1}")),
        ("if-none", None),
        ("if-none-match ", None),
        ("", None),
    ] {
        assert_eq!(event.header(name), value, "{name:?}");
    }
}

#[test]
fn an_event_without_headers_has_none() {
    for value in [json!({}), json!({"headers": null}), json!({"headers": {}})] {
        assert_eq!(event(value.clone()).header("host"), None, "{value}");
    }
}

fn with_body(body: &[u8], in_base64: bool) -> Event {
    event(if in_base64 {
        json!({"body": STANDARD.encode(body), "isBase64Encoded": true})
    } else {
        json!({"body": std::str::from_utf8(body).unwrap(), "isBase64Encoded": false})
    })
}

#[test]
fn a_body_is_measured_in_bytes_however_it_arrives() {
    for length in [0, 1, 2, 3, 4, 97, 98, 99, 100, 101, 102, 103, 104, 400] {
        for in_base64 in [false, true] {
            let body = vec![b'x'; length];
            let read = with_body(&body, in_base64).body(100);
            let expected = if length <= 100 {
                Ok(body)
            } else {
                Err(BodyError::TooLarge)
            };
            assert_eq!(read, expected, "{length} bytes, in base64: {in_base64}");
        }
    }
    // Letters of more than one byte count as what they are.
    let umlauts = with_body("ä".repeat(50).as_bytes(), false);
    assert_eq!(umlauts.body(100).unwrap().len(), 100);
    assert_eq!(umlauts.body(99), Err(BodyError::TooLarge));
}

#[test]
fn a_body_in_base64_holds_any_bytes_and_nothing_else_does() {
    let bytes: Vec<u8> = (0..=255).collect();
    assert_eq!(with_body(&bytes, true).body(256), Ok(bytes));
    for text in ["%%%", "YWJj!", "YWJ", "YWJj\n", "ä", "YW=Jj"] {
        let event = event(json!({"body": text, "isBase64Encoded": true}));
        assert_eq!(event.body(100), Err(BodyError::NotBase64), "{text:?}");
    }
}

#[test]
fn a_body_that_is_absent_is_empty() {
    for value in [
        json!({}),
        json!({"body": null}),
        json!({"body": "", "isBase64Encoded": true}),
        json!({"body": null, "isBase64Encoded": null}),
    ] {
        let event = event(value.clone());
        assert_eq!(event.body(0), Ok(vec![]), "{value}");
        assert!(!event.has_body(), "{value}");
    }
    assert!(with_body(b"x", false).has_body());
}

/// The code of the refusal of a body and the fields it names.
fn refused(error: &ApiError) -> (&'static str, Vec<String>) {
    let fields = match error {
        ApiError::ValidationFailed(problems) => problems.keys().cloned().collect(),
        _ => Vec::new(),
    };
    (error.code().as_str(), fields)
}

#[test]
fn only_a_json_object_of_at_most_sixteen_kibibytes_has_fields() {
    let padded = |length: usize| format!("{{}}{}", " ".repeat(length - 2));
    for (body, code) in [
        (padded(16 * 1024), None),
        (padded(16 * 1024 + 1), Some("too_large")),
        ("{}".into(), None),
        (" {\"a\":1}\n".into(), None),
        (String::new(), Some("invalid_request")),
        ("{".into(), Some("invalid_request")),
        ("{} {}".into(), Some("invalid_request")),
        ("NaN".into(), Some("invalid_request")),
        ("[".repeat(5_000), Some("invalid_request")),
        ("[]".into(), Some("validation_failed")),
        ("\"{}\"".into(), Some("validation_failed")),
        ("null".into(), Some("validation_failed")),
    ] {
        for in_base64 in [false, true] {
            let fields = Fields::of(&with_body(body.as_bytes(), in_base64));
            let found = fields.err().map(|error| error.code().as_str());
            assert_eq!(found, code, "{} bytes", body.len());
        }
    }
    let not_utf8 = Fields::of(&with_body(b"{\"a\":\"\xff\"}", true));
    assert_eq!(refused(&not_utf8.unwrap_err()).0, "invalid_request");
    let not_base64 = event(json!({"body": "{}", "isBase64Encoded": true}));
    let not_base64 = Fields::of(&not_base64);
    assert_eq!(refused(&not_base64.unwrap_err()).0, "invalid_request");
}

#[test]
fn every_field_that_is_wrong_or_unknown_is_named_at_once() {
    let body = json!({"good": 1, "bad": "x", "zzz": 1, "aaa": 1}).to_string();
    let mut fields = Fields::of(&with_body(body.as_bytes(), false)).unwrap();
    assert!(fields.contains("good") && !fields.contains("absent"));
    assert_eq!(
        fields.take("good", "must be a number", Value::as_u64),
        Some(1)
    );
    assert_eq!(fields.take("bad", "must be a number", Value::as_u64), None);
    assert_eq!(
        fields.take("absent", "must be a number", Value::as_u64),
        None
    );
    fields.problem("late", "is what only the route can tell");
    let error = fields.finish(Some(())).unwrap_err();
    let names = ["aaa", "bad", "late", "zzz"].map(String::from).to_vec();
    assert_eq!(refused(&error), ("validation_failed", names));
}

#[test]
fn names_of_unknown_fields_go_back_shortened_and_not_without_end() {
    let many: serde_json::Map<String, Value> = (0..500)
        .map(|number| (format!("{number:03}{}", "ü".repeat(100)), json!(1)))
        .collect();
    let body = serde_json::to_string(&many).unwrap();
    assert!(body.len() > 16 * 1024);
    let few: serde_json::Map<String, Value> = many.into_iter().take(60).collect();
    let body = serde_json::to_string(&few).unwrap();
    let fields = Fields::of(&with_body(body.as_bytes(), false)).unwrap();
    let (_, names) = refused(&fields.finish(Some(())).unwrap_err());
    assert_eq!(names.len(), 20);
    assert!(
        names.iter().all(|name| name.chars().count() == 64),
        "{names:?}"
    );
}

fn limiter(calls: &str) -> RateLimiter {
    let variables: Variables = [("LIMIT".to_string(), calls.to_string())]
        .into_iter()
        .collect();
    RateLimiter::read("a-route", &variables, "LIMIT", 2).unwrap()
}

#[tokio::test]
async fn so_many_calls_pass_in_a_minute_of_the_clock_and_the_rest_is_refused() {
    let world = world().await;
    // Empty counts as absent, so the default of two is taken.
    for (limiter, somebody) in [(limiter("2"), "one"), (limiter(""), "two")] {
        let somebody = user(somebody);
        for (now, remaining, resets_in) in [
            (NOW, Some(1), 60),
            ("2025-11-06T14:30:59Z", Some(0), 1),
            ("2025-11-06T14:30:59Z", None, 1),
            ("2025-11-06T14:30:01Z", None, 59),
            ("2025-11-06T14:31:00Z", Some(1), 60),
        ] {
            let counted = limiter.count(&world.store, &somebody, at(now)).await;
            let (allowance, passed) = match counted {
                Ok(allowance) => (allowance.unwrap(), true),
                Err(ApiError::RateLimited(allowance)) => (allowance, false),
                Err(error) => panic!("{now}: {error:?}"),
            };
            assert_eq!(passed, remaining.is_some(), "{now}");
            assert_eq!(allowance.limit, 2, "{now}");
            assert_eq!(allowance.remaining, remaining.unwrap_or(0), "{now}");
            assert_eq!(allowance.resets_in_seconds, resets_in, "{now}");
        }
    }
}

#[tokio::test]
async fn without_a_limit_or_without_its_counter_every_call_passes() {
    let world = world().await;
    world.dynamodb.meter().reset();
    let counted = limiter("0").count(&world.store, &user("u"), at(NOW)).await;
    assert_eq!(counted, Ok(None));
    assert_eq!(world.dynamodb.meter().snapshot().total.requests, 0);
    for fault in [
        Fault::NotSent,
        Fault::LostReply,
        Fault::ServerError,
        Fault::Throttled,
    ] {
        world.dynamodb.faults().push("UpdateItem", fault);
        let counted = limiter("1").count(&world.store, &user("u"), at(NOW)).await;
        assert_eq!(counted, Ok(None), "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_counter_that_never_answers_lets_the_call_through() {
    let world = world().await;
    world.dynamodb.faults().push("UpdateItem", Fault::Hang);
    let counted = limiter("1").count(&world.store, &user("u"), at(NOW)).await;
    assert_eq!(counted, Ok(None));
}
