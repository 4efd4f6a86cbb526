//! Parking: an event that says something about a customer or a price nobody
//! knows yet waits until it becomes known.
//!
//! Parking is one transaction: the waiting event, one more in the `HEAD` of
//! what it waits for, and a check that this is still unknown. Linking is one
//! transaction too: the claim, and a check that the `HEAD` is as it was read.
//!
//! ```text
//! park before link   the link's check of HEAD fails: it looks again and drains
//! link before park   the park's check of the claim fails: it looks again and applies
//! ```
//!
//! So no event can be parked that no one drains. A drained event keeps its item
//! for a while, out of the index of what waits.

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, TransactWriteItem, Update};
use serde::{Deserialize, Serialize};

use super::sight::Queue;
use crate::domain::billing::{BillingEvent, ParkReason};
use crate::domain::{StripeId, Timestamp};
use crate::store::failure::classify;
use crate::store::items::{Item, ItemError, SCHEMA_VERSION, read, stamp};
use crate::store::keys::{self, Key, Table};
use crate::store::people::key_of;
use crate::store::work::{Kind, TOLD};
use crate::store::{Store, StoreError};

/// How many events were parked for one thing, and how many settled since. What
/// waits has a text under `parked`, by which the index finds it; DynamoDB takes
/// no number of that name.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Head {
    #[serde(default, rename = "parked_count")]
    pub(super) parked: u64,
    #[serde(default, rename = "drained_count")]
    pub(super) drained: u64,
}

impl Head {
    /// How many wait.
    pub(crate) fn waiting(&self) -> u64 {
        self.parked.saturating_sub(self.drained)
    }
}

const PARKED_COUNT: &str = "parked_count";
const DRAINED_COUNT: &str = "drained_count";

pub(crate) const HEAD: &str = "ParkedHead";
const PARKED: &str = "ParkedEvent";

/// The index of what waits has one partition, so that one query finds the
/// oldest of all; what an event waits for stands in its key.
const WAITING: &str = "waiting";
const BY_TIME: &str = "parked-by-time";
/// A gauge is not worth a longer wait, nor a second try.
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// Ninety days, for whoever wants to know why an event came late.
const KEPT_SECONDS: i64 = 90 * 86_400;

/// An event that waits. It lies as text: a change of its shape is then a
/// matter of one reader.
#[derive(Debug, Serialize, Deserialize)]
struct ParkedEvent {
    event: String,
    parked_at: Timestamp,
    /// There while it waits; the index of what waits is made of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parked: Option<String>,
}

impl Store {
    /// What parks an event.
    pub(super) fn park(
        &self,
        event: &BillingEvent,
        reason: &ParkReason,
        now: Timestamp,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let key = keys::parked(reason, event.id.as_str());
        let text = serde_json::to_string(event).map_err(|error| ItemError::quoting(&key, error))?;
        let waiting = ParkedEvent {
            event: text,
            parked_at: now,
            parked: Some(WAITING.to_string()),
        };
        let mut parts = vec![
            self.put_new(&key, stamp(&key, PARKED, waiting)?)?,
            self.count(reason, PARKED_COUNT)?,
        ];
        if let Some(unknown) = what_is_unknown(reason) {
            let absent = ConditionCheck::builder().condition_expression("attribute_not_exists(pk)");
            parts.push(self.check(&unknown, absent)?);
        }
        Ok(parts)
    }

    /// What takes an event out of what waits.
    pub(super) fn unpark(
        &self,
        event: &BillingEvent,
        reason: &ParkReason,
        now: Timestamp,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let gone_at = now.plus_seconds(KEPT_SECONDS).unix_seconds();
        let drained = Update::builder()
            .update_expression("SET expires_at = :gone_at REMOVE parked")
            .condition_expression("attribute_exists(parked)")
            .expression_attribute_values(":gone_at", AttributeValue::N(gone_at.to_string()));
        Ok(vec![
            self.update(&keys::parked(reason, event.id.as_str()), drained)?,
            self.count(reason, DRAINED_COUNT)?,
        ])
    }

