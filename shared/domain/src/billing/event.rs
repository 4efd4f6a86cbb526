//! What Stripe reported, reduced to what matters for credits.
//!
//! The reader of the webhook makes these values from the event of any API
//! version; nothing after it knows how Stripe spells things. An event that had
//! to be parked lies in the tables in this form, so it carries no e-mail and no
//! name.

mod invoice;
mod parties;
mod returned;
mod subscription;

use serde::{Deserialize, Serialize};

use crate::{StripeId, Timestamp};

pub use invoice::{CreditedLine, InvoiceLine, InvoicePayment, LineKind, LinePeriod, PaidInvoice};
pub use parties::Parties;
pub use returned::{
    ChargeRefunded, CreditNoteLine, CreditNoteSnapshot, DisputeSnapshot, RefundSnapshot,
    RefundStatus,
};
pub use subscription::{PreviousState, SubscriptionItem, SubscriptionSnapshot, SubscriptionState};

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillingEvent {
    /// `evt_…`; the same for every delivery of it.
    pub id: StripeId,
    /// Stripe's name for what happened, `invoice.paid`.
    pub event_type: String,
    /// When it happened; many events share one second.
    pub created: Timestamp,
    /// Whether it is about real money.
    pub livemode: bool,
    /// The connected account it happened in, `acct_…`; none = our own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<StripeId>,
    /// What it says.
    pub fact: Fact,
}

impl BillingEvent {
    /// Whether it is about money that somebody has paid or got back.
    pub fn carries_money(&self) -> bool {
        match &self.fact {
            Fact::PackBought(bought) => bought.paid_minor > 0,
            Fact::InvoicePaid(invoice) => invoice.paid_minor > 0 || invoice.total_minor > 0,
            Fact::Refund(_) | Fact::ChargeRefunded(_) | Fact::Dispute(_) | Fact::CreditNote(_) => {
                true
            }
            Fact::SubscriptionBought(_)
            | Fact::Subscription(_)
            | Fact::InvoicePayment(_)
            | Fact::CustomerDeleted(_)
            | Fact::Noted
            | Fact::Ignored => false,
        }
    }
}

/// What an event says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "of")]
pub enum Fact {
    /// A checkout of a subscription names who bought it; it grants nothing.
    SubscriptionBought(Parties),
    /// A pack was bought and paid.
    PackBought(PackBought),
    /// A subscription as it stood at that moment.
    Subscription(SubscriptionSnapshot),
    /// An invoice was paid.
    InvoicePaid(PaidInvoice),
    /// An invoice was paid by a payment, or by something that is none.
    InvoicePayment(InvoicePayment),
    /// A refund as it stood at that moment.
    Refund(RefundSnapshot),
    /// What of a charge was refunded so far.
    ChargeRefunded(ChargeRefunded),
    /// A dispute, and what it moved so far.
    Dispute(DisputeSnapshot),
    /// A credit note as it stood at that moment.
    CreditNote(CreditNoteSnapshot),
    /// A customer was deleted at Stripe.
    CustomerDeleted(StripeId),
    /// Worth a record and nothing else: a failed payment, an unpaid checkout.
    Noted,
    /// Not about credits.
    Ignored,
}

impl Fact {
    /// Whether what it comes to depends on what prices buy.
    pub fn needs_catalogue(&self) -> bool {
        matches!(
            self,
            Fact::PackBought(_) | Fact::Subscription(_) | Fact::InvoicePaid(_)
        )
    }
}

/// A pack that was bought: `checkout.session.completed` in mode `payment` that
/// is paid (or needs no payment), or `…async_payment_succeeded`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackBought {
    /// Whose it is.
    pub parties: Parties,
    /// The checkout session, `cs_…`.
    pub session: StripeId,
    /// The payment intent, `pi_…`; none if nothing had to be paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<StripeId>,
    /// The invoice that the checkout made of itself (`invoice_creation`), `in_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<StripeId>,
    /// Which pack.
    pub pack: PackName,
    /// How many of it, by `metadata.quantity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<u64>,
    /// Its line items, which no event carries; an operator may supply them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<BoughtItem>,
    /// The price before discounts and taxes, in the smallest unit.
    pub subtotal_minor: u64,
    /// What was paid, in the smallest unit.
    pub paid_minor: u64,
    /// The currency in lower case, `usd`.
    pub currency: String,
}

/// A line item of a checkout session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoughtItem {
    /// Its price, `price_…`.
    pub price: StripeId,
    /// How many units.
    pub quantity: u64,
}

/// How a checkout names its pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PackName {
    /// By `metadata.price_id`.
    Price(StripeId),
    /// By the payment link it was bought through, `plink_…`.
    PaymentLink(StripeId),
    /// Not at all.
    Unnamed,
}

#[cfg(test)]
mod tests;
