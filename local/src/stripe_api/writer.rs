//! What a write needs: the objects, the moment, new ids, and the event that
//! tells of it.

use serde_json::{Map, Value, json};
use shared::host::entropy::Entropy;

use super::parameters::Parameters;
use super::refusal::Refusal;
use super::shelf::{Full, Shelf};
use crate::stripe::{ApiVersion, Effect, Shapes};

/// Limits of metadata. Source: <https://docs.stripe.com/metadata>.
const MAX_PAIRS: usize = 50;
const MAX_NAME: usize = 40;
const MAX_VALUE: usize = 500;

/// One write.
pub(super) struct Writer<'a> {
    pub(super) shelf: &'a mut Shelf,
    pub(super) now: i64,
    pub(super) entropy: &'a dyn Entropy,
    /// The request's id and idempotency key; nobody's, if a page was used.
    pub(super) request: (Option<&'a str>, Option<&'a str>),
    /// The account's version, in which it reports.
    pub(super) version: ApiVersion,
}

impl From<Full> for Refusal {
    fn from(full: Full) -> Self {
        Refusal::invalid(full.to_string())
    }
}

impl Writer<'_> {
    /// A new id.
    pub(super) fn id(&self, prefix: &str) -> String {
        format!("{prefix}_{}", hex::encode(self.entropy.bytes()))
    }

    /// Stores an object and reports it.
    pub(super) fn put(
        &mut self,
        event_type: &str,
        shapes: Shapes,
        previous: Option<Value>,
    ) -> Result<(), Refusal> {
        let _ = self.report(event_type, &shapes, previous)?;
        Ok(self.shelf.apply(Effect::Put(shapes))?)
    }

    /// Adds an event about an object, in the account's version.
    pub(super) fn report(
        &mut self,
        event_type: &str,
        shapes: &Shapes,
        previous: Option<Value>,
    ) -> Result<Value, Refusal> {
        let version = self.version;
        let mut data = json!({"object": shapes.of(version)});
        if let (Value::Object(data), Some(previous)) = (&mut data, previous) {
            data.insert("previous_attributes".to_string(), previous);
        }
        let (id, key) = self.request;
        let event = json!({
            "id": self.id("evt"),
            "object": "event",
            "api_version": version.api_version(),
            "created": self.now,
            "data": data,
            "livemode": false,
            "pending_webhooks": 0,
            "request": {"id": id, "idempotency_key": key},
            "type": event_type,
        });
        self.shelf.apply(Effect::Put(Shapes::same(&event)))?;
        Ok(event)
    }
}

/// `metadata` laid over what was there: an empty value removes its name, an
/// empty map all of them.
pub(super) fn metadata(
    parameters: &mut Parameters,
    before: &Value,
) -> Result<Option<Value>, Refusal> {
    let given = parameters.map("metadata");
    given
        .map(|given| merged(given, before, "metadata"))
        .transpose()
}

/// New metadata under the name of another parameter, such as `subscription_data`.
pub(super) fn metadata_in(parameters: &mut Parameters, name: &str) -> Result<Value, Refusal> {
    let given = parameters.map_in(name, "metadata").unwrap_or_default();
    merged(given, &Value::Null, &format!("{name}[metadata]"))
}

fn merged(given: Map<String, Value>, before: &Value, param: &str) -> Result<Value, Refusal> {
    let refused = |text: String| Refusal::invalid(text).param(param);
    let mut all = if given.is_empty() {
        Map::new()
    } else {
        before.as_object().cloned().unwrap_or_default()
    };
    for (name, value) in given {
        let text = value.as_str().unwrap_or_default();
        if name.chars().count() > MAX_NAME || text.chars().count() > MAX_VALUE {
            return Err(refused(format!(
                "Metadata has names of at most {MAX_NAME} and values of at most {MAX_VALUE} characters."
            )));
        }
        if text.is_empty() {
            all.remove(&name);
        } else {
            all.insert(name, value);
        }
    }
    if all.len() > MAX_PAIRS {
        return Err(refused(format!("Metadata has at most {MAX_PAIRS} names.")));
    }
    Ok(Value::Object(all))
}
