//! The fields `usage` and `estimate`: what a call used, or may use at most.

use serde_json::Value;
use shared::domain::rating::{Currency, Estimate, ImageUse, MeteredUsage, Pool, ProviderCost};
use shared::http::Fields;

const TOKENS: &str = "must be a whole number from 0 to 4294967295";
/// A call makes images of one kind, or of a few.
pub(crate) const MAX_IMAGES: usize = 4;
/// The longest name of a size or a quality; cards have none that are longer.
pub(crate) const MAX_IMAGE_WORD: usize = 20;
/// A million units of money.
pub(crate) const MAX_COST_MICROS: u64 = 1_000_000_000_000;
const WORD: &str = "must be a text of 1 to 20 characters";
const MICROS: &str = "must be a whole number of millionths from 0 to 1000000000000";

/// `usage`, optional: each token in one pool.
pub(crate) fn used(body: &mut Fields) -> Option<MeteredUsage> {
    body.object("usage", |usage| {
        let mut tokens = std::collections::BTreeMap::new();
        for pool in Pool::ALL {
            let count = count(usage, pool.as_str());
            tokens.extend(count.filter(|count| *count > 0).map(|count| (pool, count)));
        }
        MeteredUsage {
            tokens,
            images: images(usage),
            provider_cost: provider_cost(usage),
        }
    })
}

/// `estimate`, optional: the most that a call uses.
pub(crate) fn estimate(body: &mut Fields) -> Option<Estimate> {
    body.object("estimate", |estimate| {
        let mut tokens = |name| count(estimate, name).unwrap_or(0);
        Estimate {
            input: tokens("input"),
            max_output: tokens("maxOutput"),
            input_audio: tokens("inputAudio"),
            max_output_audio: tokens("maxOutputAudio"),
            images: images(estimate),
            provider_cost: provider_cost(estimate),
        }
    })
}

fn count(fields: &mut Fields, name: &str) -> Option<u32> {
    let whole = |value: &Value| value.as_u64()?.try_into().ok();
    fields.take(name, TOKENS, whole)
}

fn images(fields: &mut Fields) -> Vec<ImageUse> {
    let image = |image: &mut Fields| {
        let size = word(image, "size");
        let quality = word(image, "quality");
        if !image.contains("count") {
            image.problem("count", "is required");
        }
        let count = count(image, "count")?;
        Some(ImageUse {
            size: size?,
            quality: quality?,
            count,
        })
    };
    let images = fields.objects("images", 1..=MAX_IMAGES, image);
    images.unwrap_or_default().into_iter().flatten().collect()
}

fn word(fields: &mut Fields, name: &str) -> Option<String> {
    if !fields.contains(name) {
        fields.problem(name, "is required");
    }
    fields.take(name, WORD, |value| {
        let text = value.as_str()?;
        (1..=MAX_IMAGE_WORD)
            .contains(&text.chars().count())
            .then(|| text.to_string())
    })
}

fn provider_cost(fields: &mut Fields) -> Option<ProviderCost> {
    let cost = fields.object("providerCost", |cost| {
        for name in ["currency", "amountMicros"] {
            if !cost.contains(name) {
                cost.problem(name, "is required");
            }
        }
        let expected = "must be a currency code of three lower-case letters, such as usd";
        let currency = cost.take("currency", expected, |value| {
            value.as_str()?.parse::<Currency>().ok()
        });
        let amount_micros = cost.take("amountMicros", MICROS, |value| {
            value.as_u64().filter(|micros| *micros <= MAX_COST_MICROS)
        });
        Some(ProviderCost {
            currency: currency?,
            amount_micros: amount_micros?,
        })
    });
    cost.flatten()
}
