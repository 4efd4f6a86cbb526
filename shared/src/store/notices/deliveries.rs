//! Deliveries: begun once, then changed attempt by attempt.

use super::put::Expected;
use crate::domain::Delivery;
#[cfg(feature = "operator")]
use crate::domain::{Recipient, Timestamp, UserId};
use crate::store::schema::item::{Item, key_of};
use crate::store::schema::items::{ItemError, read, stamp};
use crate::store::schema::keys::{self, Key, Table};
use crate::store::{Consistency, Store, StoreError};

pub(crate) const DELIVERY: &str = "Delivery";

pub(crate) fn delivery_of(item: Item) -> Result<Delivery, ItemError> {
    let key = key_of(Table::Notices, &item);
    read(&key, DELIVERY, item)
}

impl Store {
    /// Begins a delivery; false if it was begun before, whatever became of it.
    pub async fn begin_delivery(&self, delivery: &Delivery) -> Result<bool, StoreError> {
        let key = keys::delivery(delivery);
        let item = stamp(&key, DELIVERY, delivery)?;
        let stands = self.put_alone(&key, item, Expected::Absent).await?;
        Ok(stands.is_none())
    }

    /// Changes a delivery from the version that it says; false if it has changed since.
    /// Afterwards the value is of the new version.
    pub async fn save_delivery(&self, delivery: &mut Delivery) -> Result<bool, StoreError> {
        let seen = delivery.version;
        delivery.version = seen.saturating_add(1);
        let key = keys::delivery(delivery);
        let item = stamp(&key, DELIVERY, &*delivery)?;
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
        use aws_sdk_dynamodb::types::AttributeValue;
        let pk = keys::user_partition(user_id);
        let request = self
            .deliveries("pk = :of AND sk BETWEEN :since AND :end", since, start)
            .expression_attribute_values(":of", AttributeValue::S(pk))
            .consistent_read(true);
        let page = self.send_query(request).await?;
        let deliveries: Result<_, _> = page.items.into_iter().map(delivery_of).collect();
        Ok((deliveries?, page.next))
    }

    /// The same of a recipient. The index is eventually consistent.
    pub async fn deliveries_of_recipient(
        &self,
        recipient: &Recipient,
        since: Timestamp,
        start: Option<Item>,
    ) -> Result<(Vec<Delivery>, Option<Item>), StoreError> {
        use aws_sdk_dynamodb::types::AttributeValue;
        let name = keys::DELIVERIES_BY_RECIPIENT.name;
        let of = AttributeValue::S(recipient.to_string());
        let request = self
            .deliveries(
                "recipient = :of AND sk BETWEEN :since AND :end",
                since,
                start,
            )
            .expression_attribute_values(":of", of)
            .index_name(name);
        let page = self.send_query(request).await?;
        let deliveries: Result<_, _> = page.items.into_iter().map(delivery_of).collect();
        Ok((deliveries?, page.next))
    }

    fn deliveries(
        &self,
        condition: &str,
        since: Timestamp,
        start: Option<Item>,
    ) -> crate::store::client::pages::QueryBuilder {
        use aws_sdk_dynamodb::types::AttributeValue;
        let prefix = keys::DELIVERY_PREFIX;
        let bound = |end: String| AttributeValue::S(format!("{prefix}{end}"));
        self.client
            .query()
            .table_name(self.tables.name(Table::Notices))
            .key_condition_expression(condition)
            .expression_attribute_values(":since", bound(since.to_string()))
            .expression_attribute_values(":end", bound(char::MAX.to_string()))
            .set_exclusive_start_key(start)
            .limit(PAGE)
            .return_consumed_capacity(crate::store::client::work::WITH_CAPACITY)
    }
}

#[cfg(feature = "operator")]
const PAGE: i32 = 100;
