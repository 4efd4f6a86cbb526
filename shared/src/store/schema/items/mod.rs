//! Items: how values of `domain` are stored in DynamoDB.
//!
//! Every item is stamped with its entity and schema version. An older item is read as
//! its migration would leave it, without loss. A current item that lost an attribute
//! gets no default. An item of a newer schema is refused, because writing it back would
//! lose what this version does not know. Nothing here panics on stored data.

mod account;
mod entry;
mod error;
mod parts;
mod past_credit;
mod posting;
#[cfg(test)]
mod random;
mod schedule;
mod size;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

use super::keys::Key;
use super::versions;

pub(crate) use super::item::{Item, SCHEMA_VERSION, key_attributes};
#[cfg(feature = "operator")]
pub(crate) use account::ENTITY as ACCOUNT;
pub(crate) use account::{account_from_item, account_to_item};
pub(crate) use entry::{entry_from_item, entry_to_item};
pub use error::ItemError;
pub(crate) use parts::{Derived, PackedParts, rating_of};
#[cfg(feature = "operator")]
pub(crate) use past_credit::{ENTITY as PAST_CREDIT, past_credit_to_item};
pub(crate) use past_credit::{past_credit_from_item, past_of};
pub(crate) use size::size_bytes;

/// Serialises a value as a stamped item under `key`.
pub(crate) fn stamp(key: &Key, entity: &str, value: impl Serialize) -> Result<Item, ItemError> {
    let mut item: Item = to_item(value).map_err(|error| ItemError::quoting(key, error))?;
    item.extend(key_attributes(key));
    item.insert("entity".into(), AttributeValue::S(entity.into()));
    item.insert(
        "schema_version".into(),
        AttributeValue::N(SCHEMA_VERSION.to_string()),
    );
    Ok(item)
}

/// Reads the value of an item of the expected entity and a known schema.
pub(crate) fn read<T: DeserializeOwned>(
    key: &Key,
    entity: &str,
    item: Item,
) -> Result<T, ItemError> {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
    if text("pk") != Some(&key.pk) || text("sk") != Some(&key.sk) {
        return Err(ItemError::new(key, "it carries another key"));
    }
    match text("entity").map(String::as_str) {
        Some(found) if found == entity => {}
        Some(found) => {
            let problem = format!("it is a {found:?}, not a {entity:?}");
            return Err(ItemError::quoting(key, problem));
        }
        None => return Err(ItemError::new(key, "it has no entity")),
    }
    let item = match check_schema_version(key, &item)? {
        SCHEMA_VERSION => item,
        _ => versions::as_of_today(key, item),
    };
    from_item(item).map_err(|error| ItemError::quoting(key, error))
}

/// Whether a newer release wrote the item.
pub(crate) fn is_of_newer_schema(item: &Item) -> bool {
    let version = item.get("schema_version");
    let version = version.and_then(|value| value.as_n().ok()?.parse::<u32>().ok());
    version.is_some_and(|version| version > SCHEMA_VERSION)
}

/// The schema version, if it is known.
fn check_schema_version(key: &Key, item: &Item) -> Result<u32, ItemError> {
    let version = match item.get("schema_version") {
        None => 0,
        Some(value) => value
            .as_n()
            .ok()
            .and_then(|number| number.parse().ok())
            .ok_or_else(|| ItemError::new(key, "its schema_version is not a whole number"))?,
    };
    if version > SCHEMA_VERSION {
        let problem = format!(
            "its schema version is {version} and this release knows {SCHEMA_VERSION}: deploy the newer release"
        );
        return Err(ItemError::new(key, problem));
    }
    Ok(version)
}

/// Digests and salts are stored as binary, half the size of hexadecimal text.
pub(crate) fn fixed_bytes<const N: usize>(
    key: &Key,
    name: &str,
    bytes: &[u8],
) -> Result<[u8; N], ItemError> {
    bytes
        .try_into()
        .map_err(|_| ItemError::new(key, format!("{name} is not {N} bytes long")))
}
