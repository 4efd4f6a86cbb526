//! Draining: what waited for something that has become known is settled, one
//! transaction per event, so that it can be cut short and gone on with.

use std::future::Future;
use std::pin::Pin;

use super::parking::Waiting;
use super::settle::{Frame, SettleError, SettleRequest, SettledEvent};
use crate::domain::billing::{BillingEvent, EventOutcome, ParkReason};
use crate::domain::{StripeId, Timestamp};
use crate::host::clock::Deadline;
use crate::store::{CatalogueCache, ItemError, Store};

/// What to drain with.
#[derive(Clone, Copy, Debug)]
pub struct DrainRequest<'a> {
    /// What prices buy, as last read.
    pub catalogue: &'a CatalogueCache,
    /// The time to settle it at.
    pub now: Timestamp,
    /// Until when to go on.
    pub deadline: Deadline,
}

impl<'a> DrainRequest<'a> {
    fn of(request: SettleRequest<'a>) -> Self {
        DrainRequest {
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
            livemode: event.livemode,
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

/// Settling may drain and draining settles, so one of them has no fixed size.
type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl Store {
    /// Settles what waits for something that has become known, as far as it can
    /// be by now; how many of those events still wait.
    pub async fn drain(
        &self,
        reason: &ParkReason,
        request: DrainRequest<'_>,
    ) -> Result<Drained, SettleError> {
        let mut drained = Vec::new();
        let still_waiting = self.drain_in(reason, request, &mut drained).await?;
        Ok(Drained {
            drained,
            still_waiting,
        })
    }

    /// Drains what waits for a customer; whatever is left keeps the event from
    /// being answered.
    pub(super) fn drain_fully<'a>(
        &'a self,
        reason: &'a ParkReason,
        request: SettleRequest<'a>,
        drained: &'a mut Vec<SettledEvent>,
    ) -> Boxed<'a, Result<(), SettleError>> {
        Box::pin(async move {
            let request = DrainRequest::of(request);
            match self.drain_in(reason, request, drained).await? {
                0 => Ok(()),
                _ => Err(SettleError::Unfinished),
            }
        })
    }

    fn drain_in<'a>(
        &'a self,
        reason: &'a ParkReason,
        request: DrainRequest<'a>,
        drained: &'a mut Vec<SettledEvent>,
    ) -> Boxed<'a, Result<usize, SettleError>> {
        Box::pin(async move {
            let mut still_waiting = 0;
            for waiting in self.waiting(reason).await? {
                if request.deadline.has_passed() {
                    return Err(SettleError::Unfinished);
                }
                let event = match waiting {
                    Waiting::Event(event) => event,
                    Waiting::Damaged { id, damage } => {
                        drained.push(left_waiting(id, &damage));
                        continue;
                    }
                };
                let frame = Frame {
                    request: request.for_event(&event),
                    waited_for: Some(reason),
                };
                let (settled, repeated) = self.settle_in(frame, drained).await?;
                if settled.reason.as_ref() == Some(&reason.to_string()) {
                    still_waiting += 1;
                } else if !repeated {
                    drained.push(settled);
                }
            }
            Ok(still_waiting)
        })
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
