//! Facts from the tables: the key of each, and how its item is read. Absent items are
//! facts too.

use std::collections::BTreeMap;

use serde_dynamo::aws_sdk_dynamodb_1::from_attribute_value;

use super::parking::{HEAD, Head};
use super::versioned::{Seen, read_versioned};
use crate::domain::billing::{
    BillingEvent, Claim, EventRecord, FactKey, FactValue, Facts, Queue, SubscriptionHistory, Trial,
};
use crate::domain::{CreditType, StripeId, Subscription};
use crate::host::clock::Deadline;
use crate::store::schema::items::{
    Item, ItemError, account_from_item, past_credit_from_item, read,
};
use crate::store::schema::keys::{self, Key};
use crate::store::schema::records::{CLAIM, Record};
use crate::store::{Store, StoreError};

/// The DynamoDB limit for items in one snapshot.
const MAX_IN_SNAPSHOT: usize = 100;

/// The attribute that holds the snapshots, beside the record that the profile shows.
pub(in crate::store) const HISTORY: &str = "history";
/// The attribute that holds the content of an open event, beside its record. It is
/// text, so that a change of its format concerns one reader only.
pub(in crate::store) const EVENT: &str = "event";
pub(in crate::store) const TRIAL: &str = "Trial";

/// Facts, and the version at which each was seen.
#[derive(Debug, Default)]
pub(in crate::store) struct Loaded {
    pub(in crate::store) facts: Facts,
    pub(in crate::store) seen: BTreeMap<FactKey, Seen>,
    /// The event that an operator acts on: if its record is lost, a substitute takes
    /// its place.
    pub(in crate::store) acted_on: Option<StripeId>,
}

/// The key of a fact.
pub(in crate::store) fn key_of_fact(fact: &FactKey) -> Key {
    match fact {
        FactKey::Event(id) => keys::event(id),
        FactKey::CustomerClaim(id) => keys::stripe_customer_claim(id.as_str()),
        FactKey::SubscriptionClaim(id) => keys::stripe_subscription_claim(id.as_str()),
        FactKey::CustomerQueue(id) => keys::customer_queue(id),
        FactKey::Payment(id) => keys::payment(id),
        FactKey::Invoice(id) => keys::invoice(id),
        FactKey::Book(id) => keys::book(id.as_str()),
        FactKey::Subscription(user_id, id) => keys::subscription(user_id, Some(id.as_str())),
        FactKey::Trial(plan, user_id) => keys::trial(plan, user_id),
        FactKey::Account(user_id) => keys::account(user_id),
        FactKey::PastLot(user_id, lot, at) => {
            keys::past_credit_at(user_id, CreditType::Pro, *at, lot)
        }
    }
}

impl Store {
    /// Loads the record of an event, strongly; with the event's content while it is
    /// open.
    pub async fn load_event(
        &self,
        id: &StripeId,
        deadline: Deadline,
    ) -> Result<Option<EventRecord>, StoreError> {
        let key = keys::event(id);
        let mut found = self.get_many(std::slice::from_ref(&key), deadline).await?;
        let item = found.take(&key);
        Ok(item.map(|item| event_record(&key, item)).transpose()?)
    }

    /// Loads facts in one strongly consistent request. An account and its past credits
    /// are read as of one moment, since a lot that left and came back in between would
    /// be taken for another.
    pub(in crate::store) async fn load_facts(
        &self,
        mut wanted: Vec<FactKey>,
        loaded: &mut Loaded,
        deadline: Deadline,
    ) -> Result<(), StoreError> {
        let is_past = |key: &FactKey| matches!(key, FactKey::PastLot(..));
        // The account first: a write conditional on its version is refused if any of
        // the lots has changed since.
        wanted.sort_by_key(|key| !matches!(key, FactKey::Account(_)));
        let keys: Vec<Key> = wanted.iter().map(key_of_fact).collect();
        let mut found = if !wanted.iter().any(is_past) {
            self.get_many(&keys, deadline).await?
        } else if keys.len() <= MAX_IN_SNAPSHOT {
            self.get_snapshot(&keys, deadline).await?
        } else {
            self.get_in_turn(&keys, deadline).await?
        };
        for (fact, key) in wanted.into_iter().zip(keys) {
            let item = found.take(&key);
            let value = match &fact {
                FactKey::Event(id) if loaded.acted_on.as_ref() == Some(id) => {
                    let seen = Seen::of_lost(&key, item.as_ref())?;
                    loaded.seen.insert(fact.clone(), seen);
                    // Boxed, because it seldom does more than inspect the item.
                    let known = Box::pin(self.known_as(id, item)).await?;
                    known.map(|known| FactValue::Event(known.into_record()))
                }
                _ => {
                    let seen = Seen::of(&key, item.as_ref())?;
                    loaded.seen.insert(fact.clone(), seen);
                    let value = item.map(|item| value_of(&fact, &key, item));
                    value.transpose()?.flatten()
                }
            };
            loaded.facts.insert(fact, value);
        }
        Ok(())
    }
}

fn value_of(fact: &FactKey, key: &Key, item: Item) -> Result<Option<FactValue>, ItemError> {
    Ok(Some(match fact {
        FactKey::Event(_) => FactValue::Event(event_record(key, item)?),
        FactKey::CustomerClaim(_) | FactKey::SubscriptionClaim(_) => {
            FactValue::Claim(read::<Claim>(key, CLAIM, item)?)
        }
        FactKey::CustomerQueue(_) => {
            let head: Head = read(key, HEAD, item)?;
            FactValue::Queue(Queue {
                parked: head.parked,
                drained: head.drained,
            })
        }
        FactKey::Payment(_) => FactValue::Payment(read_versioned(key, item)?),
        FactKey::Invoice(_) => FactValue::Invoice(read_versioned(key, item)?),
        FactKey::Book(_) => FactValue::Book(read_versioned(key, item)?),
        FactKey::Subscription(..) => subscription(key, item)?,
        FactKey::Trial(..) => FactValue::Trial(read::<Trial>(key, TRIAL, item)?),
        FactKey::Account(user_id) => {
            FactValue::Account(Box::new(account_from_item(user_id, item)?))
        }
        FactKey::PastLot(..) => match past_credit_from_item(key, item)? {
            Some(past) => FactValue::PastLot(Box::new(past)),
            None => return Ok(None),
        },
    }))
}

/// The record of an event, with its content while the event is open.
pub(in crate::store) fn event_record(key: &Key, mut item: Item) -> Result<EventRecord, ItemError> {
    let text = item.remove(EVENT);
    let mut record: EventRecord = read_versioned(key, item)?;
    if let Some(text) = text {
        let text = text
            .as_s()
            .map_err(|_| ItemError::new(key, "its event is not a string"))?;
        let event: BillingEvent =
            serde_json::from_str(text).map_err(|error| ItemError::quoting(key, error))?;
        record.event = Some(Box::new(event));
    }
    Ok(record)
}

/// A record without snapshots was not made from Stripe's events; whatever Stripe says
/// is news to it.
fn subscription(key: &Key, mut item: Item) -> Result<FactValue, ItemError> {
    let history = item.remove(HISTORY);
    let record: Subscription = read(key, Subscription::ENTITY, item)?;
    let history = match history {
        Some(history) => {
            from_attribute_value(history).map_err(|error| ItemError::quoting(key, error))?
        }
        None => SubscriptionHistory::default(),
    };
    Ok(FactValue::Subscription(Box::new(record), history))
}
