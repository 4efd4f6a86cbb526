//! All parked events, oldest first, page by page: the three kinds of parked events in
//! the index are merged here by time.

use std::collections::VecDeque;

use super::facts::event_record;
use super::parking::{CLAIMED_WITHIN_SECONDS, PAID, QUIET, WAITING};
use crate::domain::billing::EventRecord;
use crate::domain::{StripeId, Timestamp};
use crate::host::clock::Deadline;
use crate::store::schema::item::key_of;
use crate::store::schema::items::{Item, ItemError};
use crate::store::schema::keys::{self, PARKED_PREFIX, Table};
use crate::store::{Store, StoreError};

/// The page size: places per kind, and records in total.
const PAGE: usize = 100;

/// A parked event.
#[derive(Debug)]
pub struct WaitingEvent {
    /// Its id.
    pub id: StripeId,
    /// The reason, `price:price_…`.
    pub waits_for: String,
    /// When it was parked.
    pub since: Timestamp,
    /// Whether it waits for a customer that nobody has claimed for thirty days, and so
    /// counts as another product's.
    pub is_unclaimed: bool,
    /// Its record, or why the record cannot be read.
    pub record: Result<EventRecord, ItemError>,
}

/// A walk over all parked events.
#[derive(Debug)]
pub struct WaitingWalk {
    store: Store,
    kinds: Vec<Kind>,
    claimed_since: Timestamp,
}

/// The parked events of one kind, as far as read.
#[derive(Debug)]
struct Kind {
    who: &'static str,
    since: Timestamp,
    places: VecDeque<Place>,
    next: Option<Item>,
    is_read: bool,
}

/// The place of an event in the index.
#[derive(Debug)]
struct Place {
    id: StripeId,
    waits_for: String,
    since: Timestamp,
    is_customers: bool,
}

impl Store {
    /// A walk over all events parked at `now`; unclaimed ones only if requested.
    pub fn walk_waiting(&self, now: Timestamp, with_unclaimed: bool) -> WaitingWalk {
        let claimed_since = now.plus_seconds(-CLAIMED_WITHIN_SECONDS);
        let of_customers = if with_unclaimed {
            Timestamp::MIN
        } else {
            claimed_since
        };
        let kind = |who, since| Kind {
            who,
            since,
            places: VecDeque::new(),
            next: None,
            is_read: false,
        };
        WaitingWalk {
            store: self.clone(),
            kinds: vec![
                kind(WAITING, Timestamp::MIN),
                kind(PAID, of_customers),
                kind(QUIET, of_customers),
            ],
            claimed_since,
        }
    }
}

impl WaitingWalk {
    /// The next events, oldest first; none at the end. Events settled since the index
    /// was written are left out, so a page may be empty.
    pub async fn next_page(
        &mut self,
        deadline: Deadline,
    ) -> Result<Option<Vec<WaitingEvent>>, StoreError> {
        let mut places = Vec::new();
        while places.len() < PAGE {
            for kind in &mut self.kinds {
                kind.fill(&self.store).await?;
            }
            let oldest = self.kinds.iter_mut().filter(|kind| !kind.places.is_empty());
            let oldest = oldest.min_by_key(|kind| kind.places.front().map(Place::order));
            match oldest.and_then(|kind| kind.places.pop_front()) {
                Some(place) => places.push(place),
                None => break,
            }
        }
        if places.is_empty() {
            return Ok(None);
        }
        let keys: Vec<_> = places.iter().map(|place| keys::event(&place.id)).collect();
        let mut found = self.store.get_many(&keys, deadline).await?;
        let mut events = Vec::new();
        for (place, key) in places.into_iter().zip(keys) {
            let missing = || ItemError::new(&key, "it waits and has no record");
            let item = found.take(&key).ok_or_else(missing);
            let record = item.and_then(|item| event_record(&key, item));
            let waits_elsewhere = |record: &EventRecord| {
                let waits_for = record.waits_for.as_ref().map(ToString::to_string);
                waits_for.as_ref() != Some(&place.waits_for)
            };
            if record.as_ref().is_ok_and(waits_elsewhere) {
                continue;
            }
            events.push(WaitingEvent {
                is_unclaimed: place.is_customers && place.since < self.claimed_since,
                id: place.id,
                waits_for: place.waits_for,
                since: place.since,
                record,
            });
        }
        Ok(Some(events))
    }
}

impl Kind {
    /// Reads the next page if the current one is used up.
    async fn fill(&mut self, store: &Store) -> Result<(), StoreError> {
        let limit = i32::try_from(PAGE).unwrap_or(i32::MAX);
        while self.places.is_empty() && (!self.is_read || self.next.is_some()) {
            let start = self.next.take();
            let page = store
                .parked_page(self.who, self.since, limit, start)
                .await?;
            for item in &page.items {
                self.places.push_back(Place::of(self.who, item)?);
            }
            (self.next, self.is_read) = (page.next, true);
        }
        Ok(())
    }
}

impl Place {
    fn of(who: &str, item: &Item) -> Result<Self, ItemError> {
        let key = key_of(Table::Billing, item);
        let broken = |problem: &'static str| ItemError::new(&key, problem);
        let since = item.get("parked_at").and_then(|value| value.as_s().ok());
        let since = since.and_then(|text| text.parse().ok());
        let id = key.sk.strip_prefix(PARKED_PREFIX);
        let id = id.and_then(|id| id.parse().ok());
        let waits_for = key.pk.strip_prefix(keys::PARKED_PARTITION);
        Ok(Place {
            id: id.ok_or_else(|| broken("it names no event"))?,
            waits_for: waits_for
                .ok_or_else(|| broken("it names nothing to wait for"))?
                .to_string(),
            since: since.ok_or_else(|| broken("its parked_at is not a time"))?,
            is_customers: who != WAITING,
        })
    }

    fn order(&self) -> (Timestamp, String) {
        (self.since, self.id.to_string())
    }
}
