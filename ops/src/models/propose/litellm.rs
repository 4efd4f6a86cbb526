//! Lists in the shape of LiteLLM's `model_prices_and_context_window.json`: an object of
//! models, each with its prices in US dollars per token.
//!
//! Prices of other terms of service (batches, flexible, priority, longer caches) are not
//! those of a card, and are passed over.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use shared::domain::rating::Pool;

use super::decimal::Decimal;
use super::listed::{ListedModel, PriceList};

/// What the list has beside models.
const NO_MODELS: [&str; 2] = ["fallback_generalizations", "sample_spec"];
/// The ends of names of prices of other terms.
const OTHER_TERMS: [&str; 4] = ["_above_1hr", "_batches", "_flex", "_priority"];
/// A price per token, times a million.
const PER_MILLION: i32 = 6;

type Fields<'a> = BTreeMap<String, &'a RawValue>;

pub(super) fn read(text: &str) -> Result<PriceList, String> {
    let models: Fields<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let models = models.into_iter();
    let models = models.filter(|(name, _)| !NO_MODELS.contains(&name.as_str()));
    Ok(models.map(|(name, raw)| (name, model(raw))).collect())
}

fn model(raw: &RawValue) -> Result<ListedModel, String> {
    let fields: Fields<'_> =
        serde_json::from_str(raw.get()).map_err(|_| "it is not an object".to_string())?;
    let mut listed = ListedModel::default();
    for (name, raw) in &fields {
        let text = raw.get();
        if text == "null" || !name.contains("cost") || is_of_other_terms(name) {
            continue;
        }
        let price = text.parse::<Decimal>();
        match (pool_and_tier(name), price) {
            (Some((pool, tier)), Ok(price)) => {
                let prices = match tier {
                    None => &mut listed.prices,
                    Some(above) => listed.tiers.entry(above).or_default(),
                };
                prices.insert(pool, price.shifted(PER_MILLION));
            }
            (Some(_), Err(problem)) => return Err(format!("{name} {problem}")),
            (None, Ok(price)) if price.is_zero() => {}
            (None, _) => listed.not_taken.push(name.clone()),
        }
    }
    if !listed.prices.contains_key(&Pool::Input) {
        return Err("it has no input_cost_per_token".to_string());
    }
    let reasons = fields.get("supports_reasoning");
    Ok(match reasons.map(|raw| raw.get()) {
        Some("true") => listed.with_reasoning(),
        Some(_) | None => listed,
    })
}

fn is_of_other_terms(name: &str) -> bool {
    OTHER_TERMS.iter().any(|end| name.contains(end))
}

/// The pool that a price is for, and the length of context above which it is.
fn pool_and_tier(name: &str) -> Option<(Pool, Option<u32>)> {
    let (base, tier) = match name.split_once("_above_") {
        None => (name, None),
        Some((base, above)) => (base, Some(length(above.strip_suffix("_tokens")?)?)),
    };
    let pool = match base {
        "input_cost_per_token" => Pool::Input,
        "cache_read_input_token_cost" => Pool::CachedInput,
        "cache_creation_input_token_cost" => Pool::CacheWrite,
        "output_cost_per_token" => Pool::Output,
        "output_cost_per_reasoning_token" => Pool::Reasoning,
        "input_cost_per_audio_token" => Pool::InputAudio,
        "output_cost_per_audio_token" => Pool::OutputAudio,
        _ => return None,
    };
    Some((pool, tier))
}

/// `200k` or `200000`.
fn length(text: &str) -> Option<u32> {
    match text.strip_suffix('k') {
        Some(thousands) => thousands.parse::<u32>().ok()?.checked_mul(1000),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(fields: &str) -> Result<ListedModel, String> {
        let mut list = read(&format!("{{\"sample_spec\": 1, \"m\": {{{fields}}}}}")).unwrap();
        assert_eq!(list.len(), 1);
        list.remove("m").unwrap()
    }

    #[test]
    fn prices_per_token_are_prices_per_million_by_pool_and_length() {
        let listed = one(
            "\"input_cost_per_token\": 1.25e-06, \"output_cost_per_token\": 0.00001, \
             \"output_cost_per_token_above_200k_tokens\": 1.5e-5, \"supports_reasoning\": true, \
             \"output_cost_per_token_batches\": 1, \"input_cost_per_image\": 0.0, \
             \"input_cost_per_audio_token\": null, \"mode\": \"chat\", \
             \"search_context_cost_per_query\": {\"low\": 0.01}",
        )
        .unwrap();
        let shown = |prices: &BTreeMap<Pool, Decimal>| -> Vec<String> {
            prices
                .iter()
                .map(|(pool, price)| format!("{pool} {price}"))
                .collect()
        };
        assert_eq!(
            shown(&listed.prices),
            ["input 1.25", "output 10", "reasoning 10"]
        );
        assert_eq!(
            shown(&listed.tiers[&200_000]),
            ["output 15", "reasoning 15"]
        );
        assert_eq!(listed.not_taken, ["search_context_cost_per_query"]);
    }

    #[test]
    fn a_model_without_a_price_that_can_be_read_says_so() {
        for (fields, problem) in [
            ("", "it has no input_cost_per_token"),
            (
                "\"input_cost_per_token\": -1",
                "input_cost_per_token is negative",
            ),
            (
                "\"input_cost_per_token\": \"1\"",
                "input_cost_per_token is not a decimal number",
            ),
        ] {
            assert_eq!(one(fields), Err(problem.to_string()));
        }
        assert_eq!(
            read("{\"m\": 5}").unwrap()["m"],
            Err("it is not an object".to_string())
        );
        assert!(read("[]").is_err());
    }
}
