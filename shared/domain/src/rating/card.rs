//! A rate card: what a model costs from a moment on. Cards never change; a new price is
//! a new card, so what an entry was rated by can always be looked up.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Currency, Pool};
use crate::{Credits, Timestamp};

/// A card's name: the model's id and the date from which it is in force,
/// `gpt-5@2026-11-20`; a second card of one day adds a letter, `gpt-5@2026-11-20b`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RateCardId(String);

/// What a model costs. Unknown fields of it are passed over, because a stored card has a
/// key beside it; whoever reads a file looks for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateCard {
    /// Its name.
    pub id: RateCardId,
    /// From when on it is in force.
    pub effective_from: Timestamp,
    /// Until when, if it ends before the model's next card begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_until: Option<Timestamp>,
    /// Thousandths of a credit per million tokens, by pool. 0 is a rate.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub milli_per_million: BTreeMap<Pool, Credits>,
    /// Other rates for long contexts, by rising length.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<RateTier>,
    /// The price of a call, whatever it used.
    #[serde(default, skip_serializing_if = "Credits::is_zero")]
    pub per_request_milli: Credits,
    /// Prices of images.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<ImageRate>,
    /// The price of the maker's cost in money, mark-up included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_cost: Option<ProviderCostRate>,
    /// What the maker charges, for reports of the margin. It rates nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maker_price: Option<MakerPrice>,
}

/// Rates for calls whose context is longer than a length. They are for all tokens of
/// the call; pools that are not named keep the card's rate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateTier {
    /// The length; the tier is for longer contexts.
    pub above_input_tokens: u32,
    /// Thousandths of a credit per million tokens, by pool.
    pub milli_per_million: BTreeMap<Pool, Credits>,
}

/// The price of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageRate {
    /// The size as the maker names it.
    pub size: String,
    /// The quality as the maker names it.
    pub quality: String,
    /// Thousandths of a credit per image.
    pub milli: Credits,
}

/// The price of a unit of money that the maker charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderCostRate {
    /// The currency.
    pub currency: Currency,
    /// Thousandths of a credit per unit of it, mark-up included.
    pub milli_per_unit: Credits,
}

/// What the maker charges.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakerPrice {
    /// The currency.
    pub currency: Currency,
    /// Millionths of a unit per million tokens, by pool.
    pub micros_per_million: BTreeMap<Pool, u64>,
}

/// What is wrong with a card; `field` is its place in a card file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{card}: {field} {problem}")]
pub struct CardError {
    /// The card.
    pub card: String,
    /// The field.
    pub field: String,
    /// What is wrong, and what it should be.
    pub problem: &'static str,
}

const MAX_ID: usize = 120;
const MAX_TIERS: usize = 4;
const MAX_IMAGES: usize = 50;
/// Short enough that an entry which names four of them fits into a kilobyte.
const MAX_NAME: usize = 20;

impl RateCard {
    /// The model it is for.
    pub fn model_id(&self) -> &str {
        self.id.model_id()
    }

    /// Whether it is in force at a moment, later cards apart.
    pub fn is_in_force(&self, at: Timestamp) -> bool {
        self.effective_from <= at && self.effective_until.is_none_or(|end| at < end)
    }

    /// The rates for a context of this many tokens: those of the highest tier below it,
    /// over the card's own.
    pub(super) fn rates(&self, input_tokens: u64) -> BTreeMap<Pool, Credits> {
        let mut rates = self.milli_per_million.clone();
        let reached = |tier: &&RateTier| u64::from(tier.above_input_tokens) < input_tokens;
        if let Some(tier) = self.tiers.iter().rev().find(reached) {
            rates.extend(tier.milli_per_million.iter());
        }
        rates
    }

