//! The owner of an event, the claims it makes, and the keys it names.
//!
//! The first event to name the user writes the claim of the customer; a later event
//! that names another user is refused. An event that names no user belongs to the
//! owner of the claim.

use std::collections::BTreeMap;

use super::view::{Stop, View, parked};
use crate::billing::{
    BillingEvent, Claim, EventOutcome, EventRefusal, Fact, FactKey, FactValue, ParkReason, Parties,
    Plan,
};
use crate::{StripeId, UserId};

/// The owner of an event, and the claims to write for it.
pub(super) struct Owner {
    pub(super) user_id: UserId,
    pub(super) claims: BTreeMap<FactKey, FactValue>,
    /// Conditions: the queue of a customer that is claimed now must be unchanged.
    pub(super) checks: Vec<FactKey>,
}

impl Owner {
    /// A plan that only writes the claims.
    pub(super) fn plan(self) -> Plan {
        Plan {
            user_id: Some(self.user_id),
            puts: self.claims,
            checks: self.checks,
            ..Plan::of(EventOutcome::Applied)
        }
    }
}

pub(super) fn parties_of(fact: &Fact) -> Option<&Parties> {
    match fact {
        Fact::SubscriptionBought(parties) => Some(parties),
        Fact::PackBought(bought) => Some(&bought.parties),
        Fact::Subscription(snapshot) => Some(&snapshot.parties),
        Fact::InvoicePaid(invoice) => Some(&invoice.parties),
        Fact::CreditNote(note) => Some(&note.parties),
        Fact::InvoicePayment(_)
        | Fact::Refund(_)
        | Fact::ChargeRefunded(_)
        | Fact::Dispute(_)
        | Fact::CustomerDeleted(_)
        | Fact::Noted
        | Fact::Ignored => None,
    }
}

pub(super) fn customer_of(fact: &Fact) -> Option<&StripeId> {
    match fact {
        Fact::CustomerDeleted(customer) => Some(customer),
        Fact::SubscriptionBought(_)
        | Fact::PackBought(_)
        | Fact::Subscription(_)
        | Fact::InvoicePaid(_)
        | Fact::InvoicePayment(_)
        | Fact::Refund(_)
        | Fact::ChargeRefunded(_)
        | Fact::Dispute(_)
        | Fact::CreditNote(_)
        | Fact::Noted
        | Fact::Ignored => parties_of(fact).and_then(|parties| parties.customer.as_ref()),
    }
}

impl BillingEvent {
    /// The customer it names, through which its user may be found.
    pub fn customer(&self) -> Option<&StripeId> {
        customer_of(&self.fact)
    }

    /// The parties it names, if its object names any.
    pub fn parties(&self) -> Option<&Parties> {
        parties_of(&self.fact)
    }
}

/// The keys of all facts that an event names.
pub(super) fn first_keys(event: &BillingEvent) -> Vec<FactKey> {
    let mut keys = vec![FactKey::Event(event.id.clone())];
    if let Some(customer) = customer_of(&event.fact) {
        keys.push(FactKey::CustomerClaim(customer.clone()));
        keys.push(FactKey::CustomerQueue(customer.clone()));
    }
    let parties = parties_of(&event.fact);
    if let Some(subscription) = parties.and_then(|parties| parties.subscription.as_ref()) {
        keys.push(FactKey::SubscriptionClaim(subscription.clone()));
    }
    let invoice = |id: &StripeId| FactKey::Invoice(id.clone());
    let payment = |id: &StripeId| FactKey::Payment(id.clone());
    match &event.fact {
        Fact::PackBought(bought) => {
            keys.push(payment(bought.payment.as_ref().unwrap_or(&bought.session)));
            keys.extend(bought.invoice.as_ref().map(invoice));
        }
        Fact::Subscription(snapshot) => keys.push(FactKey::Book(snapshot.id.clone())),
        Fact::InvoicePaid(paid) => {
            keys.push(invoice(&paid.id));
            keys.extend(paid.payment.as_ref().map(payment));
            let own = paid.parties.subscription.iter();
            let of_lines = paid
                .lines
                .iter()
                .filter_map(|line| line.subscription.as_ref());
            keys.extend(own.chain(of_lines).map(|id| FactKey::Book(id.clone())));
        }
        Fact::InvoicePayment(paid) => {
            keys.push(invoice(&paid.invoice));
            keys.extend(paid.payment.as_ref().map(payment));
        }
        Fact::Refund(refund) => keys.push(payment(&refund.payment)),
        Fact::ChargeRefunded(charge) => {
            keys.push(payment(&charge.payment));
            keys.extend(charge.invoice.as_ref().map(invoice));
        }
        Fact::Dispute(dispute) => keys.push(payment(&dispute.payment)),
        Fact::CreditNote(note) => keys.push(invoice(&note.invoice)),
        Fact::SubscriptionBought(_) | Fact::CustomerDeleted(_) | Fact::Noted | Fact::Ignored => {}
    }
    keys.sort();
    keys.dedup();
    keys
}

