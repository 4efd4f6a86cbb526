//! Settling an event: look, plan, commit, and again if anything has moved.

use std::sync::Arc;

use super::owner::links_customer;
use super::plan::{Plan, Task};
use super::sight::{Names, Sight};
use super::versioned::read_versioned;
use crate::domain::billing::{BillingEvent, EventOutcome, EventRecord, Fact, ParkReason};
use crate::domain::{StripeId, Timestamp};
use crate::host::clock::Deadline;
use crate::store::attempts::LostRaces;
use crate::store::commit::CommittedWith;
use crate::store::{CatalogueCache, Store, StoreError, keys};

/// An event to settle.
#[derive(Clone, Copy, Debug)]
pub struct SettleRequest<'a> {
    /// What Stripe told.
    pub event: &'a BillingEvent,
    /// Whether this deployment is about real money.
    pub livemode: bool,
    /// What prices buy, as last read.
    pub catalogue: &'a CatalogueCache,
    /// The time to settle it at.
    pub now: Timestamp,
    /// Until when to go on looking again.
    pub deadline: Deadline,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The event itself.
    pub event: SettledEvent,
    /// Whether that was settled before and nothing was done now.
    pub repeated: bool,
    /// Events that had waited and were settled on the way.
    pub drained: Vec<SettledEvent>,
}

/// What became of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettledEvent {
    /// Its id.
    pub id: StripeId,
    /// Stripe's name for what happened.
    pub event_type: String,
    /// What became of it.
    pub outcome: EventOutcome,
    /// Why it was parked or refused.
    pub reason: Option<String>,
    /// Whether a person has to do something about it.
    pub needs_operator: bool,
}

/// An event of Stripe's that could not be read.
#[derive(Clone, Debug)]
pub struct UnreadableEvent<'a> {
    /// Its id.
    pub id: &'a StripeId,
    /// Stripe's name for what happened.
    pub event_type: &'a str,
    /// What could not be read, and where.
    pub reason: String,
    /// The time to record it at.
    pub now: Timestamp,
    /// Until when to try.
    pub deadline: Deadline,
}

/// Why an event could not be settled now; delivering it again is safe.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettleError {
    /// What it needs was changed by others until the deadline, or more waited
    /// for its customer than there was time for.
    #[error("the event could not be settled before its deadline")]
    Unfinished,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a commit that was refused has told.
#[derive(Clone, Copy, Default)]
struct Tried {
    /// The ledger has an entry under the cause of this event.
    cause_taken: bool,
    /// The price that the event was to wait for is there by now.
    misses_price: bool,
}

/// What one event is settled under.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) request: SettleRequest<'a>,
    /// What it has waited for, if it has.
    pub(super) waited_for: Option<&'a ParkReason>,
}

impl Store {
    /// Settles an event. Safe to call again, at any time, after any error.
    pub async fn settle(&self, request: SettleRequest<'_>) -> Result<Settled, SettleError> {
        let frame = Frame {
            request,
            waited_for: None,
        };
        let mut drained = Vec::new();
        let (event, repeated) = self.settle_in(frame, &mut drained).await?;
        Ok(Settled {
            event,
            repeated,
            drained,
        })
    }

    /// Records an event that could not be read, unless a release that could read
    /// it has settled it before.
    pub async fn record_unreadable(&self, event: UnreadableEvent<'_>) -> Result<(), StoreError> {
        let key = keys::event(event.id);
        let wanted = std::slice::from_ref(&key);
        let mut found = self.get_many(wanted, event.deadline).await?;
        let (known, seen) = read_versioned::<EventRecord>(&key, found.take(&key))?;
        if known.is_some_and(|known| known.outcome != EventOutcome::Refused) {
            return Ok(());
        }
        let record = EventRecord {
            event_type: event.event_type.to_string(),
            created: None,
            outcome: EventOutcome::Refused,
            reason: Some(event.reason),
            user_id: None,
            settled_at: event.now,
        };
        let part = self.put_versioned(&key, &record, seen)?;
        // Whoever was quicker has recorded the same.
        self.commit_with(None, vec![part], event.deadline).await?;
        Ok(())
    }

