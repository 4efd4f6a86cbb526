//! Draining: what waited for something that has become known is settled, one
//! transaction per event, so that it can be cut short and gone on with.

use super::request::{SettleError, SettleRequest, SettledEvent};
use crate::domain::billing::{BillingEvent, BillingTerms, EventOutcome, OperatorNote, ParkReason};
use crate::domain::{StripeId, Timestamp};
use crate::host::clock::Deadline;
use crate::store::schema::keys;
use crate::store::{CatalogueCache, ItemError, Store, StoreError};

/// What to drain with.
#[derive(Clone, Copy, Debug)]
pub struct DrainRequest<'a> {
    /// What this deployment takes of Stripe's events.
    pub terms: &'a BillingTerms,
    /// What prices buy, as last read.
    pub catalogue: &'a CatalogueCache,
    /// The time to settle it at.
    pub now: Timestamp,
    /// Until when to go on.
    pub deadline: Deadline,
}

impl<'a> DrainRequest<'a> {
    pub(in crate::store) fn of(request: SettleRequest<'a>) -> Self {
        DrainRequest {
            terms: request.terms,
            catalogue: request.catalogue,
            now: request.now,
            deadline: request.deadline,
        }
    }

    fn for_event<'b>(self, event: &'b BillingEvent) -> SettleRequest<'b>
    where
        'a: 'b,
    {
        SettleRequest {
            event,
            terms: self.terms,
            catalogue: self.catalogue,
            now: self.now,
            deadline: self.deadline,
        }
    }
}

/// What a drain came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drained {
    /// What became of the events that had waited. One that cannot be read is
    /// among them, parked as before and for an operator.
    pub drained: Vec<SettledEvent>,
    /// How many of them wait for the same as before.
    pub still_waiting: usize,
}

/// What an event is called whose item cannot be read; Stripe has no such type.
const UNREADABLE: &str = "unreadable";

impl Store {
    /// Settles what waits for something that has become known, as far as it can
    /// be by now; how many of those events still wait.
    pub async fn drain(
        &self,
        reason: &ParkReason,
        request: DrainRequest<'_>,
    ) -> Result<Drained, SettleError> {
        let (mut drained, mut more) = (Vec::new(), Vec::new());
        let still_waiting = self
            .drain_queue(reason, request, &mut drained, &mut more)
            .await?;
        self.drain_all(more, request, &mut drained).await?;
        Ok(Drained {
            drained,
            still_waiting,
        })
    }

    /// Drains what waited for what events made known, and for what those made
    /// known that had waited, as far as it can be.
    pub(in crate::store) async fn drain_all(
        &self,
        mut reasons: Vec<ParkReason>,
        request: DrainRequest<'_>,
        drained: &mut Vec<SettledEvent>,
    ) -> Result<(), SettleError> {
        while let Some(reason) = reasons.pop() {
            self.drain_queue(&reason, request, drained, &mut reasons)
                .await?;
        }
        Ok(())
    }

    /// Drains one queue, and notes which others can go on. How many of its events
    /// go on waiting in it.
    async fn drain_queue(
        &self,
        reason: &ParkReason,
        request: DrainRequest<'_>,
        drained: &mut Vec<SettledEvent>,
        more: &mut Vec<ParkReason>,
    ) -> Result<usize, SettleError> {
        let mut still_waiting = 0_usize;
        let mut start = None;
        loop {
            let (ids, next) = self.waiting_page(reason, start).await?;
            for id in ids {
                if request.deadline.has_passed() {
                    return Err(SettleError::Unfinished);
                }
                let one = self.drain_one(&id, reason, request, None, (drained, more));
                if one.await? {
                    still_waiting = still_waiting.saturating_add(1);
                }
            }
            start = next;
            if start.is_none() {
                return Ok(still_waiting);
            }
        }
    }

    /// Settles one event that waits; whether it goes on waiting for the same. What
    /// else can go on is noted.
    pub(in crate::store) async fn drain_one(
        &self,
        id: &StripeId,
        reason: &ParkReason,
        request: DrainRequest<'_>,
        operator: Option<&OperatorNote>,
        (drained, more): (&mut Vec<SettledEvent>, &mut Vec<ParkReason>),
    ) -> Result<bool, SettleError> {
        let event = match self.waiting_event(id, reason, request.deadline).await {
            Ok(Some(event)) => event,
            // Somebody has settled it since its place was read.
            Ok(None) => return Ok(false),
            Err(StoreError::Damaged(damage)) => {
                drained.push(left_waiting(id.clone(), &damage));
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        };
        let request = request.for_event(&event);
        let settling = Box::pin(self.settle_one(request, operator));
        let (settled, repeated, drains) = settling.await?;
        for other in drains {
            // This queue is on its way already.
            if other != *reason && !more.contains(&other) {
                more.push(other);
            }
        }
        let goes_on = settled.reason.as_ref() == Some(&reason.to_string());
        if !goes_on && !repeated {
            drained.push(settled);
        }
        Ok(goes_on)
    }

    /// What an event that waits says, as its record has it; none if it waits no
    /// more.
    async fn waiting_event(
        &self,
        id: &StripeId,
        reason: &ParkReason,
        deadline: Deadline,
    ) -> Result<Option<BillingEvent>, StoreError> {
        let key = keys::event(id);
        let record = self.load_event(id, deadline).await?;
        let record = record.ok_or_else(|| ItemError::new(&key, "it waits and has no record"))?;
        match record.event {
            Some(event) => Ok(Some(*event)),
            None if self.waits_at(id, reason).await? => {
                Err(ItemError::new(&key, "it waits and says nothing").into())
            }
            None => Ok(None),
        }
    }
}

/// An event whose item cannot be read waits for whoever mends it; the next one
/// of its customer finds it again.
fn left_waiting(id: StripeId, damage: &ItemError) -> SettledEvent {
    SettledEvent {
        id,
        event_type: UNREADABLE.to_string(),
        outcome: EventOutcome::Parked,
        reason: Some(damage.to_string()),
        needs_operator: true,
    }
}
