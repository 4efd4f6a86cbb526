//! `NanoCredits`: billionths of a credit, the unit in which parts of a charge are exact.
//!
//! A token at a rate of thousandths of a credit per million costs a whole number of
//! them, so no part is ever rounded.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Credits;

/// An amount in billionths of a credit, from 0 to [`NanoCredits::MAX`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NanoCredits(u64);

const NANO_PER_MILLI: u64 = 1_000_000;
const NANO_PER_CREDIT: u64 = 1_000_000_000;

impl NanoCredits {
    /// Nothing.
    pub const ZERO: NanoCredits = NanoCredits(0);

    /// The maximum that one use may cost: a thousand million credits.
    pub const MAX: NanoCredits = NanoCredits(1_000_000_000 * NANO_PER_CREDIT);

    /// From billionths; none above the maximum.
    pub fn new(nano: u128) -> Option<Self> {
        let nano = u64::try_from(nano).ok().map(NanoCredits);
        nano.filter(|nano| *nano <= NanoCredits::MAX)
    }

    /// In billionths.
    pub fn get(self) -> u64 {
        self.0
    }

    /// The sum; none above the maximum.
    pub fn plus(self, other: NanoCredits) -> Option<NanoCredits> {
        NanoCredits::new(u128::from(self.0).checked_add(u128::from(other.0))?)
    }

    /// What is missing to the next thousandth of a credit.
    pub fn to_next_milli(self) -> NanoCredits {
        let beyond = self.0.rem_euclid(NANO_PER_MILLI);
        let missing = NANO_PER_MILLI.saturating_sub(beyond);
        NanoCredits(missing.rem_euclid(NANO_PER_MILLI))
    }

    /// In thousandths, rounded up.
    pub fn to_credits(self) -> Credits {
        let milli = i64::try_from(self.0.div_ceil(NANO_PER_MILLI));
        // The maximum is far below that of an i64.
        Credits::from_milli(milli.unwrap_or(i64::MAX))
    }
}

/// Exact decimal text without trailing zeros: `0.0000025`, `12`.
impl fmt::Display for NanoCredits {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.0.div_euclid(NANO_PER_CREDIT);
        let fraction = self.0.rem_euclid(NANO_PER_CREDIT);
        if fraction == 0 {
            write!(formatter, "{whole}")
        } else {
            let digits = format!("{fraction:09}");
            write!(formatter, "{whole}.{}", digits.trim_end_matches('0'))
        }
    }
}
