//! Builds a function's event in payload format 2.0, as API Gateway does.
//! Source: API Gateway developer guide, "Working with AWS Lambda proxy
//! integrations for HTTP APIs".

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use serde_json::{Map, Value, json};
use shared::domain::Timestamp;

use super::request::Request;
use crate::deployment::percent_decode;
use crate::identity::Claims;

/// Media types whose bodies arrive as text; all others as base64.
const TEXT_TYPES: [&str; 4] = [
    "application/json",
    "application/javascript",
    "application/xml",
    "text/",
];

/// The event, or none if the path cannot be percent-decoded.
pub(super) fn payload(
    request: &Request,
    route_key: &str,
    path_parameters: &BTreeMap<String, String>,
    claims: Option<&Claims>,
    request_id: &str,
    now: Timestamp,
) -> Option<Value> {
    let raw_path = percent_decode(&request.path)?;
    let headers = joined_headers(request);
    let (body, is_base64_encoded) = body(request, headers.get("content-type"));
    let mut event = json!({
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": raw_path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": "localhost",
            "domainPrefix": "local",
            "http": {
                "method": request.method,
                "path": raw_path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.source_ip,
                "userAgent": request.header("user-agent").unwrap_or_default(),
            },
            "requestId": request_id,
            "routeKey": route_key,
            "stage": "$default",
            "time": time(now),
            "timeEpoch": now.unix_seconds().saturating_mul(1000),
        },
        "isBase64Encoded": is_base64_encoded,
    });
    let fields = event.as_object_mut()?;
    let parameters = query_parameters(&request.query);
    if !parameters.is_empty() {
        fields.insert("queryStringParameters".into(), Value::Object(parameters));
    }
    if !path_parameters.is_empty() {
        fields.insert("pathParameters".into(), json!(path_parameters));
    }
    if let Some(body) = body {
        fields.insert("body".into(), json!(body));
    }
    if let (Some(claims), Some(context)) = (claims, fields.get_mut("requestContext")) {
        let jwt = json!({"claims": claims.claims, "scopes": claims.scopes});
        context
            .as_object_mut()?
            .insert("authorizer".into(), json!({"jwt": jwt}));
    }
    Some(event)
}

/// An id like API Gateway's own: short, opaque, unique.
pub(super) fn opaque_id(bytes: [u8; 16]) -> String {
    let text = STANDARD.encode(bytes);
    text.replace(['+', '/'], "-")
        .trim_end_matches('=')
        .to_string()
}

/// Names in lower case, values of one name joined by commas.
fn joined_headers(request: &Request) -> BTreeMap<String, String> {
    let mut joined = BTreeMap::<String, String>::new();
    for (name, value) in &request.headers {
        joined
            .entry(name.to_ascii_lowercase())
            .and_modify(|all| {
                all.push(',');
                all.push_str(value);
            })
            .or_insert_with(|| value.clone());
    }
    joined
}

fn body(request: &Request, content_type: Option<&String>) -> (Option<String>, bool) {
    if request.body.is_empty() {
        return (None, false);
    }
    let is_text = content_type
        .map(|kind| kind.trim().to_ascii_lowercase())
        .is_some_and(|kind| TEXT_TYPES.iter().any(|text| kind.starts_with(text)));
    match std::str::from_utf8(&request.body) {
        Ok(text) if is_text => (Some(text.to_string()), false),
        _ => (Some(STANDARD.encode(&request.body)), true),
    }
}

/// Decoded, values of one name joined by commas.
fn query_parameters(query: &str) -> Map<String, Value> {
    let mut parameters = BTreeMap::<String, String>::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = |text: &str| {
            let text = text.replace('+', " ");
            percent_decode(&text).unwrap_or(text)
        };
        parameters
            .entry(decoded(name))
            .and_modify(|all| {
                all.push(',');
                all.push_str(&decoded(value));
            })
            .or_insert_with(|| decoded(value));
    }
    parameters
        .into_iter()
        .map(|(name, value)| (name, Value::String(value)))
        .collect()
}

/// `06/Nov/2025:14:30:00 +0000`
fn time(now: Timestamp) -> String {
    let moment = DateTime::from_timestamp(now.unix_seconds(), 0).unwrap_or_default();
    moment.format("%d/%b/%Y:%H:%M:%S +0000").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request {
            method: "POST".into(),
            path: "/api/users/a%7Cb/charges".into(),
            query: "a=1&b=x+y&a=%32".into(),
            headers: vec![
                (
                    "Content-Type".into(),
                    "application/json; charset=utf-8".into(),
                ),
                ("X-Twice".into(), "1".into()),
                ("x-twice".into(), "2".into()),
            ],
            body: b"{\"amount\":1}".to_vec(),
            source_ip: "127.0.0.1".into(),
        }
    }

    fn payload_of(request: &Request) -> Value {
        let parameters = BTreeMap::from([("userId".to_string(), "a|b".to_string())]);
        let now = "2025-11-06T14:30:00Z".parse().unwrap();
        payload(request, "POST /x", &parameters, None, "id", now).unwrap()
    }

    #[test]
    fn names_are_lower_case_and_repeated_ones_joined() {
        let event = payload_of(&request());
        assert_eq!(event["headers"]["x-twice"], "1,2");
        assert_eq!(
            event["queryStringParameters"],
            json!({"a": "1,2", "b": "x y"})
        );
        assert_eq!(event["rawQueryString"], "a=1&b=x+y&a=%32");
        assert_eq!(event["rawPath"], "/api/users/a|b/charges");
        assert_eq!(event["pathParameters"]["userId"], "a|b");
        assert_eq!(
            event["requestContext"]["time"],
            "06/Nov/2025:14:30:00 +0000"
        );
    }

    #[test]
    fn json_arrives_as_text_and_everything_else_as_base64() {
        let mut request = request();
        let event = payload_of(&request);
        assert_eq!(
            (&event["body"], &event["isBase64Encoded"]),
            (&json!("{\"amount\":1}"), &json!(false))
        );
        request.headers.clear();
        let event = payload_of(&request);
        assert_eq!(event["isBase64Encoded"], true);
        assert_eq!(
            STANDARD.decode(event["body"].as_str().unwrap()).unwrap(),
            request.body
        );
        request.body.clear();
        assert_eq!(payload_of(&request).get("body"), None);
    }
}
