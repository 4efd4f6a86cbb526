//! From a listed model to a rate card, and the card as text for a file.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use shared::domain::rating::{MakerPrice, Pool, RateCard, RateCardId, RateTier};
use shared::domain::{Credits, Timestamp};

use super::decimal::Decimal;
use super::listed::{ListedModel, Prices};

/// What the caller decides about all cards.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// What is added to the maker's price, in percent of it.
    pub(super) margin: Decimal,
    /// Credits for a dollar.
    pub(super) credits_per_unit: Decimal,
    /// When the cards begin.
    pub(super) effective_from: Timestamp,
}

/// A card to review.
#[derive(Serialize)]
pub(super) struct Proposed {
    card: RateCard,
    /// Prices of the list that a card cannot have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) not_taken: Vec<String>,
}

/// Thousandths of a credit per credit, and millionths of a dollar per dollar, as powers
/// of ten.
const MILLI: i32 = 3;
const MICRO: i32 = 6;
/// Percent, as a power of ten.
const PERCENT: i32 = -2;

const TOO_LARGE: &str = "its prices are too large";

impl Proposed {
    pub(super) fn of(id: &str, listed: &ListedModel, terms: Terms) -> Result<Self, String> {
        let day = terms.effective_from.date();
        let card_id: RateCardId = format!("{id}@{day}")
            .parse()
            .map_err(|error| format!("{id:?} cannot be a model of a card: its id {error}"))?;
        let tiers = listed.tiers.iter().map(|(above, prices)| {
            Ok::<_, String>(RateTier {
                above_input_tokens: *above,
                milli_per_million: rates(prices, terms)?,
            })
        });
        let micros = listed.prices.iter().map(|(pool, price)| {
            let micros = price.shifted(MICRO).rounded_up();
            let micros = micros.and_then(|micros| u64::try_from(micros).ok());
            micros.map(|micros| (*pool, micros)).ok_or(TOO_LARGE)
        });
        let card = RateCard {
            id: card_id,
            effective_from: terms.effective_from,
            effective_until: None,
            milli_per_million: rates(&listed.prices, terms)?,
            tiers: tiers.collect::<Result<_, _>>()?,
            per_request_milli: Credits::ZERO,
            images: Vec::new(),
            provider_cost: None,
            maker_price: Some(MakerPrice {
                currency: "usd".parse().map_err(|error| format!("usd {error}"))?,
                micros_per_million: micros.collect::<Result<_, _>>()?,
            }),
        };
        card.check().map_err(|error| error.to_string())?;
        Ok(Proposed {
            card,
            not_taken: listed.not_taken.clone(),
        })
    }
}

fn rates(prices: &Prices, terms: Terms) -> Result<BTreeMap<Pool, Credits>, String> {
    let rate = |price: Decimal| {
        let share = terms.margin.plus(100)?.shifted(PERCENT);
        let credits = price.times(share)?.times(terms.credits_per_unit)?;
        let milli = credits.shifted(MILLI).rounded_up()?;
        i64::try_from(milli).ok().map(Credits::from_milli)
    };
    let rates = prices.iter().map(|(pool, price)| {
        let rate = rate(*price).ok_or(TOO_LARGE)?;
        Ok((*pool, rate))
    });
    rates.collect()
}

/// A table of the file, after an empty line.
impl fmt::Display for Proposed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let card = &self.card;
        writeln!(formatter)?;
        for name in &self.not_taken {
            writeln!(formatter, "# not in the card: {name}")?;
        }
        writeln!(formatter, "[[cards]]")?;
        writeln!(formatter, "id = {}", quoted(card.id.as_str()))?;
        writeln!(formatter, "effective_from = \"{}\"", card.effective_from)?;
        writeln!(formatter, "\n[cards.milli_per_million]")?;
        for (pool, rate) in &card.milli_per_million {
            writeln!(formatter, "{pool} = {}", rate.milli())?;
        }
        for tier in &card.tiers {
            let above = tier.above_input_tokens;
            writeln!(formatter, "\n[[cards.tiers]]\nabove_input_tokens = {above}")?;
            writeln!(formatter, "\n[cards.tiers.milli_per_million]")?;
            for (pool, rate) in &tier.milli_per_million {
                writeln!(formatter, "{pool} = {}", rate.milli())?;
            }
        }
        if let Some(maker) = &card.maker_price {
            let currency = maker.currency;
            writeln!(
                formatter,
                "\n[cards.maker_price]\ncurrency = \"{currency}\""
            )?;
            writeln!(formatter, "\n[cards.maker_price.micros_per_million]")?;
            for (pool, micros) in &maker.micros_per_million {
                writeln!(formatter, "{pool} = {micros}")?;
            }
        }
        Ok(())
    }
}

/// A text in quotes; JSON's are TOML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
