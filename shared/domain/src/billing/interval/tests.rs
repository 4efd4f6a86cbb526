//! Shares of intervals, as tables of periods.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "an overflow in a test is a failed test"
)]

use super::super::fixtures::period;
use super::*;
use crate::fixtures::at;

const MONTH: BillingInterval = BillingInterval {
    unit: IntervalUnit::Month,
    count: 1,
};
const QUARTER: BillingInterval = BillingInterval {
    unit: IntervalUnit::Month,
    count: 3,
};
const YEAR: BillingInterval = BillingInterval {
    unit: IntervalUnit::Year,
    count: 1,
};
const WEEK: BillingInterval = BillingInterval {
    unit: IntervalUnit::Week,
    count: 1,
};
const DAY: BillingInterval = BillingInterval {
    unit: IntervalUnit::Day,
    count: 10,
};

#[track_caller]
fn check_whole(interval: BillingInterval, start: &str, end: &str) {
    let share = interval.share(period(start, end), false, &[]);
    assert_eq!(share, Ok(Share::ALL), "{interval:?} {start}..{end}");
}

/// Checks the share that a period bills, given in days.
#[track_caller]
fn check(
    interval: BillingInterval,
    (start, end): (&str, &str),
    anchors: &[&str],
    expected: Result<(i64, i64), ShareProblem>,
) {
    let anchors: Vec<_> = anchors.iter().map(|anchor| at(anchor)).collect();
    for proration in [true, false] {
        let share = interval.share(period(start, end), proration, &anchors);
        let expected = expected.map(|(part, whole)| Share {
            part: part * SECONDS_PER_DAY,
            whole: whole * SECONDS_PER_DAY,
        });
        assert_eq!(share, expected, "{interval:?} {start}..{end} {proration}");
    }
}

#[test]
fn a_line_of_one_interval_is_whole_however_long_it_was() {
    check_whole(MONTH, "2025-11-01", "2025-12-01");
    check_whole(MONTH, "2025-02-01", "2025-03-01");
    check_whole(MONTH, "2025-11-15T09:30:00Z", "2025-12-15T09:30:00Z");
    check_whole(QUARTER, "2025-11-01", "2026-02-01");
    check_whole(YEAR, "2025-11-01", "2026-11-01");
    check_whole(YEAR, "2024-02-29", "2025-02-28");
    check_whole(WEEK, "2025-11-01", "2025-11-08");
    check_whole(DAY, "2025-11-01", "2025-11-11");
}

#[test]
fn it_is_whole_counted_forward_or_backward() {
    // From the 31st, the month has no such day; and back to it.
    check_whole(MONTH, "2025-01-31", "2025-02-28");
    check_whole(MONTH, "2025-02-28", "2025-03-31");
    check_whole(MONTH, "2024-01-31", "2024-02-29");
    check_whole(MONTH, "2024-02-29", "2024-03-31");
    check_whole(MONTH, "2025-03-31", "2025-04-30");
    check_whole(MONTH, "2025-04-30", "2025-05-31");
    check_whole(MONTH, "2025-02-28", "2025-03-30");
    check_whole(MONTH, "2025-02-28", "2025-03-29");
}

#[test]
fn a_day_more_or_less_is_still_whole() {
    check_whole(MONTH, "2025-11-01", "2025-12-02");
    check_whole(MONTH, "2025-11-01", "2025-11-30");
    check(MONTH, ("2025-11-01", "2025-12-03"), &[], Ok((32, 30)));
}

#[test]
fn a_proration_is_the_share_of_the_interval_that_ends_with_it() {
    check(MONTH, ("2025-11-16", "2025-12-01"), &[], Ok((15, 30)));
    check(MONTH, ("2025-12-16", "2026-01-01"), &[], Ok((16, 31)));
    check(YEAR, ("2025-11-16", "2026-11-01"), &[], Ok((350, 365)));
    check(WEEK, ("2025-11-06", "2025-11-08"), &[], Ok((2, 7)));
    check(DAY, ("2025-11-06", "2025-11-11"), &[], Ok((5, 10)));
    check(QUARTER, ("2026-01-01", "2026-02-01"), &[], Ok((31, 92)));
    check(MONTH, ("2025-12-01", "2025-12-01"), &[], Ok((0, 30)));
}

