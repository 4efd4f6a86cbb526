//! Decimal numbers of price lists, exact: digits and a power of ten, no floats.

use std::fmt;
use std::str::FromStr;

/// A number that is not negative: `digits * 10^exponent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    digits: u128,
    exponent: i32,
}

/// Why a text is not such a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DecimalError {
    /// Not a decimal number.
    #[error("is not a decimal number")]
    Malformed,
    /// Below zero.
    #[error("is negative")]
    Negative,
    /// More digits than a price has.
    #[error("has more than {MAX_DIGITS} digits")]
    TooLong,
}

/// Three numbers of so many digits can be multiplied.
const MAX_DIGITS: usize = 12;
/// No price is further from one than this power of ten.
const MAX_EXPONENT: i32 = 30;

impl Decimal {
    /// Whether it is zero.
    pub(super) fn is_zero(self) -> bool {
        self.digits == 0
    }

    /// This number times a power of ten.
    pub(super) fn shifted(self, places: i32) -> Self {
        Decimal {
            exponent: self.exponent.saturating_add(places),
            ..self
        }
    }

    /// The sum with a whole number; none if it is too large.
    pub(super) fn plus(self, whole: u128) -> Option<Self> {
        let places = self.exponent.min(0);
        let align = |digits: u128, exponent: i32| {
            let up = exponent.checked_sub(places)?;
            digits.checked_mul(power_of_ten(u32::try_from(up).ok()?)?)
        };
        let digits = align(self.digits, self.exponent)?.checked_add(align(whole, 0)?)?;
        Some(Decimal {
            digits,
            exponent: places,
        })
    }

    /// The product; none if it is too large.
    pub(super) fn times(self, other: Decimal) -> Option<Self> {
        Some(Decimal {
            digits: self.digits.checked_mul(other.digits)?,
            exponent: self.exponent.checked_add(other.exponent)?,
        })
    }

    /// The next whole number that is not smaller; none if it is too large.
    pub(super) fn rounded_up(self) -> Option<u128> {
        let places = self.exponent.unsigned_abs();
        if self.exponent >= 0 {
            self.digits.checked_mul(power_of_ten(places)?)
        } else {
            // A divisor that is too large leaves something above zero and below one.
            let one = u128::from(self.digits > 0);
            Some(power_of_ten(places).map_or(one, |divisor| self.digits.div_ceil(divisor)))
        }
    }
}

fn power_of_ten(places: u32) -> Option<u128> {
    10_u128.checked_pow(places)
}

/// As JSON and TOML write numbers: `2.5`, `1.25e-06`, `1_000`.
impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        use DecimalError::{Malformed, Negative, TooLong};
        let (sign, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (number, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let digits = format!("{whole}{fraction}").replace('_', "");
        let is_number = |part: &str| part.bytes().any(|byte| byte.is_ascii_digit());
        let only_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
        if !only_digits || !is_number(whole) || !is_number(fraction) {
            return Err(Malformed);
        }
        let exponent: i32 = exponent.parse().map_err(|_| Malformed)?;
        let places = fraction.bytes().filter(u8::is_ascii_digit).count();
        let places = i32::try_from(places).map_err(|_| TooLong)?;
        let kept = digits.trim_end_matches('0');
        let zeros = digits.len().saturating_sub(kept.len());
        let zeros = i32::try_from(zeros).map_err(|_| TooLong)?;
        let kept = kept.trim_start_matches('0');
        if kept.is_empty() {
            return Ok(Decimal {
                digits: 0,
                exponent: 0,
            });
        }
        if sign {
            return Err(Negative);
        }
        let exponent = exponent.saturating_sub(places).saturating_add(zeros);
        if kept.len() > MAX_DIGITS || exponent.abs() > MAX_EXPONENT {
            return Err(TooLong);
        }
        Ok(Decimal {
            digits: kept.parse().map_err(|_| TooLong)?,
            exponent,
        })
    }
}

/// Digits without an exponent, for the head of a file.
impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits.to_string();
        let places = usize::try_from(self.exponent.unsigned_abs()).unwrap_or(0);
        if self.exponent >= 0 {
            return write!(formatter, "{digits}{}", "0".repeat(places));
        }
        let padded = format!("{digits:0>width$}", width = places.saturating_add(1));
        let (whole, fraction) = padded.split_at(padded.len().saturating_sub(places));
        write!(formatter, "{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_price_is_read_as_it_is_written() {
        for (text, shown) in [
            ("0", "0"),
            ("-0.0", "0"),
            ("2.50", "2.5"),
            ("1.25e-06", "0.00000125"),
            ("3E-7", "0.0000003"),
            ("+1_000", "1000"),
            ("12e2", "1200"),
            ("0.1", "0.1"),
        ] {
            assert_eq!(decimal(text).to_string(), shown, "{text}");
        }
        for (text, problem) in [
            ("", DecimalError::Malformed),
            (".", DecimalError::Malformed),
            ("1.", DecimalError::Malformed),
            ("nan", DecimalError::Malformed),
            ("inf", DecimalError::Malformed),
            ("0x10", DecimalError::Malformed),
            ("\"1\"", DecimalError::Malformed),
            ("1e", DecimalError::Malformed),
            ("-1e-9", DecimalError::Negative),
            ("1.0000000000001", DecimalError::TooLong),
            ("1e99", DecimalError::TooLong),
        ] {
            assert_eq!(text.parse::<Decimal>(), Err(problem), "{text}");
        }
    }

    #[test]
    fn products_are_exact_and_round_up_once() {
        let price = decimal("1.25e-06").shifted(6);
        let product = price.times(decimal("12.5").plus(100).unwrap()).unwrap();
        assert_eq!(product.to_string(), "140.625");
        assert_eq!(product.rounded_up(), Some(141));
        assert_eq!(decimal("141").rounded_up(), Some(141));
        assert_eq!(decimal("1e-30").rounded_up(), Some(1));
        assert_eq!(decimal("1").shifted(-50).rounded_up(), Some(1));
        assert_eq!(decimal("0").shifted(-50).rounded_up(), Some(0));
        assert_eq!(decimal("1").shifted(50).rounded_up(), None);
    }
}
