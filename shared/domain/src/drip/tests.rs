//! Suite: the months of a drip, computed from its terms alone.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "an overflow in a test is a failed test"
)]

mod in_time;

use proptest::prelude::*;

use super::super::fixtures::{at, cases, credits, drip, lot_id, moments, story};
use super::super::{Action, DripGrant, Refusal};
use super::*;

/// A drip over this time; its last lot ends three days after it.
#[track_caller]
fn over(starts_at: &str, ends_at: &str, total: &str) -> DripTerms {
    DripTerms {
        id: lot_id("sub:a"),
        starts_at: at(starts_at),
        ends_at: at(ends_at),
        expires_at: at(ends_at).plus_seconds(3 * 86_400),
        total: credits(total),
        rollover: Rollover::default(),
    }
}

/// Each month as `lot start end granted target`, days at midnight without the time.
#[track_caller]
fn check(terms: &DripTerms, taken_back: &str, expected: &[&str]) {
    let line = |month: DripMonth| {
        let DripMonth {
            terms,
            granted,
            target,
        } = month;
        let (id, from, to) = (terms.id, terms.starts_at, terms.expires_at.unwrap());
        format!("{id} {from} {to} {granted} {target}").replace("T00:00:00Z", "")
    };
    let months = terms.months(credits(taken_back)).into_iter();
    assert_eq!(months.map(line).collect::<Vec<_>>(), expected);
}

#[test]
fn the_parts_and_the_targets_add_up_to_the_thousandth() {
    let terms = over("2025-11-06", "2026-02-06", "10");
    let months = [
        "sub:a:0 2025-11-06 2025-12-06 3.333 0.999",
        "sub:a:1 2025-12-06 2026-01-06 3.333 1",
        "sub:a:2 2026-01-06 2026-02-09 3.334 1.001",
    ];
    check(&terms, "3", &months);
    // Nobody takes back less than nothing or more than was given.
    let all = ["3.333", "3.333", "3.334"];
    for (milli, targets) in [
        (10_000, all),
        (11_000, all),
        (0, ["0"; 3]),
        (-1_000, ["0"; 3]),
    ] {
        let months = terms.months(Credits::from_milli(milli)).into_iter();
        let found: Vec<_> = months.map(|month| month.target).collect();
        assert_eq!(found, targets.map(credits), "{milli}");
    }
}

#[test]
fn months_keep_to_the_day_they_began_on() {
    let terms = over("2026-01-31T14:30:00Z", "2026-05-31T14:30:00Z", "4");
    let months = [
        "sub:a:0 2026-01-31T14:30:00Z 2026-02-28T14:30:00Z 1 0",
        "sub:a:1 2026-02-28T14:30:00Z 2026-03-31T14:30:00Z 1 0",
        "sub:a:2 2026-03-31T14:30:00Z 2026-04-30T14:30:00Z 1 0",
        "sub:a:3 2026-04-30T14:30:00Z 2026-06-03T14:30:00Z 1 0",
    ];
    check(&terms, "0", &months);
}

#[test]
fn a_period_that_ends_within_a_month_ends_the_last_month_there() {
    let terms = over("2025-11-06", "2026-01-01", "2");
    let months = [
        "sub:a:0 2025-11-06 2025-12-06 1 0",
        "sub:a:1 2025-12-06 2026-01-04 1 0",
    ];
    check(&terms, "0", &months);
    check(
        &over("2025-11-06", "2025-11-07", "2"),
        "1",
        &["sub:a:0 2025-11-06 2025-11-10 2 1"],
    );
    let a_second_more = over("2025-11-06", "2026-11-06T00:00:01Z", "0");
    assert_eq!(a_second_more.month_count(), Some(13));
}

