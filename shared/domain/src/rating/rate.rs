//! Rating a use by a card.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{ImageUse, MeteredUsage, NanoCredits, Pool, RateCard, RateCardId};
use crate::Credits;

/// What a use costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rated {
    /// The charge: the sum of the parts.
    pub amount: Credits,
    /// How it comes about.
    pub rating: Rating,
}

/// What an amount was rated by, and how it comes about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rating {
    /// The card.
    pub card: RateCardId,
    /// The parts, in the order of pools, then the call, images and money, and last what
    /// rounding adds. Parts that count nothing are left out; the amount of a hold has
    /// none, because it is an estimate.
    pub breakdown: Vec<RatedPart>,
}

impl Rating {
    /// What a hold was estimated by.
    pub fn without_parts(card: RateCardId) -> Self {
        let breakdown = Vec::new();
        Rating { card, breakdown }
    }

    /// The tokens that went in; none if no part is of tokens. Sums beyond 32 bits are
    /// shown as the largest.
    pub fn input_tokens(&self) -> Option<u32> {
        self.tokens(Pool::is_input)
    }

    /// The same of those that came out.
    pub fn output_tokens(&self) -> Option<u32> {
        self.tokens(|pool| !pool.is_input())
    }

    fn tokens(&self, counts: impl Fn(Pool) -> bool) -> Option<u32> {
        let mut sum = None;
        for part in &self.breakdown {
            if let RatedUnit::Tokens(pool) = part.unit {
                let more = if counts(pool) { part.count } else { 0 };
                sum = Some(sum.unwrap_or(0_u64).saturating_add(more));
            }
        }
        sum.map(|sum| u32::try_from(sum).unwrap_or(u32::MAX))
    }
}

/// One part of a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RatedPart {
    /// What it is for.
    pub unit: RatedUnit,
    /// Tokens, calls, images, or millionths of a unit of money; 0 for rounding.
    pub count: u64,
    /// Its cost, exact.
    pub cost: NanoCredits,
}

/// What a part of a charge is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum RatedUnit {
    /// Tokens of a pool.
    Tokens(Pool),
    /// The call itself.
    Request,
    /// Images of a size and quality.
    Images {
        /// The size.
        size: String,
        /// The quality.
        quality: String,
    },
    /// The maker's cost in money.
    ProviderCost,
    /// What brings the sum to a thousandth.
    Rounding,
}

/// The unit's name in items, answers and digests: a pool's name, `request`,
/// `images:1024x1024:high`, `providerCost` or `rounding`.
impl fmt::Display for RatedUnit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RatedUnit::Tokens(pool) => formatter.write_str(pool.as_str()),
            RatedUnit::Request => formatter.write_str(REQUEST),
            RatedUnit::Images { size, quality } => write!(formatter, "{IMAGES}{size}:{quality}"),
            RatedUnit::ProviderCost => formatter.write_str(PROVIDER_COST),
            RatedUnit::Rounding => formatter.write_str(ROUNDING),
        }
    }
}

const REQUEST: &str = "request";
const IMAGES: &str = "images:";
const PROVIDER_COST: &str = "providerCost";
const ROUNDING: &str = "rounding";

/// A text that names no unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no unit of a charge")]
pub struct ParseUnitError;

impl FromStr for RatedUnit {
    type Err = ParseUnitError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(image) = text.strip_prefix(IMAGES) {
            let (size, quality) = image.split_once(':').ok_or(ParseUnitError)?;
            let (size, quality) = (size.to_string(), quality.to_string());
            return Ok(RatedUnit::Images { size, quality });
        }
        match text {
            REQUEST => Ok(RatedUnit::Request),
            PROVIDER_COST => Ok(RatedUnit::ProviderCost),
            ROUNDING => Ok(RatedUnit::Rounding),
            pool => {
                let pool = pool.parse().map_err(|_| ParseUnitError)?;
                Ok(RatedUnit::Tokens(pool))
            }
        }
    }
}

