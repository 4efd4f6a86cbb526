//! Paid invoices, and their payments. Sources:
//! <https://docs.stripe.com/api/invoices/object> and
//! <https://docs.stripe.com/api/invoice-payment/object>.

use domain::billing::{Fact, InvoicePayment, PaidInvoice};

use crate::error::Problem;
use crate::line;
use crate::node::{Node, first};
use crate::parties::{in_metadata, parties};

/// `invoice.paid`, by whatever means, including invoices of zero.
pub(crate) fn paid(invoice: &Node<'_>) -> Result<Fact, Problem> {
    let lines = invoice.field("lines")?.present()?;
    let members = lines.field("data")?.present()?.members()?;
    let details = first(
        invoice.at("parent.subscription_details")?,
        invoice.field("subscription_details")?,
    );
    let subscription = first(
        invoice.at("parent.subscription_details.subscription")?,
        invoice.field("subscription")?,
    );
    let named = [in_metadata(invoice)?, in_metadata(&details)?];
    // An invoice that contains only prorations names its subscription only in its
    // lines.
    let by_lines = || members.iter().find_map(line::subscription);
    let subscription = subscription.optional_id()?.or_else(by_lines);
    let read_line = |member| line::line(member, subscription.as_ref());
    Ok(Fact::InvoicePaid(PaidInvoice {
        id: invoice.field("id")?.id()?,
        payment: invoice.field("payment_intent")?.optional_id()?,
        paid_minor: invoice.field("amount_paid")?.amount()?,
        total_minor: invoice.field("total")?.signed_amount()?,
        currency: invoice.field("currency")?.currency()?,
        paid_at: invoice.look("status_transitions.paid_at").time().ok(),
        lines: members.iter().map(read_line).collect::<Result<_, _>>()?,
        complete: lines.has_all(),
        parties: parties(invoice, subscription, &named)?,
    }))
}

/// `invoice_payment.paid`, since basil the only object that names both invoice and
/// payment. A legacy charge, a payment outside of Stripe, or a kind yet to come has no
/// payment intent through which it could be refunded.
pub(crate) fn payment(paid: &Node<'_>) -> Result<Fact, Problem> {
    let is_intent = match paid.look("payment.type").text() {
        Ok(word) => word == "payment_intent",
        Err(_) => true,
    };
    let intent = paid.look("payment.payment_intent").id().ok();
    Ok(Fact::InvoicePayment(InvoicePayment {
        invoice: paid.field("invoice")?.id()?,
        payment: intent.filter(|_| is_intent),
    }))
}
