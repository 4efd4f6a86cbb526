//! An object as Stripe's API shows it, for an event that carries only part of it: an
//! invoice with too many lines, a checkout without its line items.

use domain::StripeId;
use domain::billing::{BillingEvent, Fact};
use serde_json::Value;

use crate::error::{Problem, ReadError};
use crate::event::fact;
use crate::node::Node;

/// Reads an object of Stripe's API as the fact that the event `like` would state if it
/// carried this object. What an object cannot say stays as the event said it: the
/// previous state of a subscription, and which payment or invoice belongs to it, where
/// the object is of an API version that no longer says so. The fact may be of another
/// kind than the event's, as when the object says that nothing was paid.
///
/// # Errors
///
/// [`ReadError::OtherObject`] unless it is the object that the event is about,
/// [`ReadError::NothingToRead`] for an event that does not concern credits,
/// [`ReadError::InObject`] for an object that lacks a required field.
pub fn read_object(json: &[u8], like: &BillingEvent) -> Result<Fact, ReadError> {
    let in_object = |Problem { path, problem }| ReadError::InObject { path, problem };
    let object: Value = serde_json::from_slice(json).map_err(|_| in_object(Problem::no_json()))?;
    let root = Node::root(&object);
    let Subject { kind, field, id } = subject(&like.fact).ok_or(ReadError::NothingToRead)?;
    let is_it = root.look("object").text() == Ok(kind) && root.look(field).id().as_ref() == Ok(id);
    if !is_it {
        let id = id.clone();
        return Err(ReadError::OtherObject { kind, field, id });
    }
    let nothing = root.look("previous_attributes");
    let read = fact(&like.event_type, || Ok(Node::root(&object)), &nothing);
    let mut read = read.map_err(in_object)?;
    keep_what_the_event_said(&mut read, &like.fact);
    Ok(read)
}

fn keep_what_the_event_said(read: &mut Fact, reported: &Fact) {
    if let (Fact::Subscription(read), Fact::Subscription(reported)) = (&mut *read, reported) {
        read.previous = reported.previous.clone();
    }
    // Since basil an invoice no longer names its payment, nor a charge its invoice. An
    // endpoint of an older version hears of them in no other way.
    if let (Fact::InvoicePaid(read), Fact::InvoicePaid(reported)) = (&mut *read, reported)
        && read.payment.is_none()
    {
        read.payment.clone_from(&reported.payment);
    }
    if let (Fact::ChargeRefunded(read), Fact::ChargeRefunded(reported)) = (read, reported)
        && read.invoice.is_none()
    {
        read.invoice.clone_from(&reported.invoice);
    }
}

/// How the object of an event is identified.
struct Subject<'a> {
    kind: &'static str,
    field: &'static str,
    id: &'a StripeId,
}

/// For two kinds of object the event keeps not the object's id, but the id of a
/// reference.
fn subject(fact: &Fact) -> Option<Subject<'_>> {
    let (kind, field, id) = match fact {
        Fact::SubscriptionBought(parties) => {
            let subscription = parties.subscription.as_ref()?;
            ("checkout.session", "subscription", subscription)
        }
        Fact::PackBought(pack) => ("checkout.session", "id", &pack.session),
        Fact::Subscription(snapshot) => ("subscription", "id", &snapshot.id),
        Fact::InvoicePaid(invoice) => ("invoice", "id", &invoice.id),
        Fact::InvoicePayment(payment) => ("invoice_payment", "invoice", &payment.invoice),
        Fact::Refund(refund) => ("refund", "id", &refund.id),
        Fact::ChargeRefunded(charge) => ("charge", "id", &charge.charge),
        Fact::Dispute(dispute) => ("dispute", "id", &dispute.id),
        Fact::CreditNote(note) => ("credit_note", "id", &note.id),
        Fact::CustomerDeleted(customer) => ("customer", "id", customer),
        Fact::Noted | Fact::Ignored => return None,
    };
    Some(Subject { kind, field, id })
}
