//! What cannot be read or cannot be meant, on every POST route: reported by status,
//! code and field, and never a byte written.

use serde_json::{Value, json};
use tests::{Answer, Served, Service, Tables, dump};

use super::body;

const USER: &str = "free-user";
const ROUTES: [&str; 6] = [
    "charges",
    "holds",
    "holds/h/extend",
    "holds/h/report",
    "holds/h/commit",
    "holds/h/release",
];
const WITH_AMOUNT: [&str; 4] = ["charges", "holds", "holds/h/report", "holds/h/commit"];
const WITH_USAGE: [&str; 3] = ["charges", "holds/h/report", "holds/h/commit"];
const WITH_TTL: [&str; 2] = ["holds", "holds/h/extend"];

/// A world with one open hold, and its tables as they have to stay.
struct Stage {
    served: Served,
    service: Service,
    before: Tables,
}

impl Stage {
    async fn set() -> Self {
        let served = Served::start().await;
        let service = served.service().await;
        body(&service.hold(USER, "h", 100, 3600).await, 201);
        let before = dump(&served.world.dynamodb.client()).await;
        Stage {
            served,
            service,
            before,
        }
    }

    /// A POST as it stands.
    async fn post(&self, path: &str, key: Option<&str>, body: &str) -> Answer {
        let path = format!("/api/users/{path}");
        let headers = key.map(|key| ("idempotency-key", key));
        let headers: Vec<_> = headers.into_iter().collect();
        self.service.send("POST", &path, &headers, body).await
    }

    /// The answer is that refusal and nothing was written; a field that is to
    /// blame is named, and no other.
    async fn check(&self, answer: Answer, what: &str, expected: (u16, &str, Option<&str>)) {
        let (status, code, field) = expected;
        assert_eq!(answer.status, status, "{what}: {}", answer.text);
        let refused = answer.json();
        assert_eq!(refused["error"], code, "{what}: {refused}");
        assert!(refused["requestId"].is_string(), "{what}: {refused}");
        let fields = refused.get("fields").and_then(Value::as_object);
        let named: Vec<_> = fields
            .into_iter()
            .flat_map(|fields| fields.keys())
            .collect();
        assert_eq!(
            named,
            field.into_iter().collect::<Vec<_>>(),
            "{what}: {refused}"
        );
        let after = dump(&self.served.world.dynamodb.client()).await;
        assert_eq!(after, self.before, "{what} wrote something");
    }

    /// A good body of the route but for one field, or without it.
    async fn check_field(&self, route: &str, field: &str, value: Option<Value>) {
        let mut fields = good(route);
        match value.clone() {
            Some(value) => fields[field] = value,
            None => drop(fields.as_object_mut().unwrap().remove(field)),
        }
        let what = format!("{route}: {field} {value:?}");
        let path = format!("{USER}/{route}");
        let answer = self.post(&path, Some("k"), &fields.to_string()).await;
        let expected = (422, "validation_failed", Some(field));
        self.check(answer, &what, expected).await;
    }
}

/// The least each route takes.
fn good(route: &str) -> Value {
    match route {
        "holds/h/extend" => json!({"ttlSeconds": 60}),
        "holds/h/release" => json!({}),
        _ => json!({"amount": 1}),
    }
}

#[tokio::test]
async fn every_write_needs_a_key_of_its_pattern() {
    let stage = Stage::set().await;
    let long = "k".repeat(65);
    let keys = [
        "", ".", "..", "a b", "a/b", "a#b", "a|b", "a,b", "%61", &long,
    ];
    let keys = keys.map(Some).into_iter().chain([None]);
    for key in keys {
        for route in ROUTES {
            let path = format!("{USER}/{route}");
            let answer = stage.post(&path, key, &good(route).to_string()).await;
            let what = format!("{route}: the key {key:?}");
            stage
                .check(answer, &what, (400, "invalid_request", None))
                .await;
        }
    }
}

