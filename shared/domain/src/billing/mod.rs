//! Stripe's semantics, pure: what its events come to for one user.
//!
//! Whatever arrives, in whatever order and however often, the same events end
//! in the same state: refunds and disputes are kept per id, subscriptions are
//! merged in a total order, and lots are named by what was bought.

mod catalogue;
mod event;
#[cfg(test)]
mod fixtures;
mod gifts;
mod history;
mod invoice;
mod payment;
mod record;
mod standing;

pub use catalogue::Catalogue;
pub use event::{
    BillingEvent, ChargeRefunded, DisputeFunds, DisputePhase, Fact, InvoiceLine, InvoicePayment,
    LineKind, PackBought, PackName, PaidInvoice, Parties, PreviousState, RefundSnapshot,
    RefundStatus, SubscriptionSnapshot, SubscriptionState,
};
pub use history::{DatedSnapshot, SubscriptionHistory};
pub use invoice::{Invoice, InvoiceLot, SettledInvoice, Unpriced, invoice_lots};
pub use payment::{ChargeState, DisputeState, PackLot, PaidFor, Payment, RefundState, taken_back};
pub use record::{EventOutcome, EventRecord, ParkReason};
pub use standing::{account_plan, subscription_record};
