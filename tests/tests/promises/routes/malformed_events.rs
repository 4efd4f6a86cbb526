//! Events whose parts are no parts of an HTTP request: a query, a path or a
//! host of which no URI can be made, headers in another case. What no route
//! reads changes nothing; what a route reads is the sender's mistake.

use local::World;
use serde_json::{Value, json};
use shared::http::Event;
use tests::world;

use super::{Functions, recorded};

/// A recorded event with other values at JSON pointers.
fn with(name: &str, changes: &[(&str, Value)]) -> Value {
    let mut event = recorded(name);
    for (pointer, value) in changes {
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        let parent = event.pointer_mut(parent).unwrap();
        let parent = parent.as_object_mut().unwrap();
        parent.insert(field.to_string(), value.clone());
    }
    event
}

/// Functions that nobody has asked too often.
fn functions(world: &World) -> Functions {
    let limits = [
        ("RATE_LIMIT_CREDITS_PER_MINUTE", "0"),
        ("RATE_LIMIT_PROFILE_PER_MINUTE", "0"),
    ];
    Functions::of(world, &limits)
}

/// What no URI can hold as it is, or cannot hold at all.
fn broken_texts() -> Vec<String> {
    [
        "",
        " ",
        "a b",
        "limit=1 0",
        "limit=20&kind= charge",
        "\u{0}",
        "a\tb",
        "a\r\nset-cookie: b",
        "\u{7f}",
        "ü",
        "%",
        "%zz",
        "%ff",
        "a#b",
        "a?b",
        "//",
        "/a b",
        "http://[",
        "[::1",
        "a:b:c",
        "host:99999",
        "user@host",
        "<a>\"{|}\\^`",
        "xn--a",
    ]
    .map(String::from)
    .into_iter()
    // Longer than a URI may be.
    .chain([format!("/{}", "a".repeat(70_000))])
    .collect()
}

#[tokio::test]
async fn a_query_path_or_host_that_makes_no_uri_changes_no_answer() {
    let world = world().await;
    let functions = functions(&world);
    for name in [
        "get-credits.json",
        "get-history.json",
        "get-user-credits.json",
    ] {
        let expected = functions.respond(&recorded(name)).await;
        assert_eq!(expected["statusCode"], 200, "{name}: {expected}");
        for pointer in [
            "/rawQueryString",
            "/rawPath",
            "/headers/host",
            "/headers/x-forwarded-proto",
            "/headers/x-amzn-trace-id",
            "/requestContext/domainName",
            "/requestContext/stage",
            "/requestContext/http/method",
            "/requestContext/http/path",
            "/requestContext/http/sourceIp",
        ] {
            for text in broken_texts() {
                let event = with(name, &[(pointer, json!(text))]);
                let answer = functions.respond(&event).await;
                let shown: String = text.chars().take(40).collect();
                assert_eq!(answer, expected, "{name}, {pointer}: {shown:?}");
            }
        }
    }
}

/// Answered with this status and code, and the request's id.
async fn check(functions: &Functions, event: &Value, status: u16, code: &str) {
    let answer = functions.respond(event).await;
    assert_eq!(answer["statusCode"], status, "{answer}");
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["error"], code, "{answer}");
    assert!(body["requestId"].is_string(), "{answer}");
}

#[tokio::test]
async fn a_broken_part_that_a_route_reads_is_the_senders_mistake() {
    let world = world().await;
    let functions = functions(&world);
    for text in broken_texts() {
        let query = json!({"limit": text, "kind": text});
        let event = with(
            "get-history.json",
            &[
                ("/rawQueryString", json!(format!("limit={text}"))),
                ("/queryStringParameters", query),
            ],
        );
        check(&functions, &event, 422, "validation_failed").await;

        let path = json!({"userId": format!("{text} ")});
        let event = with("get-user-credits.json", &[("/pathParameters", path)]);
        check(&functions, &event, 404, "not_found").await;

        let event = with("get-credits.json", &[("/routeKey", json!(text))]);
        check(&functions, &event, 404, "not_found").await;

        let key = json!(format!("{text} "));
        let event = with("post-charge.json", &[("/headers/idempotency-key", key)]);
        check(&functions, &event, 400, "invalid_request").await;

        let changes = [
            ("/isBase64Encoded", json!(true)),
            ("/body", json!(format!("{text}!"))),
        ];
        let event = with("post-charge.json", &changes);
        let (status, code) = if text.len() > 50_000 {
            (413, "too_large")
        } else {
            (400, "invalid_request")
        };
        check(&functions, &event, status, code).await;
    }
}

#[tokio::test]
async fn a_value_of_another_type_is_read_as_no_event_at_all() {
    for (pointer, value) in [
        ("/routeKey", json!(1)),
        ("/headers", json!(["host"])),
        ("/headers/host", json!(["a", "b"])),
        ("/headers/host", Value::Null),
        ("/queryStringParameters", json!("limit=1")),
        ("/pathParameters", json!({"userId": 7})),
        ("/requestContext", json!("x")),
        ("/body", json!({"amount": 1})),
        ("/isBase64Encoded", json!("true")),
    ] {
        let text = with("get-credits.json", &[(pointer, value)]).to_string();
        assert!(serde_json::from_str::<Event>(&text).is_err(), "{pointer}");
    }
}