    /// One more of the two counts of a `HEAD`.
    fn count(&self, reason: &ParkReason, which: &str) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder()
            .update_expression("ADD #count :one SET entity = :entity, schema_version = :schema")
            .expression_attribute_names("#count", which)
            .expression_attribute_values(":one", AttributeValue::N("1".into()))
            .expression_attribute_values(":entity", AttributeValue::S(HEAD.into()))
            .expression_attribute_values(":schema", AttributeValue::N(SCHEMA_VERSION.to_string()));
        self.update(&keys::parked_head(reason), update)
    }

    /// That nothing was parked since the queue was read.
    pub(super) fn queue_is_as_seen(
        &self,
        reason: &ParkReason,
        queue: Queue,
    ) -> Result<TransactWriteItem, StoreError> {
        let number = AttributeValue::N(queue.parked.to_string());
        let check = if queue.parked == 0 {
            ConditionCheck::builder().condition_expression("attribute_not_exists(parked_count)")
        } else {
            ConditionCheck::builder()
                .condition_expression("parked_count = :parked")
                .expression_attribute_values(":parked", number)
        };
        self.check(&keys::parked_head(reason), check)
    }

    /// The events that wait for something, in the order of their ids. One whose
    /// item is damaged goes on waiting, and holds up none of the others.
    pub(super) async fn waiting(&self, reason: &ParkReason) -> Result<Vec<Waiting>, StoreError> {
        let pk = keys::parked_head(reason).pk;
        let items = self
            .query_partition(Table::Billing, &pk, keys::PARKED_PREFIX)
            .await?;
        let waiting = items.into_iter().filter(|item| item.contains_key("parked"));
        Ok(waiting.map(read_waiting).collect::<Result<_, _>>()?)
    }
}

impl Store {
    /// Since when the event waits that waits longest, if any does. The index lags
    /// a moment behind.
    pub async fn oldest_parked(&self) -> Result<Option<Timestamp>, StoreError> {
        self.work.asked();
        let request = self
            .client
            .query()
            .table_name(self.tables.name(Table::Billing))
            .index_name(BY_TIME)
            .key_condition_expression("parked = :waiting")
            .expression_attribute_values(":waiting", AttributeValue::S(WAITING.into()))
            .limit(1)
            .return_consumed_capacity(TOLD)
            .send();
        let page = tokio::time::timeout(LONGEST_WAIT, request)
            .await
            .map_err(|_| StoreError::Unavailable("the index did not answer".into()))?
            .map_err(|error| classify(&self.work, &error))?;
        self.work.consumed(Kind::Read, page.consumed_capacity());
        let Some(oldest) = page.items().first() else {
            return Ok(None);
        };
        let since = oldest.get("parked_at").and_then(|value| value.as_s().ok());
        match since.and_then(|text| text.parse().ok()) {
            Some(since) => Ok(Some(since)),
            None => {
                let key = key_of(Table::Billing, oldest);
                Err(ItemError::new(&key, "its parked_at is no time").into())
            }
        }
    }
}

/// An event that waits.
pub(super) enum Waiting {
    /// As it was parked.
    Event(Box<BillingEvent>),
    /// Its item cannot be read; an operator has to look after it.
    Damaged {
        /// The event, after the item's key.
        id: StripeId,
        /// What is wrong with it.
        damage: ItemError,
    },
}

fn read_waiting(item: Item) -> Result<Waiting, ItemError> {
    let key = key_of(Table::Billing, &item);
    match parked_event(&key, item) {
        Ok(event) => Ok(Waiting::Event(Box::new(event))),
        Err(damage) => {
            let id = key.sk.strip_prefix(keys::PARKED_PREFIX);
            match id.and_then(|id| id.parse().ok()) {
                Some(id) => Ok(Waiting::Damaged { id, damage }),
                None => Err(damage),
            }
        }
    }
}

fn parked_event(key: &Key, item: Item) -> Result<BillingEvent, ItemError> {
    let parked: ParkedEvent = read(key, PARKED, item)?;
    serde_json::from_str(&parked.event).map_err(|error| ItemError::quoting(key, error))
}

/// What is there as soon as the event need not wait; what waits for a person
/// has no such thing.
fn what_is_unknown(reason: &ParkReason) -> Option<Key> {
    match reason {
        ParkReason::Customer(id) => Some(keys::stripe_customer_claim(id.as_str())),
        ParkReason::Price(id) => Some(keys::price(id.as_str())),
        ParkReason::PaymentLink(id) => Some(keys::payment_link(id.as_str())),
        ParkReason::Mismatch(_) | ParkReason::Review(_) => None,
    }
}
