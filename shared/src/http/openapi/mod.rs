//! How a route describes itself for `openapi.yaml`: its schemas come from the types of
//! its bodies, its errors from [`ErrorCode`]. Behind the cargo feature `openapi`, which no
//! deployed function enables; the package `openapi` puts the descriptions together.

mod failure;
mod gateway;
mod headers;
mod route;
mod text;

pub use super::error_code::ErrorCode;
pub use gateway::{GATEWAY_ERROR, GatewayAnswer};
pub use headers::{Header, components};
pub use route::{Described, Route, Schemas};
pub use text::{
    Amount, CreditTypeText, Cursor, EntryKindText, HoldStatusText, IdempotencyKeyText,
    IntervalUnitText, LotKindText, Moment, OperationText, PlanStatusText, PriceKindText,
    SignedAmount, TierText, UserIdText, words,
};
