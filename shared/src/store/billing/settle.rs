//! Settling an event: load, plan, write; and start over if anything has changed.
//! Nothing is written outside the plan's one transaction.

use std::sync::Arc;

use super::drain::DrainRequest;
use super::facts::{Loaded, event_record};
use super::request::{SettleError, SettleRequest, Settled, SettledEvent, UnreadableEvent};
use super::versioned::Seen;
use crate::domain::billing::{
    BillingEvent, Catalogue, Draining, EventOutcome, EventRecord, EventRefusal, FactKey, FactValue,
    Left, OperatorNote, ParkReason, Plan, PlanRequest, Planned, needs, plan,
};
use crate::store::client::attempts::LostRaces;
use crate::store::commit::CommittedWith;
use crate::store::schema::keys;
use crate::store::{Store, StoreError};

/// The limit of loads per plan: what the event names, the invoice, its books, the
/// account.
const MAX_LOADS: usize = 8;

/// How an event is planned, and what a refused commit says for the next try.
#[derive(Clone, Copy, Default)]
pub(in crate::store) struct RetryHints {
    /// How often the ledger already had an entry under this event's cause.
    causes_taken: u32,
    /// The price that the event was to be parked for exists by now.
    misses_price: bool,
    /// The event is to give up the place that it kept.
    leaves: bool,
}

/// What became of one event, before what waited for it is drained.
pub(in crate::store) struct SettledOne {
    /// Its outcome.
    pub(in crate::store) event: SettledEvent,
    /// What it leaves to do.
    pub(in crate::store) left: Left,
}

impl SettledOne {
    fn now(event: &BillingEvent, plan: Plan) -> Self {
        let record = plan.puts.get(&FactKey::Event(event.id.clone()));
        SettledOne {
            left: Left::by(record, false, plan.drains.clone()),
            event: settled_now(event, plan),
        }
    }
}

impl Store {
    /// Settles an event. Safe to repeat at any time, after any error.
    pub async fn settle(&self, request: SettleRequest<'_>) -> Result<Settled, SettleError> {
        self.settle_as(request, None).await
    }

    /// Settles an event whose content somebody vouches for, and records who, why and
    /// when: an operator, or the webhook that has read the whole object from Stripe.
    /// Safe to repeat at any time, after any error.
    pub async fn settle_for_operator(
        &self,
        request: SettleRequest<'_>,
        note: &OperatorNote,
    ) -> Result<Settled, SettleError> {
        self.settle_as(request, Some(note)).await
    }

    /// Settles an event, then drains the events parked for what it made known.
    async fn settle_as(
        &self,
        request: SettleRequest<'_>,
        operator: Option<&OperatorNote>,
    ) -> Result<Settled, SettleError> {
        // Boxed: otherwise the caller's future nests too deep for the compiler.
        let settled = Box::pin(self.settle_one(request, operator, false)).await?;
        let (mut drained, mut left) = (Vec::new(), Draining::default());
        let repeated = settled.left.repeated;
        left.note(request.event, settled.left);
        self.drain_all(left, DrainRequest::of(request), &mut drained)
            .await?;
        Ok(Settled {
            event: settled.event,
            repeated,
            drained,
        })
    }

    /// Records an event that could not be read, unless a release that could read it has
    /// settled it already.
    pub async fn record_unreadable(&self, event: UnreadableEvent<'_>) -> Result<(), StoreError> {
        let key = keys::event(event.id);
        let wanted = std::slice::from_ref(&key);
        let mut found = self.get_many(wanted, event.deadline).await?;
        let item = found.take(&key);
        let seen = Seen::of(&key, item.as_ref())?;
        let known = item.map(|item| event_record(&key, item)).transpose()?;
        let is_kept =
            |known: EventRecord| known.outcome != EventOutcome::Refused || known.operator.is_some();
        if known.is_some_and(is_kept) {
            return Ok(());
        }
        let record = EventRecord {
            event_type: event.event_type.to_string(),
            created: None,
            outcome: EventOutcome::Refused,
            reason: Some(EventRefusal::Unreadable(event.reason).to_string()),
            waits_for: None,
            event: None,
            user_id: None,
            settled_at: event.now,
            operator: None,
        };
        let part = self.put_record(&key, &record, seen)?;
        // A concurrent call has recorded the same.
        self.commit_with(None, vec![part], event.deadline).await?;
        Ok(())
    }

    /// Settles an event; or, if it is settled and leaves, takes it out of the queue where
    /// it kept its place.
    pub(in crate::store) async fn settle_one(
        &self,
        request: SettleRequest<'_>,
        operator: Option<&OperatorNote>,
        leaves: bool,
    ) -> Result<SettledOne, SettleError> {
        let SettleRequest {
            event,
            now,
            deadline,
            ..
        } = request;
        let mut tried = RetryHints {
            leaves,
            ..RetryHints::default()
        };
        let mut lost_races = LostRaces::default();
        loop {
            let mut loaded = Loaded::default();
            let planned = self
                .plan_with_prices(request, operator, tried, &mut loaded)
                .await?;
            match planned {
                Planned::Settled {
                    outcome,
                    reason,
                    drains,
                } => {
                    let record = loaded.facts.get(&FactKey::Event(event.id.clone()));
                    return Ok(SettledOne {
                        event: settled_before(event, outcome, reason),
                        left: Left::by(record, true, drains),
                    });
                }
                Planned::Needs(_) => {
                    return Err(asks_for_ever_more(event).into());
                }
                Planned::Plan(plan) => {
                    let written = self
                        .write_plan(event, &plan, &loaded, now, deadline)
                        .await?;
                    match written {
                        CommittedWith::Committed => return Ok(SettledOne::now(event, *plan)),
                        CommittedWith::EntryExists => {
                            tried.causes_taken = tried.causes_taken.saturating_add(1);
                        }
                        CommittedWith::Moved => tried.misses_price = of_catalogue(&plan).is_some(),
                    }
                }
            }
            if deadline.has_passed() {
                return Err(SettleError::Unfinished);
            }
            // Paused or not, everything is read again.
            lost_races.another(self, deadline).await;
        }
    }