#[tokio::test]
async fn a_body_that_is_not_a_json_object_is_refused() {
    let stage = Stage::set().await;
    let large = json!({"label": "x".repeat(16 * 1024)}).to_string();
    let no_object = (422, "validation_failed", Some(""));
    for (sent, expected) in [
        ("{", (400, "invalid_request", None)),
        ("{\"amount\":1,}", (400, "invalid_request", None)),
        ("amount=1", (400, "invalid_request", None)),
        ("{\"amount\":NaN}", (400, "invalid_request", None)),
        (
            "{\"amount\":1,\"amount\":1}",
            (400, "invalid_request", Some("amount")),
        ),
        (
            "{\"x\":[{\"y\":1,\"y\":2}]}",
            (400, "invalid_request", Some("x[0].y")),
        ),
        ("", (400, "invalid_request", None)),
        ("[]", no_object),
        ("[{\"amount\":1}]", no_object),
        ("null", no_object),
        ("1", no_object),
        ("\"amount\"", no_object),
        (large.as_str(), (413, "too_large", None)),
    ] {
        // To release there is nothing to say.
        for route in ROUTES
            .iter()
            .filter(|route| !sent.is_empty() || !route.ends_with("release"))
        {
            let path = format!("{USER}/{route}");
            let answer = stage.post(&path, Some("k"), sent).await;
            let what = format!("{route}: {:.40}", sent);
            stage.check(answer, &what, expected).await;
        }
    }
}

#[tokio::test]
async fn a_field_no_route_knows_is_named() {
    let stage = Stage::set().await;
    for route in ROUTES {
        stage
            .check_field(route, "userId", Some(json!("pro-user")))
            .await;
        stage.check_field(route, "Amount", Some(json!(1))).await;
    }
    stage.check_field("holds", "label", Some(json!("x"))).await;
    stage
        .check_field("holds/h/extend", "amount", Some(json!(1)))
        .await;
    stage
        .check_field("holds/h/release", "amount", Some(json!(1)))
        .await;
    stage
        .check_field("charges", "ttlSeconds", Some(json!(1)))
        .await;
}

#[tokio::test]
async fn an_amount_is_exact_and_in_range_or_refused() {
    let stage = Stage::set().await;
    let mut values: Vec<Option<Value>> = vec![None];
    // Numbers as they stand in JSON; those with a point or exponent are floats.
    for number in [
        "-1",
        "0.5",
        "1.0",
        "1e3",
        "1E0",
        "-0.0",
        "1000000000001",
        "1e300",
        "18446744073709551616",
        "null",
        "true",
        "[]",
        "{}",
    ] {
        values.push(Some(serde_json::from_str(number).unwrap()));
    }
    for text in [
        "",
        "-1",
        "+1",
        "1e3",
        "1.2345",
        "1000000000000.001",
        "1000000000001",
        " 1",
        "1 ",
        "1,5",
        ".5",
        "1.",
        "NaN",
        "Infinity",
        "0x10",
        "٣",
    ] {
        values.push(Some(json!(text)));
    }
    for route in WITH_AMOUNT {
        for value in &values {
            stage.check_field(route, "amount", value.clone()).await;
        }
    }
}

#[tokio::test]
async fn what_a_charge_was_for_is_reported_in_known_words_or_refused() {
    let stage = Stage::set().await;
    let tokens = [
        json!(-1),
        json!(1.5),
        json!(4_294_967_296_u64),
        json!("10"),
        json!(null),
    ];
    let long = json!("é".repeat(101));
    for route in WITH_USAGE {
        for value in [
            json!("gpt-99"),
            json!(""),
            json!(5),
            json!("m".repeat(101)),
            json!(null),
        ] {
            stage.check_field(route, "modelId", Some(value)).await;
        }
        for value in [
            json!("gift"),
            json!("Chat"),
            json!(""),
            json!(1),
            json!(null),
        ] {
            stage.check_field(route, "operation", Some(value)).await;
        }
        for value in [long.clone(), json!(""), json!(5), json!(null)] {
            stage.check_field(route, "label", Some(value)).await;
        }
        for value in &tokens {
            stage
                .check_field(route, "inputTokens", Some(value.clone()))
                .await;
            stage
                .check_field(route, "outputTokens", Some(value.clone()))
                .await;
        }
    }
}

