//! Values as Postgres writes them into CSV: times without zone, `t` and `f`,
//! arrays in braces, numerics of any precision. Everything is read exactly; a
//! text that is none of these is told apart from one that is not there.

use shared::domain::{Credits, Timestamp};

/// Billionths of a credit: finer than any numeric of the old tables.
pub(crate) type Nano = i128;

/// One credit, and one thousandth of one.
const NANO_PER_CREDIT: Nano = 1_000_000_000;
pub(crate) const NANO_PER_MILLI: Nano = 1_000_000;

/// Digits after the point that are read.
const PLACES: usize = 9;
/// Digits before it: more is no figure of anybody's.
const LONGEST_WHOLE: usize = 24;

/// A time as `timestamp` (`2025-11-06 14:30:00.123`, which is UTC) or as
/// `timestamptz` (`2025-11-06 15:30:00+01`). Parts of a second are dropped.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    let (date, clock) = text.split_once([' ', 'T'])?;
    let zone_at = clock.find(['+', '-', 'Z']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at_checked(zone_at)?;
    let clock = clock.split('.').next()?;
    let zone = match zone.len() {
        0 => "Z".to_string(),
        // Postgres leaves out minutes that are zero.
        3 => format!("{zone}:00"),
        _ => zone.to_string(),
    };
    format!("{date}T{clock}{zone}").parse().ok()
}

/// `t` or `f`, or as a person might have written it.
pub(crate) fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "t" | "true" | "yes" | "1" => Some(true),
        "f" | "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// A numeric in billionths, and whether it had digits beyond those.
pub(crate) fn decimal(text: &str) -> Option<(Nano, bool)> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let only_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !only_digits(whole) || !only_digits(fraction) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    if whole.len() > LONGEST_WHOLE {
        return None;
    }
    let (read, beyond) = fraction.split_at_checked(PLACES).unwrap_or((fraction, ""));
    let value: Nano = format!("{whole}{read:0<PLACES$}").parse().ok()?;
    let is_cut = beyond.bytes().any(|byte| byte != b'0');
    Some((if is_negative { -value } else { value }, is_cut))
}

/// Which way an amount between two thousandths goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Round {
    /// What is given.
    Down,
    /// What is used.
    Up,
}

/// To thousandths, between nothing and the most there may be.
pub(crate) fn to_credits(nano: Nano, round: Round) -> Credits {
    let milli = nano.div_euclid(NANO_PER_MILLI);
    let is_between = nano.rem_euclid(NANO_PER_MILLI) != 0;
    let milli = milli + Nano::from(is_between && round == Round::Up);
    let most = Nano::from(Credits::MAX_AMOUNT.milli());
    i64::try_from(milli.clamp(0, most)).map_or(Credits::MAX_AMOUNT, Credits::from_milli)
}

/// An amount of ours, in billionths.
pub(crate) fn to_nano(credits: Credits) -> Nano {
    Nano::from(credits.milli()) * NANO_PER_MILLI
}

/// Billionths as a decimal number without zeros at its end.
pub(crate) fn shown(nano: Nano) -> String {
    let sign = if nano < 0 { "-" } else { "" };
    let magnitude = nano.unsigned_abs();
    let per_credit = NANO_PER_CREDIT.unsigned_abs();
    let (whole, fraction) = (magnitude / per_credit, magnitude % per_credit);
    if fraction == 0 {
        return format!("{sign}{whole}");
    }
    let fraction = format!("{fraction:0PLACES$}");
    format!("{sign}{whole}.{}", fraction.trim_end_matches('0'))
}

/// The elements of an array of texts, `{a,"b c",NULL}`; NULLs are left out.
pub(crate) fn array(text: &str) -> Option<Vec<String>> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut elements = Vec::new();
    if inner.is_empty() {
        return Some(elements);
    }
    let mut letters = inner.chars();
    let (mut element, mut is_quoted, mut was_quoted) = (String::new(), false, false);
    loop {
        match letters.next() {
            Some('\\') => element.push(letters.next()?),
            Some('"') => {
                is_quoted = !is_quoted;
                was_quoted = true;
            }
            Some('{' | '}') if !is_quoted => return None,
            Some(letter) if is_quoted || letter != ',' => element.push(letter),
            next => {
                if is_quoted {
                    return None;
                }
                if was_quoted || element != "NULL" {
                    elements.push(std::mem::take(&mut element));
                }
                element.clear();
                was_quoted = false;
                if next.is_none() {
                    return Some(elements);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
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
            ("2025-11-06", None),
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
            (".5", None),
            ("NaN", None),
            ("1e3", None),
            ("1 000", None),
            ("", None),
            ("-", None),
            ("9999999999999999999999999", None),
        ] {
            assert_eq!(decimal(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_given_rounds_down_and_what_is_used_up() {
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
    fn flags_are_those_of_postgres() {
        assert_eq!((flag("t"), flag("f")), (Some(true), Some(false)));
        assert_eq!(
            (flag("TRUE"), flag("maybe"), flag("")),
            (Some(true), None, None)
        );
    }
}
