//! Suite: the months of a schedule, computed from its terms alone.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "an overflow in a test is a failed test"
)]

mod in_time;

use proptest::prelude::*;

use super::super::Refusal;
use super::super::fixtures::{at, cases, credits, lot_id, moments, schedule, schedule_with, story};
use super::*;

/// A schedule over this period; its last lot ends three days after it.
#[track_caller]
fn over(starts_at: &str, ends_at: &str, total: &str) -> ScheduleTerms {
    ScheduleTerms {
        id: lot_id("sub:a"),
        starts_at: at(starts_at),
        ends_at: at(ends_at),
        expires_at: at(ends_at).plus_seconds(3 * 86_400),
        total: credits(total),
        rollover: Rollover::default(),
        paid_late: None,
    }
}

/// Each month as `lot start end granted`; midnight is written as the date alone.
#[track_caller]
fn check(terms: &ScheduleTerms, expected: &[&str]) {
    let line = |month: ScheduleMonth| {
        let ScheduleMonth { terms, granted } = month;
        let (id, from, to) = (terms.id, terms.starts_at, terms.expires_at.unwrap());
        format!("{id} {from} {to} {granted}").replace("T00:00:00Z", "")
    };
    let months = terms.months().into_iter();
    assert_eq!(months.map(line).collect::<Vec<_>>(), expected);
}

#[test]
fn the_parts_add_up_to_the_thousandth() {
    let months = [
        "sub:a:0 2025-11-06 2025-12-06 3.333",
        "sub:a:1 2025-12-06 2026-01-06 3.333",
        "sub:a:2 2026-01-06 2026-02-09 3.334",
    ];
    check(&over("2025-11-06", "2026-02-06", "10"), &months);
}

/// The same, paid this late; its months can be spent for a week from then on.
#[track_caller]
fn paid(terms: ScheduleTerms, paid_at: &str) -> ScheduleTerms {
    let paid_at = at(paid_at);
    let spend_until = paid_at.plus_seconds(7 * 86_400);
    ScheduleTerms {
        paid_late: Some(PaidLate {
            paid_at,
            spend_until,
        }),
        ..terms
    }
}

#[test]
fn past_months_that_were_paid_late_can_still_be_spent() {
    let terms = over("2025-11-06", "2026-03-06", "4");
    for (paid_at, ends) in [
        // No month had ended yet.
        ("2025-12-05T23:59:59Z", ["2025-12-06", "2026-01-06"]),
        // A month that ends at that very moment has ended.
        ("2025-12-06", ["2025-12-13", "2026-01-06"]),
        ("2026-01-10", ["2026-01-17", "2026-01-17"]),
        // The last month ends as the terms say, however late the payment.
        ("2027-01-01", ["2027-01-08", "2027-01-08"]),
    ] {
        let found = paid(terms.clone(), paid_at).months();
        let found: Vec<_> = found.iter().map(|it| it.terms.expires_at).collect();
        assert_eq!(found[..2], ends.map(|end| Some(at(end))), "{paid_at}");
        assert_eq!(found[3], Some(terms.expires_at), "{paid_at}");
    }
    // Only the time in which it can be spent changes.
    let late = paid(terms.clone(), "2026-01-10").months();
    for (late, usual) in late.iter().zip(terms.months()) {
        let (starts_at, id) = (late.terms.starts_at, &late.terms.id);
        assert_eq!((starts_at, id), (usual.terms.starts_at, &usual.terms.id));
        assert_eq!(late.granted, usual.granted);
    }
}

#[test]
fn what_is_kept_of_a_month_that_was_paid_late_is_kept_from_its_new_end_on() {
    let rollover = Rollover {
        months: 2,
        cap: credits("5"),
    };
    let terms = ScheduleTerms {
        rollover,
        ..over("2025-11-06", "2026-03-06", "4")
    };
    let late = paid(terms, "2025-12-10").months();
    let kept = |month: &ScheduleMonth| month.terms.rollover.map(|it| it.from);
    assert_eq!(kept(&late[0]), Some(at("2025-12-17")));
    assert_eq!(late[0].terms.expires_at, Some(at("2026-02-17")));
    assert_eq!(kept(&late[1]), Some(at("2026-01-06")));
    assert_eq!(late[1].terms.expires_at, Some(at("2026-03-06")));
}

#[test]
fn months_keep_to_the_day_they_began_on() {
    let terms = over("2026-01-31T14:30:00Z", "2026-05-31T14:30:00Z", "4");
    let months = [
        "sub:a:0 2026-01-31T14:30:00Z 2026-02-28T14:30:00Z 1",
        "sub:a:1 2026-02-28T14:30:00Z 2026-03-31T14:30:00Z 1",
        "sub:a:2 2026-03-31T14:30:00Z 2026-04-30T14:30:00Z 1",
        "sub:a:3 2026-04-30T14:30:00Z 2026-06-03T14:30:00Z 1",
    ];
    check(&terms, &months);
}

#[test]
fn a_period_that_ends_within_a_month_ends_the_last_month_there() {
    let terms = over("2025-11-06", "2026-01-01", "2");
    let months = [
        "sub:a:0 2025-11-06 2025-12-06 1",
        "sub:a:1 2025-12-06 2026-01-04 1",
    ];
    check(&terms, &months);
    check(
        &over("2025-11-06", "2025-11-07", "2"),
        &["sub:a:0 2025-11-06 2025-11-10 2"],
    );
    let a_second_more = over("2025-11-06", "2026-11-06T00:00:01Z", "0");
    assert_eq!(a_second_more.month_count(), Some(13));
}

