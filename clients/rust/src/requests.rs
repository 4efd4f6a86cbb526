//! What is asked of the API: amounts and what they are for, terms of holds, keys, queries, changes.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::amount::{Amount, Temperature};
use crate::machine;
use crate::usage::TokenUsage;
use crate::words::{EntryKind, Operation};

/// The key of a command. Under one key a command is carried out once; it is 1 to 64 letters, digits and `_-.:`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdempotencyKey(String);

/// Why a text is not an [`IdempotencyKey`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key is 1 to 64 letters, digits and _-.:")]
pub struct InvalidKey;

impl IdempotencyKey {
    /// A key that nobody else has.
    pub fn unique() -> Self {
        IdempotencyKey(machine::unique())
    }

    /// The key as it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IdempotencyKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte);
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(is_part);
        fits.then(|| IdempotencyKey(text.to_string()))
            .ok_or(InvalidKey)
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// An amount, or a use that the server rates, and what it was for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Spending {
    /// The amount, from 0 to 1,000,000,000,000 credits; instead of `usage`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// What was used of the model, which must be named; instead of `amount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<MeteredUsage>,
    /// The id of a model on offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_id: Option<String>,
    /// What the model was used for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// Tokens read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u32>,
    /// Tokens written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u32>,
    /// A text of up to 100 characters by which the entry is found again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The conversation that the call is part of, 1 to 64 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

impl Spending {
    /// An amount and nothing said about it; the other fields can be set.
    pub fn of(amount: Amount) -> Self {
        Spending {
            amount: Some(amount),
            ..Spending::default()
        }
    }

    /// What was used of a model; the other fields can be set.
    pub fn rated(model_id: impl Into<String>, usage: impl Into<MeteredUsage>) -> Self {
        Spending {
            model_id: Some(model_id.into()),
            usage: Some(usage.into()),
            ..Spending::default()
        }
    }
}

/// What a call used: tokens, images, and what the maker charged in money.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MeteredUsage {
    /// Tokens, each in one pool.
    #[serde(flatten)]
    pub tokens: TokenUsage,
    /// Images, of at most four kinds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<ImageUse>,
    /// What the maker charged in money.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_cost: Option<ProviderCost>,
}

impl From<TokenUsage> for MeteredUsage {
    fn from(tokens: TokenUsage) -> Self {
        MeteredUsage {
            tokens,
            ..MeteredUsage::default()
        }
    }
}

/// Images of one size and quality, as the maker names them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImageUse {
    /// The size, `1024x1024`.
    pub size: String,
    /// The quality, `high`.
    pub quality: String,
    /// How many.
    pub count: u32,
}

/// Money that a call cost at its maker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderCost {
    /// The currency, `usd`.
    pub currency: String,
    /// Millionths of a unit of it.
    pub amount_micros: u64,
}

/// The most that a call uses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Estimate {
    /// Tokens of input, cached or not.
    pub input: u32,
    /// Tokens of output at most, reasoning included.
    pub max_output: u32,
    /// Audio tokens in.
    pub input_audio: u32,
    /// Audio tokens out at most.
    pub max_output_audio: u32,
    /// Images at most.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<ImageUse>,
    /// The maker's cost in money at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_cost: Option<ProviderCost>,
}

/// What happens to a hold that nobody commits or releases in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OnExpiry {
    /// All of it is free again.
    #[default]
    Release,
    /// The last reported amount is charged.
    Settle,
}

/// The terms of a hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HoldTerms {
    /// The amount to reserve; instead of `estimate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// The most that the call of the model uses, which must be named; instead of `amount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
    /// The id of a model on offer, for an estimate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_id: Option<String>,
    /// The time after which it expires: 1 to 86400 seconds. The API's default is 300.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_seconds: Option<u32>,
    /// What happens then.
    pub on_expiry: OnExpiry,
}

impl HoldTerms {
    /// A hold of an amount for the default time, released at its expiry; the other fields can be set.
    pub fn of(amount: Amount) -> Self {
        HoldTerms {
            amount: Some(amount),
            ..HoldTerms::default()
        }
    }

    /// A hold of the most that a call of a model costs; the other fields can be set.
    pub fn estimated(model_id: impl Into<String>, estimate: Estimate) -> Self {
        HoldTerms {
            model_id: Some(model_id.into()),
            estimate: Some(estimate),
            ..HoldTerms::default()
        }
    }
}

/// Which entries of the ledger to answer. The default is the newest 20 of every kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryQuery {
    /// How many, 1 to 100.
    pub limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
    /// One kind alone.
    pub kind: Option<EntryKind>,
}

/// What the rows of a usage answer stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// A row for each day.
    Day,
    /// A row for each model.
    Model,
    /// A row for each kind of call.
    Operation,
    /// A row for each conversation.
    Session,
}

/// Which use to sum up. The default is the last 30 days, by day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageQuery {
    /// The start: a date such as `2025-11-06`, or an RFC 3339 time.
    pub from: Option<String>,
    /// The end, inclusive.
    pub to: Option<String>,
    /// What the rows stand for.
    pub group_by: Option<GroupBy>,
}

/// A change of preferences: what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PreferencesChange {
    /// The id of a model on offer, or `Some(None)` for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_model: Option<Option<String>>,
    /// Whether e-mails are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_notifications: Option<bool>,
    /// Whether low credits are announced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage_alerts: Option<bool>,
    /// Whether answers are streamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_streaming: Option<bool>,
    /// The longest answer of a model, in tokens, 1 to 1,000,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// The temperature of models, 0 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<Temperature>,
}

impl Serialize for IdempotencyKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_what_the_api_accepts() {
        let longest = "k".repeat(64);
        for key in ["a", "Call-1:x_y.z", longest.as_str()] {
            assert_eq!(key.parse::<IdempotencyKey>().unwrap().as_str(), key);
        }
        for key in ["", "a b", "é", "a/b", &"k".repeat(65)] {
            assert_eq!(key.parse::<IdempotencyKey>(), Err(InvalidKey), "{key:?}");
        }
        let unique = IdempotencyKey::unique();
        assert_eq!(
            unique.as_str().parse::<IdempotencyKey>(),
            Ok(unique.clone())
        );
        assert_ne!(unique, IdempotencyKey::unique());
    }

    fn text<T: Serialize>(body: &T) -> String {
        serde_json::to_string(body).unwrap()
    }

    #[test]
    fn a_body_names_what_was_set_and_nothing_else() {
        let mut spending = Spending::of(Amount::from_thousandths(120_500));
        assert_eq!(text(&spending), r#"{"amount":"120.5"}"#);
        spending.operation = Some(Operation::FunctionCall);
        assert_eq!(
            text(&spending),
            r#"{"amount":"120.5","operation":"function_call"}"#
        );
        let usage = TokenUsage {
            cached_input: 9,
            ..TokenUsage::default()
        };
        assert_eq!(
            text(&Spending::rated("gpt-5", usage)),
            r#"{"usage":{"cachedInput":9},"modelId":"gpt-5"}"#
        );
        let estimated = HoldTerms::estimated("gpt-5", Estimate::default());
        assert!(text(&estimated).contains(r#""maxOutput":0"#));
        let terms = HoldTerms::of(Amount::ZERO);
        assert_eq!(text(&terms), r#"{"amount":"0","onExpiry":"release"}"#);
        let change = PreferencesChange {
            default_model: Some(None),
            temperature: Some(Temperature::from_hundredths(70)),
            ..PreferencesChange::default()
        };
        assert_eq!(
            text(&change),
            r#"{"defaultModel":null,"temperature":"0.7"}"#
        );
    }
}
