//! Estimates take the dearest of what may happen.

use super::*;

fn sonnet() -> RateCard {
    card(&[
        (Pool::Input, 3_000),
        (Pool::CachedInput, 300),
        (Pool::CacheWrite, 3_750),
        (Pool::Output, 15_000),
    ])
}

#[test]
fn each_token_counts_at_the_dearest_pool_it_may_be_in() {
    let estimate = Estimate {
        input: 1_000,
        max_output: 1_000,
        ..Estimate::default()
    };
    assert_eq!(sonnet().estimate(&estimate).unwrap().to_string(), "18.75");
}

#[test]
fn a_tier_counts_only_if_the_context_may_reach_it() {
    let mut card = sonnet();
    card.tiers = vec![RateTier {
        above_input_tokens: 1_000,
        milli_per_million: per_million(&[(Pool::CacheWrite, 7_500)]),
    }];
    let of = |input| Estimate {
        input,
        ..Estimate::default()
    };
    assert_eq!(card.estimate(&of(1_000)).unwrap().to_string(), "3.75");
    assert_eq!(card.estimate(&of(2_000)).unwrap().to_string(), "15");
}

#[test]
fn what_has_no_rate_cannot_be_estimated() {
    let audio = Estimate {
        input_audio: 1,
        ..Estimate::default()
    };
    assert!(matches!(
        sonnet().estimate(&audio),
        Err(RatingError::NoPool {
            pool: Pool::InputAudio,
            ..
        })
    ));
    assert_eq!(sonnet().estimate(&Estimate::default()), Ok(Credits::ZERO));
}

#[test]
fn images_and_money_are_estimated_at_their_rates_and_none_of_them_costs_nothing() {
    let card = with_calls_images_and_money(sonnet());
    let of = |size: &str, count| Estimate {
        images: vec![ImageUse {
            size: size.into(),
            quality: "high".into(),
            count,
        }],
        ..Estimate::default()
    };
    let shown = |estimate| card.estimate(&estimate).map(|most| most.to_string());
    assert_eq!(shown(of("1024x1024", 1)).as_deref(), Ok("17.25"));
    assert_eq!(shown(of("1024x1024", 2)).as_deref(), Ok("34.25"));
    assert_eq!(shown(of("512x512", 0)).as_deref(), Ok("0.25"));
    assert!(matches!(
        shown(of("512x512", 1)),
        Err(RatingError::NoImage { .. })
    ));
    let money = Estimate {
        provider_cost: Some(ProviderCost {
            currency: "usd".parse().unwrap(),
            amount_micros: 1_234,
        }),
        ..Estimate::default()
    };
    assert_eq!(shown(money).as_deref(), Ok("1.855"));
}
