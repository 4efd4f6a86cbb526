//! Stripe's events, reduced to what matters for credits.
//!
//! The webhook parser makes these values from events of any API version; no later
//! code knows Stripe's formats. A parked event is stored in this form, so it
//! contains no e-mail address and no name.

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
    /// `evt_…`; the same for every delivery of the event.
    pub id: StripeId,
    /// Stripe's event type, such as `invoice.paid`.
    pub event_type: String,
    /// When it happened; many events share one second.
    pub created: Timestamp,
    /// Whether it is about real money (Stripe's live mode).
    pub livemode: bool,
    /// The connected account of the event, `acct_…`; none = our own account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<StripeId>,
    /// The fact it reports.
    pub fact: Fact,
}

impl BillingEvent {
    /// Whether it is about money that was paid or returned.
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

/// The fact that an event reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "of")]
pub enum Fact {
    /// A checkout of a subscription, which names the buyer; it grants nothing.
    SubscriptionBought(Parties),
    /// A pack was bought and paid.
    PackBought(PackBought),
    /// A subscription, as of the event.
    Subscription(SubscriptionSnapshot),
    /// An invoice was paid.
    InvoicePaid(PaidInvoice),
    /// An invoice was paid, by a payment intent or by other means.
    InvoicePayment(InvoicePayment),
    /// A refund, as of the event.
    Refund(RefundSnapshot),
    /// The total refunded of a charge so far.
    ChargeRefunded(ChargeRefunded),
    /// A dispute, and the money it has moved so far.
    Dispute(DisputeSnapshot),
    /// A credit note, as of the event.
    CreditNote(CreditNoteSnapshot),
    /// A customer was deleted in Stripe.
    CustomerDeleted(StripeId),
    /// Recorded, with no other effect: a failed payment, an unpaid checkout.
    Noted,
    /// Irrelevant for credits.
    Ignored,
}

impl Fact {
    /// Whether its effect depends on the catalogue.
    pub fn needs_catalogue(&self) -> bool {
        matches!(
            self,
            Fact::PackBought(_) | Fact::Subscription(_) | Fact::InvoicePaid(_)
        )
    }
}

/// A pack that was bought: `checkout.session.completed` in mode `payment` that is
/// paid (or needs no payment), or `…async_payment_succeeded`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackBought {
    /// Whom it belongs to.
    pub parties: Parties,
    /// The checkout session, `cs_…`.
    pub session: StripeId,
    /// The payment intent, `pi_…`; none if nothing had to be paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<StripeId>,
    /// The invoice that the checkout created (`invoice_creation`), `in_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<StripeId>,
    /// The pack.
    pub pack: PackName,
    /// The quantity in `metadata.quantity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<u64>,
    /// Its line items. No event carries them; an operator may supply them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<BoughtItem>,
    /// The price before discounts and taxes, in the smallest unit.
    pub subtotal_minor: u64,
    /// The amount paid, in the smallest unit.
    pub paid_minor: u64,
    /// The currency in lower case, `usd`.
    pub currency: String,
}

/// A line item of a checkout session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoughtItem {
    /// Its price, `price_…`.
    pub price: StripeId,
    /// The number of units.
    pub quantity: u64,
}

/// How a checkout names its pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PackName {
    /// By `metadata.price_id`.
    Price(StripeId),
    /// By its payment link, `plink_…`.
    PaymentLink(StripeId),
    /// Not at all.
    Unnamed,
}

#[cfg(test)]
mod tests;
