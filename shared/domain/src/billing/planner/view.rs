//! What the planner sees: facts, of which some may be missing; it then stops and
//! names them.

use super::request::PlanRequest;
use crate::billing::{
    Claim, EventOutcome, EventRecord, FactKey, FactValue, Invoice, ParkReason, Payment, Plan,
    Queue, SubscriptionBook, SubscriptionHistory, Trial,
};
use crate::{CreditAccount, PastLot, StripeId, Subscription, UserId};

/// Why planning stops early.
pub(super) enum Stop {
    /// These facts are needed.
    Needs(Vec<FactKey>),
    /// The event ends with this plan.
    Ends(Box<Plan>),
}

impl From<Plan> for Stop {
    fn from(plan: Plan) -> Self {
        Stop::Ends(Box::new(plan))
    }
}

/// Parks the event under this reason and changes nothing else.
pub(super) fn parked(reason: ParkReason) -> Plan {
    Plan {
        reason: Some(reason.to_string()),
        parks: Some(reason),
        ..Plan::of(EventOutcome::Parked)
    }
}

pub(super) struct View<'a> {
    pub(super) request: PlanRequest<'a>,
}

impl View<'_> {
    /// Continues only if all these keys are loaded.
    pub(super) fn want(&self, keys: Vec<FactKey>) -> Result<(), Stop> {
        let facts = self.request.facts;
        let mut missing: Vec<_> = keys.into_iter().filter(|key| !facts.knows(key)).collect();
        missing.sort();
        missing.dedup();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(Stop::Needs(missing))
        }
    }

    /// An operator has to settle the event, for this reason.
    pub(super) fn operator(&self, reason: impl ToString) -> Plan {
        Plan {
            reason: Some(reason.to_string()),
            parks: Some(ParkReason::Operator(self.request.event.id.clone())),
            ..Plan::of(EventOutcome::NeedsOperator)
        }
    }

    pub(super) fn record(&self) -> Option<&EventRecord> {
        match self
            .request
            .facts
            .get(&FactKey::Event(self.request.event.id.clone()))
        {
            Some(FactValue::Event(record)) => Some(record),
            _ => None,
        }
    }

    pub(super) fn claim(&self, key: &FactKey) -> Option<&Claim> {
        match self.request.facts.get(key) {
            Some(FactValue::Claim(claim)) => Some(claim),
            _ => None,
        }
    }

    pub(super) fn queue(&self, customer: &StripeId) -> Queue {
        match self
            .request
            .facts
            .get(&FactKey::CustomerQueue(customer.clone()))
        {
            Some(FactValue::Queue(queue)) => *queue,
            _ => Queue::default(),
        }
    }

    pub(super) fn payment(&self, id: &StripeId) -> Payment {
        match self.request.facts.get(&FactKey::Payment(id.clone())) {
            Some(FactValue::Payment(payment)) => payment.clone(),
            _ => Payment::default(),
        }
    }

    pub(super) fn invoice(&self, id: &StripeId) -> Invoice {
        match self.request.facts.get(&FactKey::Invoice(id.clone())) {
            Some(FactValue::Invoice(invoice)) => invoice.clone(),
            _ => Invoice::default(),
        }
    }

    /// The book of a subscription, or a new one for this user.
    pub(super) fn book(&self, id: &StripeId, user_id: &UserId) -> SubscriptionBook {
        match self.request.facts.get(&FactKey::Book(id.clone())) {
            Some(FactValue::Book(book)) => book.clone(),
            _ => SubscriptionBook::new(user_id.clone()),
        }
    }

    pub(super) fn subscription(
        &self,
        user_id: &UserId,
        id: &StripeId,
    ) -> (Option<Subscription>, SubscriptionHistory) {
        let key = FactKey::Subscription(user_id.clone(), id.clone());
        match self.request.facts.get(&key) {
            Some(FactValue::Subscription(record, history)) => {
                (Some(record.as_ref().clone()), history.clone())
            }
            _ => (None, SubscriptionHistory::default()),
        }
    }

    pub(super) fn trial(&self, key: &FactKey) -> Option<&Trial> {
        match self.request.facts.get(key) {
            Some(FactValue::Trial(trial)) => Some(trial),
            _ => None,
        }
    }

    pub(super) fn account(&self, user_id: &UserId) -> CreditAccount {
        match self.request.facts.get(&FactKey::Account(user_id.clone())) {
            Some(FactValue::Account(account)) => account.as_ref().clone(),
            _ => CreditAccount::unopened(user_id.clone()),
        }
    }

    pub(super) fn past_lot(&self, key: &FactKey) -> Option<PastLot> {
        match self.request.facts.get(key) {
            Some(FactValue::PastLot(past)) => Some(past.as_ref().clone()),
            _ => None,
        }
    }
}
