//! The response body of `GET /v1/models`. Fields are only ever added, because installed
//! apps read them.

use std::collections::BTreeMap;

use serde::Serialize;
use shared::domain::rating::{Pool, RateCard};
use shared::domain::{Credits, Model, Timestamp};
use shared::store::ModelList;

/// The models on offer.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = Models))]
pub(crate) struct ModelsBody<'a> {
    models: Vec<ModelBody<'a>>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = Model))]
struct ModelBody<'a> {
    id: &'a str,
    name: &'a str,
    provider: &'a str,
    capabilities: &'a [String],
    context_length: u32,
    max_output_tokens: u32,
    /// What a thousand tokens cost if all cost the same, else about what they cost.
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Amount))]
    #[serde(rename = "creditsPer1kTokens")]
    credits_per_1k_tokens: String,
    /// The rate card in force. Without one, use of the model cannot be charged by counts.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    rate_card: Option<&'a str>,
    /// Since when it is in force.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<shared::http::openapi::Moment>, required = true))]
    effective_from: Option<Timestamp>,
    /// What a million tokens cost, by pool. Counts of other pools are refused.
    pools: PoolRatesBody,
    /// What a call costs, whatever it used.
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Amount))]
    per_request: String,
    /// What images cost.
    images: Vec<ImageRateBody<'a>>,
    /// Other rates for all tokens of a call with a longer context, by rising length.
    tiers: Vec<RateTierBody>,
}

/// Credits per million tokens, by pool.
#[derive(Clone, Debug, Default, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = PoolRates))]
struct PoolRatesBody {
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Amount, required = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Amount, required = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    cached_input: Option<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Amount, required = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_write: Option<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Amount, required = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Amount, required = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Amount, required = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    input_audio: Option<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Amount, required = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    output_audio: Option<String>,
}

/// What an image of one size and quality costs.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = ImageRate))]
struct ImageRateBody<'a> {
    size: &'a str,
    quality: &'a str,
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Amount))]
    credits: String,
}

/// Rates above a length of context.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = RateTier))]
struct RateTierBody {
    /// The length in tokens; the rates are for longer contexts.
    above_input_tokens: u32,
    /// The pools whose rate differs.
    pools: PoolRatesBody,
}

impl<'a> ModelsBody<'a> {
    /// The models with the cards that are in force at `now`.
    pub(crate) fn of(list: &'a ModelList, now: Timestamp) -> Self {
        let models = list.models.iter();
        let models = models.map(|model| ModelBody::of(model, list.cards.in_force(&model.id, now)));
        ModelsBody {
            models: models.collect(),
        }
    }
}

impl<'a> ModelBody<'a> {
    fn of(model: &'a Model, card: Option<&'a RateCard>) -> Self {
        let images = card.map_or(&[][..], |card| card.images.as_slice());
        let tiers = card.map_or(&[][..], |card| card.tiers.as_slice());
        let per_1k = card.and_then(per_thousand);
        ModelBody {
            id: &model.id,
            name: &model.name,
            provider: &model.provider,
            capabilities: &model.capabilities,
            context_length: model.context_length,
            max_output_tokens: model.max_output_tokens,
            credits_per_1k_tokens: per_1k.unwrap_or(model.credits_per_1k_tokens).to_string(),
            rate_card: card.map(|card| card.id.as_str()),
            effective_from: card.map(|card| card.effective_from),
            pools: card.map_or_else(PoolRatesBody::default, |card| {
                PoolRatesBody::of(&card.milli_per_million)
            }),
            per_request: card
                .map_or(Credits::ZERO, |it| it.per_request_milli)
                .to_string(),
            images: images
                .iter()
                .map(|image| ImageRateBody {
                    size: &image.size,
                    quality: &image.quality,
                    credits: image.milli.to_string(),
                })
                .collect(),
            tiers: tiers
                .iter()
                .map(|tier| RateTierBody {
                    above_input_tokens: tier.above_input_tokens,
                    pools: PoolRatesBody::of(&tier.milli_per_million),
                })
                .collect(),
        }
    }
}

impl PoolRatesBody {
    fn of(rates: &BTreeMap<Pool, Credits>) -> Self {
        let of = |pool| rates.get(&pool).map(Credits::to_string);
        PoolRatesBody {
            input: of(Pool::Input),
            cached_input: of(Pool::CachedInput),
            cache_write: of(Pool::CacheWrite),
            output: of(Pool::Output),
            reasoning: of(Pool::Reasoning),
            input_audio: of(Pool::InputAudio),
            output_audio: of(Pool::OutputAudio),
        }
    }
}

/// A million tokens have so many thousands.
const THOUSANDS: i64 = 1000;

/// What a thousand tokens cost by a card on which all tokens cost the same and nothing
/// else costs anything; none if that is not a whole number of thousandths.
fn per_thousand(card: &RateCard) -> Option<Credits> {
    let mut rates = card.milli_per_million.values();
    let rate = *rates.next()?;
    let is_simple = rates.all(|other| *other == rate)
        && card.tiers.is_empty()
        && card.images.is_empty()
        && card.per_request_milli.is_zero()
        && card.provider_cost.is_none();
    let is_exact = rate.milli().checked_rem(THOUSANDS) == Some(0);
    let milli = rate.milli().checked_div(THOUSANDS)?;
    (is_simple && is_exact).then_some(Credits::from_milli(milli))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(text: &str) -> RateCard {
        let head = r#""id": "m@2026-01-01", "effective_from": "2026-01-01T00:00:00Z""#;
        serde_json::from_str(&format!("{{{head}, {text}}}")).unwrap()
    }

    #[test]
    fn a_thousand_tokens_have_a_price_if_all_tokens_cost_the_same() {
        for (text, shown) in [
            (
                r#""milli_per_million": {"input": 2500000, "output": 2500000}"#,
                Some("2.5"),
            ),
            (r#""milli_per_million": {"input": 0}"#, Some("0")),
            (
                r#""milli_per_million": {"input": 2500000, "output": 1}"#,
                None,
            ),
            (r#""milli_per_million": {"input": 500}"#, None),
            (
                r#""milli_per_million": {"input": 1000}, "per_request_milli": 1"#,
                None,
            ),
            (
                r#""milli_per_million": {"input": 1000}, "tiers": [{"above_input_tokens": 5, "milli_per_million": {"input": 2000}}]"#,
                None,
            ),
            (r#""per_request_milli": 1"#, None),
        ] {
            let found = per_thousand(&card(text)).map(|credits| credits.to_string());
            assert_eq!(found.as_deref(), shown, "{text}");
        }
    }
}
