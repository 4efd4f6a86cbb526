//! Stripe's semantics as pure functions: what its events mean for one user.
//!
//! Events may arrive in any order and any number of times; the same events always
//! end in the same state. Refunds and disputes are kept per id, subscriptions are
//! merged in a total order, and lots are named after what was bought.

mod apply;
mod book;
mod catalogue;
mod draining;
mod event;
mod facts;
#[cfg(test)]
mod fixtures;
mod history;
mod interval;
mod invoice;
mod operator;
mod payment;
mod plan;
mod planner;
mod record;
mod returned;
mod standing;

pub use apply::{EndlessPlan, World, settle, settle_cut, settle_for_operator, settle_waiting};
pub use book::{BookLine, LineEffect, LineLot, LotTarget, SubscriptionBook};
pub use catalogue::Catalogue;
pub use draining::{Draining, Errand, Left};
pub use event::{
    BillingEvent, BoughtItem, ChargeRefunded, CreditNoteLine, CreditNoteSnapshot, CreditedLine,
    DisputeSnapshot, Fact, InvoiceLine, InvoicePayment, LineKind, LinePeriod, PackBought, PackName,
    PaidInvoice, Parties, PreviousState, RefundSnapshot, RefundStatus, SubscriptionItem,
    SubscriptionSnapshot, SubscriptionState,
};
pub use facts::{Claim, FactKey, FactValue, Facts, Queue, Trial};
pub use history::{DatedSnapshot, SubscriptionHistory};
pub use interval::{BillingInterval, IntervalUnit, Share, ShareProblem};
pub use invoice::{CreditNoteState, Invoice, SettledInvoice};
pub use operator::{EventRefusal, OperatorAct, OperatorNote};
pub use payment::{ChargeState, DisputeState, PackLot, Payment, PaymentReturned, RefundState};
pub use plan::{Plan, Planned};
pub use planner::{BillingTerms, PlanRequest, invoice_packs, needs, payment_pack, plan};
pub use record::{EventOutcome, EventRecord, ParkReason};
pub use returned::{Returned, ReturnedAmount, WHOLE};
pub use standing::{account_plan, subscription_record};
