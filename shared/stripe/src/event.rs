//! The envelope of an event, and the fact that each type of event states. Types without
//! a meaning for credits are ignored.

use domain::billing::{BillingEvent, Fact};
use serde_json::Value;

use crate::error::{Problem, ReadError};
use crate::node::Node;
use crate::{checkout, credit_note, invoice, money, subscription};

/// The maximum length of an event type; Stripe's are shorter.
const MAX_TYPE_BYTES: usize = 100;

/// Reads the body of an event.
///
/// # Errors
///
/// [`ReadError::Thin`] for an event without an object, [`ReadError::At`] for an event
/// that lacks a required field.
pub fn read(body: &[u8]) -> Result<BillingEvent, ReadError> {
    match serde_json::from_slice(body) {
        Ok(event) => read_event(&event),
        Err(_) => {
            let Problem { path, problem } = Problem::no_json();
            Err(ReadError::At {
                path,
                problem,
                event_id: None,
                event_type: None,
            })
        }
    }
}

pub(crate) fn read_event(event: &Value) -> Result<BillingEvent, ReadError> {
    let root = Node::root(event);
    if is_thin(&root) {
        return Err(ReadError::Thin);
    }
    envelope(&root).map_err(|Problem { path, problem }| ReadError::At {
        path,
        problem,
        event_id: root.look("id").id().ok(),
        event_type: event_name(&root.look("type")).ok(),
    })
}

fn is_thin(event: &Node<'_>) -> bool {
    let is_v2 = |name| {
        let text = event.look(name).text();
        text.is_ok_and(|text| text.starts_with("v2."))
    };
    is_v2("object") || is_v2("type")
}

fn envelope(root: &Node<'_>) -> Result<BillingEvent, Problem> {
    let object = root.field("object")?;
    if object.text()? != "event" {
        return Err(object.problem("must be \"event\""));
    }
    let event_type = event_name(&root.field("type")?)?;
    let data = root.field("data")?;
    let object = || data.field("object")?.present();
    Ok(BillingEvent {
        id: root.field("id")?.id()?,
        created: root.field("created")?.time()?,
        livemode: root.field("livemode")?.flag()?,
        // An event with an unreadable account must not count as our own.
        account: root.field("account")?.optional_id()?,
        fact: fact(&event_type, object, &data.look("previous_attributes"))?,
        event_type,
    })
}

/// Stripe's event types are words with dots and underscores; nothing else may be stored
/// or logged.
fn event_name(name: &Node<'_>) -> Result<String, Problem> {
    let text = name.text()?;
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.' || byte == b'_'
    };
    if (1..=MAX_TYPE_BYTES).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(text.to_string())
    } else {
        Err(name.problem("is not an event type"))
    }
}

/// The event types that counters distinguish, and whether an endpoint must deliver them;
/// all others are `other`, so that the number of counters stays bounded. [`fact`] defines
/// what each type means.
const TYPES: [(&str, Delivered); 31] = [
    ("charge.dispute.closed", Delivered::Wanted),
    ("charge.dispute.created", Delivered::Wanted),
    ("charge.dispute.funds_reinstated", Delivered::Wanted),
    ("charge.dispute.funds_withdrawn", Delivered::Wanted),
    ("charge.dispute.updated", Delivered::Readable),
    ("charge.refund.updated", Delivered::Readable),
    ("charge.refunded", Delivered::Wanted),
    ("checkout.session.async_payment_failed", Delivered::Wanted),
    (
        "checkout.session.async_payment_succeeded",
        Delivered::Wanted,
    ),
    ("checkout.session.completed", Delivered::Wanted),
    ("checkout.session.expired", Delivered::Wanted),
    ("credit_note.created", Delivered::Wanted),
    ("credit_note.updated", Delivered::Wanted),
    ("credit_note.voided", Delivered::Wanted),
    ("customer.deleted", Delivered::Wanted),
    ("customer.subscription.created", Delivered::Wanted),
    ("customer.subscription.deleted", Delivered::Wanted),
    ("customer.subscription.paused", Delivered::Wanted),
    (
        "customer.subscription.pending_update_applied",
        Delivered::Readable,
    ),
    (
        "customer.subscription.pending_update_expired",
        Delivered::Readable,
    ),
    ("customer.subscription.resumed", Delivered::Wanted),
    ("customer.subscription.trial_will_end", Delivered::Readable),
    ("customer.subscription.updated", Delivered::Wanted),
    ("invoice.paid", Delivered::Wanted),
    ("invoice.payment_action_required", Delivered::Wanted),
    ("invoice.payment_failed", Delivered::Wanted),
    ("invoice.payment_succeeded", Delivered::Readable),
    ("invoice_payment.paid", Delivered::Wanted),
    ("refund.created", Delivered::Wanted),
    ("refund.failed", Delivered::Wanted),
    ("refund.updated", Delivered::Wanted),
];

