//! Amounts of money and days, as pages show them.

use shared::domain::Timestamp;

/// Currencies without a smaller unit. Source: <https://docs.stripe.com/currencies>.
const WHOLE: [&str; 15] = [
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
    "xof", "xpf",
];
/// Currencies whose smaller unit is a thousandth.
const THOUSANDTHS: [&str; 5] = ["bhd", "jod", "kwd", "omr", "tnd"];

/// `1234` cents as `12.34 USD`.
pub(crate) fn money(amount: i64, currency: &str) -> String {
    let digits: usize = if WHOLE.contains(&currency) {
        0
    } else if THOUSANDTHS.contains(&currency) {
        3
    } else {
        2
    };
    let sign = if amount < 0 { "-" } else { "" };
    let text = format!(
        "{:0>width$}",
        amount.unsigned_abs(),
        width = digits.saturating_add(1)
    );
    let (whole, rest) = text.split_at(text.len().saturating_sub(digits));
    let point = if digits == 0 { "" } else { "." };
    format!("{sign}{whole}{point}{rest} {}", currency.to_uppercase())
}

/// The day of a moment in Unix seconds, in UTC.
pub(crate) fn day(seconds: i64) -> String {
    let text = Timestamp::from_unix_seconds_clamped(seconds).to_string();
    text.split('T').next().unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_has_as_many_digits_as_its_currency() {
        for (amount, currency, expected) in [
            (1234, "usd", "12.34 USD"),
            (5, "eur", "0.05 EUR"),
            (0, "usd", "0.00 USD"),
            (-250, "usd", "-2.50 USD"),
            (500, "jpy", "500 JPY"),
            (1, "kwd", "0.001 KWD"),
        ] {
            assert_eq!(money(amount, currency), expected);
        }
        assert_eq!(day(1_762_439_400), "2025-11-06");
    }
}
