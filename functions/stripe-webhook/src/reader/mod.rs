//! From the JSON of a Stripe event to a [`BillingEvent`].
//!
//! It goes by where fields are, never by the event's `api_version`, so it reads
//! the versions acacia, basil, clover and dahlia alike, and takes only what it
//! needs. Whatever is needed and missing, or has another type, is named by its
//! JSON path. Source: <https://docs.stripe.com/api/events/object> and, for
//! fields that moved, <https://docs.stripe.com/changelog/basil>.

mod checkout;
mod invoice;
mod money;
mod node;
mod parties;
mod subscription;

use serde_json::Value;
use shared::domain::StripeId;
use shared::domain::billing::{BillingEvent, Fact};

use node::Node;

/// Stripe's names of events are shorter than this.
const LONGEST_TYPE: usize = 100;

/// Why a verified body is no event that can be acted on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// A thin event (<https://docs.stripe.com/event-destinations>): it holds
    /// no object, and fetching one is not what this endpoint does.
    #[error(
        "This endpoint takes snapshot events, and this is a thin one: \
         set the payload style of the event destination to \"snapshot\"."
    )]
    Thin,
    /// Something needed is missing, or is not what it must be.
    #[error("The event cannot be read: {path} {problem}.")]
    At {
        /// Where, as a JSON path: `$.data.object.lines.data[2].period.end`.
        path: String,
        /// What is wrong there; never what stands there.
        problem: &'static str,
        /// The event, if its id could be read.
        event_id: Option<StripeId>,
        /// What happened, if that could be read.
        event_type: Option<String>,
    },
}

/// Something that is not as it must be, before the event around it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Problem {
    path: String,
    problem: &'static str,
}

/// Reads the body of an event.
pub fn read(body: &[u8]) -> Result<BillingEvent, ReadError> {
    match serde_json::from_slice(body) {
        Ok(event) => read_event(&event),
        Err(_) => Err(ReadError::At {
            path: "$".to_string(),
            problem: "is not JSON",
            event_id: None,
            event_type: None,
        }),
    }
}

fn read_event(event: &Value) -> Result<BillingEvent, ReadError> {
    let root = Node::root(event);
    if is_thin(event) {
        return Err(ReadError::Thin);
    }
    // Read ahead, so that an error further down can name them.
    let known = |name| root.field(name).ok();
    let event_id = known("id").and_then(|id| id.id().ok());
    let event_type = known("type").and_then(|name| event_name(&name).ok());
    envelope(&root).map_err(|Problem { path, problem }| ReadError::At {
        path,
        problem,
        event_id,
        event_type,
    })
}

fn is_thin(event: &Value) -> bool {
    let text = |name| event.get(name).and_then(Value::as_str);
    text("object").is_some_and(|object| object.starts_with("v2."))
        || text("type").is_some_and(|name| name.starts_with("v2."))
}

fn envelope(root: &Node<'_>) -> Result<BillingEvent, Problem> {
    let object = root.field("object")?;
    if object.text()? != "event" {
        return Err(object.problem("must be \"event\""));
    }
    let event_type = event_name(&root.field("type")?)?;
    Ok(BillingEvent {
        id: root.field("id")?.id()?,
        created: root.field("created")?.time()?,
        livemode: root.field("livemode")?.flag()?,
        fact: fact(&event_type, &root.field("data")?)?,
        event_type,
    })
}

/// Stripe's names are words with dots and underlines; what is stored and
/// logged must be no more than that.
fn event_name(name: &Node<'_>) -> Result<String, Problem> {
    let text = name.text()?;
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.' || byte == b'_'
    };
    if (1..=LONGEST_TYPE).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(text.to_string())
    } else {
        Err(name.problem("is no name of an event"))
    }
}

/// The events that are told apart, for counters: whatever else comes is
/// `other`, so that what is counted stays bounded. What each of them means
/// stands in [`fact`].
const KNOWN_TYPES: &[&str] = &[
    "charge.dispute.closed",
    "charge.dispute.created",
    "charge.dispute.funds_reinstated",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.refund.updated",
    "charge.refunded",
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.pending_update_applied",
    "customer.subscription.pending_update_expired",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "customer.subscription.updated",
    "invoice.paid",
    "invoice.payment_action_required",
    "invoice.payment_failed",
    "invoice.payment_succeeded",
    "invoice_payment.paid",
    "refund.created",
    "refund.failed",
    "refund.updated",
];

/// A type of event as counters name it: itself if it is known, else `other`.
pub fn counted_type(event_type: &str) -> &'static str {
    let known = KNOWN_TYPES.iter().find(|known| **known == event_type);
    known.copied().unwrap_or("other")
}

/// What an event of that type says. The object of one that says nothing about
/// credits is not looked at.
fn fact(event_type: &str, data: &Node<'_>) -> Result<Fact, Problem> {
    let object = || data.field("object")?.present();
    match event_type {
        "checkout.session.completed" => checkout::completed(&object()?),
        "checkout.session.async_payment_succeeded" => checkout::paid_later(&object()?),
        "customer.subscription.created" => subscription::created(&object()?),
        "customer.subscription.updated"
        | "customer.subscription.deleted"
        | "customer.subscription.paused"
        | "customer.subscription.resumed" => {
            subscription::changed(&object()?, &data.field("previous_attributes")?)
        }
        "invoice.paid" => invoice::paid(&object()?),
        "invoice_payment.paid" => invoice::payment(&object()?),
        "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
            money::refund(&object()?)
        }
        "charge.refunded" => money::charge_refunded(&object()?),
        "charge.dispute.funds_withdrawn" => money::withdrawn(&object()?),
        "charge.dispute.funds_reinstated" => money::reinstated(&object()?),
        "customer.deleted" => Ok(Fact::CustomerDeleted(object()?.id()?)),
        "checkout.session.async_payment_failed"
        | "checkout.session.expired"
        | "customer.subscription.trial_will_end"
        | "invoice.payment_failed"
        | "invoice.payment_action_required"
        | "charge.dispute.created"
        | "charge.dispute.updated"
        | "charge.dispute.closed" => Ok(Fact::Noted),
        // Also invoice.payment_succeeded: invoice.paid tells the same, and
        // of invoices that needed no payment it alone tells.
        _ => Ok(Fact::Ignored),
    }
}

#[cfg(test)]
mod tests;