impl TryFrom<String> for RatedUnit {
    type Error = ParseUnitError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<RatedUnit> for String {
    fn from(unit: RatedUnit) -> Self {
        unit.to_string()
    }
}

/// Why a use cannot be rated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RatingError {
    /// The card has no rate for a pool that was used.
    #[error("the rate card {card} has no rate for {pool}")]
    NoPool {
        /// The card.
        card: RateCardId,
        /// The pool.
        pool: Pool,
    },
    /// The card has no rate for an image.
    #[error("the rate card {card} has no rate for images of {size}, {quality}")]
    NoImage {
        /// The card.
        card: RateCardId,
        /// The size.
        size: String,
        /// The quality.
        quality: String,
    },
    /// The card has no rate for money of this currency.
    #[error("the rate card {card} has no rate for costs in {currency}")]
    NoCurrency {
        /// The card.
        card: RateCardId,
        /// The currency.
        currency: super::Currency,
    },
    /// It costs more than [`NanoCredits::MAX`].
    #[error("the use costs more than 1000000000 credits")]
    TooMuch,
}

impl RateCard {
    /// Rates a use.
    pub fn rate(&self, usage: &MeteredUsage) -> Result<Rated, RatingError> {
        let mut breakdown = Vec::new();
        let rates = self.rates(usage.input_tokens());
        for (pool, count) in usage.tokens.iter().filter(|(_, count)| **count > 0) {
            let cost = self.tokens(*pool, *count, &rates)?;
            breakdown.push(part(RatedUnit::Tokens(*pool), u64::from(*count), cost));
        }
        if self.per_request_milli.is_positive() {
            let cost = self.request()?;
            breakdown.push(part(RatedUnit::Request, 1, cost));
        }
        for image in usage.images.iter().filter(|image| image.count > 0) {
            let unit = RatedUnit::Images {
                size: image.size.clone(),
                quality: image.quality.clone(),
            };
            breakdown.push(part(unit, u64::from(image.count), self.images(image)?));
        }
        if let Some(cost) = usage.provider_cost {
            let rated = self.money(cost)?;
            breakdown.push(part(RatedUnit::ProviderCost, cost.amount_micros, rated));
        }
        let sum = breakdown
            .iter()
            .try_fold(NanoCredits::ZERO, |sum, part| sum.plus(part.cost));
        let sum = sum.ok_or(RatingError::TooMuch)?;
        let rounding = sum.to_next_milli();
        if rounding > NanoCredits::ZERO {
            breakdown.push(part(RatedUnit::Rounding, 0, rounding));
        }
        let rating = Rating {
            card: self.id.clone(),
            breakdown,
        };
        Ok(Rated {
            amount: sum.to_credits(),
            rating,
        })
    }

    /// Thousandths per million, times tokens, are billionths.
    fn tokens(
        &self,
        pool: Pool,
        count: u32,
        rates: &BTreeMap<Pool, Credits>,
    ) -> Result<NanoCredits, RatingError> {
        let rate = rates.get(&pool).ok_or_else(|| RatingError::NoPool {
            card: self.id.clone(),
            pool,
        })?;
        times(u64::from(count), *rate, 1)
    }

    pub(super) fn request(&self) -> Result<NanoCredits, RatingError> {
        times(1, self.per_request_milli, NANO_PER_MILLI)
    }

    pub(super) fn images(&self, image: &ImageUse) -> Result<NanoCredits, RatingError> {
        let mut rates = self.images.iter();
        let rate = rates.find(|rate| rate.size == image.size && rate.quality == image.quality);
        let rate = rate.ok_or_else(|| RatingError::NoImage {
            card: self.id.clone(),
            size: image.size.clone(),
            quality: image.quality.clone(),
        })?;
        times(u64::from(image.count), rate.milli, NANO_PER_MILLI)
    }

    /// Millionths of a unit, times thousandths per unit, are billionths.
    pub(super) fn money(&self, cost: super::ProviderCost) -> Result<NanoCredits, RatingError> {
        let rate = self
            .provider_cost
            .filter(|rate| rate.currency == cost.currency);
        let rate = rate.ok_or_else(|| RatingError::NoCurrency {
            card: self.id.clone(),
            currency: cost.currency,
        })?;
        times(cost.amount_micros, rate.milli_per_unit, 1)
    }
}

const NANO_PER_MILLI: u128 = 1_000_000;

fn part(unit: RatedUnit, count: u64, cost: NanoCredits) -> RatedPart {
    RatedPart { unit, count, cost }
}

pub(super) fn times(count: u64, rate: Credits, scale: u128) -> Result<NanoCredits, RatingError> {
    // A card's rates are never negative.
    let milli = u128::try_from(rate.milli()).unwrap_or(0);
    let nano = u128::from(count).checked_mul(milli);
    let nano = nano.and_then(|nano| nano.checked_mul(scale));
    nano.and_then(NanoCredits::new).ok_or(RatingError::TooMuch)
}
