//! The first look: everything whose key stands in the event itself, in one
//! request. If the event was settled before, this is all there is to do.

use super::versioned::{Seen, read_versioned};
use crate::domain::billing::{
    BillingEvent, EventRecord, Fact, Invoice, ParkReason, Parties, Payment,
};
use crate::domain::{StripeId, UserId};
use crate::host::clock::Deadline;
use crate::store::batch::Found;
use crate::store::items::{ItemError, read};
use crate::store::keys::{self, Key};
use crate::store::users::{CLAIM, Claim};
use crate::store::{Store, StoreError};

/// What was seen.
#[derive(Debug)]
pub(super) struct Sight {
    /// What became of the event before, if it is known.
    pub(super) record: Option<EventRecord>,
    pub(super) record_seen: Seen,
    /// Whose the customer is.
    pub(super) customer: Option<Claim>,
    /// Whose the subscription is.
    pub(super) subscription: Option<Claim>,
    /// What waits for the customer.
    pub(super) queue: Queue,
    pub(super) payment: Payment,
    pub(super) payment_seen: Seen,
    pub(super) invoice: Invoice,
    pub(super) invoice_seen: Seen,
}

/// How many events were parked for one thing, and how many of them settled since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Queue {
    pub(super) parked: u64,
    pub(super) drained: u64,
}

impl Queue {
    /// How many wait.
    pub(super) fn waiting(self) -> u64 {
        self.parked.saturating_sub(self.drained)
    }
}

/// The things an event names that may lie in the tables.
pub(super) struct Names<'a> {
    pub(super) parties: Option<&'a Parties>,
    pub(super) payment: Option<&'a StripeId>,
    pub(super) invoice: Option<&'a StripeId>,
}

impl<'a> Names<'a> {
    pub(super) fn of(fact: &'a Fact) -> Self {
        let (parties, payment, invoice) = match fact {
            Fact::SubscriptionBought(parties) => (Some(parties), None, None),
            Fact::PackBought(pack) => {
                let payment = pack.payment.as_ref().unwrap_or(&pack.session);
                (Some(&pack.parties), Some(payment), None)
            }
            Fact::Subscription(snapshot) => (Some(&snapshot.parties), None, None),
            Fact::InvoicePaid(invoice) => {
                let payment = invoice.payment.as_ref();
                (Some(&invoice.parties), payment, Some(&invoice.id))
            }
            Fact::InvoicePayment(paid) => (None, Some(&paid.payment), Some(&paid.invoice)),
            Fact::Refund(refund) => (None, Some(&refund.payment), None),
            Fact::ChargeRefunded(charge) => (None, Some(&charge.payment), charge.invoice.as_ref()),
            Fact::Dispute(dispute) => (None, Some(&dispute.payment), None),
            Fact::CustomerDeleted(_) | Fact::Noted | Fact::Ignored => (None, None, None),
        };
        Names {
            parties,
            payment,
            invoice,
        }
    }

    pub(super) fn customer(&self, fact: &'a Fact) -> Option<&'a StripeId> {
        match fact {
            Fact::CustomerDeleted(customer) => Some(customer),
            _ => self.parties.and_then(|parties| parties.customer.as_ref()),
        }
    }
}

impl Store {
    /// One strong batch over everything the event names.
    pub(super) async fn look(
        &self,
        event: &BillingEvent,
        deadline: Deadline,
    ) -> Result<Sight, StoreError> {
        let names = Names::of(&event.fact);
        let customer = names.customer(&event.fact);
        let subscription = names
            .parties
            .and_then(|parties| parties.subscription.as_ref());
        let record = keys::event(&event.id);
        let claim = customer.map(|id| keys::stripe_customer_claim(id.as_str()));
        let queue = customer.map(|id| keys::parked_head(&ParkReason::Customer(id.clone())));
        let subscription = subscription.map(|id| keys::stripe_subscription_claim(id.as_str()));
        let payment = names.payment.map(keys::payment);
        let invoice = names.invoice.map(keys::invoice);
        let optional = [&claim, &queue, &subscription, &payment, &invoice];
        let wanted: Vec<Key> = std::iter::once(record.clone())
            .chain(optional.into_iter().flatten().cloned())
            .collect();
        let mut found = self.get_many(&wanted, deadline).await?;
        let (record, record_seen) = read_versioned(&record, found.take(&record))?;
        let (payment, payment_seen) = take_versioned(&mut found, payment.as_ref())?;
        let (invoice, invoice_seen) = take_versioned(&mut found, invoice.as_ref())?;
        Ok(Sight {
            record,
            record_seen,
            customer: take_claim(&mut found, claim.as_ref())?,
            subscription: take_claim(&mut found, subscription.as_ref())?,
            queue: take_queue(&mut found, queue.as_ref())?,
            payment,
            payment_seen,
            invoice,
            invoice_seen,
        })
    }
}

fn take_versioned<T: super::versioned::BillingItem + Default>(
    found: &mut Found,
    key: Option<&Key>,
) -> Result<(T, Seen), ItemError> {
    let Some(key) = key else {
        return Ok((T::default(), Seen::Absent));
    };
    let (value, seen) = read_versioned(key, found.take(key))?;
    Ok((value.unwrap_or_default(), seen))
}

fn take_claim(found: &mut Found, key: Option<&Key>) -> Result<Option<Claim>, ItemError> {
    let item = key.and_then(|key| Some((key, found.take(key)?)));
    item.map(|(key, item)| read(key, CLAIM, item)).transpose()
}

fn take_queue(found: &mut Found, key: Option<&Key>) -> Result<Queue, ItemError> {
    match key.and_then(|key| Some((key, found.take(key)?))) {
        Some((key, item)) => {
            let head: super::parking::Head = read(key, super::parking::HEAD, item)?;
            Ok(Queue {
                parked: head.parked,
                drained: head.drained,
            })
        }
        None => Ok(Queue::default()),
    }
}

impl Sight {
    /// Whose a claimed thing of the event is, if any of them is claimed.
    pub(super) fn claimed_by(&self) -> Option<&UserId> {
        let claim = self.customer.as_ref().or(self.subscription.as_ref());
        claim.map(|claim| &claim.user_id)
    }
}
