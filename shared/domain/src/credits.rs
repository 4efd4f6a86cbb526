//! `Credits`: an amount of credits as an integer of milli-credits.
//!
//! It refuses floats, never overflows silently and has three decimal places at most.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An amount of credits, exact to a thousandth; serialised as an integer of
/// milli-credits. May be negative (a delta, a debt).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Credits(i64);

/// A sum or difference of two amounts overflows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the amount does not fit 64 bits of milli-credits")]
pub struct CreditsOverflow;

/// Why a text is not an amount of credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseCreditsError {
    /// Not digits with at most one decimal point between them.
    #[error("must be a decimal number such as 12 or 0.125")]
    Malformed,
    /// More than three decimal places.
    #[error("must have at most three decimal places")]
    TooPrecise,
    /// Above 10^12 credits.
    #[error("must be at most 1000000000000")]
    TooLarge,
}

const MILLI_PER_CREDIT: i64 = 1000;

impl Credits {
    /// Zero credits.
    pub const ZERO: Credits = Credits(0);

    /// The maximum in one request or one lot: 10^12 credits, which is 10^15
    /// milli-credits. The sum of nine thousand such lots still fits 64 bits.
    pub const MAX_AMOUNT: Credits = Credits(1_000_000_000_000_000);

    /// From milli-credits.
    pub const fn from_milli(milli: i64) -> Self {
        Credits(milli)
    }

    /// From whole credits; `CreditsOverflow` beyond about 9 * 10^15.
    pub fn from_whole(whole: i64) -> Result<Self, CreditsOverflow> {
        whole
            .checked_mul(MILLI_PER_CREDIT)
            .map(Credits)
            .ok_or(CreditsOverflow)
    }

    /// In milli-credits.
    pub const fn milli(self) -> i64 {
        self.0
    }

    /// Whole credits, rounded towards minus infinity.
    pub fn whole_floor(self) -> i64 {
        self.0.div_euclid(MILLI_PER_CREDIT)
    }

    /// Whole credits, rounded towards plus infinity.
    pub fn whole_ceil(self) -> i64 {
        let floor = self.whole_floor();
        if self.0.rem_euclid(MILLI_PER_CREDIT) == 0 {
            floor
        } else {
            // The floor of an i64 divided by 1000 is far from the limits of an i64.
            floor.saturating_add(1)
        }
    }

    /// The sum.
    pub fn plus(self, other: Credits) -> Result<Credits, CreditsOverflow> {
        self.0
            .checked_add(other.0)
            .map(Credits)
            .ok_or(CreditsOverflow)
    }

    /// The difference.
    pub fn minus(self, other: Credits) -> Result<Credits, CreditsOverflow> {
        self.0
            .checked_sub(other.0)
            .map(Credits)
            .ok_or(CreditsOverflow)
    }

    /// The same amount with the other sign.
    pub fn negated(self) -> Result<Credits, CreditsOverflow> {
        self.0.checked_neg().map(Credits).ok_or(CreditsOverflow)
    }

    /// The sum of many amounts.
    pub fn sum(amounts: impl IntoIterator<Item = Credits>) -> Result<Credits, CreditsOverflow> {
        amounts.into_iter().try_fold(Credits::ZERO, Credits::plus)
    }

    /// Whether a request or a lot may have this amount: from 0 to [`Credits::MAX_AMOUNT`].
    pub fn is_amount(self) -> bool {
        (Credits::ZERO..=Credits::MAX_AMOUNT).contains(&self)
    }

    /// Whether it is above 0.
    pub fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Whether it is below 0.
    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Whether it is 0.
    pub fn is_zero(&self) -> bool {
        self.0 == 0
    }
}

