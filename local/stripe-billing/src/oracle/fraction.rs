//! Exact shares of limited size: a denominator above 10^15 loses its last digits,
//! an error far below a thousandth of a credit.

/// A number as numerator and positive denominator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fraction {
    numerator: i128,
    denominator: i128,
}

const MAX_DENOMINATOR: i128 = 1_000_000_000_000_000;

impl Fraction {
    pub(crate) const ZERO: Self = Self {
        numerator: 0,
        denominator: 1,
    };
    pub(crate) const ONE: Self = Self {
        numerator: 1,
        denominator: 1,
    };

    /// 0 if the denominator is 0.
    pub(crate) fn new(numerator: i128, denominator: i128) -> Self {
        if denominator == 0 || numerator == 0 {
            return Self::ZERO;
        }
        let common = gcd(numerator, denominator) * denominator.signum();
        let (mut numerator, mut denominator) = (numerator / common, denominator / common);
        while denominator > MAX_DENOMINATOR {
            (numerator, denominator) = (numerator / 2, denominator / 2);
        }
        Self {
            numerator,
            denominator,
        }
    }

    pub(crate) fn of(numerator: i64, denominator: i64) -> Self {
        Self::new(i128::from(numerator), i128::from(denominator))
    }

    pub(crate) fn whole(number: i64) -> Self {
        Self::of(number, 1)
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self::new(
            self.numerator * other.denominator + other.numerator * self.denominator,
            self.denominator * other.denominator,
        )
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        let negative = Self {
            numerator: -other.numerator,
            ..other
        };
        self.plus(negative)
    }

    pub(crate) fn times(self, other: Self) -> Self {
        Self::new(
            self.numerator * other.numerator,
            self.denominator * other.denominator,
        )
    }

    pub(crate) fn over(self, other: Self) -> Self {
        Self::new(
            self.numerator * other.denominator,
            self.denominator * other.numerator,
        )
    }

    /// At least 0.
    pub(crate) fn or_zero(self) -> Self {
        if self.numerator < 0 { Self::ZERO } else { self }
    }

    pub(crate) fn at_most(self, other: Self) -> Self {
        if self.minus(other).numerator > 0 {
            other
        } else {
            self
        }
    }

    pub(crate) fn floor(self) -> i64 {
        let floor = self.numerator.div_euclid(self.denominator);
        i64::try_from(floor).unwrap_or(i64::MAX)
    }

    pub(crate) fn ceil(self) -> i64 {
        -Self {
            numerator: -self.numerator,
            ..self
        }
        .floor()
    }
}

fn gcd(one: i128, other: i128) -> i128 {
    let (mut one, mut other) = (one.abs(), other.abs());
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}
