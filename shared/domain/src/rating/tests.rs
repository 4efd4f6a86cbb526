//! Rating by hand-worked cases and properties.

#![allow(clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{Credits, Timestamp};

mod cards;
mod estimates;
mod golden;
mod names;

/// 20 November 2026, midnight UTC.
const NOVEMBER: i64 = 1_795_132_800;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(NOVEMBER + seconds).unwrap()
}

/// A card with these rates, in whole credits per million tokens.
fn card(rates: &[(Pool, i64)]) -> RateCard {
    RateCard {
        id: "gpt-5@2026-11-20".parse().unwrap(),
        effective_from: at(0),
        effective_until: None,
        milli_per_million: per_million(rates),
        tiers: Vec::new(),
        per_request_milli: Credits::ZERO,
        images: Vec::new(),
        provider_cost: None,
        maker_price: None,
    }
}

fn per_million(rates: &[(Pool, i64)]) -> BTreeMap<Pool, Credits> {
    let rate = |whole: i64| Credits::from_whole(whole).unwrap();
    rates
        .iter()
        .map(|(pool, whole)| (*pool, rate(*whole)))
        .collect()
}

/// A quarter of a credit a call, 17 for a large image, 1,300 for a dollar.
fn with_calls_images_and_money(mut card: RateCard) -> RateCard {
    card.per_request_milli = Credits::from_milli(250);
    card.images = vec![ImageRate {
        size: "1024x1024".into(),
        quality: "high".into(),
        milli: Credits::from_whole(17).unwrap(),
    }];
    card.provider_cost = Some(ProviderCostRate {
        currency: "usd".parse().unwrap(),
        milli_per_unit: Credits::from_whole(1_300).unwrap(),
    });
    card
}

fn tokens(counts: &[(Pool, u32)]) -> MeteredUsage {
    MeteredUsage {
        tokens: counts.iter().copied().collect(),
        ..MeteredUsage::default()
    }
}

#[track_caller]
fn check(card: &RateCard, usage: &MeteredUsage, amount: &str, parts: &[&str]) {
    let rated = card.rate(usage).unwrap();
    let shown: Vec<String> = rated
        .rating
        .breakdown
        .iter()
        .map(|part| part.cost.to_string())
        .collect();
    assert_eq!(
        (rated.amount.to_string().as_str(), shown),
        (amount, parts.iter().map(ToString::to_string).collect())
    );
}

#[test]
fn each_pool_costs_its_own_rate_and_the_sum_is_rounded_up_once() {
    let card = card(&[
        (Pool::Input, 1_250),
        (Pool::CachedInput, 125),
        (Pool::Output, 10_000),
    ]);
    let used = tokens(&[
        (Pool::Input, 1_000),
        (Pool::CachedInput, 9_000),
        (Pool::Output, 7),
    ]);
    check(&card, &used, "2.445", &["1.25", "1.125", "0.07"]);
    check(
        &card,
        &tokens(&[(Pool::Input, 1)]),
        "0.002",
        &["0.00125", "0.00075"],
    );
}

#[test]
fn a_rate_of_zero_costs_nothing_and_a_missing_rate_is_an_error() {
    let card = card(&[(Pool::Input, 0)]);
    check(&card, &tokens(&[(Pool::Input, 5)]), "0", &["0"]);
    check(&card, &tokens(&[(Pool::Output, 0)]), "0", &[]);
    let missing = card.rate(&tokens(&[(Pool::Output, 1)])).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "the rate card gpt-5@2026-11-20 has no rate for output"
    );
}

#[test]
fn a_context_above_a_tier_is_rated_by_the_tier_as_a_whole() {
    let mut card = card(&[(Pool::Input, 1_000), (Pool::Output, 5_000)]);
    card.tiers = vec![RateTier {
        above_input_tokens: 200_000,
        milli_per_million: per_million(&[(Pool::Input, 2_000)]),
    }];
    card.check().unwrap();
    check(&card, &tokens(&[(Pool::Input, 200_000)]), "200", &["200"]);
    let above = tokens(&[(Pool::Input, 200_001), (Pool::Output, 1_000)]);
    check(&card, &above, "405.002", &["400.002", "5"]);
}

