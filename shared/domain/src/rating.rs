//! Rating: what a use of a model costs, by the model's rate card.
//!
//! A card says what a million tokens of each pool cost. Rating is exact: each part of
//! a charge is an integer of billionths of a credit, and the sum is rounded up once,
//! to a thousandth. Nothing here knows accounts or balances.

mod card;
mod cards;
mod estimate;
mod nano;
mod pool;
mod rate;
mod usage;

pub use card::{
    CardError, ImageRate, MakerPrice, ParseRateCardIdError, ProviderCostRate, RateCard, RateCardId,
    RateTier,
};
pub use cards::{CardsError, MIN_LEAD_SECONDS, RateCards};
pub use estimate::Estimate;
pub use nano::NanoCredits;
pub use pool::{ParsePoolError, Pool};
pub use rate::{ParseUnitError, Rated, RatedPart, RatedUnit, Rating, RatingError};
pub use usage::{Currency, ImageUse, MeteredUsage, ParseCurrencyError, ProviderCost};

#[cfg(test)]
mod tests;