    /// Finds what is wrong with it.
    pub fn check(&self) -> Result<(), CardError> {
        let error = |field: String, problem| CardError {
            card: self.id.to_string(),
            field,
            problem,
        };
        let named = |field: &str, problem| Err(error(field.to_string(), problem));
        if self.id.date() != self.effective_from.date() {
            return named("id", "must end with the date of effective_from");
        }
        if self
            .effective_until
            .is_some_and(|end| end <= self.effective_from)
        {
            return named("effective_until", "must be after effective_from");
        }
        if let Some(field) = self.wrong_amount() {
            return Err(error(field, "must be from 0 to 1000000000000 credits"));
        }
        if self.tiers.len() > MAX_TIERS {
            return named("tiers", "must be at most 4");
        }
        let lengths = || self.tiers.iter().map(|tier| tier.above_input_tokens);
        if !lengths()
            .zip(lengths().skip(1))
            .all(|(one, next)| one < next)
        {
            return named("tiers", "must have rising above_input_tokens");
        }
        if self.images.len() > MAX_IMAGES {
            return named("images", "must be at most 50");
        }
        let fits = |name: &str| {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(is_plain)
        };
        if !self
            .images
            .iter()
            .all(|it| fits(&it.size) && fits(&it.quality))
        {
            return named(
                "images",
                "must have a size and a quality of 1 to 20 letters, digits and -_.",
            );
        }
        let kinds: BTreeSet<_> = self
            .images
            .iter()
            .map(|it| (&it.size, &it.quality))
            .collect();
        if kinds.len() < self.images.len() {
            return named("images", "must name each size and quality once");
        }
        if !self.rates_anything() {
            return named(
                "milli_per_million",
                "is missing, and nothing else has a rate",
            );
        }
        Ok(())
    }

    fn rates_anything(&self) -> bool {
        !self.milli_per_million.is_empty()
            || self.per_request_milli.is_positive()
            || !self.images.is_empty()
            || self.provider_cost.is_some()
    }

    /// The place of an amount that is negative or too large.
    fn wrong_amount(&self) -> Option<String> {
        let of_pools = |place: String, rates: &BTreeMap<Pool, Credits>| {
            let wrong = rates.iter().find(|(_, rate)| !rate.is_amount());
            wrong.map(|(pool, _)| format!("{place}.{pool}"))
        };
        let own = of_pools("milli_per_million".to_string(), &self.milli_per_million);
        let mut tiers = self.tiers.iter().enumerate();
        let in_tier = |(number, tier): (usize, &RateTier)| {
            of_pools(
                format!("tiers[{number}].milli_per_million"),
                &tier.milli_per_million,
            )
        };
        let mut images = self.images.iter().enumerate();
        let image = |(number, image): (usize, &ImageRate)| {
            (!image.milli.is_amount()).then(|| format!("images[{number}].milli"))
        };
        let request = !self.per_request_milli.is_amount();
        let cost = self
            .provider_cost
            .is_some_and(|cost| !cost.milli_per_unit.is_amount());
        own.or_else(|| tiers.find_map(in_tier))
            .or_else(|| images.find_map(image))
            .or_else(|| request.then(|| "per_request_milli".to_string()))
            .or_else(|| cost.then(|| "provider_cost.milli_per_unit".to_string()))
    }
}

impl RateCardId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The model's id.
    pub fn model_id(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(model, _)| model)
    }

    /// `YYYY-MM-DD`.
    fn date(&self) -> &str {
        let day = self.0.rsplit_once('@').map_or("", |(_, day)| day);
        day.get(..DATE).unwrap_or_default()
    }
}

/// The length of `YYYY-MM-DD`.
const DATE: usize = 10;

/// A text that is no card's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be a model's id, @, a date, and a letter for a second card of one day: gpt-5@2026-11-20"
)]
pub struct ParseRateCardIdError;

impl FromStr for RateCardId {
    type Err = ParseRateCardIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (model, day) = text.rsplit_once('@').ok_or(ParseRateCardIdError)?;
        let date = day.get(..DATE).ok_or(ParseRateCardIdError)?;
        let letter = day.get(DATE..).ok_or(ParseRateCardIdError)?;
        let is_date = date.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
        let is_letter = letter.len() <= 1 && letter.bytes().all(|it| it.is_ascii_lowercase());
        let printable = model
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'#');
        let fits = !model.is_empty() && text.len() <= MAX_ID;
        let is_id = is_date && is_letter && printable && fits;
        let id = is_id.then(|| RateCardId(text.to_string()));
        id.ok_or(ParseRateCardIdError)
    }
}

impl TryFrom<String> for RateCardId {
    type Error = ParseRateCardIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<RateCardId> for String {
    fn from(id: RateCardId) -> Self {
        id.0
    }
}

impl fmt::Display for RateCardId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
