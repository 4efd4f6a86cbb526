//! An invoice line. Everything except its id is read leniently: whether a missing field
//! matters depends on what the line's price grants. Source:
//! <https://docs.stripe.com/api/invoice-line-item/object>.

use domain::StripeId;
use domain::billing::{CreditedLine, InvoiceLine, LineKind, LinePeriod};

use crate::error::Problem;
use crate::node::Node;

/// Where the price is: since basil, until acacia, and on lines older than prices, whose
/// plan's id is the price's (<https://docs.stripe.com/api/plans>).
const PRICE: &[&str] = &["pricing.price_details.price", "price", "plan"];

/// Where the subscription is: since basil in the parent, which has one of two kinds;
/// until acacia in the line. The same holds for the next two.
const SUBSCRIPTION: &[&str] = &[
    "parent.subscription_item_details.subscription",
    "parent.invoice_item_details.subscription",
    "subscription",
];

/// Where the line says whether it is a proration.
const PRORATION: &[&str] = &[
    "parent.subscription_item_details.proration",
    "parent.invoice_item_details.proration",
    "proration",
];

/// Where the line names the lines whose time it credits.
const CREDITED: &[&str] = &[
    "parent.subscription_item_details.proration_details.credited_items",
    "parent.invoice_item_details.proration_details.credited_items",
    "proration_details.credited_items",
];

/// Reads a line; `of_invoice` is the subscription that its invoice bills.
pub(crate) fn line(line: &Node<'_>, of_invoice: Option<&StripeId>) -> Result<InvoiceLine, Problem> {
    let kind = kind(line);
    let of_invoice = match kind {
        LineKind::Subscription | LineKind::Proration => of_invoice.cloned(),
        LineKind::Other => None,
    };
    Ok(InvoiceLine {
        id: line.field("id")?.id()?,
        kind,
        subscription: subscription(line).or(of_invoice),
        price: line.first_readable(PRICE, Node::id),
        quantity: quantity(line),
        amount_minor: line.look("amount").signed_amount().ok(),
        period: period(line),
        credited: credited(line),
    })
}

/// The subscription that the line itself names.
pub(crate) fn subscription(line: &Node<'_>) -> Option<StripeId> {
    line.first_readable(SUBSCRIPTION, Node::id)
}

/// A kind of parent or line that Stripe adds later is not one of ours.
fn kind(line: &Node<'_>) -> LineKind {
    let of_subscription = match line.first_readable(&["parent.type", "type"], Node::text) {
        Some("subscription_item_details" | "subscription") => true,
        Some("invoice_item_details" | "invoiceitem") => false,
        Some(_) => return LineKind::Other,
        None => line.look("parent.subscription_item_details").is_some(),
    };
    if line.first_readable(PRORATION, Node::flag) == Some(true) {
        LineKind::Proration
    } else if of_subscription {
        LineKind::Subscription
    } else {
        LineKind::Other
    }
}

/// Lines without a count have none.
fn quantity(line: &Node<'_>) -> Option<u64> {
    match line.look("quantity").optional() {
        None => Some(1),
        Some(quantity) => quantity.amount().ok(),
    }
}

/// A period without start or end, or one that ends before it starts, counts as none.
fn period(line: &Node<'_>) -> Option<LinePeriod> {
    let start = line.look("period.start").time().ok()?;
    let end = line.look("period.end").time().ok()?;
    (start <= end).then_some(LinePeriod { start, end })
}

fn credited(line: &Node<'_>) -> Vec<CreditedLine> {
    let places = CREDITED.iter().map(|place| line.look(place));
    let Some(items) = places.into_iter().find(Node::is_some) else {
        return Vec::new();
    };
    let Ok(invoice) = items.look("invoice").id() else {
        return Vec::new();
    };
    let lines = items.look("invoice_line_items").members();
    let lines = lines.unwrap_or_default().into_iter();
    let lines = lines.filter_map(|line| line.id().ok());
    let credited = lines.map(|line| CreditedLine {
        invoice: invoice.clone(),
        line,
    });
    credited.collect()
}
