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
