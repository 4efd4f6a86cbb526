//! What `openapi.yaml` says of the writes of services: their bodies, which are read field
//! by field and so have no type to derive from, and what charges and holds share. The
//! limits are those that `fields` reads with.

use std::borrow::Cow;

use serde_json::{Value, json};
use shared::domain::rating::Pool;
use shared::http::openapi::{Described, ErrorCode, Header, OperationText, Route};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::asked::DEFAULT_TTL_SECONDS;
use crate::fields::{MAX_LABEL, MAX_MODEL_ID, MAX_SESSION, MAX_TTL_SECONDS};
use crate::metering::{MAX_COST_MICROS, MAX_IMAGE_WORD, MAX_IMAGES};
use crate::service::WriteBody;

/// The largest amount of a request, in whole credits.
const MAX_AMOUNT: u64 = 1_000_000_000_000;

/// The bodies of requests about a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// An amount and its use.
    Spending,
    /// A lifetime.
    Extension,
    /// None, or an empty object.
    Nothing,
}

impl Body {
    fn add_to(self, mut route: Route) -> Route {
        match self {
            Body::Spending => {
                route.named::<OperationText>();
                let route = route.schema("MeteredUsage", metered_usage());
                route.body("Spending", spending(), true)
            }
            Body::Extension => {
                let fields = json!({"ttlSeconds": ttl_seconds()});
                route.body("Extension", object(&["ttlSeconds"], fields), true)
            }
            Body::Nothing => route.body("Nothing", object(&[], json!({})), false),
        }
        .failing(&[ErrorCode::ValidationFailed])
    }
}

/// `POST …/charges`.
pub(crate) fn charge(key: &'static str) -> Described {
    let scopes = &["credits.charge"];
    let user = json!({"userId": "$request.path.userId"});
    let route = Route::of_service(key, "postCharge", "Charge credits, all or nothing", scopes)
        .once()
        .answers::<ChargeAnswer>(201, "Charged.", &WRITTEN)
        .link(201, "getUserCredits", user)
        .failing(&SPENDING);
    Body::Spending.add_to(route).finish()
}

/// `POST …/holds`.
pub(crate) fn hold(key: &'static str) -> Described {
    let on_expiry = json!({
        "type": "string", "enum": ["release", "settle"], "default": "release",
        "description": "What happens if it expires: release everything, or charge what was \
                        reported.",
    });
    let mut ttl_seconds = ttl_seconds();
    if let Value::Object(schema) = &mut ttl_seconds {
        schema.insert("default".into(), json!(DEFAULT_TTL_SECONDS));
    }
    let fields = json!({
        "amount": amount(), "modelId": model_id(), "estimate": reference("Estimate"),
        "ttlSeconds": ttl_seconds, "onExpiry": on_expiry,
    });
    let text = "Reserve credits for a call whose price is not known yet";
    let mut route = Route::of_service(key, "postHold", text, &["credits.charge"])
        .text(
            "All or nothing. The hold bears the request's key. It is for an `amount`, or for the \
             most that the call of `estimate` costs by the rate card of `modelId`; by the cards \
             of this moment its reports and its commit are rated.",
        )
        .once()
        .schema("Estimate", estimate())
        .body("NewHold", either("amount", "estimate", fields), true)
        .answers::<HoldAnswer>(201, "Held.", &WRITTEN)
        .failing(&SPENDING)
        .failing(&[ErrorCode::ValidationFailed, ErrorCode::TooManyHolds]);
    for operation in ["extendHold", "reportHold", "commitHold", "releaseHold"] {
        let hold = json!({
            "userId": "$request.path.userId", "holdId": "$response.body#/holdId",
        });
        route = route.link(201, operation, hold);
    }
    route.finish()
}

/// A request about an open hold. What was begun can be ended by any user.
pub(crate) fn of_hold(key: &'static str, id: &str, summary: &str, body: Body) -> Route {
    let route = Route::of_service(key, id, summary, &["credits.charge"])
        .once()
        .answers::<HoldAnswer>(200, "The hold after this.", &WRITTEN)
        .failing(&[ErrorCode::HoldNotOpen]);
    body.add_to(route)
}

const WRITTEN: [Header; 2] = [Header::CacheControl, Header::IdempotentReplayed];

const SPENDING: [ErrorCode; 3] = [
    ErrorCode::InsufficientCredits,
    ErrorCode::SubscriptionExpired,
    ErrorCode::UserInactive,
];

pub(crate) fn object(required: &[&str], properties: Value) -> Value {
    let mut object = json!({
        "type": "object", "properties": properties, "additionalProperties": false,
    });
    if let (Value::Object(object), false) = (&mut object, required.is_empty()) {
        object.insert("required".into(), json!(required));
    }
    object
}

fn spending() -> Value {
    either("amount", "usage", spending_fields())
}

