//! What `openapi.yaml` says of the messages: one webhook per event.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use shared::domain::NoticeKind;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::message::{Message, TEST_EVENT};

/// What a kind of notice says, in one line.
fn summary(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::CreditsLow => "75 or 90 % of the credits are used",
        NoticeKind::CreditsExhausted => "No credits remain",
        NoticeKind::CreditsGranted => "Credits were granted",
        NoticeKind::CreditsClawedBack => "Credits were clawed back",
        NoticeKind::CreditsReset => "A month of free credits began",
        NoticeKind::HoldExpired => "A hold expired that nobody had closed",
        NoticeKind::SubscriptionChanged => "Subscriptions began, changed or ended",
        NoticeKind::PaymentNeedsAttention => "A payment of a subscription is outstanding",
    }
}

/// The webhooks by event, and the schemas that they refer to.
pub fn described() -> (Map<String, Value>, BTreeMap<String, Value>) {
    let mut all: Vec<(String, RefOr<Schema>)> = Vec::new();
    Message::schemas(&mut all);
    all.push((Message::name().into_owned(), Message::schema()));
    let schemas = all.into_iter().map(|(name, schema)| {
        let schema = serde_json::to_value(schema).unwrap_or_default();
        (name, schema)
    });
    let events = NoticeKind::ALL.map(|kind| (kind.as_str(), summary(kind)));
    let events = events
        .into_iter()
        .chain([(TEST_EVENT, "An operator tests an endpoint")]);
    let webhooks = events.map(|(event, summary)| (event.to_string(), webhook(event, summary)));
    (webhooks.collect(), schemas.collect())
}

fn header(name: &str, description: &str) -> Value {
    json!({
        "name": name, "in": "header", "required": true, "description": description,
        "schema": {"type": "string"},
    })
}

fn webhook(event: &str, summary: &str) -> Value {
    let body = json!({"$ref": "#/components/schemas/Message"});
    json!({"post": {
        "operationId": format!("on_{}", event.replace('.', "_")),
        "summary": summary,
        "tags": ["webhook"],
        "security": [],
        "parameters": [
            header("webhook-id", "The id of the message, the same at every attempt."),
            header("webhook-timestamp", "When this attempt was made, in seconds since 1970."),
            header(
                "webhook-signature",
                "Signatures by the Standard Webhooks rules, separated by spaces; one that \
                 matches a secret of yours suffices.",
            ),
        ],
        "requestBody": {"required": true, "content": {"application/json": {"schema": body}}},
        "responses": {
            "2XX": {"description": "Taken. Anything else, or nothing within five seconds, is \
                                    tried again for three days."},
        },
    }})
}
