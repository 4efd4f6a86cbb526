//! Figures and moments as the page writes them.

use shared::domain::{Credits, Timestamp};

/// `1234567` as `1,234,567`.
pub(super) fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && digits.len().saturating_sub(place) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{text}")
}

/// An exact amount, with its decimals.
pub(super) fn amount(credits: Credits) -> String {
    let text = credits.to_string();
    match text.split_once('.') {
        Some((whole, rest)) => match whole.parse() {
            Ok(whole) => format!("{}.{rest}", thousands(whole)),
            Err(_) => text,
        },
        None => text.parse().map_or(text, thousands),
    }
}

/// `2025-11-06 14:30 UTC`, which a machine can read too.
pub(super) fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    let short: String = text.chars().take(16).collect();
    let short = short.replace('T', " ");
    format!("<time datetime=\"{text}\">{short} UTC</time>")
}

/// The day of a moment, with the moment for whoever asks.
pub(super) fn day(at: Timestamp) -> String {
    let date = at.date();
    format!("<time datetime=\"{at}\" title=\"{at}\">{date}</time>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_their_thousands_apart() {
        for (number, expected) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (-1_234_567, "-1,234,567"),
        ] {
            assert_eq!(thousands(number), expected);
        }
        for (milli, expected) in [
            (4900, "4.9"),
            (1_234_005, "1,234.005"),
            (2_000_000, "2,000"),
        ] {
            assert_eq!(amount(Credits::from_milli(milli)), expected);
        }
    }

    #[test]
    fn a_moment_is_short_for_people_and_whole_for_machines() {
        let at = "2025-11-06T14:30:59Z".parse().unwrap();
        assert_eq!(
            moment(at),
            "<time datetime=\"2025-11-06T14:30:59Z\">2025-11-06 14:30 UTC</time>"
        );
    }
}
