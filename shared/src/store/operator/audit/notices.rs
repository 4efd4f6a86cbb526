//! The audit of the notices table: items that can be read and lie under their own keys.

use super::Finding;
use super::attributes::check_schema;
use crate::domain::{Delivery, Endpoint};
use crate::store::notices::{DELIVERY, ENDPOINT, MAIL_OF_DAY, MailOfDay, SUPPRESSION, Suppression};
use crate::store::operator::verify_pass::{VERIFY_PASS, VerifyPass};
use crate::store::schema::item::key_of;
use crate::store::schema::items::{Item, ItemError, read};
use crate::store::schema::keys::{self, Key, KeyKind, Table};

/// Checks one item of the notices table.
pub(super) fn audit_notices_item(item: Item) -> Vec<Finding> {
    let key = key_of(Table::Notices, &item);
    let schema = check_schema(&key, &item);
    let own = match key.kind() {
        Some(KeyKind::Endpoint) => read::<Endpoint>(&key, ENDPOINT, item)
            .map(|endpoint| keys::endpoint(&endpoint.endpoint_id)),
        Some(KeyKind::Delivery) => {
            read::<Delivery>(&key, DELIVERY, item).map(|delivery| keys::delivery(&delivery))
        }
        Some(KeyKind::MailOfDay) => read::<MailOfDay>(&key, MAIL_OF_DAY, item).map(|_| key.clone()),
        Some(KeyKind::Suppression) => {
            read::<Suppression>(&key, SUPPRESSION, item).map(|_| key.clone())
        }
        Some(KeyKind::VerifyPass) => {
            read::<VerifyPass>(&key, VERIFY_PASS, item).map(|_| key.clone())
        }
        _ => Err(ItemError::new(&key, "no item of this table has such a key")),
    };
    schema.into_iter().chain(finding(&key, own)).collect()
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
