//! What `local/openapi.yaml` says of the world's own routes. Paths that start with
//! `/_local` or `/.well-known` are listed here or a test names them.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::http::openapi::Moment;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::control::{ClockBody, FaultsBody, StoryBody, TokenBody};

/// The paths with their operations, and the schemas that these refer to.
pub fn described() -> (Value, BTreeMap<String, Value>) {
    let mut schemas = BTreeMap::from([("Problem".to_string(), problem())]);
    let mut named = |(name, all): (String, Vec<(String, RefOr<Schema>)>)| {
        for (name, schema) in all {
            let schema = serde_json::to_value(schema).unwrap_or_default();
            schemas.insert(name, schema);
        }
        reference(&name)
    };
    let order = named(all_of::<TokenBody>());
    let clock = named(all_of::<ClockBody>());
    let story = named(all_of::<StoryBody>());
    let faults = named(all_of::<FaultsBody>());
    named(all_of::<Moment>());
    schemas.extend([
        ("World".to_string(), world()),
        ("Clock".to_string(), clock_state()),
        ("Meter".to_string(), meter()),
    ]);
    let told = json!({
        "type": "object", "required": ["told"], "properties": {"told": {"type": "boolean"}},
    });
    let world = reference("World");
    let state = reference("Clock");
    let meter = reference("Meter");
    let mut paths = json!({
        "/_local": {"get": get("describeWorld", "Where everything is", &world)},
        "/_local/token": {
            "post": post("issueToken", "A token for a user or a service", &order, &token()),
        },
        "/_local/clock": {
            "get": get("showClock", "The world's time", &state),
            "post": post("moveClock", "Move, stop or start the clock", &clock, &state),
        },
        "/_local/stripe/story": {
            "post": post("tellStory", "What happens at Stripe", &story, &told),
        },
        "/_local/stripe/faults": {
            "post": post("orderFaults", "Let calls of Stripe's API fail", &faults, &faults),
        },
        "/_local/mail": {
            "get": get("listMail", "The e-mails that were sent", &open(&["mails"])),
        },
        "/_local/meter": {
            "get": get("showMeter", "What calls of DynamoDB would cost", &meter),
            "delete": get("resetMeter", "Count from zero again", &meter),
        },
        "/.well-known/jwks.json": {
            "get": get("getKeys", "The issuer's public keys", &open(&["keys"])),
        },
        "/.well-known/openid-configuration": {
            "get": get("discover", "The issuer's discovery document", &open(&["issuer", "jwks_uri"])),
        },
    });
    if let Value::Object(paths) = &mut paths {
        paths.extend(issuer());
        paths.extend(front());
        for (path, id, kind, summary) in PAGES {
            paths.insert(path.to_string(), page(id, kind, summary));
        }
    }
    (paths, schemas)
}

/// The issuer's own routes; docs/local.md has their parameters.
fn issuer() -> [(String, Value); 2] {
    let html = || json!({"text/html": {"schema": {}}});
    let page = |id: &str, summary: &str, responses: Value| json!({"operationId": id, "summary": summary, "tags": ["issuer"], "responses": responses});
    let shown = json!({"description": "The page, or why there is none.", "content": html()});
    let gone = json!({"description": "Back to the client, with a code or an error."});
    let refused =
        json!({"description": "The client or its address is not known.", "content": html()});
    let authorize = json!({
        "get": page("showSignIn", "The sign-in page", json!({"200": shown, "303": gone, "400": refused})),
        "post": page("signIn", "A choice on the page", json!({"303": gone, "400": refused})),
    });
    let mut exchange = get(
        "exchange",
        "The issuer's token endpoint",
        &open(&["access_token"]),
    );
    if let Value::Object(exchange) = &mut exchange {
        let form = json!({"application/x-www-form-urlencoded": {"schema": open(&["grant_type"])}});
        exchange.insert(
            "requestBody".into(),
            json!({"required": true, "content": form}),
        );
    }
    [
        ("/_local/oauth/authorize".to_string(), authorize),
        ("/_local/oauth/token".to_string(), json!({"post": exchange})),
    ]
}

/// The page at `/` and the forms on it.
fn front() -> [(String, Value); 2] {
    let query = |name: &str, text: &str| {
        json!({
            "name": name, "in": "query", "required": false, "description": text,
            "schema": {"type": "string"},
        })
    };
    let mut shown = page("openFrontDoor", "text/html", "The front door");
    if let Some(Value::Object(operation)) = shown.get_mut("get") {
        let user = query("user", "Whose page; the first seeded user's without it.");
        let said = query("said", "What the last button came to.");
        operation.insert("parameters".into(), json!([user, said]));
    }
    let form = json!({"application/x-www-form-urlencoded": {"schema": open(&["do", "user"])}});
    let html = json!({"text/html": {"schema": {}}});
    let pressed = json!({"post": {
        "operationId": "pressButton", "summary": "A button of the front door", "tags": ["description"],
        "requestBody": {"required": true, "content": form},
        "responses": {
            "303": {"description": "Back to the page, or to a page of Stripe's."},
            "400": {"description": "The form names no button.", "content": html.clone()},
            "403": {"description": "Another site sent the form.", "content": html.clone()},
            "413": {"description": "The form is too long.", "content": html},
        },
    }});
    [
        ("/".to_string(), shown),
        ("/_local/front".to_string(), pressed),
    ]
}