/// An object with one of two fields; the second needs the model that it is rated by.
fn either(amount: &str, metered: &str, fields: Value) -> Value {
    let mut schema = object(&[], fields);
    if let Value::Object(schema) = &mut schema {
        let one = json!([{"required": [amount]}, {"required": [metered, "modelId"]}]);
        schema.insert("oneOf".into(), one);
    }
    schema
}

pub(crate) fn spending_fields() -> Value {
    let tokens = || json!({"type": "integer", "minimum": 0, "maximum": u32::MAX});
    let text = |longest: usize, text: &str| json!({"type": "string", "minLength": 1, "maxLength": longest, "description": text});
    json!({
        "amount": amount(),
        "usage": reference("MeteredUsage"),
        "modelId": model_id(),
        "operation": reference("Operation"),
        "inputTokens": tokens(),
        "outputTokens": tokens(),
        "label": text(MAX_LABEL, "A text by which the caller finds the entry again."),
        "session": text(MAX_SESSION, "The conversation that the call is part of."),
    })
}

pub(crate) fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

pub(crate) fn model_id() -> Value {
    json!({
        "type": "string", "minLength": 1, "maxLength": MAX_MODEL_ID,
        "description": "A model on offer: see `GET /v1/models`.",
    })
}

fn count() -> Value {
    json!({"type": "integer", "minimum": 0, "maximum": u32::MAX})
}

fn images() -> Value {
    let word = json!({"type": "string", "minLength": 1, "maxLength": MAX_IMAGE_WORD});
    let fields = json!({"size": word, "quality": word, "count": count()});
    let image = object(&["size", "quality", "count"], fields);
    json!({"type": "array", "minItems": 1, "maxItems": MAX_IMAGES, "items": image})
}

fn provider_cost() -> Value {
    let micros = json!({"type": "integer", "minimum": 0, "maximum": MAX_COST_MICROS});
    let fields = json!({
        "currency": {"type": "string", "pattern": "^[a-z]{3}$"}, "amountMicros": micros,
    });
    object(&["currency", "amountMicros"], fields)
}

/// What was used; each token in one pool.
pub(crate) fn metered_usage() -> Value {
    let mut fields = serde_json::Map::new();
    for pool in Pool::ALL {
        fields.insert(pool.as_str().to_string(), count());
    }
    fields.insert("images".into(), images());
    fields.insert("providerCost".into(), provider_cost());
    described(
        object(&[], Value::Object(fields)),
        "What a call used. Pools exclude each other: each token is counted in one.",
    )
}

pub(crate) fn estimate() -> Value {
    let fields = json!({
        "input": count(), "maxOutput": count(), "inputAudio": count(),
        "maxOutputAudio": count(), "images": images(), "providerCost": provider_cost(),
    });
    let text = "The most that a call uses. Each token counts at the dearest rate that it may get.";
    described(object(&[], fields), text)
}

fn described(mut schema: Value, text: &str) -> Value {
    if let Value::Object(schema) = &mut schema {
        schema.insert("description".into(), json!(text));
    }
    schema
}

fn amount() -> Value {
    json!({
        "description": "Credits: a whole number, or an exact decimal text with at most three \
                        places.",
        "anyOf": [
            {"type": "integer", "minimum": 0, "maximum": MAX_AMOUNT},
            {
                "type": "string",
                "pattern": r"^0*(1000000000000(\.0{1,3})?|[0-9]{1,12}(\.[0-9]{1,3})?)$",
            },
        ],
        "examples": ["120.5"],
    })
}

fn ttl_seconds() -> Value {
    json!({
        "type": "integer", "minimum": 1, "maximum": MAX_TTL_SECONDS,
        "description": "The lifetime in seconds, from now.",
    })
}

/// The answer to a charge.
struct ChargeAnswer;

/// The answer to a request about a hold.
struct HoldAnswer;

impl PartialSchema for ChargeAnswer {
    fn schema() -> RefOr<Schema> {
        part_of_write(&["chargeId"], &["holdId", "status", "expiresAt"])
    }
}

impl PartialSchema for HoldAnswer {
    fn schema() -> RefOr<Schema> {
        part_of_write(&["holdId", "status", "expiresAt"], &["chargeId"])
    }
}

impl ToSchema for ChargeAnswer {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Charge")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        WriteBody::schemas(schemas);
    }
}

impl ToSchema for HoldAnswer {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Hold")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        WriteBody::schemas(schemas);
    }
}

/// The body of a write with some of its optional fields always there and others never.
fn part_of_write(always: &[&str], never: &[&str]) -> RefOr<Schema> {
    match WriteBody::schema() {
        RefOr::T(Schema::Object(mut schema)) => {
            let stays = |name: &String| !never.contains(&name.as_str());
            schema.properties.retain(|name, _| stays(name));
            let always = always.iter().map(ToString::to_string);
            schema.required.extend(always);
            RefOr::T(Schema::Object(schema))
        }
        other => other,
    }
}
