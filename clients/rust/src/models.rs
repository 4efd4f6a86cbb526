//! The models on offer and what they cost, as the API answers them.

use serde::Deserialize;

use crate::amount::Amount;

/// The models on offer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Models {
    /// The models.
    pub models: Vec<Model>,
}

/// A model and its price.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Model {
    /// Its id, as charges name it.
    pub id: String,
    /// The name to show.
    pub name: String,
    /// Who runs it.
    pub provider: String,
    /// What it can do.
    pub capabilities: Vec<String>,
    /// Its context, in tokens.
    pub context_length: u32,
    /// Its longest answer, in tokens.
    pub max_output_tokens: u32,
    /// What a thousand tokens cost if all cost the same, else about what they cost.
    #[serde(rename = "creditsPer1kTokens")]
    pub credits_per_1k_tokens: Amount,
    /// The rate card in force, `gpt-5@2026-11-20`.
    #[serde(default)]
    pub rate_card: Option<String>,
    /// Since when it is in force.
    #[serde(default)]
    pub effective_from: Option<String>,
    /// What a million tokens cost, by pool.
    #[serde(default)]
    pub pools: PoolRates,
    /// What a call costs, whatever it used.
    #[serde(default)]
    pub per_request: Option<Amount>,
    /// What images cost.
    #[serde(default)]
    pub images: Vec<ImageRate>,
    /// Other rates for all tokens of a call with a longer context, by rising length.
    #[serde(default)]
    pub tiers: Vec<RateTier>,
}

/// Credits per million tokens, by pool; none for a pool without a rate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct PoolRates {
    /// Input that no cache had.
    pub input: Option<Amount>,
    /// Input read from the maker's cache.
    pub cached_input: Option<Amount>,
    /// Input written to the maker's cache.
    pub cache_write: Option<Amount>,
    /// Output that the caller sees.
    pub output: Option<Amount>,
    /// Output spent on reasoning.
    pub reasoning: Option<Amount>,
    /// Audio in.
    pub input_audio: Option<Amount>,
    /// Audio out.
    pub output_audio: Option<Amount>,
}

/// What an image of one size and quality costs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ImageRate {
    /// The size as the maker names it.
    pub size: String,
    /// The quality as the maker names it.
    pub quality: String,
    /// The price.
    pub credits: Amount,
}

/// Rates above a length of context.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RateTier {
    /// The length in tokens; the rates are for longer contexts.
    pub above_input_tokens: u32,
    /// The pools whose rate differs.
    pub pools: PoolRates,
}
