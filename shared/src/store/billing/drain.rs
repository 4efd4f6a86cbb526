//! Draining: once something becomes known, the events parked for it are settled, one
//! transaction per event, so that a drain can stop and resume at any event. An event that
//! makes known what others wait for keeps its place until they are settled, for a second
//! transaction.

use super::request::{SettleError, SettleRequest, SettledEvent};
use crate::domain::billing::{
    BillingEvent, BillingTerms, Draining, Errand, EventOutcome, OperatorNote, ParkReason,
};
use crate::domain::{StripeId, Timestamp};
use crate::host::clock::Deadline;
use crate::store::schema::keys;
use crate::store::{CatalogueCache, ItemError, Store, StoreError};

/// The input of a drain.
#[derive(Clone, Copy, Debug)]
pub struct DrainRequest<'a> {
    /// Which of Stripe's events this deployment accepts.
    pub terms: &'a BillingTerms,
    /// The catalogue of prices, as last read.
    pub catalogue: &'a CatalogueCache,
    /// The time to settle at.
    pub now: Timestamp,
    /// When to stop.
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

/// The result of a drain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drained {
    /// The outcomes of the parked events. An event that cannot be read is among them,
    /// still parked, with a flag for an operator.
    pub drained: Vec<SettledEvent>,
    /// How many of them stay parked for the same reason.
    pub still_waiting: usize,
}

/// Stands for the type of an event whose item cannot be read; Stripe has no such type.
const UNREADABLE: &str = "unreadable";

impl Store {
    /// Settles the events parked for something that has become known, as far as
    /// possible now. Returns how many stay parked.
    pub async fn drain(
        &self,
        reason: &ParkReason,
        request: DrainRequest<'_>,
    ) -> Result<Drained, SettleError> {
        let (mut drained, mut left) = (Vec::new(), Draining::begun(reason.clone()));
        let still_waiting = self
            .drain_queue(reason, request, &mut drained, &mut left)
            .await?;
        self.drain_all(left, request, &mut drained).await?;
        Ok(Drained {
            drained,
            still_waiting,
        })
    }

    /// Does the errands of a drain, and those that they leave.
    pub(in crate::store) async fn drain_all(
        &self,
        mut left: Draining,
        request: DrainRequest<'_>,
        drained: &mut Vec<SettledEvent>,
    ) -> Result<(), SettleError> {
        while let Some(errand) = left.take() {
            match errand {
                Errand::Drain(reason) => {
                    self.drain_queue(&reason, request, drained, &mut left)
                        .await?;
                }
                Errand::Leave(event) => {
                    let leaving = self.settle_one(request.for_event(&event), None, true);
                    Box::pin(leaving).await?;
                }
            }
        }
        Ok(())
    }

    /// Drains one queue and notes what that leaves to do. Returns how many events stay in
    /// it.
    async fn drain_queue(
        &self,
        reason: &ParkReason,
        request: DrainRequest<'_>,
        drained: &mut Vec<SettledEvent>,
        left: &mut Draining,
    ) -> Result<usize, SettleError> {
        let mut still_waiting = 0_usize;
        let mut start = None;
        loop {
            let (ids, next) = self.waiting_page(reason, start).await?;
            for id in ids {
                if request.deadline.has_passed() {
                    return Err(SettleError::Unfinished);
                }
                let one = self.drain_one(&id, reason, request, None, (drained, left));
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

    /// Settles one parked event and returns whether it stays parked for the same
    /// reason. Notes which other queues can be drained.
    pub(in crate::store) async fn drain_one(
        &self,
        id: &StripeId,
        reason: &ParkReason,
        request: DrainRequest<'_>,
        operator: Option<&OperatorNote>,
        (drained, left): (&mut Vec<SettledEvent>, &mut Draining),
    ) -> Result<bool, SettleError> {
        let event = match self.waiting_event(id, reason, request.deadline).await {
            Ok(Some(event)) => event,
            // Another caller has settled it since its place was read.
            Ok(None) => return Ok(false),
            Err(StoreError::Damaged(damage)) => {
                drained.push(left_waiting(id.clone(), &damage));
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        };
        let request = request.for_event(&event);
        let settling = Box::pin(self.settle_one(request, operator, false));
        let settled = settling.await?;
        let repeated = settled.left.repeated;
        left.note(&event, settled.left);
        let settled = settled.event;
        let goes_on = settled.reason.as_ref() == Some(&reason.to_string());
        if !goes_on && !repeated {
            drained.push(settled);
        }
        Ok(goes_on)
    }

    /// The content of a parked event, from its record; none if it is no longer parked.
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

/// An event whose item cannot be read stays parked until an operator repairs it; the
/// next event of its customer retries it.
fn left_waiting(id: StripeId, damage: &ItemError) -> SettledEvent {
    SettledEvent {
        id,
        event_type: UNREADABLE.to_string(),
        outcome: EventOutcome::Parked,
        reason: Some(damage.to_string()),
        needs_operator: true,
    }
}