#[test]
fn a_schedule_lasts_one_to_sixty_months() {
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
            terms.months().len(),
            usize::try_from(count.unwrap_or(0)).unwrap()
        );
        if count.is_none() {
            let schedule_id = terms.id.clone();
            let refusal = Refusal::ImpossibleSchedule {
                schedule: schedule_id,
                limit: 60,
            };
            story("0", &[]).refuses(schedule(terms, "0"), &refusal);
        }
    }
}

fn spend_until_before_it_was_paid(terms: &mut ScheduleTerms) {
    let paid_at = terms.starts_at;
    terms.paid_late = Some(PaidLate {
        paid_at,
        spend_until: paid_at.plus_seconds(-1),
    });
}

#[test]
fn a_schedule_that_makes_no_sense_is_refused() {
    let with = |change: &dyn Fn(&mut ScheduleTerms)| {
        let mut terms = over("2025-11-06", "2026-02-06", "10");
        change(&mut terms);
        terms
    };
    for (terms, milli) in [
        (with(&|it| it.id = lot_id("free:2025-12-01")), 0),
        (with(&|it| it.id = lot_id("overdraft")), 0),
        // The ids of the months would be too long.
        (with(&|it| it.id = lot_id(&"a".repeat(207))), 0),
        (with(&|it| it.expires_at = it.ends_at.plus_seconds(-1)), 0),
        (with(&|it| it.total = Credits::from_milli(-1)), 0),
        (with(&|it| it.rollover.cap = Credits::from_milli(-1)), 0),
        (with(&spend_until_before_it_was_paid), 0),
        (with(&|_| {}), -1),
    ] {
        let refusal = Refusal::ImpossibleGrant(terms.id.clone());
        let targets = vec![Credits::ZERO, Credits::from_milli(milli)];
        story("0", &[]).refuses(schedule_with(terms, targets), &refusal);
    }
}

#[test]
fn what_is_kept_of_a_month_outlives_it_by_whole_months() {
    let terms = ScheduleTerms {
        rollover: Rollover {
            months: 2,
            cap: credits("5"),
        },
        ..over("2025-12-31", "2026-02-28", "20")
    };
    let months = terms.months().into_iter();
    let kept = months.map(|month| {
        let LotRollover { from, cap } = month.terms.rollover.unwrap();
        (from, cap, month.terms.expires_at.unwrap())
    });
    let expected = [
        (at("2026-01-31"), credits("5"), at("2026-03-31")),
        // The last one is computed from the end of the grace.
        (at("2026-03-03"), credits("5"), at("2026-05-03")),
    ];
    assert_eq!(kept.collect::<Vec<_>>(), expected);
    for rollover in [(0, "5"), (2, "0")].map(|(months, cap)| (months, credits(cap))) {
        let (months, cap) = rollover;
        let nothing = ScheduleTerms {
            rollover: Rollover { months, cap },
            ..terms.clone()
        };
        assert_eq!(nothing.months()[0].terms.rollover, None);
    }
}

#[test]
fn terms_are_stored_with_their_rollover_if_they_have_one() {
    let plain = over("2025-11-01", "2026-11-01", "12");
    let kept = ScheduleTerms {
        rollover: Rollover {
            months: 2,
            cap: credits("4"),
        },
        ..plain.clone()
    };
    for (terms, is_named) in [(plain, false), (kept, true)] {
        let stored = serde_json::to_value(&terms).unwrap();
        assert_eq!(stored.get("rollover").is_some(), is_named, "{stored}");
        assert_eq!(
            serde_json::from_value::<ScheduleTerms>(stored).unwrap(),
            terms
        );
    }
}

#[test]
fn after_its_last_month_a_schedule_has_none() {
    let mut schedule = GrantSchedule::new(over("2025-11-01", "2026-02-01", "3"));
    schedule.advance(2);
    assert!(schedule.next_month().unwrap().is_last);
    schedule.advance(3);
    assert_eq!(schedule.next_month().map(|month| month.month), None);
}

#[test]
fn the_lots_that_a_schedule_will_open_are_those_of_its_own_months_to_come() {
    let mut schedule = GrantSchedule::new(over("2025-11-01", "2026-02-01", "3"));
    schedule.advance(1);
    for (lot, will_open) in [
        ("sub:a:0", false),
        ("sub:a:1", true),
        ("sub:a:2", true),
        ("sub:a:3", false),
        ("sub:b:1", false),
        ("sub:a", false),
    ] {
        assert_eq!(schedule.will_open(&lot_id(lot)), will_open, "{lot}");
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn months_follow_each_other_and_share_the_whole(
        starts_at in moments(),
        lasts in 1..1_860 * 86_400_i64,
        total in 0..=Credits::MAX_AMOUNT.milli(),
    ) {
        let terms = ScheduleTerms {
            id: lot_id("sub:a"),
            starts_at,
            ends_at: starts_at.plus_seconds(lasts),
            expires_at: starts_at.plus_seconds(lasts),
            total: Credits::from_milli(total),
            rollover: Rollover::default(),
            paid_late: None,
        };
        let months = terms.months();
        prop_assume!(!months.is_empty());
        let sum = Credits::sum(months.iter().map(|month| month.granted));
        prop_assert_eq!(sum, Ok(terms.total));
        prop_assert!(months.iter().all(|it| it.granted.is_amount()));
        let mut at = terms.starts_at;
        for month in &months {
            prop_assert_eq!(month.terms.starts_at, at);
            at = month.terms.expires_at.unwrap();
            prop_assert!(month.terms.starts_at < at);
        }
        prop_assert_eq!(at, terms.ends_at);
    }
}
