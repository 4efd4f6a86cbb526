//! The credit rules: pure functions over plain values.
//!
//! No code here is async, reads a clock, draws a random number, reads the
//! environment or uses the AWS SDK. All money-like state of a user is one
//! [`CreditAccount`]; every change to it is a [`Command`] that [`decide`] turns
//! into a [`Decision`] or a [`Refusal`].

#![deny(
    clippy::arithmetic_side_effects,
    clippy::float_arithmetic,
    clippy::disallowed_types,
    clippy::as_conversions
)]
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

mod account;
mod alert;
mod amounts;
pub mod billing;
mod charge;
mod command;
mod credits;
mod decide;
mod delivery;
mod digest;
mod draft;
mod entry;
mod entry_digest;
#[cfg(test)]
mod fixtures;
mod grant;
mod hold;
mod holds;
mod identifiers;
mod introduction;
mod lot;
mod metered;
mod notice;
mod open;
mod past;
mod period;
mod posting;
mod price;
pub mod rating;
mod redacted;
mod refusal;
mod roll_forward;
mod schedule;
mod schedule_targets;
mod selling;
mod settle;
mod spend;
mod subscription;
mod timestamp;
mod usage;
mod user;
mod view;
#[cfg(test)]
mod written;

pub use account::{AccountState, CreditAccount};
pub use alert::Alert;
pub use amounts::{Balance, Spendable};
pub use command::{Action, Adjustment, Command, OpeningBalance, OpeningFree, OpeningLot};
pub use credits::{Credits, CreditsOverflow, ParseCreditsError};
pub use decide::{Decision, decide};
pub use delivery::{
    Attempt, Delivery, DeliveryOutcome, Endpoint, EndpointSecret, REPLAYED_FOR, Recipient, Told,
};
pub use digest::{Digest, Digester, Erasable};
pub use draft::MAX_ARCHIVED_PER_COMMIT;
pub use entry::{Entry, EntryKind, Outcome, ShownBalance};
pub use grant::{Clawback, Grant, ScheduleClawback, ScheduleGrant};
pub use hold::{Allocation, Hold, HoldId, HoldStatus, HoldSummary, OnExpiry};
pub use holds::MAX_OPEN_HOLDS;
pub use identifiers::{
    Cause, ClientId, EndpointId, EntryKey, IdempotencyKey, LotId, ParseIdentifierError, StripeId,
    UserId,
};
pub use introduction::{Introduction, is_address};
pub use lot::{CreditType, Lot, LotAmount, LotKind, LotRollover, LotTerms, PastLot};
pub use metered::{Metered, MeteredRequest};
pub use notice::{Notice, NoticeKind, UnknownNotice};
pub use past::{PastCredits, PastUse};
pub use period::{Period, ResetDay, ResetDayError};
pub use posting::{ApplyError, HoldPosting, Posting, PostingCause, SchedulePosting};
pub use redacted::Redacted;
pub use refusal::Refusal;
pub use roll_forward::{RolledForward, roll_forward};
pub use schedule::{GrantSchedule, MAX_SCHEDULE_MONTHS, PaidLate, ScheduleMonth, ScheduleTerms};
pub use schedule_targets::{ScheduleTargets, TargetRun};
pub use selling::{
    Checkout, CheckoutSlot, CheckoutState, Order, StripeCustomer, buying_customer,
    managed_customer, standing_subscription,
};
pub use settle::{LotEnd, PlanChange, Settlement};
pub use subscription::{
    AccountPlan, Plan, PlanStatus, Subscription, SubscriptionStatus, Tier, plan_in_force,
};
pub use timestamp::{Timestamp, TimestampError};
pub use usage::{Operation, Usage};
pub use user::{
    GrantInterval, Model, OAuthClient, Preferences, PreferencesChange, Price, PriceKind, Rollover,
    SwitchedOn, User,
};

pub use view::{CreditsView, FreeView, LotView, ProView, shown_balance, view};