    pub(super) async fn settle_in(
        &self,
        frame: Frame<'_>,
        drained: &mut Vec<SettledEvent>,
    ) -> Result<(SettledEvent, bool), SettleError> {
        let SettleRequest {
            event, deadline, ..
        } = frame.request;
        let mut tried = Tried::default();
        let mut has_drained = false;
        let mut lost_races = LostRaces::default();
        loop {
            let sight = self.look(event, deadline).await?;
            // Once is enough: nothing is parked for a customer that is known.
            let queue = customer_queue(&frame, &sight).filter(|_| !has_drained);
            if let Some(reason) = queue.filter(|_| sight.customer.is_some()) {
                self.drain_fully(&reason, frame.request, drained).await?;
                has_drained = true;
                continue;
            }
            if let Some(record) = sight.record.as_ref().filter(|it| frame.is_settled(it)) {
                return Ok((settled_before(event, record), true));
            }
            let plan = self.plan_with_prices(&frame, &sight, tried).await?;
            match self.commit_plan(&frame, &sight, &plan).await? {
                CommittedWith::Committed => {
                    let linked = links_customer(Names::of(&event.fact).parties, &sight);
                    if let Some(reason) = customer_queue(&frame, &sight)
                        && linked
                        && plan.outcome == EventOutcome::Applied
                    {
                        self.drain_fully(&reason, frame.request, drained).await?;
                    }
                    return Ok((settled_now(event, plan), false));
                }
                CommittedWith::EntryExists => tried.cause_taken = true,
                CommittedWith::Moved => tried.misses_price = of_catalogue(&plan).is_some(),
            }
            if deadline.has_passed() {
                return Err(SettleError::Unfinished);
            }
            // Whether it paused or not, all is looked at again.
            lost_races.another(self, deadline).await;
        }
    }

    /// What an event comes to with the prices as last read, or as they are now
    /// if those do not do.
    async fn plan_with_prices(
        &self,
        frame: &Frame<'_>,
        sight: &Sight,
        tried: Tried,
    ) -> Result<Plan, StoreError> {
        let SettleRequest {
            event,
            catalogue,
            now,
            deadline,
            ..
        } = frame.request;
        let prices = match (event.fact.needs_catalogue(), tried.misses_price) {
            (false, _) => Arc::default(),
            (true, false) => catalogue.prices(self, now).await?,
            (true, true) => catalogue.read_again(self, now).await?,
        };
        let task = Task {
            event,
            catalogue: &prices,
            now,
            deadline,
            cause_taken: tried.cause_taken,
        };
        let plan = self.plan(frame, &task, sight).await?;
        if let (true, Some(ParkReason::PaymentLink(link))) = (tried.misses_price, &plan.waits_for) {
            // A link is marked as known although no price has it any more.
            return Ok(Plan::parked(ParkReason::Review(link.clone())));
        }
        let waits = of_catalogue(&plan).is_some_and(|reason| !frame.begins_to_miss(reason));
        if !waits || tried.misses_price {
            return Ok(plan);
        }
        // Nothing waits for a price that is there by now.
        let fresh = catalogue.read_again(self, now).await?;
        if fresh == prices {
            return Ok(plan);
        }
        let catalogue = &fresh;
        self.plan(frame, &Task { catalogue, ..task }, sight).await
    }

    /// What an event comes to, by what it says.
    async fn plan(
        &self,
        frame: &Frame<'_>,
        task: &Task<'_>,
        sight: &Sight,
    ) -> Result<Plan, StoreError> {
        // What waited was of the right mode when it came.
        if frame.waited_for.is_none() && task.event.livemode != frame.request.livemode {
            let mode = if task.event.livemode { "live" } else { "test" };
            return Ok(Plan::refused(format!(
                "it is of {mode} mode and this deployment is not"
            )));
        }
        match &task.event.fact {
            Fact::SubscriptionBought(parties) => self.plan_link(parties, sight),
            Fact::PackBought(bought) => self.plan_pack(task, sight, bought).await,
            Fact::Subscription(snapshot) => self.plan_subscription(task, sight, snapshot).await,
            Fact::InvoicePaid(invoice) => self.plan_invoice(task, sight, invoice).await,
            Fact::InvoicePayment(paid) => self.plan_return(task, sight, &paid.payment).await,
            Fact::Refund(refund) => self.plan_return(task, sight, &refund.payment).await,
            Fact::ChargeRefunded(charge) => self.plan_return(task, sight, &charge.payment).await,
            Fact::Dispute(funds) => self.plan_return(task, sight, &funds.payment).await,
            Fact::CustomerDeleted(customer) => self.plan_deleted(task, sight, customer),
            Fact::Noted | Fact::Ignored => Ok(Plan::ignored()),
        }
    }

