//! The audit of parked events: each parked event has its place in the queue of its
//! reason, and each place has the record of an event parked there.
//!
//! Both are written in one transaction, so a pair that does not match is read again as
//! of one moment before it is reported.

use std::time::Duration;

use super::Finding;
use crate::domain::billing::{EventOutcome, EventRecord, ParkReason};
use crate::domain::{StripeId, Timestamp};
use crate::host::clock::Deadline;
use crate::store::billing::facts::event_record;
use crate::store::billing::parking::{CLAIMED_WITHIN_SECONDS, PARKED, ParkedEvent, who_cares};
use crate::store::schema::items::{Item, read};
use crate::store::schema::keys::{self, Key, PARKED_PARTITION, PARKED_PREFIX};
use crate::store::{Store, StoreError};

/// Operator tools wait longer than an API request.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long an event that carries money may wait. Stripe sends what belongs together
/// within seconds, and again within an hour.
const MAX_WAIT_SECONDS: i64 = 3_600;
/// What to do about a place that an older release wrote.
const MIGRATE: &str = "run `creditsctl migrate up`";

impl Store {
    /// A recorded event has everything that its outcome needs, and is parked where it
    /// says.
    pub(super) async fn check_event(
        &self,
        key: &Key,
        id: &str,
        (item, now): (Item, Timestamp),
    ) -> Result<Vec<Finding>, StoreError> {
        let record = match event_record(key, item) {
            Ok(record) => record,
            Err(damage) => return Ok(vec![Finding::new(key, damage.problem())]),
        };
        if let Some(problem) = contradiction(&record, id) {
            return Ok(vec![Finding::new(key, problem)]);
        }
        let Some(reason) = &record.waits_for else {
            return Ok(Vec::new());
        };
        let (record, place) = self.pair(key, &keys::parked(reason, id)).await?;
        let record = record.and_then(|item| event_record(key, item).ok());
        // It may have been settled since it was read.
        let record = record.filter(|record| record.waits_for.as_ref() == Some(reason));
        let Some(record) = record else {
            return Ok(Vec::new());
        };
        let problem = match place {
            None => format!("it waits for {reason}, and has no place there"),
            Some(item) if !item.contains_key("parked") => {
                format!("it waits for {reason}, and by its place there it does not")
            }
            Some(item) => {
                let place = read::<ParkedEvent>(&keys::parked(reason, id), PARKED, item);
                match place
                    .ok()
                    .and_then(|place| overdue(&record, place.parked_at, now))
                {
                    Some(problem) => {
                        let only_waits = true;
                        let finding = Finding::new(key, problem);
                        return Ok(vec![Finding {
                            only_waits,
                            ..finding
                        }]);
                    }
                    None => return Ok(Vec::new()),
                }
            }
        };
        Ok(vec![Finding::new(key, problem)])
    }

    /// A place belongs to an event whose record says that it is parked there, and lies
    /// in the right part of the index.
    pub(super) async fn check_place(
        &self,
        key: &Key,
        item: Item,
    ) -> Result<Vec<Finding>, StoreError> {
        let problem = match read::<ParkedEvent>(key, PARKED, item) {
            Err(damage) => damage.problem().to_string(),
            Ok(place) if place.parked.is_none() => match place.parked_shard {
                Some(_) => format!("nothing waits here, and the index lists it: {MIGRATE}"),
                None => return Ok(Vec::new()),
            },
            Ok(_) => match named_by(key) {
                Some((reason, id)) => match self.problem_of_place(key, &reason, &id).await? {
                    Some(problem) => problem,
                    None => return Ok(Vec::new()),
                },
                None => "nothing can wait under such a key".to_string(),
            },
        };
        Ok(vec![Finding::new(key, problem)])
    }

