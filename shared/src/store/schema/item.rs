//! A DynamoDB item: attributes by name, including the key. What the attributes mean is
//! not decided here.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::keys::{Key, PRIMARY_KEY, Table};

/// Attributes by name.
pub type Item = HashMap<String, AttributeValue>;

/// The schema this code writes; it reads this one and all older ones.
pub const SCHEMA_VERSION: u32 = 1;

/// The primary key as attributes.
pub(crate) fn key_attributes(key: &Key) -> Item {
    let values = [&key.pk, &key.sk].map(|text| AttributeValue::S(text.clone()));
    HashMap::from_iter(PRIMARY_KEY.map(str::to_string).into_iter().zip(values))
}

/// An attribute that is a text.
pub(crate) fn text_of<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    let value = item.get(name)?.as_s().ok()?;
    Some(value)
}

/// The key that an item carries; a damaged key becomes empty and is then refused.
pub(crate) fn key_of(table: Table, item: &Item) -> Key {
    let text = |name: &str| text_of(item, name).unwrap_or_default().to_string();
    Key {
        table,
        pk: text("pk"),
        sk: text("sk"),
    }
}
