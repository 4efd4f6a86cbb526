//! The share of an invoice's money that was returned.
//!
//! Shares are integers, in parts of a whole; there are no floats.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::StripeId;

/// The number of parts in a whole: fine enough for a thousandth of any lot.
pub const WHOLE: u128 = 1_000_000_000_000;

/// An amount returned, and the amount it was returned of, in the smallest unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnedAmount {
    /// The amount returned.
    pub returned_minor: u64,
    /// The total it was returned of.
    pub total_minor: u64,
}

/// What was returned of an invoice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// Of the whole invoice.
    #[serde(default)]
    pub invoice: ReturnedAmount,
    /// Of single lines, by credit notes that name them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lines: BTreeMap<StripeId, ReturnedAmount>,
}

impl ReturnedAmount {
    /// The share in parts of [`WHOLE`], rounded down. Amounts computed from it are
    /// rounded up once, to a thousandth, so that a third of 300 is 100.
    pub fn parts(self) -> u128 {
        if self.returned_minor >= self.total_minor {
            return if self.returned_minor == 0 { 0 } else { WHOLE };
        }
        let parts = u128::from(self.returned_minor).saturating_mul(WHOLE);
        parts.div_euclid(u128::from(self.total_minor).max(1))
    }
}

impl Returned {
    /// Whether nothing was returned.
    pub fn is_nothing(&self) -> bool {
        let lines = self.lines.values();
        lines
            .chain([&self.invoice])
            .all(|amount| amount.returned_minor == 0)
    }

    /// The share of a line that must be clawed back, in parts of [`WHOLE`].
    pub fn of_line(&self, line: &StripeId) -> u128 {
        let own = self.lines.get(line).map_or(0, |amount| amount.parts());
        self.invoice.parts().saturating_add(own).min(WHOLE)
    }

    /// The same as one amount of the total, for packs.
    pub fn share_of(&self, line: &StripeId) -> ReturnedAmount {
        let parts = u64::try_from(self.of_line(line)).unwrap_or(u64::MAX);
        ReturnedAmount {
            returned_minor: parts,
            total_minor: u64::try_from(WHOLE).unwrap_or(u64::MAX),
        }
    }
}