    async fn problem_of_place(
        &self,
        key: &Key,
        reason: &ParkReason,
        id: &StripeId,
    ) -> Result<Option<String>, StoreError> {
        let record_key = keys::event(id);
        let (record, place) = self.pair(&record_key, key).await?;
        let place = place.and_then(|item| read::<ParkedEvent>(key, PARKED, item).ok());
        // It may have been settled since it was read.
        let Some((Some(among), shard)) = place.map(|it| (it.parked, it.parked_shard)) else {
            return Ok(None);
        };
        let Some(record) = record else {
            return Ok(Some(format!("{id} waits here and has no record")));
        };
        // A record that cannot be read is reported on its own.
        let Ok(record) = event_record(&record_key, record) else {
            return Ok(None);
        };
        if record.waits_for.as_ref() != Some(reason) {
            let is = match &record.waits_for {
                Some(other) => format!("waits for {other}"),
                None => format!("is {}", record.outcome.as_str()),
            };
            return Ok(Some(format!("{id} waits here, and by its record it {is}")));
        }
        // An operator may have supplied another amount than the parked one.
        let says = record.event.filter(|_| record.operator.is_none());
        let expected = says.map(|event| who_cares(&event, reason));
        if let Some(expected) = expected.filter(|expected| *expected != among) {
            let problem = format!("{id} waits among `{among}`, and belongs among `{expected}`");
            return Ok(Some(problem));
        }
        let own = keys::parked_shard(&among, id.as_str());
        let is_listed = shard.as_ref() == Some(&own);
        Ok((!is_listed).then(|| format!("{id} waits, and the index does not list it: {MIGRATE}")))
    }

    /// A record and a place as of one moment.
    async fn pair(
        &self,
        record: &Key,
        place: &Key,
    ) -> Result<(Option<Item>, Option<Item>), StoreError> {
        let keys = [record.clone(), place.clone()];
        let deadline = Deadline::after(PATIENCE);
        let mut found = self.get_snapshot(&keys, deadline).await?;
        Ok((found.take(record), found.take(place)))
    }
}

/// An event with money that waits for longer than it should. Customers whom nobody has
/// claimed for thirty days are another product's.
fn overdue(record: &EventRecord, since: Timestamp, now: Timestamp) -> Option<String> {
    let reason = record.waits_for.as_ref()?;
    let is_late = |since: Timestamp| since < now.plus_seconds(-MAX_WAIT_SECONDS);
    if let (Some(event), Some(_)) = (&record.event, record.kept_place()) {
        let (id, since) = (&event.id, record.settled_at);
        return is_late(since).then(|| {
            format!(
                "it is settled since {since}, and what waits for it is not: run `creditsctl event replay {id}`"
            )
        });
    }
    let has_money = record.event.as_ref().is_some_and(|it| it.carries_money());
    let is_unclaimed = matches!(reason, ParkReason::Customer(_))
        && since < now.plus_seconds(-CLAIMED_WITHIN_SECONDS);
    (has_money && is_late(since) && !is_unclaimed).then(|| {
        format!(
            "it carries money and waits for {reason} since {since}: see `creditsctl parked show`"
        )
    })
}

/// A contradiction within a record.
fn contradiction(record: &EventRecord, id: &str) -> Option<String> {
    let is = record.outcome.as_str();
    let waits = |reason: &ParkReason| Some(format!("it is {is}, and waits for {reason}"));
    match (record.outcome, &record.waits_for) {
        (EventOutcome::Parked | EventOutcome::NeedsOperator, None) => {
            Some(format!("it is {is}, and says not what it waits for"))
        }
        (EventOutcome::NeedsOperator, Some(ParkReason::Operator(own))) if own.as_str() == id => {
            says_nothing(record)
        }
        (EventOutcome::Parked, Some(reason)) if !matches!(reason, ParkReason::Operator(_)) => {
            says_nothing(record)
        }
        (EventOutcome::Parked | EventOutcome::NeedsOperator, Some(reason)) => waits(reason),
        // What it made known is not drained yet.
        (EventOutcome::Applied | EventOutcome::Ignored, Some(_)) if record.event.is_some() => None,
        (
            EventOutcome::Applied
            | EventOutcome::Ignored
            | EventOutcome::Refused
            | EventOutcome::Dismissed,
            Some(reason),
        ) => waits(reason),
        (
            EventOutcome::Applied
            | EventOutcome::Ignored
            | EventOutcome::Refused
            | EventOutcome::Dismissed,
            None,
        ) => None,
    }
}

fn says_nothing(record: &EventRecord) -> Option<String> {
    let is_silent = record.event.is_none();
    is_silent.then(|| "it waits and says nothing".to_string())
}

/// The reason and the event that a key names.
fn named_by(key: &Key) -> Option<(ParkReason, StripeId)> {
    let reason = key.pk.strip_prefix(PARKED_PARTITION)?.parse().ok()?;
    let id = key.sk.strip_prefix(PARKED_PREFIX)?.parse().ok()?;
    Some((reason, id))
}
