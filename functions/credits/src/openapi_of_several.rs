//! What `openapi.yaml` says of the routes that answer several questions at once. Each
//! result is an answer or an error, so its schema is written by hand: all fields of both,
//! none of them required.

use serde_json::{Map, Value, json};
use shared::http::openapi::{
    Described, ErrorCode, Header, IdempotencyKeyText, OperationText, Route,
};
use utoipa::PartialSchema;

use crate::bodies::{MAX_CHARGES, MAX_QUOTES};
use crate::openapi::{estimate, metered_usage, model_id, object, reference, spending_fields};
use crate::parts::PartBody;
use crate::service::WriteBody;

/// `POST …/charges/batch`.
pub(crate) fn batch(key: &'static str) -> Described {
    let scopes = &["credits.charge"];
    let summary = "Charge several times at once, each all or nothing";
    let mut route = Route::of_service(key, "postChargeBatch", summary, scopes).text(
        "Each charge has its own key and its own result, the same as if it were sent alone, and \
         is recognised alone or in another batch. One that is refused does not stop the others. \
         The whole is safe to repeat.",
    );
    route.named::<OperationText>();
    route.named::<IdempotencyKeyText>();
    route.named::<PartBody>();
    let mut charge = spending_fields();
    insert(&mut charge, "idempotencyKey", reference("IdempotencyKey"));
    // What else is wrong with one charge is its own result.
    let charge = object(&["idempotencyKey"], charge);
    let charges = list(MAX_CHARGES, &charge);
    let answer = json!({
        "results": {"type": "array", "items": reference("ChargeResult")},
        "totalAvailable": {"type": "integer", "format": "int64", "minimum": 0},
        "version": {"type": "integer", "format": "int64", "minimum": 0},
    });
    let answer = open_object(&["results", "totalAvailable", "version"], answer);
    route
        .schema("MeteredUsage", metered_usage())
        .schema("ChargeResult", charge_result())
        .body(
            "ChargeBatch",
            object(&["charges"], json!({"charges": charges})),
            true,
        )
        .answers_as(
            "ChargeBatchAnswer",
            answer,
            "One result for each charge.",
            &[Header::CacheControl],
        )
        .failing(&[ErrorCode::ValidationFailed])
        .finish()
}

/// `POST /v1/quotes`.
pub(crate) fn quotes(key: &'static str) -> Described {
    let summary = "What uses of models cost now";
    let (user, service) = (&["models.read"], &["credits.charge"]);
    let mut route = Route::of_either(key, "postQuotes", summary, user, service).text(
        "The same rating as that of a charge or a hold; nothing is written. A quote that has no \
         price says why, in the form of an error.",
    );
    route.named::<PartBody>();
    let fields = json!({
        "modelId": model_id(), "usage": reference("MeteredUsage"),
        "estimate": reference("Estimate"),
    });
    let mut quote = object(&["modelId"], fields);
    let one = json!([{"required": ["usage"]}, {"required": ["estimate"]}]);
    insert(&mut quote, "oneOf", one);
    let quotes = list(MAX_QUOTES, &quote);
    let mut result = json!({
        "modelId": {"type": "string"},
        "rateCard": {"type": "string"},
        "amount": reference("Amount"),
        "breakdown": {"type": "array", "items": reference("RatedPart")},
    });
    for (name, schema) in error_fields() {
        insert(&mut result, &name, schema);
    }
    let answer = json!({"quotes": {"type": "array", "items": reference("Quote")}});
    route.named::<shared::http::openapi::Amount>();
    route
        .schema("MeteredUsage", metered_usage())
        .schema("Estimate", estimate())
        .schema("Quote", open_object(&["modelId"], result))
        .body(
            "Quotes",
            object(&["quotes"], json!({"quotes": quotes})),
            true,
        )
        .answers_as(
            "QuotesAnswer",
            open_object(&["quotes"], answer),
            "One price for each quote.",
            &Header::LIMITED,
        )
        .failing(&[ErrorCode::ValidationFailed, ErrorCode::RateLimited])
        .finish()
}

/// The answer to a charge or an error, with its key and status.
fn charge_result() -> Value {
    let answer = serde_json::to_value(WriteBody::schema()).unwrap_or_default();
    let mut fields = answer.get("properties").cloned().unwrap_or_default();
    for hold in ["holdId", "expiresAt"] {
        if let Value::Object(fields) = &mut fields {
            fields.remove(hold);
        }
    }
    for (name, schema) in error_fields() {
        insert(&mut fields, &name, schema);
    }
    let status = json!({
        "type": "integer", "minimum": 200, "maximum": 599,
        "description": "The status that the charge alone would have been answered with.",
    });
    let replayed = json!({
        "type": "boolean", "description": "Whether the charge was done before.",
    });
    insert(&mut fields, "idempotencyKey", reference("IdempotencyKey"));
    insert(&mut fields, "status", status);
    insert(&mut fields, "replayed", replayed);
    open_object(&["idempotencyKey", "status"], fields)
}

/// The fields of an error without a request id.
fn error_fields() -> Map<String, Value> {
    let fields = json!({
        "error": {"type": "string"},
        "error_description": {"type": "string"},
        "fields": {"type": "object", "additionalProperties": {"type": "string"}},
        "required": reference("Amount"),
        "available": reference("Amount"),
        "renewUrl": {"type": "string"},
    });
    match fields {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn insert(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(object) = object {
        object.insert(name.to_string(), value);
    }
}

fn list(most: usize, items: &Value) -> Value {
    json!({"type": "array", "minItems": 1, "maxItems": most, "items": items})
}

/// An object of an answer: later releases may add fields.
fn open_object(required: &[&str], properties: Value) -> Value {
    json!({"type": "object", "required": required, "properties": properties})
}
