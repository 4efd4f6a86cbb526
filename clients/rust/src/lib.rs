//! A typed client of the API. [`UserClient`] is for an app with a user's token: credits, profile, launch, history,
//! usage, preferences, models, prices and buying, with a cache. [`ServiceClient`] is for a service: charges and holds,
//! each done once.
//!
//! It uses none of the project's other packages, so that it can be published alone. It tolerates what a newer API
//! adds: unknown fields are ignored, and unknown words are kept as `Other`.

mod amount;
mod answers;
mod background;
mod cache;
mod commands;
mod error;
mod hold;
mod machine;
mod models;
mod pauses;
mod requests;
mod selling;
mod service;
mod settings;
mod several;
mod tls;
mod tokens;
mod transport;
mod usage;
mod user;
mod words;

pub use amount::{Amount, InvalidAmount, Temperature};
pub use answers::{
    Balance, Billing, Charged, Credits, FreeCredits, Held, History, HistoryEntry, Launch, Lot,
    Notices, Preferences, ProCredits, Profile, RatedPart, Subscription, Usage, UsageRow, UsageSum,
};
pub use cache::{Answer, Freshness};
pub use error::{Error, ErrorKind, FunctionError, GatewayError, NetworkError};
pub use hold::HoldGuard;
pub use models::{ImageRate, Model, Models, PoolRates, RateTier};
pub use requests::{
    Estimate, GroupBy, HistoryQuery, HoldTerms, IdempotencyKey, ImageUse, InvalidKey, MeteredUsage,
    OnExpiry, PreferencesChange, ProviderCost, Spending, UsageQuery,
};
pub use selling::{HostedPage, Interval, Money, Order, PortalFlow, Price, Prices};
pub use service::ServiceClient;
pub use settings::Settings;
pub use several::{BatchCharge, BatchCharged, BatchResult, Quote, Quoted, QuotedPrice};
pub use tokens::{FetchedTokens, FixedToken, TokenError, TokenFuture, TokenSource};
pub use usage::{TokenUsage, UsageError};
pub use user::UserClient;
pub use words::{
    CreditType, EntryKind, ErrorCode, HoldStatus, IntervalUnit, LotKind, Operation, PriceKind,
    SubscriptionStatus, Tier,
};
