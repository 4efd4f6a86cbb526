//! Whole objects, for events that carry too little: an invoice with more lines than its
//! event, a checkout without its line items, a credit note with many lines.
//!
//! Such an event is parked first, as `review`. Then its object is read from Stripe's API
//! and settled the way an operator supplies one. So nothing is lost if Stripe does not
//! answer, and there is one way to grant.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use shared::domain::StripeId;
use shared::domain::billing::{BillingEvent, OperatorAct, OperatorNote, ParkReason};
use shared::host::clock::Deadline;
use shared::host::log::Level;
use shared::store::{KnownEvent, SettleError, SettleRequest, Settled, SettledEvent};
use stripe::read_object;

use crate::app::App;

/// What reading from Stripe leaves of a request's time, to settle and to answer.
const KEPT_TO_SETTLE: Duration = Duration::from_secs(4);
/// Who supplied the object, in the event's record.
const ACTOR: &str = "stripe-webhook";
const REASON: &str = "read from Stripe's API";

/// A settled event, with its object if that had to be read.
pub(crate) struct Completed {
    pub(crate) settled: Settled,
    /// Why Stripe should deliver the event again: its object could not be read just
    /// now, and will be then.
    pub(crate) retry: Option<String>,
}

/// What came of reading the object of a parked event.
enum Reading {
    /// The event with its whole object.
    Whole(Box<BillingEvent>),
    /// The event no longer waits, or its record cannot be read.
    Gone,
    /// The object was not read; the text is for the log.
    Failed { problem: String, is_passing: bool },
}

impl App {
    /// Reads the objects of events that wait for theirs, and settles them.
    pub(crate) async fn complete(
        &self,
        mut settled: Settled,
        request: SettleRequest<'_>,
        request_id: &str,
    ) -> Result<Completed, SettleError> {
        let delivered = settled.event.id.clone();
        let all = std::iter::once(&settled.event).chain(&settled.drained);
        let mut waiting: VecDeque<StripeId> = all.filter_map(in_review).collect();
        let mut seen = BTreeSet::new();
        let mut retry = None;
        while let Some(id) = waiting.pop_front() {
            if !seen.insert(id.clone()) {
                continue;
            }
            let reading = Box::pin(self.read_whole(&id, request)).await?;
            let event = match reading {
                Reading::Whole(event) => event,
                Reading::Gone => continue,
                Reading::Failed {
                    problem,
                    is_passing,
                } => {
                    self.note_not_read(&id, &problem, request_id);
                    // Delivering another event again would not bring this one back.
                    if is_passing && id == delivered {
                        retry = Some(problem);
                    }
                    continue;
                }
            };
            let request = SettleRequest {
                event: &event,
                ..request
            };
            let note = self.supplied();
            let supplying = Box::pin(self.store.settle_for_operator(request, &note));
            let supplied = supplying.await?;
            let all = std::iter::once(&supplied.event).chain(&supplied.drained);
            waiting.extend(all.filter_map(in_review));
            replace(&mut settled, supplied);
        }
        Ok(Completed { settled, retry })
    }

    /// Reads the object of a parked event from Stripe's API, before the deadline.
    async fn read_whole(
        &self,
        id: &StripeId,
        request: SettleRequest<'_>,
    ) -> Result<Reading, SettleError> {
        let Some(stripe) = &self.stripe else {
            return Ok(failed("no API key of Stripe's is configured".to_string()));
        };
        let known = self.store.known_event(id, request.deadline).await?;
        let Some(KnownEvent::Whole(record)) = known else {
            return Ok(Reading::Gone);
        };
        let Some(event) = record.event else {
            return Ok(Reading::Gone);
        };
        let time_left = request.deadline.remaining();
        let deadline = Deadline::after(time_left.saturating_sub(KEPT_TO_SETTLE));
        let object = match stripe.object_of(&event, deadline).await {
            Ok(Some(object)) => object,
            Ok(None) => return Ok(failed("Stripe has no object for it".to_string())),
            Err(error) => {
                return Ok(Reading::Failed {
                    problem: error.for_log(),
                    is_passing: error.is_passing(),
                });
            }
        };
        Ok(match read_object(object.to_string().as_bytes(), &event) {
            // The event keeps its own time: what it reports happened then.
            Ok(fact) => Reading::Whole(Box::new(BillingEvent { fact, ..*event })),
            Err(error) => failed(error.to_string()),
        })
    }

    fn supplied(&self) -> OperatorNote {
        OperatorNote {
            act: OperatorAct::Supplied,
            actor: ACTOR.to_string(),
            reason: REASON.to_string(),
            at: self.clock.now(),
        }
    }

    fn note_not_read(&self, id: &StripeId, problem: &str, request_id: &str) {
        let mut line = self.log.line(Level::Warning);
        line.text("message", "an object was not read from Stripe's API");
        line.text("request_id", request_id);
        line.text("event_id", id.as_str());
        line.text("reason", problem);
        line.write();
    }
}

/// What another delivery would not change.
fn failed(problem: String) -> Reading {
    Reading::Failed {
        problem,
        is_passing: false,
    }
}

/// The event, if it waits for its whole object.
fn in_review(event: &SettledEvent) -> Option<StripeId> {
    match event.waits_for()? {
        ParkReason::Review(_) => Some(event.id.clone()),
        ParkReason::Customer(_)
        | ParkReason::Price(_)
        | ParkReason::PaymentLink(_)
        | ParkReason::Mismatch(_)
        | ParkReason::Subscription(_)
        | ParkReason::Invoice(_)
        | ParkReason::Lines(_)
        | ParkReason::Payment(_)
        | ParkReason::Operator(_) => None,
    }
}

/// Puts what became of an event with its whole object in the place of what was known of
/// it, and adds what was settled along with it.
fn replace(settled: &mut Settled, supplied: Settled) {
    if !supplied.repeated {
        let mut drained = settled.drained.iter_mut();
        if settled.event.id == supplied.event.id {
            settled.event = supplied.event;
            settled.repeated = false;
        } else if let Some(event) = drained.find(|event| event.id == supplied.event.id) {
            *event = supplied.event;
        }
    }
    settled.drained.extend(supplied.drained);
}