const PAGES: [(&str, &str, &str, &str); 5] = [
    (
        "/openapi.yaml",
        "getOpenapiYaml",
        "application/yaml",
        "The description of the API",
    ),
    (
        "/openapi.json",
        "getOpenapiJson",
        "application/json",
        "The same as JSON",
    ),
    (
        "/docs",
        "getDocs",
        "text/html",
        "The same as a page to read",
    ),
    (
        "/_local/openapi.yaml",
        "getLocalYaml",
        "application/yaml",
        "This document",
    ),
    (
        "/_local/docs",
        "getLocalDocs",
        "text/html",
        "This document as a page to read",
    ),
];

fn all_of<T: ToSchema>() -> (String, Vec<(String, RefOr<Schema>)>) {
    let mut all = Vec::new();
    T::schemas(&mut all);
    let name = T::name().into_owned();
    all.push((name.clone(), T::schema()));
    (name, all)
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn get(id: &str, summary: &str, answer: &Value) -> Value {
    let content = json!({"application/json": {"schema": answer}});
    json!({
        "operationId": id, "summary": summary, "tags": ["local"],
        "responses": {"200": {"description": "Done.", "content": content}},
    })
}

fn post(id: &str, summary: &str, body: &Value, answer: &Value) -> Value {
    let mut operation = get(id, summary, answer);
    let problem = json!({"application/json": {"schema": reference("Problem")}});
    let problem = json!({"description": "What to send instead.", "content": problem});
    let body = json!({"required": true, "content": {"application/json": {"schema": body}}});
    if let Some(responses) = operation
        .get_mut("responses")
        .and_then(Value::as_object_mut)
    {
        responses.insert("400".into(), problem);
    }
    if let Value::Object(operation) = &mut operation {
        operation.insert("requestBody".into(), body);
    }
    operation
}

fn page(id: &str, kind: &str, summary: &str) -> Value {
    let content = json!({kind: {"schema": {}}});
    json!({"get": {
        "operationId": id, "summary": summary, "tags": ["description"],
        "responses": {"200": {"description": summary, "content": content}},
    }})
}

fn open(required: &[&str]) -> Value {
    json!({"type": "object", "required": required})
}

fn problem() -> Value {
    let text = json!({"type": "string", "description": "One line that says what to send."});
    json!({
        "type": "object",
        "required": ["error", "error_description"],
        "properties": {
            "error": {"type": "string", "enum": ["invalid_request"]},
            "error_description": text,
        },
    })
}

fn world() -> Value {
    let text = || json!({"type": "string"});
    let words = [
        "baseUrl",
        "issuer",
        "audience",
        "jwksUri",
        "stripeApiKey",
        "stripeWebhookSecret",
    ];
    let words = words.map(|name| (name.to_string(), text()));
    let mut properties: serde_json::Map<String, Value> = words.into_iter().collect();
    let required: Vec<String> = properties.keys().cloned().collect();
    properties.insert("stripeUrl".into(), json!({"type": ["string", "null"]}));
    properties.insert("now".into(), reference("Moment"));
    let tables = json!({"type": "object", "additionalProperties": {"type": "string"}});
    properties.insert("tables".into(), tables);
    let user = json!({
        "type": "object", "required": ["userId", "email"],
        "properties": {"userId": text(), "email": text()},
    });
    properties.insert("users".into(), json!({"type": "array", "items": user}));
    json!({"type": "object", "required": required, "properties": properties})
}

fn token() -> Value {
    json!({
        "type": "object",
        "required": ["access_token", "token_type", "expires_in"],
        "properties": {
            "access_token": {"type": "string"},
            "token_type": {"type": "string", "enum": ["Bearer"]},
            "expires_in": {"type": "integer"},
        },
    })
}

fn clock_state() -> Value {
    json!({
        "type": "object",
        "required": ["now", "frozen"],
        "properties": {"now": reference("Moment"), "frozen": {"type": "boolean"}},
    })
}

fn meter() -> Value {
    let count = || {
        json!({
            "requests": {"type": "integer", "minimum": 0},
            "readUnits": {"type": "number", "minimum": 0},
            "writeUnits": {"type": "number", "minimum": 0},
        })
    };
    let of_operation = json!({"type": "object", "properties": count()});
    let mut properties = count();
    if let Value::Object(properties) = &mut properties {
        let operations = json!({"type": "object", "additionalProperties": of_operation});
        properties.insert("operations".into(), operations);
    }
    let required = ["requests", "readUnits", "writeUnits", "operations"];
    json!({"type": "object", "required": required, "properties": properties})
}