    /// Writes all of a plan, and what became of the event, at one moment.
    async fn commit_plan(
        &self,
        frame: &Frame<'_>,
        sight: &Sight,
        plan: &Plan,
    ) -> Result<CommittedWith, StoreError> {
        let SettleRequest {
            event,
            now,
            deadline,
            ..
        } = frame.request;
        if frame.waited_for.is_some() && frame.waited_for == plan.waits_for.as_ref() {
            // It goes on waiting for the same.
            return Ok(CommittedWith::Committed);
        }
        let record = EventRecord {
            event_type: event.event_type.clone(),
            created: Some(event.created),
            outcome: plan.outcome,
            reason: plan.reason.clone(),
            user_id: plan.user_id.clone(),
            settled_at: now,
        };
        let key = keys::event(&event.id);
        let mut parts = vec![self.put_versioned(&key, &record, sight.record_seen)?];
        if let Some(reason) = frame.waited_for {
            parts.extend(self.unpark(event, reason, now)?);
        }
        if let Some(reason) = &plan.waits_for {
            parts.extend(self.park(event, reason, now)?);
        }
        parts.extend(plan.parts.iter().cloned());
        self.commit_with(plan.decision.as_ref(), parts, deadline)
            .await
    }
}

impl Frame<'_> {
    /// Whether it is to wait for a price that it has not waited for. The commit
    /// itself is refused if the catalogue has that price by now.
    fn begins_to_miss(&self, reason: &ParkReason) -> bool {
        matches!(reason, ParkReason::Price(_)) && self.waited_for != Some(reason)
    }

    /// Whether nothing is left to do for an event with this record. A refused
    /// one is looked at again; one that is drained has to be parked still.
    fn is_settled(&self, record: &EventRecord) -> bool {
        match (record.outcome, self.waited_for) {
            (EventOutcome::Applied | EventOutcome::Ignored, _) => true,
            (EventOutcome::Parked, None) => true,
            (EventOutcome::Parked, Some(reason)) => {
                record.reason.as_deref() != Some(reason.to_string().as_str())
            }
            (EventOutcome::Refused, waited_for) => waited_for.is_some(),
        }
    }
}

/// What of the catalogue an event is to wait for.
fn of_catalogue(plan: &Plan) -> Option<&ParkReason> {
    let reason = plan.waits_for.as_ref();
    reason.filter(|reason| reason.is_of_catalogue())
}

/// What waits for the event's customer, unless that is being drained already.
fn customer_queue(frame: &Frame<'_>, sight: &Sight) -> Option<ParkReason> {
    let fact = &frame.request.event.fact;
    let customer = Names::of(fact).customer(fact)?;
    let reason = ParkReason::Customer(customer.clone());
    let waits = sight.queue.waiting() > 0 && frame.waited_for != Some(&reason);
    waits.then_some(reason)
}

fn settled_before(event: &BillingEvent, record: &EventRecord) -> SettledEvent {
    SettledEvent {
        id: event.id.clone(),
        event_type: event.event_type.clone(),
        outcome: record.outcome,
        reason: record.reason.clone(),
        needs_operator: false,
    }
}

fn settled_now(event: &BillingEvent, plan: Plan) -> SettledEvent {
    let waits_for = plan.waits_for.as_ref();
    SettledEvent {
        id: event.id.clone(),
        event_type: event.event_type.clone(),
        outcome: plan.outcome,
        needs_operator: plan.outcome == EventOutcome::Refused
            || waits_for.is_some_and(ParkReason::needs_operator),
        reason: plan.reason,
    }
}
