//! The description of the API: what the routes say of themselves, with examples, and the
//! rules that hold for all of them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use shared::http::openapi::{Described, Schemas, components};

use crate::examples::Recorded;

/// The version of OpenAPI.
pub(crate) const OPENAPI: &str = "3.1.0";

const DESCRIPTION: &str = "Credits and billing of an AI app. Four rules hold everywhere:

- **Amounts** of requests and of the ledger are exact decimal texts with at most three \
places (`\"120.5\"`). **Balances** are whole numbers: what remains is rounded down, what is \
used is rounded up.
- **Errors** of the API are `{error, error_description, requestId}`. Go by `error`; the text \
is for people. The gateway answers some requests by itself, with `{message}` alone; both are \
listed with every route.
- **Writes** of services bear an `Idempotency-Key`. The same request under the same key gets \
the first answer, however often it is sent, with `Idempotent-Replayed: true`.
- **Fields** are only ever added. Ignore those that you do not know.

Wait as `Retry-After` says after 429 and 503, then send the same request again.";

pub(crate) fn license() -> Value {
    json!({"name": "MIT", "identifier": "MIT"})
}

/// The document.
pub(crate) fn document(
    described: Vec<Described>,
    recorded: &BTreeMap<String, Recorded>,
) -> Result<Value, String> {
    let mut paths = BTreeMap::<String, Map<String, Value>>::new();
    let mut schemas = Schemas::new();
    let mut responses = BTreeMap::<String, Value>::new();
    for route in described {
        let Described {
            key,
            mut operation,
            schemas: named,
        } = route;
        let (method, path) = key
            .split_once(' ')
            .ok_or_else(|| format!("{key:?} is no route key"))?;
        for (name, schema) in named {
            add(&mut schemas, name, schema)?;
        }
        if let Some(recorded) = recorded.get(&key) {
            exemplify(&mut operation, recorded);
        }
        share_errors(&mut operation, &mut responses);
        let methods = paths.entry(path.to_string()).or_default();
        methods.insert(method.to_lowercase(), operation);
    }
    let (webhooks, messages) = notices::described();
    for (name, schema) in messages {
        add(&mut schemas, name, schema)?;
    }
    Ok(json!({
        "openapi": OPENAPI,
        "info": {
            "title": "Dedicated API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": license(),
        },
        "servers": [{
            "url": "http://127.0.0.1:8787",
            "description": "The local world; on AWS the `ApiUrl` of the stack.",
        }],
        "tags": [
            {"name": "user", "description": "Called with a user's token."},
            {"name": "service", "description": "Called with a service's token."},
            {"name": "open", "description": "Called without a token."},
            {"name": "webhook", "description": "Called by this API: docs/notify.md."},
        ],
        "paths": paths,
        "webhooks": webhooks,
        "components": {
            "headers": components(),
            "responses": responses,
            "schemas": schemas,
            "securitySchemes": security_schemes(),
        },
    }))
}

/// Two routes may name one schema, but not two.
fn add(all: &mut BTreeMap<String, Value>, name: String, value: Value) -> Result<(), String> {
    match all.get(&name) {
        Some(known) if *known != value => Err(format!("{name} is described in two ways")),
        _ => {
            all.insert(name, value);
            Ok(())
        }
    }
}

/// Moves the responses of errors, which many routes share, to the components.
fn share_errors(operation: &mut Value, shared: &mut BTreeMap<String, Value>) {
    let responses = operation
        .get_mut("responses")
        .and_then(Value::as_object_mut);
    for (status, response) in responses.into_iter().flatten() {
        if status.as_str() < "400" {
            continue;
        }
        let name = format!("{status}{}", codes(response));
        // A route with a text or a header of its own keeps its response to itself.
        let known = shared
            .entry(name.clone())
            .or_insert_with(|| response.clone());
        if *known == *response {
            *response = json!({"$ref": format!("#/components/responses/{name}")});
        }
    }
}

/// `-InsufficientScope-Gateway`: the errors that a response can be.
fn codes(response: &Value) -> String {
    let schema = response.pointer("/content/application~1json/schema");
    let any_of = schema.and_then(|schema| schema.get("anyOf"));
    let all = any_of.and_then(Value::as_array).cloned();
    let all = all.unwrap_or_else(|| schema.into_iter().cloned().collect());
    let names = all.iter().filter_map(|schema| schema.get("$ref")?.as_str());
    let names = names.filter_map(|path| path.rsplit('/').next()?.strip_suffix("Error"));
    names.map(|name| format!("-{name}")).collect()
}

/// Puts the recorded request and its answer into an operation.
fn exemplify(operation: &mut Value, recorded: &Recorded) {
    let event = &recorded.event;
    let parameters = operation
        .get_mut("parameters")
        .and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        let part = |name: &str| parameter.get(name).and_then(Value::as_str);
        let name = part("name").unwrap_or_default();
        let value = match part("in") {
            Some("path") => event.pointer(&format!("/pathParameters/{name}")),
            Some("query") => event.pointer(&format!("/queryStringParameters/{name}")),
            _ => event.pointer(&format!("/headers/{}", name.to_lowercase())),
        };
        let is_number = parameter.pointer("/schema/type") == Some(&json!("integer"));
        let value = value.cloned().map(|value| match value.as_str() {
            Some(text) if is_number => text.parse::<u64>().map_or(json!(text), Value::from),
            _ => value,
        });
        if let (Some(value), Value::Object(parameter)) = (value, parameter) {
            parameter.insert("example".into(), value);
        }
    }
    let sent = event.get("body").and_then(Value::as_str);
    let sent = sent.and_then(|text| serde_json::from_str::<Value>(text).ok());
    if let Some(sent) = sent {
        set_example(
            operation.pointer_mut("/requestBody/content/application~1json"),
            sent,
        );
    }
    if let (Some(status), Some(answer)) = (recorded.status, &recorded.answer) {
        let place = format!("/responses/{status}/content/application~1json");
        set_example(operation.pointer_mut(&place), answer.clone());
    }
}

fn set_example(content: Option<&mut Value>, example: Value) {
    if let Some(Value::Object(content)) = content {
        content.insert("example".into(), example);
    }
}

fn security_schemes() -> Value {
    let user = [
        ("credits.read", "See balance, ledger and use."),
        ("user.info", "See the profile; see and change preferences."),
        ("models.read", "See the models on offer."),
        (
            "billing.manage",
            "See prices, buy credits and manage your subscription.",
        ),
    ];
    let service = [("credits.charge", "Read balances, charge and hold credits.")];
    let issuer = "https://issuer.example.com";
    json!({
        "user": {
            "type": "oauth2",
            "description": "An access token of a user, RS256, of the configured issuer. A scope \
                            may have a prefix of the deployment's, as `api/credits.read` with \
                            Cognito.",
            "flows": {"authorizationCode": {
                "authorizationUrl": format!("{issuer}/oauth2/authorize"),
                "tokenUrl": format!("{issuer}/oauth2/token"),
                "refreshUrl": format!("{issuer}/oauth2/token"),
                "scopes": scopes(&user),
            }},
        },
        "service": {
            "type": "oauth2",
            "description": "An access token of a program of ours, by client credentials.",
            "flows": {"clientCredentials": {
                "tokenUrl": format!("{issuer}/oauth2/token"),
                "scopes": scopes(&service),
            }},
        },
    })
}

fn scopes(scopes: &[(&str, &str)]) -> Value {
    let scopes = scopes.iter();
    let scopes: Map<String, Value> = scopes
        .map(|(name, text)| (name.to_string(), json!(text)))
        .collect();
    Value::Object(scopes)
}