    /// Plans an event with the cached prices, or with fresh ones if the cached ones are
    /// not enough.
    pub(in crate::store) async fn plan_with_prices(
        &self,
        request: SettleRequest<'_>,
        operator: Option<&OperatorNote>,
        tried: RetryHints,
        loaded: &mut Loaded,
    ) -> Result<Planned, StoreError> {
        let SettleRequest {
            event,
            catalogue,
            now,
            ..
        } = request;
        loaded.acted_on = operator.map(|_| event.id.clone());
        let prices = match (event.fact.needs_catalogue(), tried.misses_price) {
            (false, _) => Arc::default(),
            (true, false) => catalogue.prices(self, now).await?,
            (true, true) => catalogue.read_again(self, now).await?,
        };
        let planned = self
            .plan_until_known(request, operator, &prices, tried, loaded)
            .await?;
        let waits_for = match &planned {
            Planned::Plan(plan) => of_catalogue(plan),
            Planned::Settled { outcome, .. } => waited_for(loaded, event, *outcome),
            Planned::Needs(_) => None,
        };
        if let (true, Planned::Plan(plan), Some(ParkReason::PaymentLink(link))) =
            (tried.misses_price, &planned, waits_for)
        {
            // A payment link stays marked as known although no price has it any more.
            let mut plan = plan.clone();
            let reason = ParkReason::Review(link.clone());
            plan.set_parks(event, reason);
            return Ok(Planned::Plan(plan));
        }
        // The commit is refused if the price that the event newly waits for exists by
        // now; no event waits for anything else that exists.
        let begins =
            matches!(&planned, Planned::Plan(_)) && matches!(waits_for, Some(ParkReason::Price(_)));
        if waits_for.is_none() || begins || tried.misses_price {
            return Ok(planned);
        }
        let fresh = catalogue.read_again(self, now).await?;
        if fresh == prices {
            return Ok(planned);
        }
        self.plan_until_known(request, operator, &fresh, tried, loaded)
            .await
    }

    /// Loads facts until the planner has all it needs.
    async fn plan_until_known(
        &self,
        request: SettleRequest<'_>,
        operator: Option<&OperatorNote>,
        prices: &Catalogue,
        tried: RetryHints,
        loaded: &mut Loaded,
    ) -> Result<Planned, StoreError> {
        let SettleRequest {
            event,
            terms,
            now,
            deadline,
            ..
        } = request;
        let mut wanted = needs(event);
        wanted.retain(|key| !loaded.facts.knows(key));
        if !wanted.is_empty() {
            self.load_facts(wanted, loaded, deadline).await?;
        }
        for _ in 0..MAX_LOADS {
            let planned = plan(PlanRequest {
                event,
                facts: &loaded.facts,
                catalogue: prices,
                now,
                terms,
                attempt: tried.causes_taken,
                operator,
                leaves: tried.leaves,
            });
            match planned {
                Planned::Needs(keys) => self.load_facts(keys, loaded, deadline).await?,
                Planned::Plan(_) | Planned::Settled { .. } => return Ok(planned),
            }
        }
        Ok(Planned::Needs(Vec::new()))
    }
}

/// The part of the catalogue that an event is to be parked for.
fn of_catalogue(plan: &Plan) -> Option<&ParkReason> {
    let reason = plan.parks.as_ref();
    reason.filter(|reason| reason.is_of_catalogue())
}

/// The part of the catalogue that an event stays parked for.
fn waited_for<'a>(
    loaded: &'a Loaded,
    event: &BillingEvent,
    outcome: EventOutcome,
) -> Option<&'a ParkReason> {
    let record = match loaded.facts.get(&FactKey::Event(event.id.clone())) {
        Some(FactValue::Event(record)) if outcome == EventOutcome::Parked => record,
        _ => return None,
    };
    let reason = record.waits_for.as_ref();
    reason.filter(|reason| reason.is_of_catalogue())
}

pub(in crate::store) fn asks_for_ever_more(event: &BillingEvent) -> StoreError {
    StoreError::Rejected(format!("event {} asks for ever more", event.id))
}

fn settled_before(
    event: &BillingEvent,
    outcome: EventOutcome,
    reason: Option<String>,
) -> SettledEvent {
    SettledEvent {
        id: event.id.clone(),
        event_type: event.event_type.clone(),
        outcome,
        reason,
        needs_operator: false,
    }
}

fn settled_now(event: &BillingEvent, plan: Plan) -> SettledEvent {
    SettledEvent {
        id: event.id.clone(),
        event_type: event.event_type.clone(),
        outcome: plan.outcome,
        needs_operator: plan.needs_operator(),
        reason: plan.reason,
    }
}