#[test]
fn calls_images_and_money_have_rates_of_their_own() {
    let card = with_calls_images_and_money(card(&[]));
    card.check().unwrap();
    let image = |size: &str| ImageUse {
        size: size.into(),
        quality: "high".into(),
        count: 2,
    };
    let used = MeteredUsage {
        images: vec![image("1024x1024")],
        provider_cost: Some(ProviderCost {
            currency: "usd".parse().unwrap(),
            amount_micros: 1_234,
        }),
        ..MeteredUsage::default()
    };
    check(&card, &used, "35.855", &["0.25", "34", "1.6042", "0.0008"]);
    let other = MeteredUsage {
        images: vec![image("512x512")],
        ..MeteredUsage::default()
    };
    assert!(matches!(
        card.rate(&other),
        Err(RatingError::NoImage { .. })
    ));
    let none = MeteredUsage {
        images: vec![ImageUse {
            count: 0,
            ..image("512x512")
        }],
        ..MeteredUsage::default()
    };
    check(&card, &none, "0.25", &["0.25"]);
    let euros = MeteredUsage {
        provider_cost: Some(ProviderCost {
            currency: "eur".parse().unwrap(),
            amount_micros: 1,
        }),
        ..MeteredUsage::default()
    };
    assert!(matches!(
        card.rate(&euros),
        Err(RatingError::NoCurrency { .. })
    ));
}

#[test]
fn the_dearest_use_is_refused_and_never_wraps() {
    let mut dear = card(&[]);
    dear.milli_per_million = [(Pool::Input, Credits::MAX_AMOUNT)].into();
    dear.check().unwrap();
    let all = dear.rate(&tokens(&[(Pool::Input, u32::MAX)]));
    assert_eq!(all, Err(RatingError::TooMuch));
    let most = dear.rate(&tokens(&[(Pool::Input, 1_000)])).unwrap();
    assert_eq!(most.amount, Credits::from_whole(1_000_000_000).unwrap());
}

fn rates() -> impl Strategy<Value = BTreeMap<Pool, Credits>> {
    let rate = (0..200_000_000_i64).prop_map(Credits::from_milli);
    prop::collection::vec(rate, 7).prop_map(|rates| Pool::ALL.into_iter().zip(rates).collect())
}

fn counts() -> impl Strategy<Value = BTreeMap<Pool, u32>> {
    prop::collection::btree_map(prop::sample::select(&Pool::ALL[..]), 0..300_000_u32, 0..=7)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_sum_of_a_breakdown_is_the_charge(rates in rates(), tokens in counts(), fee in 0..5_000_i64) {
        let mut card = card(&[]);
        card.milli_per_million = rates;
        card.per_request_milli = Credits::from_milli(fee);
        let rated = card.rate(&MeteredUsage { tokens, ..MeteredUsage::default() }).unwrap();
        let sum: u64 = rated.rating.breakdown.iter().map(|part| part.cost.get()).sum();
        prop_assert_eq!(i128::from(sum), i128::from(rated.amount.milli()) * 1_000_000);
        let rounding = rated.rating.breakdown.iter().filter(|part| part.unit == RatedUnit::Rounding);
        prop_assert!(rounding.clone().all(|part| part.cost.get() < 1_000_000));
    }

    #[test]
    fn splitting_a_use_costs_at_most_a_thousandth_per_charge_more_and_never_less(
        rates in rates(), parts in prop::collection::vec(counts(), 1..6),
    ) {
        let mut card = card(&[]);
        card.milli_per_million = rates;
        let mut whole: BTreeMap<Pool, u32> = BTreeMap::new();
        let mut split = 0;
        for tokens in &parts {
            for (pool, count) in tokens {
                *whole.entry(*pool).or_default() += count;
            }
            let usage = MeteredUsage { tokens: tokens.clone(), ..MeteredUsage::default() };
            split += card.rate(&usage).unwrap().amount.milli();
        }
        let whole = MeteredUsage { tokens: whole, ..MeteredUsage::default() };
        let whole = card.rate(&whole).unwrap().amount.milli();
        let charges = i64::try_from(parts.len()).unwrap();
        prop_assert!((whole..=whole + charges).contains(&split), "{split} for {whole}");
    }

    #[test]
    fn an_estimate_is_never_less_than_a_use_within_it(
        rates in rates(), dearer in rates(), tokens in counts(), tier in 1..400_000_u32,
    ) {
        let mut card = card(&[]);
        card.milli_per_million = rates;
        card.tiers = vec![RateTier { above_input_tokens: tier, milli_per_million: dearer }];
        let count = |pools: &[Pool]| pools.iter().filter_map(|pool| tokens.get(pool)).sum();
        let estimate = Estimate {
            input: count(&[Pool::Input, Pool::CachedInput, Pool::CacheWrite]),
            max_output: count(&[Pool::Output, Pool::Reasoning]),
            input_audio: count(&[Pool::InputAudio]),
            max_output_audio: count(&[Pool::OutputAudio]),
            ..Estimate::default()
        };
        let most = card.estimate(&estimate).unwrap();
        let used = card.rate(&MeteredUsage { tokens, ..MeteredUsage::default() }).unwrap();
        prop_assert!(used.amount <= most, "{} of {most}", used.amount);
    }
}
