//! Errors as clients read them: one shape for every function, and a text that speaks of
//! what was wrong, where it was.

use serde_json::Value;
use tests::{Answer, Served};

const SCOPES: &str = "user.info credits.read";

/// The members that every error of a function has, checked; the whole error.
#[track_caller]
fn error(answer: &Answer, status: u16, code: &str) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    let error = answer.json();
    assert_eq!(error["error"], code, "{error}");
    for member in ["error_description", "requestId"] {
        let text = error[member].as_str().unwrap_or_default();
        assert!(!text.is_empty(), "{member}: {error}");
    }
    error
}

#[tokio::test]
async fn an_error_in_the_query_speaks_of_the_query_and_one_in_the_body_of_the_body() {
    let served = Served::start().await;
    let token = served.token("free-user", SCOPES).await;
    let app = served.with(&token);
    for (path, field) in [
        ("/api/user/credits/history?limit=0", "limit"),
        ("/api/user/credits/history?limit=1&limit=2", "limit"),
        ("/api/user/credits/history?cursor=x", "cursor"),
        ("/api/user/credits/history?kind=gift", "kind"),
        ("/api/user/usage?groupBy=week", "groupBy"),
        ("/api/user/usage?from=yesterday", "from"),
        ("/api/user/usage?from=2025-11-02&to=2025-11-01", "from"),
    ] {
        let error = error(&app.get(path).await, 422, "validation_failed");
        let text = "Some query parameters are invalid; see fields.";
        assert_eq!(error["error_description"], text, "{path}");
        let fields: Vec<_> = error["fields"].as_object().unwrap().keys().collect();
        assert_eq!(fields, [field], "{path}");
    }
    let range = app.get("/api/user/usage?from=2025-01-01").await;
    error(&range, 422, "range_too_large");
    let answer = app.patch("/api/user/preferences", r#"{"theme":1}"#).await;
    let error = error(&answer, 422, "validation_failed");
    let text = "Some fields of the body are invalid; see fields.";
    assert_eq!(error["error_description"], text);
}

#[tokio::test]
async fn a_member_that_appears_twice_is_named_wherever_it_stands() {
    let served = Served::start().await;
    let token = served.token("free-user", SCOPES).await;
    for (body, path) in [
        (r#"{"maxTokens":1,"maxTokens":1}"#, "maxTokens"),
        (r#"{"maxTokens":1,"max\u0054okens":2}"#, "maxTokens"),
        (r#"{"theme":{"a":[0,{"b":1,"b":2}]}}"#, "theme.a[1].b"),
    ] {
        let answer = served.with(&token).patch("/api/user/preferences", body);
        let error = error(&answer.await, 400, "invalid_request");
        let text = format!("The body has the member {path:?} more than once.");
        assert_eq!(error["error_description"], text, "{body}");
        let fields = error["fields"].as_object().unwrap();
        assert_eq!(fields[path], "must appear once", "{body}");
        assert_eq!(fields.len(), 1, "{body}");
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_told_what_is_wrong_with_it() {
    let served = Served::start().await;
    let token = served.token("free-user", SCOPES).await;
    let deep = format!(r#"{{"a":{}"#, "[".repeat(100));
    for (body, text) in [
        ("", "The body is empty. Send a JSON object."),
        ("x=1", "The body is not valid JSON."),
        (
            deep.as_str(),
            "The body is nested more than 32 levels deep.",
        ),
    ] {
        let answer = served.with(&token).patch("/api/user/preferences", body);
        let error = error(&answer.await, 400, "invalid_request");
        assert_eq!(error["error_description"], text, "{body}");
    }
}

#[tokio::test]
async fn what_the_gateway_answers_by_itself_has_the_gateways_own_shape() {
    let served = Served::start().await;
    let token = served.token("free-user", "credits.read").await;
    let app = served.with(&token);
    for (answer, status, message) in [
        (served.get("/api/user").await, 401, "Unauthorized"),
        (app.get("/api/user/profile").await, 403, "Forbidden"),
        (app.get("/api/nothing").await, 404, "Not Found"),
    ] {
        assert_eq!(answer.status, status, "{}", answer.text);
        assert_eq!(answer.json(), serde_json::json!({"message": message}));
    }
}
