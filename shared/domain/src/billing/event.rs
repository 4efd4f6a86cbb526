//! What Stripe told, reduced to what matters for credits.
//!
//! The reader of the webhook makes these values from the event of any API
//! version; nothing after it knows how Stripe spells things. An event that had
//! to be parked lies in the tables in this form, so it carries no e-mail and no
//! name.

use serde::{Deserialize, Serialize};

use crate::{StripeId, SubscriptionStatus, Timestamp, UserId};

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
    /// What it says.
    pub fact: Fact,
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
    /// A payment belongs to an invoice.
    InvoicePayment(InvoicePayment),
    /// A refund as it stood at that moment.
    Refund(RefundSnapshot),
    /// What of a charge was refunded so far.
    ChargeRefunded(ChargeRefunded),
    /// A dispute moved money.
    Dispute(DisputeFunds),
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

/// Who an object says it belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parties {
    /// The user it names: `metadata.user_id` of the object or of its
    /// subscription, which only the holder of the secret key can set, else
    /// `client_reference_id`. A text that can be no user id names nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// Stripe's customer, `cus_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<StripeId>,
    /// Stripe's subscription, `sub_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<StripeId>,
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
    /// Which pack.
    pub pack: PackName,
    /// How many of it: `metadata.quantity`, else 1.
    pub quantity: u32,
    /// The price before discounts and taxes, in the smallest unit.
    pub subtotal_minor: u64,
    /// What was paid, in the smallest unit.
    pub paid_minor: u64,
    /// The currency in lower case, `usd`.
    pub currency: String,
}

/// How a checkout names its pack; line items are not in the event.
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

/// A subscription as an event shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionSnapshot {
    /// Whose it is; its subscription is always there.
    pub parties: Parties,
    /// `sub_…`.
    pub id: StripeId,
    /// Whether this is its creation, before which there is nothing.
    pub creation: bool,
    /// What it says of itself.
    pub state: SubscriptionState,
    /// What the event says it was before, as far as it says so.
    #[serde(default)]
    pub previous: PreviousState,
}

/// What of a subscription matters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionState {
    /// Where it stands; a status Stripe adds later reads as `Unpaid`, which
    /// entitles to nothing and ends nothing.
    pub status: SubscriptionStatus,
    /// The start of the period; the earliest of its items.
    pub period_start: Timestamp,
    /// The end of the period; the latest of its items.
    pub period_end: Timestamp,
    /// Whether it ends with the period: the flag, or an end that is set.
    pub cancel_at_period_end: bool,
    /// The prices of its items, sorted.
    pub prices: Vec<StripeId>,
}

/// `previous_attributes` of an update: what is none did not change, or is not told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousState {
    /// The status before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<SubscriptionStatus>,
    /// The start of the period before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_start: Option<Timestamp>,
    /// The end of the period before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_end: Option<Timestamp>,
    /// Whether it ended with the period before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_at_period_end: Option<bool>,
    /// The prices before, sorted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Vec<StripeId>>,
}

/// An invoice that was paid, by whatever means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaidInvoice {
    /// Whose it is.
    pub parties: Parties,
    /// `in_…`.
    pub id: StripeId,
    /// The payment intent, where the event names it (API versions before basil).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<StripeId>,
    /// What was paid in money, in the smallest unit.
    pub paid_minor: u64,
    /// Its lines.
    pub lines: Vec<InvoiceLine>,
    /// Whether these are all of its lines.
    pub complete: bool,
}

/// One line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceLine {
    /// `il_…`.
    pub id: StripeId,
    /// What it is for.
    pub kind: LineKind,
    /// The price; some lines have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<StripeId>,
    /// How many units.
    pub quantity: u32,
    /// Before discounts, in the smallest unit; negative on credits for unused time.
    pub amount_minor: i64,
    /// The start of the service period.
    pub period_start: Timestamp,
    /// The end of the service period.
    pub period_end: Timestamp,
}

/// What a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// A period of a subscription.
    Subscription,
    /// The difference that a change in mid-period makes.
    Proration,
    /// Anything else; it gives no credits.
    Other,
}

/// `invoice_payment.paid`: which payment paid which invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoicePayment {
    /// `in_…`.
    pub invoice: StripeId,
    /// `pi_…`.
    pub payment: StripeId,
}

/// A refund as an event shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundSnapshot {
    /// `re_…`.
    pub id: StripeId,
    /// Of which payment, `pi_…`.
    pub payment: StripeId,
    /// How much, in the smallest unit.
    pub amount_minor: u64,
    /// Where it stands.
    pub status: RefundStatus,
}

/// Where a refund stands, in the order in which one settles the next:
/// pending, succeeded, then failed or canceled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// On its way (also `requires_action`, and what Stripe may add).
    Pending,
    /// The money is back.
    Succeeded,
    /// It did not work; the money stays paid. Also `canceled`.
    Failed,
}

/// `charge.refunded`: a cumulative figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeRefunded {
    /// `ch_…`.
    pub charge: StripeId,
    /// Of which payment, `pi_…`.
    pub payment: StripeId,
    /// The invoice it paid, where the event names it (API versions before basil).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<StripeId>,
    /// All that was refunded of it so far, in the smallest unit.
    pub refunded_minor: u64,
}

/// A dispute took money, or gave it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeFunds {
    /// `dp_…` or `du_…`.
    pub id: StripeId,
    /// Of which payment, `pi_…`.
    pub payment: StripeId,
    /// How much, in the smallest unit.
    pub amount_minor: u64,
    /// Which of the two.
    pub phase: DisputePhase,
}

impl DisputePhase {
    /// The phase's name in causes.
    pub fn as_str(self) -> &'static str {
        match self {
            DisputePhase::Withdrawn => "withdrawn",
            DisputePhase::Reinstated => "reinstated",
        }
    }
}

impl RefundStatus {
    /// The status's name in causes.
    pub fn as_str(self) -> &'static str {
        match self {
            RefundStatus::Pending => "pending",
            RefundStatus::Succeeded => "succeeded",
            RefundStatus::Failed => "failed",
        }
    }
}

/// What a dispute did with the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputePhase {
    /// It was taken.
    Withdrawn,
    /// It was given back.
    Reinstated,
}

#[cfg(test)]
mod tests;