/// The owner of an event with these parties. With `claims_subscription`, its
/// subscription is claimed as well.
pub(super) fn owner(
    view: &View<'_>,
    parties: &Parties,
    claims_subscription: bool,
) -> Result<Owner, Stop> {
    let key = |id: &StripeId| FactKey::CustomerClaim(id.clone());
    let customer_key = parties.customer.as_ref().map(key);
    let key = |id: &StripeId| FactKey::SubscriptionClaim(id.clone());
    let subscription_key = parties.subscription.as_ref().map(key);
    let customer = customer_key.as_ref().and_then(|key| view.claim(key));
    let subscription = subscription_key.as_ref().and_then(|key| view.claim(key));
    let named = parties.user.as_ref();
    let claimed = customer.or(subscription).map(|claim| &claim.user_id);
    let Some(user_id) = named.or(claimed).cloned() else {
        return Err(Stop::from(match &parties.customer {
            Some(customer) => parked(ParkReason::Customer(customer.clone())),
            None => view.operator("it names neither a user nor a customer"),
        }));
    };
    let mut owners = customer.into_iter().chain(subscription);
    if owners.any(|claim| claim.user_id != user_id) {
        return Err(Stop::from(Plan::refused(&EventRefusal::OtherUser)));
    }
    let claim = || FactValue::Claim(Claim::of(user_id.clone()));
    let (mut claims, mut checks) = (BTreeMap::new(), Vec::new());
    if let (Some(key), Some(id), Some(_), None) = (customer_key, &parties.customer, named, customer)
    {
        claims.insert(key, claim());
        checks.push(FactKey::CustomerQueue(id.clone()));
    }
    if let (Some(key), true, None) = (subscription_key, claims_subscription, subscription) {
        claims.insert(key, claim());
    }
    Ok(Owner {
        user_id,
        claims,
        checks,
    })
}

/// A checkout of a subscription: claims the customer and the subscription.
pub(super) fn link(view: &View<'_>, parties: &Parties) -> Result<Plan, Stop> {
    Ok(owner(view, parties, true)?.plan())
}

/// A deleted customer: the claim is marked but stays, so that later events about
/// the customer find its user.
pub(super) fn deleted(view: &View<'_>, customer: &StripeId) -> Result<Plan, Stop> {
    let key = FactKey::CustomerClaim(customer.clone());
    let Some(claim) = view.claim(&key) else {
        return Ok(parked(ParkReason::Customer(customer.clone())));
    };
    let mut plan = Plan::of(EventOutcome::Applied);
    plan.user_id = Some(claim.user_id.clone());
    if claim.deleted_at.is_none() {
        let marked = Claim {
            deleted_at: Some(view.request.event.created),
            ..claim.clone()
        };
        plan.puts.insert(key, FactValue::Claim(marked));
    }
    Ok(plan)
}