/// Exact decimal text without trailing zeros: `120.5`, `-0.001`, `2000`.
impl fmt::Display for Credits {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let per_credit = MILLI_PER_CREDIT.unsigned_abs();
        let (whole, fraction) = (
            magnitude.div_euclid(per_credit),
            magnitude.rem_euclid(per_credit),
        );
        let sign = if self.0 < 0 { "-" } else { "" };
        if fraction == 0 {
            write!(formatter, "{sign}{whole}")
        } else {
            let digits = format!("{fraction:03}");
            write!(formatter, "{sign}{whole}.{}", digits.trim_end_matches('0'))
        }
    }
}

/// Parses `12`, `0.5` or `12.125`: no sign, no exponent, no spaces, at most three
/// decimal places, at most 10^12.
impl FromStr for Credits {
    type Err = ParseCreditsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        use ParseCreditsError::{Malformed, TooLarge, TooPrecise};
        let (whole, fraction) = match text.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return Err(Malformed),
            None => (text, ""),
        };
        let digits_only = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits_only(whole) || !digits_only(fraction) {
            return Err(Malformed);
        }
        if fraction.len() > 3 {
            return Err(TooPrecise);
        }
        // Only digits are left, so parsing fails only if there are too many of them.
        let whole: i64 = whole.parse().map_err(|_| TooLarge)?;
        let fraction: i64 = format!("{fraction:0<3}").parse().map_err(|_| Malformed)?;
        whole
            .checked_mul(MILLI_PER_CREDIT)
            .and_then(|milli| milli.checked_add(fraction))
            .map(Credits)
            .filter(|credits| *credits <= Credits::MAX_AMOUNT)
            .ok_or(TooLarge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, expected: Result<i64, ParseCreditsError>) {
        assert_eq!(
            text.parse::<Credits>().map(Credits::milli),
            expected,
            "{text:?}"
        );
    }

    #[test]
    fn decimal_texts_are_read_exactly_or_refused() {
        use ParseCreditsError::{Malformed, TooLarge, TooPrecise};
        check("0", Ok(0));
        check("12", Ok(12_000));
        check("0.5", Ok(500));
        check("12.125", Ok(12_125));
        check("0.001", Ok(1));
        check("007", Ok(7_000));
        check("1000000000000", Ok(1_000_000_000_000_000));
        check("1000000000000.001", Err(TooLarge));
        check("99999999999999999999999999", Err(TooLarge));
        check("0.0001", Err(TooPrecise));
        check("1.0000", Err(TooPrecise));
        for malformed in [
            "", ".", "1.", ".5", "-1", "+1", "1e3", " 1", "1 ", "1.2.3", "1,5", "٣", "NaN", "0x1",
        ] {
            check(malformed, Err(Malformed));
        }
    }

    #[test]
    fn whole_credits_round_down_for_what_is_left_and_up_for_what_is_used() {
        for (milli, floor, ceil) in [
            (0, 0, 0),
            (1, 0, 1),
            (999, 0, 1),
            (1000, 1, 1),
            (-1, -1, 0),
            (-1000, -1, -1),
        ] {
            let credits = Credits::from_milli(milli);
            assert_eq!((credits.whole_floor(), credits.whole_ceil()), (floor, ceil));
        }
    }

    #[test]
    fn arithmetic_at_the_limit_is_an_error_not_a_wrap() {
        let largest = Credits::from_milli(i64::MAX);
        assert_eq!(largest.plus(Credits::from_milli(1)), Err(CreditsOverflow));
        assert_eq!(
            Credits::from_milli(i64::MIN).negated(),
            Err(CreditsOverflow)
        );
        assert_eq!(
            Credits::from_milli(i64::MIN).to_string(),
            "-9223372036854775.808"
        );
        assert_eq!(Credits::from_whole(i64::MAX), Err(CreditsOverflow));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn what_is_written_is_read_back(milli in 0..=Credits::MAX_AMOUNT.milli()) {
            let credits = Credits::from_milli(milli);
            prop_assert_eq!(credits.to_string().parse::<Credits>(), Ok(credits));
        }

        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in ".{0,40}") {
            let _ = text.parse::<Credits>();
        }
    }
}
