//! Suite: which texts are read as what, and which are read as nothing.

use super::*;

#[test]
fn times_of_both_kinds_are_read_as_utc() {
    for (text, expected) in [
        ("2025-11-06 14:30:00", Some("2025-11-06T14:30:00Z")),
        ("2025-11-06 14:30:00.999999", Some("2025-11-06T14:30:00Z")),
        ("2025-11-06 15:30:00+01", Some("2025-11-06T14:30:00Z")),
        ("2025-11-06 20:00:00.5+05:30", Some("2025-11-06T14:30:00Z")),
        ("2025-11-06 09:30:00-05", Some("2025-11-06T14:30:00Z")),
        ("2025-11-06T14:30:00Z", Some("2025-11-06T14:30:00Z")),
        ("2025-11-06", Some("2025-11-06T00:00:00Z")),
        (" 2025-11-06 ", Some("2025-11-06T00:00:00Z")),
        ("2025-11-06 14:30", Some("2025-11-06T14:30:00Z")),
        ("2025-11-06 15:30:00+0100", Some("2025-11-06T14:30:00Z")),
        ("2025-11-06 15:30:00 +01:00", Some("2025-11-06T14:30:00Z")),
        ("2025-11-06 14:30:00 UTC", Some("2025-11-06T14:30:00Z")),
        ("2025-11-06 14:30:00.5 gmt", Some("2025-11-06T14:30:00Z")),
        ("2025-11-06t14:30:00z", Some("2025-11-06T14:30:00Z")),
        ("2025-11-06 14:30:00 CET", None),
        ("2025-11-06 14:30:00 Europe/Berlin", None),
        ("2025-11-06 14:30:00 UTC+1", None),
        ("2025-11-06 14:30:00+1", None),
        ("2025-11-06 14:30:00+010", None),
        ("2025-11-06 14:30:00+01:0", None),
        ("2025-11-06 14:30:00+01:00:00", None),
        ("2025-11-06 14:30:00.", None),
        ("2025-11-06 14:30:00.1.2", None),
        ("2025-11-06 14:30:00,5", None),
        ("2025-11-06 02:30:00 PM", None),
        ("2025-11-06 14", None),
        ("2025-11-06 24:00:00", None),
        ("2025-12-31 23:59:60", None),
        ("2025-11-06+01", None),
        ("2025-11-6", None),
        ("20251106", None),
        ("06.11.2025", None),
        ("11/06/2025", None),
        ("1762439400", None),
        ("NULL", None),
        ("2025-02-30 00:00:00", None),
        ("infinity", None),
        ("0044-03-15 00:00:00 BC", None),
        ("", None),
        (" ", None),
        ("é é", None),
    ] {
        assert_eq!(
            time(text).map(|it| it.to_string()).as_deref(),
            expected,
            "{text:?}"
        );
    }
}

#[test]
fn numerics_are_read_exactly() {
    for (text, expected) in [
        ("0", Some((0, false))),
        ("2000", Some((2_000_000_000_000, false))),
        ("2000.00", Some((2_000_000_000_000, false))),
        ("0.000000001", Some((1, false))),
        ("0.0000000010", Some((1, false))),
        ("0.0000000019", Some((1, true))),
        ("-1.5", Some((-1_500_000_000, false))),
        ("007", Some((7_000_000_000, false))),
        (" 10000", Some((10_000_000_000_000, false))),
        ("10000\t", Some((10_000_000_000_000, false))),
        ("+10000", Some((10_000_000_000_000, false))),
        (".5", Some((500_000_000, false))),
        ("5.", Some((5_000_000_000, false))),
        ("1e3", Some((1_000_000_000_000, false))),
        ("1e+04", Some((10_000_000_000_000, false))),
        ("1.5E4", Some((15_000_000_000_000, false))),
        ("5e-1", Some((500_000_000, false))),
        ("15e-10", Some((1, true))),
        ("1e-60", Some((0, true))),
        ("0e60", Some((0, false))),
        ("10,000.00", Some((10_000_000_000_000, false))),
        ("1,234,567.5", Some((1_234_567_500_000_000, false))),
        ("10,000", None),
        ("10.000,00", None),
        ("1,00.00", None),
        ("1000,000.00", None),
        (",000.00", None),
        ("1,000e3", None),
        ("1 000", None),
        ("1'000", None),
        ("1_000", None),
        ("1e", None),
        ("e3", None),
        ("1e3.5", None),
        ("1e++3", None),
        ("1e61", None),
        ("1e40", None),
        ("--1", None),
        ("+-1", None),
        ("0x10", None),
        ("$10", None),
        ("10 EUR", None),
        ("Infinity", None),
        ("NULL", None),
        ("NaN", None),
        ("١٠", None),
        (".", None),
        (" ", None),
        ("", None),
        ("-", None),
        ("9999999999999999999999999", None),
    ] {
        assert_eq!(decimal(text), expected, "{text:?}");
    }
}

#[test]
fn granted_amounts_round_down_and_used_amounts_round_up() {
    let milli = |nano, round| to_credits(nano, round).milli();
    for (nano, down, up) in [
        (0, 0, 0),
        (1, 0, 1),
        (1_000_000, 1, 1),
        (1_000_001, 1, 2),
        (-1, 0, 0),
        (-5_000_000_000, 0, 0),
        (Nano::MAX / 2, 1_000_000_000_000_000, 1_000_000_000_000_000),
    ] {
        assert_eq!(milli(nano, Round::Down), down, "{nano}");
        assert_eq!(milli(nano, Round::Up), up, "{nano}");
    }
}

#[test]
fn billionths_are_shown_without_zeros_at_the_end() {
    for (nano, text) in [
        (0, "0"),
        (1_500_000_000, "1.5"),
        (-1, "-0.000000001"),
        (2_000_000_000_000, "2000"),
    ] {
        assert_eq!(shown(nano), text);
    }
}

#[test]
fn arrays_are_read_with_quotes_escapes_and_nulls() {
    let texts = |list: &[&str]| Some(list.iter().map(|text| text.to_string()).collect());
    for (text, expected) in [
        ("{}", texts(&[])),
        ("{a}", texts(&["a"])),
        ("{a,b}", texts(&["a", "b"])),
        (
            r#"{"a b","c,d","e\"f","g\\h"}"#,
            texts(&["a b", "c,d", "e\"f", "g\\h"]),
        ),
        (r#"{NULL,"NULL",""}"#, texts(&["NULL", ""])),
        ("{é}", texts(&["é"])),
        ("a,b", None),
        ("{a", None),
        (r#"{"a}"#, None),
        ("{{a},{b}}", None),
        (r"{a\", None),
    ] {
        assert_eq!(array(text), expected, "{text:?}");
    }
}

#[test]
fn flags_are_read_as_postgres_reads_them() {
    for text in ["t", "T", "TRUE", "true", "y", "Y", "Yes", "on", "1", " t "] {
        assert_eq!(flag(text), Some(true), "{text:?}");
    }
    for text in ["f", "F", "False", "n", "No", "off", "0"] {
        assert_eq!(flag(text), Some(false), "{text:?}");
    }
    for text in ["", " ", "maybe", "NULL", "2", "01", "x", "tf", "ja"] {
        assert_eq!(flag(text), None, "{text:?}");
    }
}
