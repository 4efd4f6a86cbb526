//! Suite: what a row of `credits` was, as tables.

use super::super::tables::Source;
use super::*;

const NOW: &str = "2025-11-06T14:30:00Z";

/// A row with these columns beside those that every row has.
fn row(columns: &[(&str, &str)]) -> Row {
    let usual = [
        ("id", "1"),
        ("total_credits", "2000"),
        ("used_credits", "500"),
        ("is_current", "f"),
    ];
    let columns: Vec<(&str, &str)> = columns
        .iter()
        .chain(
            usual
                .iter()
                .filter(|(name, _)| columns.iter().all(|(other, _)| other != name)),
        )
        .copied()
        .collect();
    Row::of(Source::Credits, &columns)
}

fn read_row(columns: &[(&str, &str)], is_paid: Option<bool>) -> (CreditRow, Vec<String>) {
    let mut remarks = Vec::new();
    let now = NOW.parse().unwrap();
    let read = read(&row(columns), is_paid, now, &mut remarks)
        .unwrap()
        .unwrap();
    (read, remarks.into_iter().map(|remark| remark.why).collect())
}

#[test]
fn credits_of_a_paid_subscription_are_paid_whatever_the_row_says() {
    use LotKind::{Free, Purchase, Subscription};
    for (credit_type, subscription, is_paid, kind, remarks) in [
        ("", "", None, Free, 0),
        ("free", "", None, Free, 0),
        ("", "s", Some(true), Subscription, 0),
        ("free", "s", Some(true), Subscription, 1),
        ("free", "s", Some(false), Free, 0),
        ("", "s", None, Free, 1),
        ("pro", "", None, Purchase, 0),
        ("pro", "s", Some(true), Subscription, 0),
        ("bonus", "", None, Purchase, 1),
    ] {
        let columns = [
            ("credit_type", credit_type),
            ("subscription_id", subscription),
            ("billing_period_start", "2025-11-01 00:00:00"),
            ("billing_period_end", "2025-12-01 00:00:00"),
        ];
        let (read, said) = read_row(&columns, is_paid);
        assert_eq!(
            read.kind, kind,
            "{credit_type:?} {subscription:?} {is_paid:?}"
        );
        assert_eq!(
            said.len(),
            remarks,
            "{credit_type:?} {subscription:?} {is_paid:?}: {said:?}"
        );
    }
}

#[test]
fn the_anchor_day_is_the_one_from_which_the_period_is_a_month() {
    for (named, start, end, day) in [
        ("1", "2025-11-01", "2025-12-01", 1),
        ("", "2025-11-01", "2025-12-01", 1),
        ("1", "2025-10-15", "2025-11-15", 15),
        ("15", "2025-10-15", "2025-11-15", 15),
        ("31", "2025-02-28", "2025-03-31", 31),
        ("1", "2025-02-28", "2025-03-31", 31),
        ("1", "2025-01-31", "2025-02-28", 31),
        ("7", "2025-10-15", "2025-11-01", 7),
        ("40", "2025-11-01", "2025-12-01", 1),
        ("0", "2025-10-15", "2025-11-15", 15),
    ] {
        let (start, end) = (format!("{start} 11:22:33"), format!("{end} 11:22:33"));
        let columns = [
            ("reset_day_of_month", named),
            ("billing_period_start", start.as_str()),
            ("billing_period_end", end.as_str()),
        ];
        let (read, _) = read_row(&columns, None);
        assert_eq!(read.reset_day.day(), day, "{named:?} {start} {end}");
    }
}

#[test]
fn impossible_amounts_are_mended_and_their_difference_is_known() {
    for (total, used, granted, kept, mended) in [
        ("2000", "500", 2_000_000, 500_000, (0, 0)),
        ("100", "150", 100_000, 100_000, (0, 50_000_000_000)),
        ("-5", "-7", 0, 0, (-5_000_000_000, -7_000_000_000)),
        ("10.0005", "1.0001", 10_000, 1_001, (500_000, -900_000)),
        ("", "", 0, 0, (0, 0)),
    ] {
        let (read, said) = read_row(&[("total_credits", total), ("used_credits", used)], None);
        assert_eq!(
            (read.granted.milli(), read.used.milli()),
            (granted, kept),
            "{total} {used}"
        );
        assert_eq!(read.mended(), mended, "{total} {used}");
        // A month without an end is said of all of them.
        assert_eq!(said.len() > 1, total != "2000", "{total} {used}: {said:?}");
    }
}

#[test]
fn an_unreadable_value_refuses_its_row_without_further_remarks() {
    let columns = [("total_credits", "nothing"), ("used_credits", "-7")];
    let mut remarks = Vec::new();
    let now = NOW.parse().unwrap();
    let read = read(&row(&columns), None, now, &mut remarks).unwrap();
    assert!(read.is_none());
    let said: Vec<String> = remarks.into_iter().map(|remark| remark.why).collect();
    assert_eq!(said, [r#"column total_credits: "nothing" is not a number"#]);
}

#[test]
fn a_row_is_live_while_it_is_current_and_its_period_lasts() {
    for (is_current, end, live) in [
        ("t", "2025-12-01", true),
        ("f", "2025-12-01", false),
        ("", "2025-12-01", false),
        ("t", "2025-11-06", false),
        ("t", "2025-11-07", true),
    ] {
        let end = format!("{end} 00:00:00");
        let columns = [
            ("is_current", is_current),
            ("billing_period_start", "2025-11-01 00:00:00"),
            ("billing_period_end", end.as_str()),
        ];
        let (read, _) = read_row(&columns, None);
        assert_eq!(
            read.is_live(NOW.parse().unwrap()),
            live,
            "{is_current:?} {end}"
        );
    }
}
