//! Metric values: exact to the thousandth, without floats, and the units that
//! CloudWatch knows.

use std::fmt;

/// The unit of a metric, as CloudWatch names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of things.
    Count,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
}

impl Unit {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Unit::Count => "Count",
            Unit::Milliseconds => "Milliseconds",
            Unit::Seconds => "Seconds",
        }
    }
}

/// A value, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure(u64);

impl Figure {
    /// A whole number.
    pub fn whole(number: u64) -> Self {
        Figure(number.saturating_mul(1000))
    }

    /// A number of halves.
    pub fn halves(number: u64) -> Self {
        Figure(number.saturating_mul(500))
    }

    /// A number of thousandths.
    pub fn thousandths(number: u64) -> Self {
        Figure(number)
    }
}

/// A JSON number, without trailing zeros.
impl fmt::Display for Figure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 1000, self.0 % 1000);
        match rest {
            0 => write!(formatter, "{whole}"),
            _ if rest % 100 == 0 => write!(formatter, "{whole}.{}", rest / 100),
            _ => write!(formatter, "{whole}.{rest:03}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_exact() {
        for (figure, text) in [
            (Figure::whole(0), "0"),
            (Figure::whole(7), "7"),
            (Figure::halves(1), "0.5"),
            (Figure::halves(20), "10"),
            (Figure::thousandths(1), "0.001"),
            (Figure::thousandths(1_230), "1.230"),
            (Figure::thousandths(u64::MAX), "18446744073709551.615"),
            (Figure::whole(u64::MAX), "18446744073709551.615"),
        ] {
            assert_eq!(figure.to_string(), text);
        }
    }
}
