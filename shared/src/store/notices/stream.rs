//! Records of DynamoDB's streams, as Lambda hands them over. Source: Amazon DynamoDB
//! Streams API reference, `StreamRecord`; AWS Lambda developer guide, "Using AWS Lambda
//! with Amazon DynamoDB".

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::deliveries::{DELIVERY, delivery_of};
use crate::domain::{Delivery, Entry};
use crate::store::StoreError;
use crate::store::schema::item::{Item, key_of};
use crate::store::schema::items::{ItemError, entry_from_item, is_of_newer_schema};
use crate::store::schema::keys::{ENTRY_PREFIX, Key, Table};

/// An item as a stream shows it.
#[derive(Clone, Debug)]
pub struct StreamImage(Item);

/// What an image is.
#[derive(Clone, Debug)]
pub enum StreamItem {
    /// An entry of a ledger.
    Entry(Box<Entry>),
    /// A delivery.
    Delivery(Box<Delivery>),
    /// An item of another kind.
    Other,
}

impl StreamImage {
    /// Reads the `NewImage` of a record; none if it is not an item in DynamoDB's JSON.
    pub fn of(image: &Value) -> Option<Self> {
        let fields = image.as_object()?;
        let fields = fields.iter();
        let item: Option<Item> = fields
            .map(|(name, value)| Some((name.clone(), attribute(value)?)))
            .collect();
        item.map(StreamImage)
    }

    /// What it is.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] if a newer release wrote it, or if it contradicts itself.
    pub fn read(self) -> Result<StreamItem, StoreError> {
        let text = |name: &str| self.0.get(name).and_then(|value| value.as_s().ok());
        let (entity, sk) = (text("entity").cloned(), text("sk").cloned());
        let key = key_of(Table::Credits, &self.0);
        if is_of_newer_schema(&self.0) {
            return Err(ItemError::new(&key, "a newer release wrote it").into());
        }
        match (entity.as_deref(), sk.unwrap_or_default()) {
            (Some(DELIVERY), _) => Ok(StreamItem::Delivery(Box::new(delivery_of(self.0)?))),
            (_, sk) if sk.starts_with(ENTRY_PREFIX) => {
                let entry = entry_of(&key, self.0)?;
                Ok(StreamItem::Entry(Box::new(entry)))
            }
            _ => Ok(StreamItem::Other),
        }
    }
}

fn entry_of(key: &Key, item: Item) -> Result<Entry, ItemError> {
    let user_id = key.pk.split_once('#').map(|(_, id)| id.parse());
    let entry_key = key.sk.strip_prefix(ENTRY_PREFIX).map(str::parse);
    match (user_id, entry_key) {
        (Some(Ok(user_id)), Some(Ok(entry_key))) => entry_from_item(&user_id, &entry_key, item),
        _ => Err(ItemError::new(key, "its key is not that of an entry")),
    }
}

/// A value in DynamoDB's JSON.
fn attribute(value: &Value) -> Option<AttributeValue> {
    let (kind, value) = value.as_object()?.iter().next()?;
    let texts = || -> Option<Vec<String>> {
        let values = value.as_array()?.iter();
        values.map(|it| it.as_str().map(str::to_string)).collect()
    };
    let blob = |value: &Value| Some(Blob::new(STANDARD.decode(value.as_str()?).ok()?));
    Some(match kind.as_str() {
        "S" => AttributeValue::S(value.as_str()?.to_string()),
        "N" => AttributeValue::N(value.as_str()?.to_string()),
        "BOOL" => AttributeValue::Bool(value.as_bool()?),
        "NULL" => AttributeValue::Null(true),
        "B" => AttributeValue::B(blob(value)?),
        "SS" => AttributeValue::Ss(texts()?),
        "NS" => AttributeValue::Ns(texts()?),
        "BS" => AttributeValue::Bs(value.as_array()?.iter().map(blob).collect::<Option<_>>()?),
        "L" => AttributeValue::L(
            value
                .as_array()?
                .iter()
                .map(attribute)
                .collect::<Option<_>>()?,
        ),
        "M" => AttributeValue::M(StreamImage::of(value)?.0),
        _ => return None,
    })
}
