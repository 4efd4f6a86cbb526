//! Exact numbers. The API writes amounts as decimal text; here they are integers of thousandths. Nothing is ever a
//! float.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

/// An amount of credits: an integer of thousandths, negative where credits left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(i64);

/// Why a text is not an [`Amount`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an amount is decimal text of up to three places, such as 120.5")]
pub struct InvalidAmount;

/// More digits before the point than any amount of the API has.
const MAX_WHOLE_DIGITS: usize = 15;
const PLACES: usize = 3;

impl Amount {
    /// No credits.
    pub const ZERO: Amount = Amount(0);

    /// An amount of so many thousandths.
    pub const fn from_thousandths(thousandths: i64) -> Self {
        Amount(thousandths)
    }

    /// Whole credits; `None` if they are out of range.
    pub fn from_whole(credits: i64) -> Option<Self> {
        credits.checked_mul(1000).map(Amount)
    }

    /// The amount in thousandths.
    pub const fn thousandths(self) -> i64 {
        self.0
    }

    /// The sum; `None` if it is out of range.
    pub fn plus(self, other: Amount) -> Option<Self> {
        self.0.checked_add(other.0).map(Amount)
    }
}

impl FromStr for Amount {
    type Err = InvalidAmount;

    fn from_str(text: &str) -> Result<Self, InvalidAmount> {
        let (is_negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, places) = match digits.split_once('.') {
            Some((_, "")) => return Err(InvalidAmount),
            Some(parts) => parts,
            None => (digits, ""),
        };
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let is_number = !whole.is_empty() && all_digits(whole) && all_digits(places);
        if !is_number || whole.len() > MAX_WHOLE_DIGITS || places.len() > PLACES {
            return Err(InvalidAmount);
        }
        let thousandths = format!("{whole}{places:0<PLACES$}").parse::<i64>();
        let thousandths = thousandths.map_err(|_| InvalidAmount)?;
        Ok(Amount(if is_negative {
            thousandths.wrapping_neg()
        } else {
            thousandths
        }))
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let thousandths = self.0.unsigned_abs();
        let (whole, rest) = (thousandths / 1000, thousandths % 1000);
        let places = format!("{rest:03}");
        match places.trim_end_matches('0') {
            "" => write!(formatter, "{sign}{whole}"),
            places => write!(formatter, "{sign}{whole}.{places}"),
        }
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads decimal text; a JSON number is accepted too.
impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        digits_of(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// A model's temperature in hundredths: 70 for 0.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Temperature(u32);

impl Temperature {
    /// A temperature of so many hundredths; the API accepts 0 to 200.
    pub const fn from_hundredths(hundredths: u32) -> Self {
        Temperature(hundredths)
    }

    /// The temperature in hundredths.
    pub const fn hundredths(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Temperature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Amount(i64::from(self.0).saturating_mul(10)).fmt(formatter)
    }
}

impl Serialize for Temperature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads a JSON number or decimal text.
impl<'de> Deserialize<'de> for Temperature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = || D::Error::custom("a temperature has at most two decimal places");
        let amount: Amount = digits_of(deserializer)?.parse().map_err(|_| expected())?;
        if amount.0 % 10 != 0 {
            return Err(expected());
        }
        let hundredths = u32::try_from(amount.0 / 10).map_err(|_| expected())?;
        Ok(Temperature(hundredths))
    }
}

/// The digits of a JSON number or text, without the `.0` of a whole float.
fn digits_of<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            Err(D::Error::custom("expected a number or decimal text"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_exactly_or_refused() {
        for (text, thousandths) in [
            ("0", Some(0)),
            ("120.5", Some(120_500)),
            ("0.001", Some(1)),
            ("-0.25", Some(-250)),
            ("7.0", Some(7000)),
            ("999999999999999.999", Some(999_999_999_999_999_999)),
            ("", None),
            (".5", None),
            ("5.", None),
            ("-", None),
            ("+1", None),
            ("1e3", None),
            ("0.0001", None),
            ("1000000000000000", None),
            (" 1", None),
            ("--1", None),
        ] {
            let read = text.parse::<Amount>().ok().map(Amount::thousandths);
            assert_eq!(read, thousandths, "{text:?}");
        }
    }

    #[test]
    fn an_amount_is_written_as_the_api_writes_it() {
        for text in ["0", "120.5", "0.001", "-0.25", "7", "1000000000000"] {
            let amount: Amount = text.parse().unwrap();
            assert_eq!(amount.to_string(), text);
            assert_eq!(serde_json::to_value(amount).unwrap(), text);
        }
        assert_eq!(
            Amount::from_thousandths(i64::MIN).to_string(),
            "-9223372036854775.808"
        );
        assert_eq!(Amount::from_whole(i64::MAX), None);
        assert_eq!(Amount::from_thousandths(i64::MAX).plus(Amount(1)), None);
    }

    #[test]
    fn a_temperature_may_be_a_number_or_a_text() {
        for (json, hundredths) in [
            ("0.7", Some(70)),
            ("\"0.70\"", Some(70)),
            ("2", Some(200)),
            ("2.0", Some(200)),
            ("0.125", None),
            ("-1", None),
            ("null", None),
        ] {
            let read = serde_json::from_str(json).ok();
            assert_eq!(read.map(Temperature::hundredths), hundredths, "{json}");
        }
        assert_eq!(Temperature(5).to_string(), "0.05");
    }
}
