//! `GET /api/user/credits` by its recorded event and by variants of it that
//! real gateways, issuers and emulators send.

use serde_json::{Value, json};
use tests::world;

use super::{credits_function, recorded, respond};

const EVENT: &str = "get-credits.json";

#[tokio::test]
async fn the_recorded_event_is_answered_in_full() {
    let world = world().await;
    let app = credits_function(&world, &[]);
    let response = respond(&app, &recorded(EVENT)).await;
    let tag = response["headers"]["etag"].clone();
    assert!(tag.as_str().unwrap().starts_with("W/\""), "{tag}");
    let body = concat!(
        r#"{"freeCredits":{"remaining":1500,"monthlyAllocation":2000,"used":500,"#,
        r#""resetDate":"2025-12-01T00:00:00Z","daysUntilReset":25,"held":0},"#,
        r#""proCredits":{"remaining":0,"purchasedTotal":0,"lifetimeUsed":0,"held":0},"#,
        r#""totalAvailable":1500,"lastUpdated":"2025-11-06T14:30:00Z","held":0,"debt":0,"version":1,"#,
        r#""lots":[{"id":"free:2025-11-01","creditType":"free","kind":"free","remaining":1500,"#,
        r#""expiresAt":"2025-12-01T00:00:00Z"}]}"#,
    );
    let headers = |remaining: &str| {
        json!({
            "cache-control": "private, max-age=300",
            "etag": tag,
            "ratelimit-limit": "60",
            "ratelimit-remaining": remaining,
            "ratelimit-reset": "60",
            "vary": "Authorization",
        })
    };
    let mut expected = headers("59");
    expected["content-type"] = json!("application/json");
    assert_eq!(
        response,
        json!({"statusCode": 200, "headers": expected, "body": body, "isBase64Encoded": false})
    );

    let mut again = recorded(EVENT);
    again["headers"]["if-none-match"] = tag.clone();
    assert_eq!(
        respond(&app, &again).await,
        json!({"statusCode": 304, "headers": headers("58"), "body": "", "isBase64Encoded": false})
    );
}

#[tokio::test]
async fn an_error_is_answered_in_full_too() {
    let world = world().await;
    let app = credits_function(&world, &[]);
    let mut event = recorded(EVENT);
    event["requestContext"]["authorizer"]["jwt"]["claims"]["scope"] = json!("openid");
    let body = concat!(
        r#"{"error":"insufficient_scope","#,
        r#""error_description":"This needs a token with the scope: credits.read.","#,
        r#""requestId":"TpQzRh4aFiAEPpw="}"#,
    );
    let mut response = respond(&app, &event).await;
    let sent: Value = serde_json::from_str(response["body"].as_str().unwrap()).unwrap();
    assert_eq!(sent, serde_json::from_str::<Value>(body).unwrap());
    response["body"] = Value::Null;
    assert_eq!(
        response,
        json!({
            "statusCode": 403,
            "headers": {
                "cache-control": "no-store",
                "content-type": "application/json",
                "www-authenticate": "Bearer error=\"insufficient_scope\", scope=\"credits.read\"",
            },
            "body": null,
            "isBase64Encoded": false,
        })
    );
}

/// What a variant comes to: a status and the error code of its body, if any.
type Outcome = (u16, Option<&'static str>);

const ANSWERED: Outcome = (200, None);
const NO_USER: Outcome = (401, Some("unauthorized"));
const NO_SCOPE: Outcome = (403, Some("insufficient_scope"));
const NO_ROUTE: Outcome = (404, Some("not_found"));

/// A change of the recorded event: at a JSON pointer, another value or nothing.
struct Variant(&'static str, Option<Value>);

fn apply(event: &mut Value, Variant(pointer, value): Variant) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = event.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => parent.insert(name.to_string(), value),
        None => parent.remove(name),
    };
}

async fn check<const N: usize>(
    variables: &[(&str, &str)],
    variants: [(&str, Vec<Variant>, Outcome); N],
) {
    let world = world().await;
    let app = credits_function(&world, variables);
    for (name, changes, (status, code)) in variants {
        let mut event = recorded(EVENT);
        for change in changes {
            apply(&mut event, change);
        }
        let response = respond(&app, &event).await;
        assert_eq!(response["statusCode"], status, "{name}: {response}");
        let body: Value = serde_json::from_str(response["body"].as_str().unwrap()).unwrap();
        assert_eq!(body.get("error").and_then(Value::as_str), code, "{name}");
        if code.is_some() {
            assert!(body["requestId"].is_string(), "{name}: {body}");
            assert_eq!(response["headers"]["cache-control"], "no-store", "{name}");
        }
    }
}

const AUTHORIZER: &str = "/requestContext/authorizer";
const JWT: &str = "/requestContext/authorizer/jwt";
const CLAIMS: &str = "/requestContext/authorizer/jwt/claims";
const SUB: &str = "/requestContext/authorizer/jwt/claims/sub";
const SCOPE: &str = "/requestContext/authorizer/jwt/claims/scope";
const SCP: &str = "/requestContext/authorizer/jwt/claims/scp";
const USE: &str = "/requestContext/authorizer/jwt/claims/token_use";

fn absent(pointer: &'static str) -> Vec<Variant> {
    vec![Variant(pointer, None)]
}

