//! Invoices that were paid, and by which payment.
//! Source: <https://docs.stripe.com/api/invoices/object>,
//! <https://docs.stripe.com/api/invoice-line-item/object> and
//! <https://docs.stripe.com/api/invoice-payment/object>.

use shared::domain::billing::{Fact, InvoiceLine, InvoicePayment, LineKind, PaidInvoice};

use super::Problem;
use super::node::Node;
use super::parties::{in_metadata, parties};

/// `invoice.paid`, by whatever means, also without money.
pub(super) fn paid(invoice: &Node<'_>) -> Result<Fact, Problem> {
    let lines = invoice.field("lines")?.present()?;
    let members = lines.field("data")?.present()?.members()?;
    let details = first(
        invoice.at("parent.subscription_details")?,
        invoice.field("subscription_details")?,
    );
    let mut subscription = first(
        invoice.at("parent.subscription_details.subscription")?,
        invoice.field("subscription")?,
    );
    // An invoice of nothing but changes in mid-period names it by its lines alone.
    for line in &members {
        subscription = first(subscription, of_line(line, "subscription")?);
    }
    let named = [in_metadata(invoice)?, in_metadata(&details)?];
    Ok(Fact::InvoicePaid(PaidInvoice {
        parties: parties(invoice, &subscription, &named)?,
        id: invoice.field("id")?.id()?,
        payment: invoice.field("payment_intent")?.optional_id()?,
        paid_minor: invoice.field("amount_paid")?.amount()?,
        lines: members.iter().map(line).collect::<Result<_, _>>()?,
        complete: !lines.field("has_more")?.flag()?,
    }))
}

fn line(line: &Node<'_>) -> Result<InvoiceLine, Problem> {
    let price = first(
        line.at("pricing.price_details.price")?,
        line.field("price")?,
    );
    let kind = kind(line)?;
    if kind != LineKind::Other && !line.field("price")?.is_told() {
        line.field("pricing")?.told()?;
    }
    let quantity = line.field("quantity")?.optional();
    Ok(InvoiceLine {
        id: line.field("id")?.id()?,
        kind,
        price: price.optional_id()?,
        // Lines that count nothing have none.
        quantity: quantity.map_or(Ok(1), |quantity| quantity.count())?,
        amount_minor: line.field("amount")?.signed_amount()?,
        period_start: line.at("period.start")?.time()?,
        period_end: line.at("period.end")?.time()?,
    })
}

fn kind(line: &Node<'_>) -> Result<LineKind, Problem> {
    let proration = of_line(line, "proration")?;
    if proration.is_some() && proration.flag()? {
        return Ok(LineKind::Proration);
    }
    // "subscription" or "invoiceitem" until acacia; since basil the parent tells.
    let (parent, old_type) = (line.field("parent")?, line.field("type")?);
    let of_subscription = if old_type.is_some() && !parent.is_some() {
        old_type.text()? == "subscription"
    } else {
        let details = parent.told()?.field("subscription_item_details")?;
        details.is_some()
    };
    Ok(if of_subscription {
        LineKind::Subscription
    } else {
        LineKind::Other
    })
}

/// A field of a line's parent, whichever of the two kinds it is, or of the
/// line itself as until acacia.
fn of_line<'a>(line: &Node<'a>, name: &str) -> Result<Node<'a>, Problem> {
    let parent = line.field("parent")?;
    let of_item = parent.field("subscription_item_details")?.field(name)?;
    let of_invoice_item = parent.field("invoice_item_details")?.field(name)?;
    Ok(first(first(of_item, of_invoice_item), line.field(name)?))
}

/// The one of two places that holds something, preferably the first.
fn first<'a>(one: Node<'a>, other: Node<'a>) -> Node<'a> {
    if one.is_some() || !other.is_some() {
        one
    } else {
        other
    }
}

/// `invoice_payment.paid`, since basil the only place that names both.
pub(super) fn payment(paid: &Node<'_>) -> Result<Fact, Problem> {
    let payment = paid.field("payment")?.present()?;
    // What was paid by a charge of old, outside of Stripe, or as may come,
    // cannot be joined with a refund by its payment intent.
    if payment.field("type")?.text()? != "payment_intent" {
        return Ok(Fact::Noted);
    }
    Ok(
        match payment.field("payment_intent")?.told()?.optional_id()? {
            None => Fact::Noted,
            Some(intent) => Fact::InvoicePayment(InvoicePayment {
                invoice: paid.field("invoice")?.id()?,
                payment: intent,
            }),
        },
    )
}
