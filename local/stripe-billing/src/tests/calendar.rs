//! Cycles on the calendar, by dates anyone can look up.

use chrono::{DateTime, NaiveDate};

use crate::calendar::*;

fn day(year: i32, month: u32, day: u32) -> i64 {
    let date = NaiveDate::from_ymd_opt(year, month, day).unwrap();
    date.and_hms_opt(9, 30, 5).unwrap().and_utc().timestamp()
}

#[test]
fn the_31st_is_kept_through_shorter_months() {
    let month = Interval::new(Unit::Month, 1);
    let found: Vec<i64> = (0..5)
        .map(|n| boundary(day(2026, 1, 31), month, n))
        .collect();
    let expected = [(1, 31), (2, 28), (3, 31), (4, 30), (5, 31)];
    assert_eq!(
        found,
        expected.map(|(month, of_month)| day(2026, month, of_month))
    );
    assert_eq!(boundary(day(2028, 1, 31), month, 1), day(2028, 2, 29));
    assert_eq!(boundary(day(2026, 1, 31), month, -2), day(2025, 11, 30));
}

#[test]
fn other_intervals_are_counted_on_the_calendar_too() {
    let year = Interval::new(Unit::Year, 1);
    assert_eq!(boundary(day(2028, 2, 29), year, 1), day(2029, 2, 28));
    assert_eq!(boundary(day(2028, 2, 29), year, 4), day(2032, 2, 29));
    let quarter = Interval::new(Unit::Month, 3);
    assert_eq!(boundary(day(2026, 11, 30), quarter, 1), day(2027, 2, 28));
    let fortnight = Interval::new(Unit::Week, 2);
    assert_eq!(boundary(day(2026, 2, 20), fortnight, 1), day(2026, 3, 6));
    assert_eq!(
        boundary(day(2026, 2, 28), Interval::new(Unit::Day, 1), 1),
        day(2026, 3, 1)
    );
}

#[test]
fn an_interval_counted_back_from_its_end_begins_where_the_last_one_ended() {
    for offset in 0..800 {
        let anchor = day(2026, 1, 1) + offset * 86_400;
        for interval in [
            (Unit::Month, 1),
            (Unit::Month, 3),
            (Unit::Year, 1),
            (Unit::Week, 1),
        ] {
            let interval = Interval::new(interval.0, interval.1);
            for n in 1..15 {
                let found = interval_before(
                    boundary(anchor, interval, n),
                    interval,
                    day_of_month(anchor),
                );
                let expected = boundary(anchor, interval, n - 1);
                let text = DateTime::from_timestamp(anchor, 0).unwrap();
                assert_eq!(found, expected, "{text} {interval:?} {n}");
            }
        }
    }
}
