//! All parked events, oldest first, page by page, and the oldest alone: the shards of
//! the three kinds of parked events in the index are merged here by time.

use std::collections::VecDeque;

use tokio::task::{JoinError, JoinSet};

use super::facts::event_record;
use super::parking::{CLAIMED_WITHIN_SECONDS, PAID, QUIET, WAITING};
use crate::domain::billing::EventRecord;
use crate::domain::{StripeId, Timestamp};
use crate::host::clock::Deadline;
use crate::store::schema::item::key_of;
use crate::store::schema::items::{Item, ItemError};
use crate::store::schema::keys::{self, PARKED_PREFIX, Shard, Table};
use crate::store::{Store, StoreError};

/// The page size: places per shard, and records in total.
const PAGE: usize = 100;
/// How many shards are read at once; each needs a connection.
const SHARDS_AT_ONCE: usize = 8;

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
    shards: Vec<ShardWalk>,
    claimed_since: Timestamp,
}

/// The parked events of one shard, as far as read.
#[derive(Debug)]
struct ShardWalk {
    kind: &'static str,
    shard: Shard,
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
        let kinds = [
            (WAITING, Timestamp::MIN),
            (PAID, of_customers),
            (QUIET, of_customers),
        ];
        WaitingWalk {
            store: self.clone(),
            shards: shards_of(&kinds),
            claimed_since,
        }
    }

    /// Since when the oldest parked event waits, if any. Events of unknown customers
    /// count if they carry money, as long as the customers may turn out to be ours. Reads
    /// 128 shards of the index, for half a unit each; the index is eventually consistent.
    pub async fn oldest_parked(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let claimed_since = now.plus_seconds(-CLAIMED_WITHIN_SECONDS);
        let kinds = [(WAITING, Timestamp::MIN), (PAID, claimed_since)];
        let shards = self.filled(shards_of(&kinds), 1).await?;
        let oldest = shards.iter().filter_map(|shard| shard.places.front());
        Ok(oldest.map(|place| place.since).min())
    }

    /// How many parked events may need an operator, customers' apart; at most a hundred of
    /// each of 64 shards are counted. The index is eventually consistent.
    #[cfg(feature = "operator")]
    pub async fn events_for_operators(&self) -> Result<u64, StoreError> {
        let shards = shards_of(&[(WAITING, Timestamp::MIN)]);
        let shards = self.filled(shards, PAGE).await?;
        let counted: usize = shards.iter().map(|shard| shard.places.len()).sum();
        Ok(u64::try_from(counted).unwrap_or(u64::MAX))
    }

    /// The same shards, each with its next page if its page is used up.
    async fn filled(
        &self,
        shards: Vec<ShardWalk>,
        limit: usize,
    ) -> Result<Vec<ShardWalk>, StoreError> {
        let (done, mut hungry): (Vec<_>, Vec<_>) = shards
            .into_iter()
            .partition(|shard| !shard.has_more_to_read());
        let mut lanes = JoinSet::new();
        let of_lane = hungry.len().div_ceil(SHARDS_AT_ONCE);
        while !hungry.is_empty() {
            let mut lane = hungry.split_off(hungry.len().saturating_sub(of_lane));
            let store = self.clone();
            lanes.spawn(async move {
                for shard in &mut lane {
                    shard.fill(&store, limit).await?;
                }
                Ok::<_, StoreError>(lane)
            });
        }
        let mut filled = done;
        while let Some(lane) = lanes.join_next().await {
            let ended = |error: JoinError| StoreError::Unavailable(error.to_string());
            filled.extend(lane.map_err(ended)??);
        }
        Ok(filled)
    }
}

/// All shards of these kinds, nothing of them read.
fn shards_of(kinds: &[(&'static str, Timestamp)]) -> Vec<ShardWalk> {
    let shards = kinds.iter().flat_map(|&(kind, since)| {
        Shard::all().map(move |shard| ShardWalk {
            kind,
            shard,
            since,
            places: VecDeque::new(),
            next: None,
            is_read: false,
        })
    });
    shards.collect()
}

impl WaitingWalk {
    /// The next events, oldest first; none at the end. Events settled since the index
    /// was written are left out, so a page may be empty.
    pub async fn next_page(
        &mut self,
        deadline: Deadline,
    ) -> Result<Option<Vec<WaitingEvent>>, StoreError> {
        let mut places = Vec::new();
        self.shards = self
            .store
            .filled(std::mem::take(&mut self.shards), PAGE)
            .await?;
        while places.len() < PAGE {
            let shards = self.shards.iter_mut();
            let oldest = shards.filter_map(|shard| Some((shard.places.front()?.order(), shard)));
            let Some((_, shard)) = oldest.min_by(|one, other| one.0.cmp(&other.0)) else {
                break;
            };
            places.extend(shard.places.pop_front());
            if shard.has_more_to_read() {
                shard.fill(&self.store, PAGE).await?;
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

impl ShardWalk {
    fn has_more_to_read(&self) -> bool {
        self.places.is_empty() && (!self.is_read || self.next.is_some())
    }

    /// Reads the next page if the current one is used up.
    async fn fill(&mut self, store: &Store, limit: usize) -> Result<(), StoreError> {
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        let key = keys::parked_shard(self.kind, self.shard);
        while self.has_more_to_read() {
            let start = self.next.take();
            let page = store.parked_page(&key, self.since, limit, start).await?;
            for item in &page.items {
                self.places.push_back(Place::of(self.kind, item)?);
            }
            (self.next, self.is_read) = (page.next, true);
        }
        Ok(())
    }
}

impl Place {
    fn of(kind: &str, item: &Item) -> Result<Self, ItemError> {
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
            is_customers: kind != WAITING,
        })
    }

    fn order(&self) -> (Timestamp, String) {
        (self.since, self.id.to_string())
    }
}
