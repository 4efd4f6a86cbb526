//! Parking: an event that refers to something unknown is parked until that becomes
//! known.
//!
//! Parking is one transaction: the record of the event with its content, its place in
//! the queue, and a check that the missing thing is still unknown. Making the thing
//! known is one transaction too, conditional on what was seen of the queue.
//!
//! ```text
//! park first   the writer that makes it known sees the queue, or is refused,
//!              reads again, and drains the queue
//! known first  the park is refused, the event is planned again and applied
//! ```
//!
//! So no event can be parked that nobody drains. An event that opens other queues leaves
//! its own after them, so that a drain that is cut short is found and gone on with. A
//! drained event's place is kept for a while, outside the index of parked events.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem, Update};
use serde::{Deserialize, Serialize};

use crate::domain::billing::{BillingEvent, ParkReason, Queue};
use crate::domain::{StripeId, Timestamp};
use crate::store::client::pages::Partition;
use crate::store::client::transaction::put;
use crate::store::schema::item::key_of;
use crate::store::schema::items::{Item, SCHEMA_VERSION, stamp};
use crate::store::schema::keys::{self, Key, Table};
use crate::store::{Store, StoreError};

/// How many events were parked for one customer, and how many were settled since.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Head {
    #[serde(default, rename = "parked_count")]
    pub(in crate::store) parked: u64,
    #[serde(default, rename = "drained_count")]
    pub(in crate::store) drained: u64,
}

impl Head {
    /// How many events are parked.
    #[cfg(feature = "operator")]
    pub(crate) fn waiting(&self) -> u64 {
        self.parked.saturating_sub(self.drained)
    }
}

const PARKED_COUNT: &str = "parked_count";
const DRAINED_COUNT: &str = "drained_count";

pub(crate) const HEAD: &str = "ParkedHead";
pub(crate) const PARKED: &str = "ParkedEvent";

/// Values of `parked`, by who must act: an event that may need an operator; one with
/// money of an unknown customer; any other event of an unknown customer.
pub(in crate::store) const WAITING: &str = "waiting";
pub(in crate::store) const PAID: &str = "paid";
pub(in crate::store) const QUIET: &str = "quiet";
/// After thirty days, an unclaimed customer counts as one of another product in the
/// same Stripe account: its events are unclaimed and wait only for a late claim. Stripe
/// lists events for as long.
pub(in crate::store) const CLAIMED_WITHIN_SECONDS: i64 = 30 * 86_400;
/// How many places one page reads.
const PAGE: i32 = 100;

/// Ninety days, for investigating why an event was late.
const KEPT_SECONDS: i64 = 90 * 86_400;

/// The place of a parked event; its content lies in its record.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ParkedEvent {
    pub(crate) parked_at: Timestamp,
    /// Present while the event is parked: which kind of parked events it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) parked: Option<String>,
    /// Present beside it, and follows from it and the event's id: the key of the index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) parked_shard: Option<String>,
}

impl Store {
    /// The writes that park an event.
    pub(in crate::store) fn park(
        &self,
        event: &BillingEvent,
        reason: &ParkReason,
        now: Timestamp,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let key = keys::parked(reason, event.id.as_str());
        let (kind, id) = (who_cares(event, reason), event.id.as_str());
        let waiting = ParkedEvent {
            parked_at: now,
            parked: Some(kind.to_string()),
            parked_shard: Some(keys::parked_shard(kind, id)),
        };
        // The event may have been parked here before.
        let not_waiting = Put::builder().condition_expression("attribute_not_exists(parked)");
        let item = stamp(&key, PARKED, waiting)?;
        let mut parts = vec![put(self.tables.name(key.table), not_waiting, item)?];
        parts.extend(self.count(reason, PARKED_COUNT, None)?);
        if let Some(unknown) = what_is_unknown(reason) {
            let absent = ConditionCheck::builder().condition_expression("attribute_not_exists(pk)");
            parts.push(self.check(&unknown, absent)?);
        }
        Ok(parts)
    }

