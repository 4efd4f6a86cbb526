//! Suite: the clawback targets of a schedule's months, in canonical form.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "an overflow in a test is a failed test"
)]

use proptest::prelude::*;

use super::super::fixtures::{cases, credits, schedule_terms};
use super::super::{GrantSchedule, ScheduleTerms};
use super::*;

/// The runs as `month:target`.
fn shown(targets: &ScheduleTargets) -> Vec<String> {
    let run = |run: &TargetRun| format!("{}:{}", run.from, run.each);
    targets.runs().iter().map(run).collect()
}

/// The targets of four months of 10, as runs, from month `next` on.
#[track_caller]
fn check(next: u32, wanted: &[&str], runs: &[&str]) {
    let wanted: Vec<Credits> = wanted.iter().map(|it| credits(it)).collect();
    let targets = schedule_terms("sub:a", 4, "40").targets_from(next, &wanted);
    assert_eq!(shown(&targets), runs, "{wanted:?} from {next}");
    assert_eq!(targets.is_empty(), runs.is_empty());
}

#[test]
fn months_with_one_target_are_one_run() {
    check(0, &["5", "5", "5", "5"], &["0:5"]);
    check(0, &["5", "5", "3", "3"], &["0:5", "2:3"]);
    check(2, &["5", "5", "3", "3"], &["2:3"]);
    check(3, &["5", "4", "3", "2"], &["3:2"]);
    check(4, &["5", "5", "3", "3"], &[]);
}

#[test]
fn targets_of_zero_at_the_start_take_no_run() {
    check(0, &[], &[]);
    check(0, &["0", "0"], &[]);
    check(0, &["0", "7"], &["1:7", "2:0"]);
    check(0, &["0", "0", "0", "7"], &["3:7"]);
    check(0, &["7", "0", "0", "0", "9"], &["0:7", "1:0"]);
}

#[test]
fn above_a_months_part_counts_as_the_part_and_below_nothing_as_nothing() {
    check(0, &["10", "11", "1000000000000", "10"], &["0:10"]);
    let below = [Credits::from_milli(-1); 4];
    let targets = schedule_terms("sub:a", 4, "40").targets_from(0, &below);
    assert_eq!(targets, ScheduleTargets::default());
}

#[test]
fn all_of_months_that_differ_by_a_thousandth_is_one_run() {
    let terms = schedule_terms("sub:a", 60, "100.001");
    let all = vec![credits("2"); 60];
    let targets = terms.targets_from(0, &all);
    assert_eq!(shown(&targets), ["0:1.667"]);
    for month in terms.months().iter().zip(0..) {
        assert_eq!(targets.target(month.1, month.0.granted), month.0.granted);
    }
    // All of one month may be less than the part of the next; the two are distinguished.
    let terms = schedule_terms("sub:a", 3, "0.005");
    assert_eq!(
        shown(&terms.targets_from(0, &["1", "0.001", "1"].map(credits))),
        ["0:0.001", "2:0.002"]
    );
}

#[test]
fn two_runs_of_one_target_are_not_the_canonical_form() {
    let mut schedule = GrantSchedule::new(schedule_terms("sub:a", 4, "40"));
    let run = |from| TargetRun {
        from,
        each: credits("3"),
    };
    schedule.targets = ScheduleTargets(vec![run(0)]);
    assert!(schedule.is_canonical());
    schedule.targets = ScheduleTargets(vec![run(0), run(2)]);
    assert!(!schedule.is_canonical());
}

/// Schedules of a few months with small parts, so that targets equal to a part,
/// above it or equal to each other are common.
fn schedules() -> impl Strategy<Value = (ScheduleTerms, Vec<Credits>)> {
    let target = prop_oneof![0..4_i64, Just(1_000)].prop_map(Credits::from_milli);
    let wanted = prop::collection::vec(target, 0..14);
    (1..13_u32, 0..40_i64, wanted).prop_map(|(months, total, wanted)| {
        let terms = ScheduleTerms {
            total: Credits::from_milli(total),
            ..schedule_terms("sub:a", months, "0")
        };
        (terms, wanted)
    })
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn every_month_has_the_target_it_was_given(((terms, wanted), next) in (schedules(), 0..13_u32)) {
        let targets = terms.targets_from(next, &wanted);
        for (number, month) in (0..).zip(terms.months()) {
            let wanted = wanted.get(usize::try_from(number).unwrap()).copied();
            let expected = match number < next {
                true => Credits::ZERO,
                false => wanted.unwrap_or_default().min(month.granted),
            };
            prop_assert_eq!(targets.target(number, month.granted), expected, "month {}", number);
        }
        prop_assert!(targets.runs().is_sorted_by(|one, other| one.from < other.from));
        prop_assert!(targets.runs().first().is_none_or(|run| run.from >= next && !run.each.is_zero()));
    }

    #[test]
    fn it_does_not_matter_when_the_months_before_were_forgotten(
        ((terms, wanted), steps) in (schedules(), prop::collection::vec(1..4_u32, 0..5)),
    ) {
        let mut schedule = GrantSchedule::new(terms.clone());
        schedule.targets = terms.targets_from(0, &wanted);
        prop_assert!(schedule.is_canonical());
        for step in steps {
            schedule.advance(schedule.next + step);
            prop_assert_eq!(&schedule.targets, &terms.targets_from(schedule.next, &wanted));
            prop_assert!(schedule.is_canonical());
        }
    }

    #[test]
    fn equal_targets_are_equal_values((terms, wanted) in schedules()) {
        let clamped: Vec<_> = (0..).zip(terms.months()).map(|(number, month)| {
            let targets = terms.targets_from(0, &wanted);
            targets.target(number, month.granted)
        }).collect();
        prop_assert_eq!(terms.targets_from(0, &clamped), terms.targets_from(0, &wanted));
    }
}
