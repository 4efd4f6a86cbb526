//! Comparing the records of a file with the tables, one after the other, and writing
//! those that differ.

use std::collections::BTreeMap;
use std::time::Duration;

use shared::domain::billing::{BillingTerms, ParkReason};
use shared::domain::rating::RateCard;
use shared::domain::{Model, Price};
use shared::host::clock::Deadline;
use shared::store::{
    CardRevision, CatalogueCache, DrainRequest, FieldChange, Record, Replaced, Stored,
};

use super::words::{Change, Difference};
use crate::act;
use crate::context::{CommandContext, DryRun};
use crate::ending::{Ending, Failure};

/// Time limit for the events that wait for one price.
const PATIENCE: Duration = Duration::from_secs(300);

/// What a run does with a difference.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Acts {
    Compares,
    Pretends,
    Writes,
}

impl Acts {
    /// What `apply` does.
    pub(crate) fn of(dry_run: DryRun) -> Self {
        if dry_run.dry_run {
            Acts::Pretends
        } else {
            Acts::Writes
        }
    }
}

/// A record of a file.
pub(crate) trait Listed: Record {
    /// The reasons whose parked events may go on once it is stored.
    fn releases(&self) -> Vec<ParkReason> {
        Vec::new()
    }

    /// Whether a stored record may be replaced by another.
    fn may_change(&self) -> bool {
        true
    }

    /// The model whose rate cards it is one of.
    fn card_of(&self) -> Option<&str> {
        None
    }
}

impl Listed for Price {
    fn releases(&self) -> Vec<ParkReason> {
        ParkReason::of_price(self)
    }
}

impl Listed for Model {}

impl Listed for RateCard {
    fn may_change(&self) -> bool {
        false
    }

    fn card_of(&self) -> Option<&str> {
        Some(self.model_id())
    }
}

/// What a run has found.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Found {
    /// A record of the tables differs from the file's.
    differs: bool,
    /// An event still waits for a record.
    waits: bool,
}

impl Found {
    /// Both.
    pub(crate) fn and(self, other: Found) -> Found {
        Found {
            differs: self.differs || other.differs,
            waits: self.waits || other.waits,
        }
    }

    /// Says so if nothing was written, and how the command ends.
    pub(crate) fn ending(self, acts: Acts, context: &CommandContext) -> Result<Ending, Failure> {
        if acts != Acts::Writes {
            context.output.say("Nothing was written.")?;
        }
        Ok(act::ending(match acts {
            Acts::Compares => self.differs,
            Acts::Pretends => false,
            Acts::Writes => self.waits,
        }))
    }
}

/// The revisions of models' rate cards, as they were before the cards were compared.
pub(crate) type Revisions = BTreeMap<String, CardRevision>;

/// Compares the records of one kind with the tables, and writes them if that is asked.
pub(crate) struct Run<'a> {
    pub(crate) context: &'a CommandContext,
    pub(crate) kind: &'static str,
    pub(crate) acts: Acts,
    pub(crate) revisions: Revisions,
}

impl Run<'_> {
    /// Takes the records of a file, and the ids of those in the tables.
    pub(crate) async fn all<T: Listed>(
        mut self,
        records: &[T],
        here: Vec<String>,
        id: impl Fn(&T) -> &str,
    ) -> Result<Found, Failure> {
        let mut found = Found::default();
        for record in records {
            self.context.stop.check()?;
            let change = self.one(record, id(record)).await?;
            found.differs |= change != Change::None;
            if self.acts == Acts::Writes {
                found.waits |= self.drain(record).await?;
            }
        }
        for known in here {
            if !records.iter().any(|record| id(record) == known) {
                self.report(&known, Change::OnlyInTables, 0)?;
            }
        }
        Ok(found)
    }

    /// Compares one record, and writes it if that is asked.
    async fn one<T: Listed>(&mut self, record: &T, id: &str) -> Result<Change, Failure> {
        let store = &self.context.store;
        loop {
            let key = record.key();
            let loading = store.load_stored::<T>(&key);
            let stored = self.context.stop.unless_asked(loading).await??;
            let change = change_of(record, stored.as_ref());
            if matches!(change, Change::Fields(_)) && !record.may_change() {
                let kind = self.kind;
                return Err(Failure::Could(format!(
                    "the {kind} {id} was stored meanwhile, otherwise than in the file, and cannot change"
                )));
            }
            if self.acts == Acts::Writes && change != Change::None {
                let seen = record.card_of().and_then(|it| self.revisions.get_mut(it));
                let writing = store.replace(record, stored.as_ref(), seen.as_deref());
                match (writing.await?, seen) {
                    (Replaced::Written, Some(seen)) => *seen = seen.next(),
                    (Replaced::Written, None) => {}
                    // Somebody else has just written it.
                    (Replaced::Changed, _) => continue,
                    (Replaced::Overtaken, _) => return Err(self.overtaken(record, id)),
                }
            }
            self.report(id, change.clone(), self.waiting(record).await?)?;
            return Ok(change);
        }
    }

    fn overtaken<T: Listed>(&self, record: &T, id: &str) -> Failure {
        let (kind, model) = (self.kind, record.card_of().unwrap_or_default());
        Failure::Could(format!(
            "the {kind} {id} is not written: somebody else has just changed the rate cards of \
             {model}. Start again, which compares the file with them"
        ))
    }

    fn report(&self, id: &str, change: Change, waiting: u64) -> Result<(), Failure> {
        let would = self.acts != Acts::Writes;
        let difference = Difference::of(self.kind, id, change, waiting, would);
        Ok(self.context.output.report(&difference)?)
    }

    /// How many events wait for this record.
    async fn waiting<T: Listed>(&self, record: &T) -> Result<u64, Failure> {
        let mut waiting = 0_u64;
        for reason in record.releases() {
            let mut start = None;
            loop {
                let reading = self.context.store.waiting_for(&reason, start);
                let (ids, next) = self.context.stop.unless_asked(reading).await??;
                waiting = waiting.saturating_add(u64::try_from(ids.len()).unwrap_or(u64::MAX));
                start = next;
                if start.is_none() {
                    break;
                }
            }
        }
        Ok(waiting)
    }

    /// Settles the events that wait for this record. Returns whether any still waits.
    async fn drain<T: Listed>(&self, record: &T) -> Result<bool, Failure> {
        let context = self.context;
        let catalogue = CatalogueCache::default();
        let mut waits = false;
        for reason in record.releases() {
            let request = DrainRequest {
                // Parked events passed the terms when they arrived.
                terms: &BillingTerms::default(),
                catalogue: &catalogue,
                now: context.now,
                deadline: Deadline::after(PATIENCE),
            };
            let drained = context.store.drain(&reason, request).await?;
            act::report_drained(context, &drained.drained)?;
            let mut open = drained.drained.iter();
            waits |= drained.still_waiting > 0 || open.any(|event| event.outcome.is_open());
        }
        Ok(waits)
    }
}

fn change_of<T: Record>(record: &T, stored: Option<&Stored<T>>) -> Change {
    match stored.map(|stored| &stored.record) {
        None => Change::New,
        Some(Err(damage)) => Change::Unreadable(damage.problem().to_string()),
        Some(Ok(known)) => match FieldChange::between(known, record) {
            fields if fields.is_empty() => Change::None,
            fields => Change::Fields(fields),
        },
    }
}
