//! A plan as one transaction: every part is conditional on the version seen under its
//! key.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value;

use super::facts::{EVENT, HISTORY, Loaded, TRIAL, key_of_fact};
use super::versioned::Seen;
use crate::domain::billing::{
    BillingEvent, EventRecord, FactKey, FactValue, ParkReason, Plan, Queue,
};
use crate::domain::{Subscription, Timestamp};
use crate::host::clock::Deadline;
use crate::store::client::transaction::put;
use crate::store::commit::CommittedWith;
use crate::store::schema::items::{ItemError, stamp};
use crate::store::schema::keys::Key;
use crate::store::schema::records::{CLAIM, Record};
use crate::store::{Store, StoreError};

impl Store {
    /// Writes all of a plan in one transaction.
    pub(in crate::store) async fn write_plan(
        &self,
        event: &BillingEvent,
        plan: &Plan,
        loaded: &Loaded,
        now: Timestamp,
        deadline: Deadline,
    ) -> Result<CommittedWith, StoreError> {
        let mut parts = Vec::new();
        for (fact, value) in &plan.puts {
            let seen = loaded.seen.get(fact).copied().unwrap_or(Seen::Absent);
            parts.push(self.put_fact(&key_of_fact(fact), value, seen)?);
        }
        let mut seen_of_own = None;
        for fact in &plan.checks {
            if let FactKey::CustomerQueue(id) = fact {
                let queue = match loaded.facts.get(fact) {
                    Some(FactValue::Queue(queue)) => *queue,
                    _ => Queue::default(),
                };
                if plan.unparks.as_ref() == Some(&ParkReason::Customer(id.clone())) {
                    seen_of_own = Some(queue);
                } else {
                    parts.push(self.queue_is_as_seen(id, queue)?);
                }
            }
        }
        if let Some(reason) = &plan.unparks {
            parts.extend(self.unpark(event, reason, seen_of_own, now)?);
        }
        if let Some(reason) = &plan.parks {
            parts.extend(self.park(event, reason, now)?);
        }
        self.commit_with(plan.decision.as_deref(), parts, deadline)
            .await
    }

    fn put_fact(
        &self,
        key: &Key,
        value: &FactValue,
        seen: Seen,
    ) -> Result<TransactWriteItem, StoreError> {
        match value {
            FactValue::Event(record) => self.put_record(key, record, seen),
            FactValue::Claim(claim) => {
                let item = stamp(key, CLAIM, claim)?;
                if seen == Seen::Absent {
                    return self.put_new(key, item);
                }
                let owner = AttributeValue::S(claim.user_id.to_string());
                let still_theirs = Put::builder()
                    .condition_expression("user_id = :owner")
                    .expression_attribute_values(":owner", owner);
                put(self.tables.name(key.table), still_theirs, item)
            }
            FactValue::Payment(payment) => self.put_versioned(key, payment, seen),
            FactValue::Invoice(invoice) => self.put_versioned(key, invoice, seen),
            FactValue::Book(book) => self.put_versioned(key, book, seen),
            FactValue::Subscription(record, history) => {
                let mut item = stamp(key, Subscription::ENTITY, record.as_ref())?;
                let history =
                    to_attribute_value(history).map_err(|error| ItemError::quoting(key, error))?;
                item.insert(HISTORY.into(), history);
                self.put_as_seen(key, item, seen)
            }
            FactValue::Trial(trial) => self.put_new(key, stamp(key, TRIAL, trial)?),
            FactValue::Queue(_) | FactValue::Account(_) | FactValue::PastLot(_) => {
                // These are changed by counter updates or written by decisions only.
                Err(StoreError::Rejected(format!("{key} is not put by a plan")))
            }
        }
    }

    /// A put of an event's record, with the event's content while it is open.
    pub(in crate::store) fn put_record(
        &self,
        key: &Key,
        record: &EventRecord,
        seen: Seen,
    ) -> Result<TransactWriteItem, StoreError> {
        let mut item = self.versioned_item(key, record)?;
        if let Some(event) = &record.event {
            let text =
                serde_json::to_string(event).map_err(|error| ItemError::quoting(key, error))?;
            item.insert(EVENT.into(), AttributeValue::S(text));
        }
        self.put_as_seen(key, item, seen)
    }
}
