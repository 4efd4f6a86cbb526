//! The audit of the notices table: items that can be read, lie under their own keys, and
//! agree with themselves.

use serde_json::Value;

use super::Finding;
use super::attributes::check_schema;
use crate::domain::{Delivery, DeliveryOutcome, Endpoint};
use crate::store::notices::{
    DELIVERY, ENDPOINT, LINK_KEYS, LinkKeys, MAIL_OF_DAY, MailOfDay, SUPPRESSION, Suppression,
    shard_of,
};
use crate::store::operator::verify_pass::{VERIFY_PASS, VerifyPass};
use crate::store::schema::item::{key_of, text_of};
use crate::store::schema::items::{Item, ItemError, read};
use crate::store::schema::keys::{self, Key, KeyKind, RECIPIENT_SHARD, Table};

/// Checks one item of the notices table.
pub(super) fn audit_notices_item(item: Item) -> Vec<Finding> {
    let key = key_of(Table::Notices, &item);
    let schema = check_schema(&key, &item);
    let listed = text_of(&item, RECIPIENT_SHARD).map(str::to_string);
    let own = match key.kind() {
        Some(KeyKind::Endpoint) => read::<Endpoint>(&key, ENDPOINT, item)
            .map(|endpoint| keys::endpoint(&endpoint.endpoint_id)),
        Some(KeyKind::Delivery) => read::<Delivery>(&key, DELIVERY, item)
            .and_then(|delivery| says_itself(&key, delivery))
            .and_then(|delivery| is_listed(&key, delivery, listed.as_deref()))
            .map(|delivery| keys::delivery(&delivery)),
        Some(KeyKind::MailOfDay) => {
            read::<MailOfDay>(&key, MAIL_OF_DAY, item).map(|mail| mail_key(&key, &mail))
        }
        Some(KeyKind::Suppression) => {
            read::<Suppression>(&key, SUPPRESSION, item).map(|_| key.clone())
        }
        Some(KeyKind::VerifyPass) => {
            read::<VerifyPass>(&key, VERIFY_PASS, item).map(|_| key.clone())
        }
        Some(KeyKind::LinkKeys) => {
            read::<LinkKeys>(&key, LINK_KEYS, item).and_then(|keys| are_keys(&key, &keys))
        }
        _ => Err(ItemError::new(&key, "no item of this table has such a key")),
    };
    schema.into_iter().chain(finding(&key, own)).collect()
}

/// A delivery whose message is about the same notice, user and entry as the delivery, and
/// which is asked for only while it waits.
fn says_itself(key: &Key, delivery: Delivery) -> Result<Delivery, ItemError> {
    let message: Value = serde_json::from_str(delivery.payload.expose())
        .map_err(|_| ItemError::new(key, "its message is not JSON"))?;
    let text = |path: &str| message.pointer(path).and_then(Value::as_str);
    let user_id = delivery.user_id.as_ref().map(|user_id| user_id.as_str());
    let (id, at) = (
        format!("msg_{}", delivery.notice_id),
        delivery.at.to_string(),
    );
    let seq = message.pointer("/data/seq").and_then(Value::as_u64);
    let is_same = text("/id") == Some(id.as_str())
        && text("/type") == Some(delivery.event.as_str())
        && text("/timestamp") == Some(at.as_str())
        && text("/data/userId") == user_id
        && seq.unwrap_or_default() == delivery.seq;
    if !is_same {
        return Err(ItemError::new(key, "its message is another's"));
    }
    let waits = delivery.outcome == DeliveryOutcome::Pending && delivery.attempts == 0;
    if delivery.asked && !waits {
        return Err(ItemError::new(key, "it is asked for and was tried"));
    }
    Ok(delivery)
}

/// A delivery that its recipient's part of the index lists. An older release does not
/// write its place there.
fn is_listed(key: &Key, delivery: Delivery, listed: Option<&str>) -> Result<Delivery, ItemError> {
    if listed == Some(shard_of(&delivery).as_str()) {
        return Ok(delivery);
    }
    let problem = "the index does not list it: run `creditsctl migrate up`";
    Err(ItemError::new(key, problem))
}

/// The key of a mail of a day: the user's, with the event and the day that its key says.
fn mail_key(key: &Key, mail: &MailOfDay) -> Key {
    let mut parts = key.sk.split('#').skip(1);
    let (event, day) = (parts.next(), parts.next());
    keys::mail_of_day(
        &mail.user_id,
        event.unwrap_or_default(),
        day.unwrap_or_default(),
    )
}

/// At least one key, each of 32 bytes.
fn are_keys(key: &Key, keys: &LinkKeys) -> Result<Key, ItemError> {
    let is_key = |digits: &str| hex::decode(digits).is_ok_and(|bytes| bytes.len() == 32);
    let all = keys.keys.iter().all(|it| is_key(it.expose()));
    if keys.keys.is_empty() || !all {
        return Err(ItemError::new(key, "it holds no key, or one that is none"));
    }
    Ok(key.clone())
}

fn finding(key: &Key, own: Result<Key, ItemError>) -> Option<Finding> {
    match own {
        Ok(own) if own == *key => None,
        Ok(own) => Some(Finding::new(
            key,
            format!("its contents belong under {own}"),
        )),
        Err(error) => Some(Finding::new(key, error.to_string())),
    }
}