    /// The writes that remove an event from the parked ones; its customer's queue, if
    /// it was read, must be unchanged.
    ///
    /// That it still waits is checked with its record, which is written in the same
    /// transaction. So an event whose place was lost can end too: it leaves a place
    /// where nothing waits.
    pub(in crate::store) fn unpark(
        &self,
        event: &BillingEvent,
        reason: &ParkReason,
        seen: Option<Queue>,
        now: Timestamp,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let gone_at = now.plus_seconds(KEPT_SECONDS).unix_seconds();
        let drained = Update::builder()
            .update_expression(
                "SET expires_at = :gone_at, entity = :entity, schema_version = :schema, \
                 parked_at = if_not_exists(parked_at, :now) REMOVE parked, parked_shard",
            )
            .expression_attribute_values(":gone_at", AttributeValue::N(gone_at.to_string()))
            .expression_attribute_values(":entity", AttributeValue::S(PARKED.into()))
            .expression_attribute_values(":schema", AttributeValue::N(SCHEMA_VERSION.to_string()))
            .expression_attribute_values(":now", AttributeValue::S(now.to_string()));
        let mut parts = vec![self.update(&keys::parked(reason, event.id.as_str()), drained)?];
        parts.extend(self.count(reason, DRAINED_COUNT, seen)?);
        Ok(parts)
    }

    /// Increments one of the two counts of a customer's queue.
    fn count(
        &self,
        reason: &ParkReason,
        which: &str,
        seen: Option<Queue>,
    ) -> Result<Option<TransactWriteItem>, StoreError> {
        let ParkReason::Customer(customer) = reason else {
            return Ok(None);
        };
        let mut update = Update::builder()
            .update_expression("ADD #count :one SET entity = :entity, schema_version = :schema")
            .expression_attribute_names("#count", which)
            .expression_attribute_values(":one", AttributeValue::N("1".into()))
            .expression_attribute_values(":entity", AttributeValue::S(HEAD.into()))
            .expression_attribute_values(":schema", AttributeValue::N(SCHEMA_VERSION.to_string()));
        if let Some(seen) = seen {
            // DynamoDB accepts no condition check beside an update of the same item.
            update = update
                .condition_expression("parked_count = :parked")
                .expression_attribute_values(":parked", AttributeValue::N(seen.parked.to_string()));
        }
        Ok(Some(self.update(&keys::customer_queue(customer), update)?))
    }

    /// A check that nothing was parked since the queue was read.
    pub(in crate::store) fn queue_is_as_seen(
        &self,
        customer: &StripeId,
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
        self.check(&keys::customer_queue(customer), check)
    }

    /// A page of ids of events parked for a reason, in order, and where the next page
    /// begins.
    pub(in crate::store) async fn waiting_page(
        &self,
        reason: &ParkReason,
        start: Option<Item>,
    ) -> Result<(Vec<StripeId>, Option<Item>), StoreError> {
        let pk = keys::parked_partition(reason);
        let queue = Partition {
            table: Table::Billing,
            pk: &pk,
            prefix: keys::PARKED_PREFIX,
            keys_only: false,
            seqs: None,
            limit: PAGE,
        };
        let page = self.partition_page(&queue, start).await?;
        let waiting = page.items.iter().filter(|item| item.contains_key("parked"));
        let ids = waiting.filter_map(|item| {
            let key = key_of(Table::Billing, item);
            key.sk.strip_prefix(keys::PARKED_PREFIX)?.parse().ok()
        });
        Ok((ids.collect(), page.next))
    }
}

/// The value of `parked` for an event.
pub(crate) fn who_cares(event: &BillingEvent, reason: &ParkReason) -> &'static str {
    match reason {
        ParkReason::Customer(_) if event.carries_money() => PAID,
        ParkReason::Customer(_) => QUIET,
        ParkReason::Price(_)
        | ParkReason::PaymentLink(_)
        | ParkReason::Mismatch(_)
        | ParkReason::Review(_)
        | ParkReason::Subscription(_)
        | ParkReason::Invoice(_)
        | ParkReason::Lines(_)
        | ParkReason::Payment(_)
        | ParkReason::Operator(_) => WAITING,
    }
}

/// The key that exists as soon as the event need not wait. A wait for another event is
/// tracked by the item which that event writes; a wait for an operator has no such key.
fn what_is_unknown(reason: &ParkReason) -> Option<Key> {
    match reason {
        ParkReason::Customer(id) => Some(keys::stripe_customer_claim(id.as_str())),
        ParkReason::Price(id) => Some(keys::price(id.as_str())),
        ParkReason::PaymentLink(id) => Some(keys::payment_link(id.as_str())),
        ParkReason::Mismatch(_)
        | ParkReason::Review(_)
        | ParkReason::Subscription(_)
        | ParkReason::Invoice(_)
        | ParkReason::Lines(_)
        | ParkReason::Payment(_)
        | ParkReason::Operator(_) => None,
    }
}
