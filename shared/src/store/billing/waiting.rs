//! All parked events, oldest first, page by page, and the oldest alone: the shards of
//! the three kinds of parked events in the index, merged by time.

use super::facts::event_record;
use super::parking::{CLAIMED_WITHIN_SECONDS, PAID, QUIET, WAITING};
use crate::domain::billing::EventRecord;
use crate::domain::{StripeId, Timestamp};
use crate::host::clock::Deadline;
use crate::store::client::shards::{IndexShard, ShardsWalk, shards_of};
use crate::store::schema::item::{key_of, text_of};
use crate::store::schema::items::{Item, ItemError};
use crate::store::schema::keys::{self, PARKED_BY_SHARD, PARKED_PREFIX, PARKED_SHARD, Table};
use crate::store::{Store, StoreError};

/// The page size: places per shard, and records in total.
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
    places: ShardsWalk,
    claimed_since: Timestamp,
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
        let kinds = [
            (WAITING, Timestamp::MIN),
            (PAID, of_customers),
            (QUIET, of_customers),
        ];
        WaitingWalk {
            store: self.clone(),
            places: ShardsWalk::over(self, of_kinds(&kinds), PAGE),
            claimed_since,
        }
    }

    /// Since when the oldest parked event waits, if any. Events of unknown customers
    /// count if they carry money, as long as the customers may turn out to be ours. Reads
    /// 128 shards of the index, for half a unit each; the index is eventually consistent.
    pub async fn oldest_parked(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let claimed_since = now.plus_seconds(-CLAIMED_WITHIN_SECONDS);
        let kinds = [(WAITING, Timestamp::MIN), (PAID, claimed_since)];
        let shards = self.fill_shards(of_kinds(&kinds), 1).await?;
        let oldest = shards.iter().filter_map(|shard| shard.rows().front());
        let places: Result<Vec<_>, _> = oldest.map(Place::of).collect();
        Ok(places?.into_iter().map(|place| place.since).min())
    }

    /// How many parked events may need an operator, customers' apart; at most a hundred of
    /// each of 64 shards are counted. The index is eventually consistent.
    #[cfg(feature = "operator")]
    pub async fn events_for_operators(&self) -> Result<u64, StoreError> {
        let shards = of_kinds(&[(WAITING, Timestamp::MIN)]);
        let shards = self.fill_shards(shards, PAGE).await?;
        let counted: usize = shards.iter().map(|shard| shard.rows().len()).sum();
        Ok(u64::try_from(counted).unwrap_or(u64::MAX))
    }
}

/// All shards of these kinds, each from its time on.
fn of_kinds(kinds: &[(&str, Timestamp)]) -> Vec<IndexShard> {
    let shards = kinds.iter();
    shards
        .flat_map(|(kind, since)| shards_of(PARKED_BY_SHARD, kind, &since.to_string()))
        .collect()
}

impl WaitingWalk {
    /// The next events, oldest first; none at the end. Events settled since the index
    /// was written are left out, so a page may be empty.
    pub async fn next_page(
        &mut self,
        deadline: Deadline,
    ) -> Result<Option<Vec<WaitingEvent>>, StoreError> {
        let rows = self.places.next(PAGE).await?;
        let places: Result<Vec<_>, _> = rows.iter().map(Place::of).collect();
        let places = places?;
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

impl Place {
    /// The place that a row of the index shows.
    fn of(row: &Item) -> Result<Self, ItemError> {
        let key = key_of(Table::Billing, row);
        let broken = |problem: &'static str| ItemError::new(&key, problem);
        let since = text_of(row, "parked_at").and_then(|text| text.parse().ok());
        let id = key.sk.strip_prefix(PARKED_PREFIX);
        let id = id.and_then(|id| id.parse().ok());
        let waits_for = key.pk.strip_prefix(keys::PARKED_PARTITION);
        let shard = text_of(row, PARKED_SHARD).unwrap_or_default();
        Ok(Place {
            id: id.ok_or_else(|| broken("it names no event"))?,
            waits_for: waits_for
                .ok_or_else(|| broken("it names nothing to wait for"))?
                .to_string(),
            since: since.ok_or_else(|| broken("its parked_at is not a time"))?,
            is_customers: shard.split('#').next() != Some(WAITING),
        })
    }
}
