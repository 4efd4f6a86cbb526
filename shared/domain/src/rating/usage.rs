//! What a call used, as counted by the maker or the caller.
//!
//! Counts are plain data. Whether a card has a rate for them is decided in `rate`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Pool;

/// What one call used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MeteredUsage {
    /// Tokens by pool, each token in one pool.
    pub tokens: BTreeMap<Pool, u32>,
    /// Images made.
    pub images: Vec<ImageUse>,
    /// What the maker charged for the call in money, for images, video and search.
    pub provider_cost: Option<ProviderCost>,
}

/// Images of one size and quality.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageUse {
    /// The size as the maker names it, `1024x1024`.
    pub size: String,
    /// The quality as the maker names it, `high`.
    pub quality: String,
    /// How many.
    pub count: u32,
}

/// Money that a call cost at its maker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderCost {
    /// The currency.
    pub currency: Currency,
    /// Millionths of a unit of the currency.
    pub amount_micros: u64,
}

/// A currency, by its ISO 4217 code in lower case, as Stripe writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// A text that is no currency code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a currency code of three lower-case letters, such as usd")]
pub struct ParseCurrencyError;

impl Currency {
    /// The code.
    pub fn as_str(&self) -> &str {
        // Only ASCII letters get in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Currency {
    type Err = ParseCurrencyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let code = <[u8; 3]>::try_from(text.as_bytes()).map_err(|_| ParseCurrencyError)?;
        let is_code = code.iter().all(u8::is_ascii_lowercase);
        is_code.then_some(Currency(code)).ok_or(ParseCurrencyError)
    }
}

impl TryFrom<String> for Currency {
    type Error = ParseCurrencyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_string()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl MeteredUsage {
    /// The length of the call's context: all tokens that went in.
    pub fn input_tokens(&self) -> u64 {
        let input = self.tokens.iter().filter(|(pool, _)| pool.is_input());
        input.fold(0_u64, |sum, (_, count)| {
            sum.saturating_add(u64::from(*count))
        })
    }
}
