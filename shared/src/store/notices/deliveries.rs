//! Deliveries: begun once, then changed attempt by attempt.

use aws_sdk_dynamodb::types::AttributeValue;

use super::put::Expected;
use crate::domain::Delivery;
#[cfg(feature = "operator")]
use crate::domain::{Recipient, Timestamp, UserId};
#[cfg(feature = "operator")]
use crate::store::client::shards::{ShardsWalk, shards_of};
use crate::store::schema::item::{Item, key_of};
use crate::store::schema::items::{ItemError, read, stamp};
use crate::store::schema::keys::{self, Key, RECIPIENT_SHARD, Table, recipient_shard};
use crate::store::{Consistency, Store, StoreError};

pub(crate) const DELIVERY: &str = "Delivery";

pub(crate) fn delivery_of(item: Item) -> Result<Delivery, ItemError> {
    let key = key_of(Table::Notices, &item);
    read(&key, DELIVERY, item)
}

/// The item of a delivery, with its place in the index of its recipient.
fn item_of(key: &Key, delivery: &Delivery) -> Result<Item, ItemError> {
    let mut item = stamp(key, DELIVERY, delivery)?;
    let shard = shard_of(delivery);
    item.insert(RECIPIENT_SHARD.into(), AttributeValue::S(shard));
    Ok(item)
}

/// The shard in which a recipient's deliveries list this one.
pub(crate) fn shard_of(delivery: &Delivery) -> String {
    recipient_shard(&delivery.recipient.to_string(), &delivery.notice_id)
}

impl Store {
    /// Begins a delivery; false if it was begun before, whatever became of it.
    pub async fn begin_delivery(&self, delivery: &Delivery) -> Result<bool, StoreError> {
        let key = keys::delivery(delivery);
        let item = item_of(&key, delivery)?;
        let stands = self.put_alone(&key, item, Expected::Absent).await?;
        Ok(stands.is_none())
    }

    /// Changes a delivery from the version that it says; false if it has changed since.
    /// Afterwards the value is of the new version.
    pub async fn save_delivery(&self, delivery: &mut Delivery) -> Result<bool, StoreError> {
        let seen = delivery.version;
        delivery.version = seen.saturating_add(1);
        let key = keys::delivery(delivery);
        let item = item_of(&key, delivery)?;
        let stands = self.put_alone(&key, item, Expected::Version(seen)).await?;
        Ok(stands.is_none())
    }

    /// A delivery by the two parts of its key, read strongly; none if it is forgotten.
    pub async fn load_delivery(&self, pk: &str, sk: &str) -> Result<Option<Delivery>, StoreError> {
        let key = Key {
            table: Table::Notices,
            pk: pk.to_string(),
            sk: sk.to_string(),
        };
        let item = self.get(&key, Consistency::Strong).await?;
        Ok(item.map(delivery_of).transpose()?)
    }
}

/// The two parts of a delivery's key, as the queue carries them.
pub fn delivery_key(delivery: &Delivery) -> (String, String) {
    let Key { pk, sk, .. } = keys::delivery(delivery);
    (pk, sk)
}

/// A walk over the deliveries to a recipient.
#[cfg(feature = "operator")]
#[derive(Debug)]
pub struct DeliveriesWalk(ShardsWalk);

#[cfg(feature = "operator")]
impl DeliveriesWalk {
    /// The next deliveries, in the order of their entries; none at the end.
    pub async fn next_page(&mut self) -> Result<Vec<Delivery>, StoreError> {
        let rows = self.0.next(PAGE).await?;
        let deliveries: Result<_, _> = rows.into_iter().map(delivery_of).collect();
        Ok(deliveries?)
    }
}

#[cfg(feature = "operator")]
impl Store {
    /// A page of the deliveries of a user, from the time of an entry on, oldest first;
    /// and where the next begins.
    pub async fn deliveries_of_user(
        &self,
        user_id: &UserId,
        since: Timestamp,
        start: Option<Item>,
    ) -> Result<(Vec<Delivery>, Option<Item>), StoreError> {
        let bound = |end: String| AttributeValue::S(since_key(&end));
        let request = self
            .client
            .query()
            .table_name(self.tables.name(Table::Notices))
            .key_condition_expression("pk = :of AND sk BETWEEN :since AND :end")
            .expression_attribute_values(":of", AttributeValue::S(keys::user_partition(user_id)))
            .expression_attribute_values(":since", bound(since.to_string()))
            .expression_attribute_values(":end", bound(char::MAX.to_string()))
            .consistent_read(true)
            .set_exclusive_start_key(start)
            .limit(i32::try_from(PAGE).unwrap_or(i32::MAX))
            .return_consumed_capacity(crate::store::client::work::WITH_CAPACITY);
        let page = self.send_query(request).await?;
        let deliveries: Result<_, _> = page.items.into_iter().map(delivery_of).collect();
        Ok((deliveries?, page.next))
    }

    /// A walk over the deliveries to a recipient, from the time of an entry on, oldest
    /// first. It reads all shards of the index, at least half a unit each; the index is
    /// eventually consistent.
    pub fn walk_deliveries(&self, recipient: &Recipient, since: Timestamp) -> DeliveriesWalk {
        let since = since_key(&since.to_string());
        let shards = shards_of(keys::DELIVERIES_BY_SHARD, &recipient.to_string(), &since);
        DeliveriesWalk(ShardsWalk::over(self, shards, PAGE_OF_SHARD))
    }
}

/// What sort keys of deliveries from a time on are not less than.
#[cfg(feature = "operator")]
fn since_key(since: &str) -> String {
    format!("{}{since}", keys::DELIVERY_PREFIX)
}

/// How many deliveries a page has.
#[cfg(feature = "operator")]
const PAGE: usize = 100;
/// How many deliveries of a shard are read at once: with 64 shards a walk holds at most
/// 1,600.
#[cfg(feature = "operator")]
const PAGE_OF_SHARD: usize = 25;