#[tokio::test]
async fn a_hold_lives_a_second_to_a_day_and_ends_in_a_known_way() {
    let stage = Stage::set().await;
    for route in WITH_TTL {
        for value in [
            json!(0),
            json!(86_401),
            json!(1.5),
            json!(-1),
            json!("60"),
            json!(null),
        ] {
            stage.check_field(route, "ttlSeconds", Some(value)).await;
        }
    }
    stage
        .check_field("holds/h/extend", "ttlSeconds", None)
        .await;
    for value in [
        json!("keep"),
        json!("Release"),
        json!(""),
        json!(1),
        json!(null),
    ] {
        stage.check_field("holds", "onExpiry", Some(value)).await;
    }
}

#[tokio::test]
async fn every_problem_of_a_body_is_named_at_once() {
    let stage = Stage::set().await;
    let sent = json!({"amount": -1, "label": "", "modelId": "gpt-99", "gift": true});
    let answer = stage
        .post("free-user/charges", Some("k"), &sent.to_string())
        .await;
    let refused = body(&answer, 422);
    let named: Vec<_> = refused["fields"].as_object().unwrap().keys().collect();
    assert_eq!(named, ["amount", "gift", "label", "modelId"], "{refused}");
}

#[tokio::test]
async fn a_path_that_names_no_possible_user_or_hold_is_not_found() {
    let stage = Stage::set().await;
    let long = "u".repeat(129);
    for user in ["a%20b", "a%23b", "%C3%BC", "a%00b", &long] {
        for route in ROUTES {
            let path = format!("{user}/{route}");
            let answer = stage.post(&path, Some("k"), &good(route).to_string()).await;
            stage.check(answer, &path, (404, "not_found", None)).await;
        }
        let answer = stage
            .service
            .get(&format!("/api/users/{user}/credits"))
            .await;
        stage.check(answer, user, (404, "not_found", None)).await;
    }
    let long = "h".repeat(65);
    for hold in ["unknown", "a%20b", "a%7Cb", "inference-service%23h", &long] {
        for command in ["extend", "report", "commit", "release"] {
            let path = format!("{USER}/holds/{hold}/{command}");
            let fields = good(&format!("holds/h/{command}")).to_string();
            let answer = stage.post(&path, Some("k"), &fields).await;
            stage.check(answer, &path, (404, "not_found", None)).await;
        }
    }
}

#[tokio::test]
async fn what_is_at_the_edge_of_its_range_is_taken() {
    let stage = Stage::set().await;
    let label = "é".repeat(100);
    let charge = json!({
        "amount": "0.000", "label": label, "modelId": "gpt-5", "operation": "function_call",
        "inputTokens": 4_294_967_295_u64, "outputTokens": 0,
    });
    let (user, service) = (USER, &stage.service);
    let charged = body(&service.post(user, "charges", "k1", &charge).await, 201);
    assert_eq!(
        (&charged["amount"], &charged["chargeId"]),
        (&json!("0"), &json!("k1"))
    );
    let long = "k".repeat(64);
    for (key, ttl_seconds) in [("k2", 1), ("k3", 86_400), (long.as_str(), 300)] {
        let held = service.hold(user, key, 0, ttl_seconds).await;
        assert_eq!(body(&held, 201)["holdId"], key);
    }
    // A body whose media type the gateway does not know arrives as base64.
    let headers = [
        ("idempotency-key", "k4"),
        ("content-type", "application/octet-stream"),
    ];
    let path = "/api/users/free-user/charges";
    let answer = service
        .send("POST", path, &headers, r#"{"amount":"007"}"#)
        .await;
    assert_eq!(body(&answer, 201)["amount"], "7");
}
