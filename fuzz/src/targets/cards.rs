//! Rate cards: a card that passes its check rates any use exactly, by parts that add up,
//! and no use costs more than its estimate.

use std::collections::BTreeMap;

use shared::domain::rating::{
    Estimate, ImageRate, ImageUse, MeteredUsage, Pool, ProviderCost, ProviderCostRate, RateCard,
    RateTier, RatedUnit,
};
use shared::domain::{Credits, Timestamp};

use crate::draw::Draw;
use crate::target::{Problem, Target};

/// Bytes that a card and a use are drawn from, or after a `=` a unit's or a card's name.
pub(crate) const TARGET: Target = Target {
    name: "cards",
    about: "rate cards, what a use costs by them and what it is estimated at",
    longest: 512,
    run,
    seeds,
};

const NANO_PER_MILLI: u128 = 1_000_000;
const NAMES: [&str; 4] = ["1024x1024", "high", "", "a b"];

fn run(input: &[u8]) -> Result<(), Problem> {
    if let Some((b'=', name)) = input.split_first() {
        return names(&String::from_utf8_lossy(name));
    }
    let mut draw = Draw::of(input);
    let Some(card) = card(&mut draw) else {
        return Ok(());
    };
    if card.check().is_err() {
        return Ok(());
    }
    let (usage, estimate) = used(&mut draw);
    // More tokens than an estimate can name are within none.
    let within = |pool: &u32| *pool <= u32::MAX / 3;
    let is_within = usage.tokens.values().all(within);
    let Ok(rated) = card.rate(&usage) else {
        return Ok(());
    };
    let parts = rated.rating.breakdown.iter();
    let sum: u128 = parts.map(|part| u128::from(part.cost.get())).sum();
    let amount = u128::try_from(rated.amount.milli()).map_err(|_| "a use earns credits")?;
    if amount.saturating_mul(NANO_PER_MILLI) != sum {
        return Err(format!("{amount} thousandths are not {sum} billionths"));
    }
    if !rated.amount.is_amount() {
        return Err(format!("{amount} is no amount"));
    }
    if card.rate(&usage) != Ok(rated.clone()) {
        return Err("the same use costs two amounts".to_string());
    }
    match card.estimate(&estimate) {
        Ok(most) if is_within && most < rated.amount => {
            Err(format!("{} is more than the estimate {most}", rated.amount))
        }
        // It may be too much to hold, or of a pool that the card does not have.
        Ok(_) | Err(_) => Ok(()),
    }
}

fn names(name: &str) -> Result<(), Problem> {
    if let Ok(unit) = name.parse::<RatedUnit>()
        && unit.to_string() != name
    {
        return Err(format!("{name:?} is the unit {unit}"));
    }
    if let Ok(id) = name.parse::<shared::domain::rating::RateCardId>()
        && (id.as_str() != name || !name.starts_with(id.model_id()))
    {
        return Err(format!("{name:?} is the card {id}"));
    }
    Ok(())
}

fn credits(draw: &mut Draw<'_>) -> Credits {
    let milli = i64::try_from(draw.number()).unwrap_or(i64::MAX);
    Credits::from_milli(if draw.byte() == 255 { -milli } else { milli })
}

fn rates(draw: &mut Draw<'_>) -> BTreeMap<Pool, Credits> {
    let which = draw.byte();
    let pools = Pool::ALL.iter().enumerate();
    let drawn = pools.filter(|(number, _)| which & (1 << number) != 0);
    drawn.map(|(_, pool)| (*pool, credits(draw))).collect()
}

fn card(draw: &mut Draw<'_>) -> Option<RateCard> {
    let currency = |draw: &mut Draw<'_>| draw.one(&["usd", "eur"])?.parse().ok();
    let mut card = RateCard {
        id: "model@2025-01-01".parse().ok()?,
        effective_from: "2025-01-01T00:00:00Z".parse::<Timestamp>().ok()?,
        effective_until: None,
        milli_per_million: rates(draw),
        tiers: Vec::new(),
        per_request_milli: Credits::ZERO,
        images: Vec::new(),
        provider_cost: None,
        maker_price: None,
    };
    let has = draw.byte();
    if has & 1 != 0 {
        card.per_request_milli = credits(draw);
    }
    for _ in 0..(has >> 4) % 6 {
        card.tiers.push(RateTier {
            above_input_tokens: draw.u32() % 1_000_000,
            milli_per_million: rates(draw),
        });
    }
    card.tiers.sort_by_key(|tier| tier.above_input_tokens);
    if has & 2 != 0 {
        card.images.push(ImageRate {
            size: draw.one(&NAMES)?.to_string(),
            quality: draw.one(&NAMES)?.to_string(),
            milli: credits(draw),
        });
    }
    if has & 4 != 0 {
        card.provider_cost = Some(ProviderCostRate {
            currency: currency(draw)?,
            milli_per_unit: credits(draw),
        });
    }
    Some(card)
}

/// A use, and the estimate that it is within.
fn used(draw: &mut Draw<'_>) -> (MeteredUsage, Estimate) {
    let mut usage = MeteredUsage::default();
    let which = draw.byte();
    for (number, pool) in Pool::ALL.iter().enumerate() {
        if which & (1 << number) != 0 {
            let count = u32::try_from(draw.number()).unwrap_or(u32::MAX);
            usage.tokens.insert(*pool, count);
        }
    }
    if which & 128 != 0 {
        let size = draw.one(&NAMES).unwrap_or_default().to_string();
        let quality = draw.one(&NAMES).unwrap_or_default().to_string();
        let count = u32::from(draw.byte());
        usage.images.push(ImageUse {
            size,
            quality,
            count,
        });
    }
    if draw.flag() {
        let currency = draw.one(&["usd", "eur"]).and_then(|it| it.parse().ok());
        usage.provider_cost = currency.map(|currency| ProviderCost {
            currency,
            amount_micros: draw.number(),
        });
    }
    let of = |pools: &[Pool]| {
        let counts = pools.iter().filter_map(|pool| usage.tokens.get(pool));
        counts.fold(0_u32, |sum, count| sum.saturating_add(*count))
    };
    let estimate = Estimate {
        input: of(&[Pool::Input, Pool::CachedInput, Pool::CacheWrite]),
        max_output: of(&[Pool::Output, Pool::Reasoning]),
        input_audio: of(&[Pool::InputAudio]),
        max_output_audio: of(&[Pool::OutputAudio]),
        images: usage.images.clone(),
        provider_cost: usage.provider_cost,
    };
    (usage, estimate)
}

fn seeds() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = [
        "=images:1024x1024:high",
        "=cachedInput",
        "=gpt-5@2025-01-01",
    ]
    .iter()
    .map(|it| it.as_bytes().to_vec())
    .collect();
    for number in 0..32_u8 {
        all.push(
            (0..96_u8)
                .map(|at| at.wrapping_mul(number).wrapping_add(number))
                .collect(),
        );
    }
    all
}
