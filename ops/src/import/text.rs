//! Parses values as Postgres writes them into CSV, and other common spellings
//! of them. A text is read exactly or not at all. The caller refuses a text
//! that cannot be read; it never counts as absent.

use shared::domain::{Credits, Timestamp};

/// Billionths of a credit: finer than any numeric of the old tables.
pub(crate) type Nano = i128;

/// One credit, and one thousandth of one.
pub(crate) const NANO_PER_CREDIT: Nano = 1_000_000_000;
pub(crate) const NANO_PER_MILLI: Nano = 1_000_000;

/// Digits read after the decimal point.
const PLACES: i32 = 9;
const PLACES_SHOWN: usize = 9;
/// Maximum digits in total; no real figure has more.
const MAX_DIGITS: usize = 33;

/// Maximum exponent; no real figure has more zeros.
const MAX_EXPONENT: i32 = 60;

/// The spelling of NULL in an export that does not leave the field empty.
pub(crate) fn is_null_word(text: &str) -> bool {
    matches!(text.trim(), "NULL" | "null" | r"\N")
}

/// A time as `timestamp` (`2025-11-06 14:30:00.123`, which is UTC) or as
/// `timestamptz` (`2025-11-06 15:30:00+01`); the seconds, or the whole time of
/// day, may be missing. Parts of a second are dropped. A zone is `Z`, `UTC`,
/// `GMT` or an offset; other names are none, since what they mean changes.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    let (date, rest) = text.trim().split_at_checked("2025-11-06".len())?;
    if rest.is_empty() {
        return format!("{date}T00:00:00Z").parse().ok();
    }
    let rest = rest.strip_prefix([' ', 'T', 't'])?;
    let is_of_clock = |letter: char| letter.is_ascii_digit() || matches!(letter, ':' | '.');
    let zone_at = rest.find(|letter| !is_of_clock(letter));
    let (clock, zone) = rest.split_at_checked(zone_at.unwrap_or(rest.len()))?;
    let clock = clock_time(clock)?;
    let zone = offset(zone.trim())?;
    format!("{date}T{clock}{zone}").parse().ok()
}

/// `14:30:00` of `14:30`, `14:30:00` or `14:30:00.123`.
fn clock_time(text: &str) -> Option<String> {
    let (clock, fraction) = match text.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (text, None),
    };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    if fraction.is_some_and(|fraction| !is_digits(fraction)) {
        return None;
    }
    match clock.len() {
        5 if fraction.is_none() => Some(format!("{clock}:00")),
        // Leap seconds are not supported.
        8 if !clock.ends_with(":60") => Some(clock.to_string()),
        _ => None,
    }
}

/// An offset as RFC 3339 spells it, of `+01`, `+0100`, `+01:00` or a name of UTC.
fn offset(zone: &str) -> Option<String> {
    if ["", "Z", "UTC", "GMT"]
        .iter()
        .any(|utc| zone.eq_ignore_ascii_case(utc))
    {
        return Some("Z".to_string());
    }
    let (sign, digits) = zone
        .split_at_checked(1)
        .filter(|(sign, _)| matches!(*sign, "+" | "-"))?;
    let (hours, minutes) = digits.split_at_checked(2)?;
    let minutes = minutes
        .strip_prefix(':')
        .filter(|minutes| minutes.len() == 2)
        .unwrap_or(minutes);
    let minutes = if minutes.is_empty() && digits.len() == 2 {
        "00"
    } else {
        minutes
    };
    let is_pair = |text: &str| text.len() == 2 && text.bytes().all(|it| it.is_ascii_digit());
    (is_pair(hours) && is_pair(minutes)).then(|| format!("{sign}{hours}:{minutes}"))
}

/// `t` or `f`, or another common spelling.
pub(crate) fn flag(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "t" | "true" | "y" | "yes" | "on" | "1" => Some(true),
        "f" | "false" | "n" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

/// A numeric in billionths, and whether it had digits beyond those: `10000`,
/// `+10000.00`, `.5`, `1e+04`, `10,000.00`. A comma is read between groups of
/// three digits before a point alone; without the point it might be either.
pub(crate) fn decimal(text: &str) -> Option<(Nano, bool)> {
    let text = text.trim();
    let (is_negative, text) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, power(exponent)?),
        None => (text, 0),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (without_groups(whole)?, fraction),
        None => (mantissa.to_string(), ""),
    };
    let digits = [whole.as_str(), fraction].concat();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // The digits times ten to this are billionths.
    let places = i32::try_from(fraction.len()).ok()?;
    let power = exponent.checked_add(PLACES)?.checked_sub(places)?;
    let (value, is_cut) = scaled(digits.trim_start_matches('0'), power)?;
    Some((if is_negative { -value } else { value }, is_cut))
}

/// The number after an `e`.
fn power(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let power: i32 = text.parse().ok().filter(|_| is_number)?;
    (power.abs() <= MAX_EXPONENT).then_some(power)
}

/// The digits before a point without the commas between their groups of three.
fn without_groups(whole: &str) -> Option<String> {
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let mut digits = first.to_string();
    for group in groups {
        if group.len() != 3 || first.is_empty() || first.len() > 3 {
            return None;
        }
        digits.push_str(group);
    }
    Some(digits)
}

/// Digits times a power of ten, and whether digits other than 0 were cut.
fn scaled(digits: &str, power: i32) -> Option<(Nano, bool)> {
    let zeros = usize::try_from(power).unwrap_or_default();
    let cut = usize::try_from(power.unsigned_abs())
        .ok()
        .filter(|_| power < 0)
        .unwrap_or_default();
    let kept = digits.len().saturating_sub(cut);
    let (kept, beyond) = digits.split_at_checked(kept)?;
    if kept.is_empty() {
        return Some((0, beyond.bytes().any(|byte| byte != b'0')));
    }
    if kept.len() + zeros > MAX_DIGITS {
        return None;
    }
    let value: Nano = format!("{kept}{:0<zeros$}", "").parse().ok()?;
    Some((value, beyond.bytes().any(|byte| byte != b'0')))
}

/// How to round an amount between two thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Round {
    /// Granted amounts.
    Down,
    /// Used amounts.
    Up,
}

/// Rounds to thousandths, between zero and the maximum.
pub(crate) fn to_credits(nano: Nano, round: Round) -> Credits {
    let milli = nano.div_euclid(NANO_PER_MILLI);
    let is_between = nano.rem_euclid(NANO_PER_MILLI) != 0;
    let milli = milli + Nano::from(is_between && round == Round::Up);
    let most = Nano::from(Credits::MAX_AMOUNT.milli());
    i64::try_from(milli.clamp(0, most)).map_or(Credits::MAX_AMOUNT, Credits::from_milli)
}

/// An amount of credits, in billionths.
pub(crate) fn to_nano(credits: Credits) -> Nano {
    Nano::from(credits.milli()) * NANO_PER_MILLI
}

/// Billionths as a decimal number without trailing zeros.
pub(crate) fn shown(nano: Nano) -> String {
    let sign = if nano < 0 { "-" } else { "" };
    let magnitude = nano.unsigned_abs();
    let per_credit = NANO_PER_CREDIT.unsigned_abs();
    let (whole, fraction) = (magnitude / per_credit, magnitude % per_credit);
    if fraction == 0 {
        return format!("{sign}{whole}");
    }
    let fraction = format!("{fraction:0PLACES_SHOWN$}");
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
mod tests;