/// Whether Stripe has to deliver a type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Delivered {
    /// It moves credits, says whose they are, or is what an operator looks for.
    Wanted,
    /// It is read where it comes.
    Readable,
}

/// The types that counters distinguish, sorted.
pub(crate) fn known_types() -> impl Iterator<Item = &'static str> {
    TYPES.iter().map(|(name, _)| *name)
}

/// The types that an endpoint must deliver: all that move credits or say whose they are,
/// and those that an operator looks for. `docs/deploy.md` lists the same.
pub fn wanted_types() -> impl Iterator<Item = &'static str> {
    let wanted = TYPES
        .iter()
        .filter(|(_, delivered)| *delivered == Delivered::Wanted);
    wanted.map(|(name, _)| *name)
}

/// The oldest version of the API whose objects the reader knows; versions begin with
/// their day.
pub const OLDEST_VERSION: &str = "2024-09-30";

/// An event type for counters: itself if it is known, else `other`.
pub fn counted_type(event_type: &str) -> &'static str {
    let known = known_types().find(|known| *known == event_type);
    known.unwrap_or("other")
}

/// The fact that an event of that type states about its object; `previous` holds the
/// old values of changed fields. The object is not read if the event does not concern
/// credits.
pub(crate) fn fact<'a>(
    event_type: &str,
    object: impl Fn() -> Result<Node<'a>, Problem>,
    previous: &Node<'_>,
) -> Result<Fact, Problem> {
    match event_type {
        "checkout.session.completed" => checkout::completed(&object()?),
        "checkout.session.async_payment_succeeded" => checkout::paid_later(&object()?),
        "credit_note.created" | "credit_note.updated" => credit_note::issued(&object()?),
        "credit_note.voided" => credit_note::voided(&object()?),
        "customer.subscription.created" => subscription::created(&object()?),
        "customer.subscription.updated"
        | "customer.subscription.deleted"
        | "customer.subscription.paused"
        | "customer.subscription.resumed" => subscription::changed(&object()?, previous),
        "invoice.paid" => invoice::paid(&object()?),
        "invoice_payment.paid" => invoice::payment(&object()?),
        "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
            money::refund(&object()?)
        }
        "charge.refunded" => money::charge_refunded(&object()?),
        "charge.dispute.created" | "charge.dispute.updated" | "charge.dispute.closed" => {
            money::dispute(&object()?, false)
        }
        "charge.dispute.funds_withdrawn" | "charge.dispute.funds_reinstated" => {
            money::dispute(&object()?, true)
        }
        "customer.deleted" => Ok(Fact::CustomerDeleted(object()?.id()?)),
        "checkout.session.async_payment_failed"
        | "checkout.session.expired"
        | "customer.subscription.trial_will_end"
        | "invoice.payment_failed"
        | "invoice.payment_action_required" => Ok(Fact::Noted),
        // Also invoice.payment_succeeded: invoice.paid states the same, and only it is
        // sent for invoices that needed no payment.
        _ => Ok(Fact::Ignored),
    }
}