#[test]
fn a_drip_lasts_one_to_sixty_months() {
    for (ends_at, count) in [
        ("2025-11-05", None),
        ("2025-11-06", None),
        ("2025-11-06T00:00:01Z", Some(1)),
        ("2030-11-06", Some(60)),
        ("2030-11-06T00:00:01Z", None),
    ] {
        let terms = over("2025-11-06", ends_at, "60");
        assert_eq!(terms.month_count(), count, "{ends_at}");
        assert_eq!(
            terms.months(Credits::ZERO).len(),
            usize::try_from(count.unwrap_or(0)).unwrap()
        );
        if count.is_none() {
            let drip_id = terms.id.clone();
            let refusal = Refusal::ImpossibleSchedule {
                drip: drip_id,
                limit: 60,
            };
            story("0", &[]).refuses(drip(terms, "0"), &refusal);
        }
    }
}

#[test]
fn a_drip_that_makes_no_sense_is_refused() {
    let with = |change: &dyn Fn(&mut DripTerms)| {
        let mut terms = over("2025-11-06", "2026-02-06", "10");
        change(&mut terms);
        terms
    };
    for (terms, milli) in [
        (with(&|it| it.id = lot_id("free:2025-12-01")), 0),
        (with(&|it| it.id = lot_id("overdraft")), 0),
        // The months' names would be too long.
        (with(&|it| it.id = lot_id(&"a".repeat(207))), 0),
        (with(&|it| it.expires_at = it.ends_at.plus_seconds(-1)), 0),
        (with(&|it| it.total = Credits::from_milli(-1)), 0),
        (with(&|it| it.rollover.cap = Credits::from_milli(-1)), 0),
        (with(&|_| {}), -1),
    ] {
        let refusal = Refusal::ImpossibleGrant(terms.id.clone());
        let taken_back = Credits::from_milli(milli);
        let action = Action::Grant {
            lots: Vec::new(),
            drips: vec![DripGrant { terms, taken_back }],
        };
        story("0", &[]).refuses(action, &refusal);
    }
}

#[test]
fn what_is_kept_of_a_month_outlives_it_by_whole_months() {
    let terms = DripTerms {
        rollover: Rollover {
            months: 2,
            cap: credits("5"),
        },
        ..over("2025-12-31", "2026-02-28", "20")
    };
    let months = terms.months(Credits::ZERO).into_iter();
    let kept = months.map(|month| {
        let LotRollover { from, cap } = month.terms.rollover.unwrap();
        (from, cap, month.terms.expires_at.unwrap())
    });
    let expected = [
        (at("2026-01-31"), credits("5"), at("2026-03-31")),
        // The last one is reckoned from the end of the grace.
        (at("2026-03-03"), credits("5"), at("2026-05-03")),
    ];
    assert_eq!(kept.collect::<Vec<_>>(), expected);
    for rollover in [(0, "5"), (2, "0")].map(|(months, cap)| (months, credits(cap))) {
        let (months, cap) = rollover;
        let nothing = DripTerms {
            rollover: Rollover { months, cap },
            ..terms.clone()
        };
        assert_eq!(nothing.months(Credits::ZERO)[0].terms.rollover, None);
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn months_follow_each_other_and_share_the_whole(
        starts_at in moments(),
        lasts in 1..1_860 * 86_400_i64,
        total in 0..=Credits::MAX_AMOUNT.milli(),
        share in 0..=1_000_i64,
    ) {
        let terms = DripTerms {
            id: lot_id("sub:a"),
            starts_at,
            ends_at: starts_at.plus_seconds(lasts),
            expires_at: starts_at.plus_seconds(lasts),
            total: Credits::from_milli(total),
            rollover: Rollover::default(),
        };
        let taken_back = Credits::from_milli(total / 1_000 * share);
        let months = terms.months(taken_back);
        prop_assume!(!months.is_empty());
        let sum = |of: fn(&DripMonth) -> Credits| Credits::sum(months.iter().map(of));
        prop_assert_eq!(sum(|month| month.granted), Ok(terms.total));
        prop_assert_eq!(sum(|month| month.target), Ok(taken_back));
        prop_assert!(months.iter().all(|it| it.target.is_amount() && it.target <= it.granted));
        let mut at = terms.starts_at;
        for month in &months {
            prop_assert_eq!(month.terms.starts_at, at);
            at = month.terms.expires_at.unwrap();
            prop_assert!(month.terms.starts_at < at);
        }
        prop_assert_eq!(at, terms.ends_at);
    }
}
