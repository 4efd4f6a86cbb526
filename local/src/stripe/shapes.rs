//! One object of Stripe's in the shape of every API version.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::ApiVersion;

/// An object by version. A version that does not know the object has none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shapes(BTreeMap<ApiVersion, Arc<Value>>);

impl Shapes {
    /// Draws the object for each version; equal shapes are kept once.
    pub fn draw(draw: impl Fn(ApiVersion) -> Option<Value>) -> Self {
        let mut shapes = BTreeMap::new();
        let mut last: Option<Arc<Value>> = None;
        for version in ApiVersion::ALL {
            let Some(value) = draw(version) else {
                continue;
            };
            let shared = last.filter(|last| **last == value);
            let value = shared.unwrap_or_else(|| Arc::new(value));
            shapes.insert(version, value.clone());
            last = Some(value);
        }
        Shapes(shapes)
    }

    /// The same object in every version.
    pub fn same(value: &Value) -> Self {
        Shapes::draw(|_| Some(value.clone()))
    }

    /// The object in a version, if that version knows it.
    pub fn of(&self, version: ApiVersion) -> Option<&Value> {
        self.0.get(&version).map(Arc::as_ref)
    }

    /// The object in the newest version that knows it.
    pub fn newest(&self) -> Option<&Value> {
        self.0.values().next_back().map(Arc::as_ref)
    }

    /// The object with some fields changed, in every version.
    #[must_use]
    pub fn with(&self, fields: &Value) -> Self {
        Shapes::draw(|version| {
            let mut value = self.of(version)?.clone();
            if let (Value::Object(value), Value::Object(fields)) = (&mut value, fields) {
                value.extend(fields.clone());
            }
            Some(value)
        })
    }
}