fn set(pointer: &'static str, value: impl Into<Value>) -> Vec<Variant> {
    vec![Variant(pointer, Some(value.into()))]
}

#[tokio::test]
async fn an_event_without_a_usable_token_names_no_user() {
    check(
        &[],
        [
            ("no context", absent("/requestContext"), NO_USER),
            ("null context", set("/requestContext", Value::Null), NO_USER),
            ("no authorizer", absent(AUTHORIZER), NO_USER),
            ("null authorizer", set(AUTHORIZER, Value::Null), NO_USER),
            (
                "a lambda authorizer",
                set(AUTHORIZER, json!({"lambda": {"sub": "free-user"}})),
                NO_USER,
            ),
            (
                "an IAM authorizer",
                set(AUTHORIZER, json!({"iam": {"userId": "free-user"}})),
                NO_USER,
            ),
            ("no jwt", absent(JWT), NO_USER),
            ("null jwt", set(JWT, Value::Null), NO_USER),
            ("no claims", absent(CLAIMS), NO_USER),
            ("null claims", set(CLAIMS, Value::Null), NO_USER),
            ("no sub", absent(SUB), NO_USER),
            ("a numeric sub", set(SUB, 42), NO_USER),
            ("a list of subs", set(SUB, json!(["free-user"])), NO_USER),
            ("a foreign sub", set(SUB, "a#b"), NO_USER),
            ("an ID token", set(USE, "id"), NO_USER),
            ("a refresh token", set(USE, "refresh"), NO_USER),
        ],
    )
    .await;
}

#[tokio::test]
async fn scopes_are_read_as_issuers_spell_them() {
    let scp = |value: &'static str| {
        [absent(SCOPE), set(SCP, value)]
            .into_iter()
            .flatten()
            .collect()
    };
    check(
        &[],
        [
            ("alone", set(SCOPE, "credits.read"), ANSWERED),
            ("among others", set(SCOPE, "a  credits.read\tb"), ANSWERED),
            ("a list", set(SCOPE, "[user.info credits.read]"), ANSWERED),
            ("scp", scp("user.info credits.read"), ANSWERED),
            ("scp as a list", scp("[credits.read user.info]"), ANSWERED),
            (
                "scope before scp",
                [set(SCP, "credits.read"), set(SCOPE, "a")]
                    .into_iter()
                    .flatten()
                    .collect(),
                NO_SCOPE,
            ),
            ("none", absent(SCOPE), NO_SCOPE),
            ("empty", set(SCOPE, ""), NO_SCOPE),
            ("another", set(SCOPE, "user.info"), NO_SCOPE),
            ("longer", set(SCOPE, "credits.reader"), NO_SCOPE),
            ("shorter", set(SCOPE, "credits"), NO_SCOPE),
            ("another case", set(SCOPE, "Credits.Read"), NO_SCOPE),
            ("commas", set(SCOPE, "credits.read,user.info"), NO_SCOPE),
            ("prefixed", set(SCOPE, "api/credits.read"), NO_SCOPE),
            ("not a text", set(SCOPE, json!(["credits.read"])), NO_SCOPE),
        ],
    )
    .await;
}

#[tokio::test]
async fn with_a_scope_prefix_only_prefixed_scopes_count() {
    check(
        &[("SCOPE_PREFIX", "api/")],
        [
            ("prefixed", set(SCOPE, "api/credits.read"), ANSWERED),
            (
                "among others",
                set(SCOPE, "openid api/user.info api/credits.read"),
                ANSWERED,
            ),
            ("bare", set(SCOPE, "credits.read"), NO_SCOPE),
            ("twice", set(SCOPE, "api/api/credits.read"), NO_SCOPE),
            ("another server", set(SCOPE, "other/credits.read"), NO_SCOPE),
        ],
    )
    .await;
}

#[tokio::test]
async fn whatever_else_an_event_holds_does_not_matter() {
    let base64 = [set("/isBase64Encoded", true), set("/body", "%%%")];
    check(
        &[],
        [
            ("no headers", absent("/headers"), ANSWERED),
            ("null headers", set("/headers", Value::Null), ANSWERED),
            ("a body said to be base64", base64.into_iter().flatten().collect(), ANSWERED),
            ("unknown fields", set("/futureField", json!({"a": [1, null]})), ANSWERED),
            ("unknown claims", set(CLAIMS, json!({
                "sub": "free-user", "scope": "credits.read", "groups": "[a b]", "age": 3, "x": null,
            })), ANSWERED),
            ("a token_use that is no text", set(USE, 1), ANSWERED),
            ("no token_use", absent(USE), ANSWERED),
            ("no request id", absent("/requestContext/requestId"), ANSWERED),
            ("another raw path", set("/rawPath", "/prod/api/user/credits"), ANSWERED),
            ("an If-None-Match that is none", set("/headers/if-none-match", "\u{fffd},,\""), ANSWERED),
            ("no route key", absent("/routeKey"), NO_ROUTE),
            ("a null route key", set("/routeKey", Value::Null), NO_ROUTE),
            ("the default route", set("/routeKey", "$default"), NO_ROUTE),
            ("another method", set("/routeKey", "POST /api/user/credits"), NO_ROUTE),
            ("another case", set("/routeKey", "get /api/user/credits"), NO_ROUTE),
        ],
    )
    .await;
}
