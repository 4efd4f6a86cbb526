//! An event whose record is lost: it cannot be read, or is missing while the event is
//! parked. The substitute record holds only where the event is parked, so that an
//! operator can close it like any other.

use serde_dynamo::aws_sdk_dynamodb_1::from_attribute_value;

use super::facts::event_record;
use super::parking::{PAID, QUIET, WAITING};
use crate::domain::billing::{EventOutcome, EventRecord, ParkReason};
use crate::domain::{StripeId, Timestamp};
use crate::host::clock::Deadline;
use crate::store::schema::item::key_of;
use crate::store::schema::items::{Item, ItemError, is_of_newer_schema};
use crate::store::schema::keys::{self, PARKED_BY_SHARD, PARKED_PARTITION, PARKED_PREFIX, Table};
use crate::store::{Consistency, Store, StoreError};

/// Stands for the type of an event whose type cannot be read.
const UNREADABLE: &str = "unreadable";
/// How many places one page reads.
const PAGE: usize = 100;

/// An event's record, or its substitute.
#[derive(Debug)]
pub enum KnownEvent {
    /// Its record.
    Whole(Box<EventRecord>),
    /// The substitute for the record, and why the record cannot be read.
    Lost(Box<EventRecord>, ItemError),
}

impl KnownEvent {
    /// The record, or its substitute.
    pub fn into_record(self) -> EventRecord {
        match self {
            KnownEvent::Whole(record) | KnownEvent::Lost(record, _) => *record,
        }
    }
}

impl Store {
    /// Loads the record of an event strongly, or the substitute if it is lost.
    pub async fn known_event(
        &self,
        id: &StripeId,
        deadline: Deadline,
    ) -> Result<Option<KnownEvent>, StoreError> {
        let key = keys::event(id);
        let mut found = self.get_many(std::slice::from_ref(&key), deadline).await?;
        self.known_as(id, found.take(&key)).await
    }

    /// Reads the item of an event's record, or builds the substitute. A record written
    /// by a newer release does not count as lost.
    pub(super) async fn known_as(
        &self,
        id: &StripeId,
        item: Option<Item>,
    ) -> Result<Option<KnownEvent>, StoreError> {
        let key = keys::event(id);
        let Some(item) = item else {
            let place = self.place_of(id, None).await?;
            return Ok(place.map(|place| {
                let record = EventRecord::lost(UNREADABLE, Some(place), Timestamp::MIN);
                let problem = ItemError::new(&key, "it waits and has no record");
                KnownEvent::Lost(Box::new(record), problem)
            }));
        };
        let problem = match event_record(&key, item.clone()) {
            Ok(record) => return Ok(Some(KnownEvent::Whole(Box::new(record)))),
            Err(problem) if is_of_newer_schema(&item) => return Err(problem.into()),
            Err(problem) => problem,
        };
        let said = item.get("waits_for").cloned();
        let said = said.and_then(|value| from_attribute_value(value).ok());
        let place = self.place_of(id, said).await?;
        let record = what_is_left(&item, place);
        Ok(Some(KnownEvent::Lost(Box::new(record), problem)))
    }

    /// Where an event is parked: at `reason` if it is there, else where the index finds
    /// it.
    async fn place_of(
        &self,
        id: &StripeId,
        said: Option<ParkReason>,
    ) -> Result<Option<ParkReason>, StoreError> {
        if let Some(said) = said
            && self.waits_at(id, &said).await?
        {
            return Ok(Some(said));
        }
        let sk = format!("{PARKED_PREFIX}{id}");
        let since = Timestamp::MIN.to_string();
        for kind in [WAITING, PAID, QUIET] {
            let shard = keys::parked_shard(kind, id.as_str());
            let mut start = None;
            loop {
                let page = self
                    .index_page(PARKED_BY_SHARD, (&shard, &since), PAGE, start)
                    .await?;
                let places = page.items.iter().map(|item| key_of(Table::Billing, item));
                for place in places.filter(|place| place.sk == sk) {
                    let reason = place.pk.strip_prefix(PARKED_PARTITION);
                    let reason = reason.and_then(|text| text.parse::<ParkReason>().ok());
                    // The index is eventually consistent.
                    if let Some(reason) = reason
                        && self.waits_at(id, &reason).await?
                    {
                        return Ok(Some(reason));
                    }
                }
                start = page.next;
                if start.is_none() {
                    break;
                }
            }
        }
        Ok(None)
    }

    /// Whether an event is parked for this reason, strongly read.
    pub(super) async fn waits_at(
        &self,
        id: &StripeId,
        reason: &ParkReason,
    ) -> Result<bool, StoreError> {
        let key = keys::parked(reason, id.as_str());
        let place = self.get(&key, Consistency::Strong).await?;
        Ok(place.is_some_and(|item| item.contains_key("parked")))
    }
}

/// The readable part of a record of an event that is parked at `place`.
fn what_is_left(item: &Item, place: Option<ParkReason>) -> EventRecord {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
    let event_type = text("event_type").map_or(UNREADABLE, String::as_str);
    let time = |name: &str| text(name).and_then(|text| text.parse().ok());
    let settled_at = time("settled_at").unwrap_or(Timestamp::MIN);
    let waits = place.is_some();
    let mut record = EventRecord::lost(event_type, place, settled_at);
    record.created = time("created");
    record.user_id = text("user_id").and_then(|text| text.parse().ok());
    // A settled event stays settled, unless it is parked.
    let outcome = item.get("outcome").cloned();
    let outcome = outcome.and_then(|value| from_attribute_value::<EventOutcome>(value).ok());
    if let (false, Some(outcome)) = (waits, outcome) {
        record.outcome = outcome;
    }
    record
}