#[test]
fn a_proration_of_a_whole_interval_is_all_of_it_to_the_second() {
    let share = MONTH
        .share(period("2025-11-01", "2025-12-01"), true, &[])
        .unwrap();
    assert_eq!(share.part, share.whole);
}

#[test]
fn a_backdated_line_has_a_share_above_one() {
    check(MONTH, ("2025-10-12", "2025-12-01"), &[], Ok((50, 30)));
}

#[test]
fn at_the_last_day_of_a_month_the_anchor_day_decides() {
    let half = ("2025-02-14", "2025-02-28");
    check(MONTH, half, &[], Err(ShareProblem::NeedsAnchor));
    check(MONTH, half, &["2024-10-28"], Ok((14, 31)));
    check(MONTH, half, &["2024-10-29"], Ok((14, 30)));
    check(MONTH, half, &["2024-10-30"], Ok((14, 29)));
    check(MONTH, half, &["2024-10-31"], Ok((14, 28)));
    let april = ("2025-04-15", "2025-04-30");
    check(MONTH, april, &[], Err(ShareProblem::NeedsAnchor));
    check(MONTH, april, &["2024-12-30"], Ok((15, 31)));
    check(MONTH, april, &["2024-12-31"], Ok((15, 30)));
}

#[test]
fn an_anchor_of_another_cycle_does_not_help() {
    let half = ("2025-02-14", "2025-02-28");
    let problem = Err(ShareProblem::NeedsAnchor);
    check(MONTH, half, &["2024-10-15"], problem);
    check(MONTH, half, &["2024-10-31T12:00:00Z"], problem);
    // Of several that fit, the one set last counts.
    check(
        MONTH,
        half,
        &["2024-10-31", "2024-12-30", "2025-01-15"],
        Ok((14, 29)),
    );
}

#[test]
fn the_anchor_is_asked_for_only_where_it_matters() {
    // No month is longer than that of the 31st; December has 31 days too.
    check(MONTH, ("2025-07-15", "2025-07-31"), &[], Ok((16, 31)));
    check(MONTH, ("2025-10-16", "2025-10-31"), &[], Ok((15, 31)));
    // A year before the 30th is the 30th; the 31st does not exist.
    check(YEAR, ("2025-04-15", "2025-04-30"), &[], Ok((15, 365)));
    check(WEEK, ("2025-02-25", "2025-02-28"), &[], Ok((3, 7)));
    check_whole(MONTH, "2025-01-31", "2025-02-28");
}

#[test]
fn a_year_that_ends_in_february_asks_only_after_a_leap_year() {
    check(YEAR, ("2026-02-14", "2026-02-28"), &[], Ok((14, 365)));
    let after_leap_year = ("2025-02-14", "2025-02-28");
    check(YEAR, after_leap_year, &[], Err(ShareProblem::NeedsAnchor));
    check(YEAR, after_leap_year, &["2023-02-28"], Ok((14, 366)));
    check(YEAR, after_leap_year, &["2024-02-29"], Ok((14, 365)));
    check(YEAR, ("2024-02-15", "2024-02-29"), &[], Ok((14, 366)));
}

#[test]
fn a_period_that_ends_before_it_starts_is_impossible() {
    let impossible = Err(ShareProblem::Impossible);
    check(MONTH, ("2025-12-01", "2025-11-30"), &[], impossible);
    let never = BillingInterval {
        unit: IntervalUnit::Day,
        count: 0,
    };
    check(never, ("2025-11-01", "2025-12-01"), &[], impossible);
}
