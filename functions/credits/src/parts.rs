//! The parts of an amount that was rated, as answers show them.

use std::collections::BTreeMap;

use serde::Serialize;
use shared::domain::rating::{RatedPart, RatedUnit};

/// One part of a charge.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = RatedPart))]
pub(crate) struct PartBody {
    /// A pool, `request`, `images:<size>:<quality>`, `providerCost`, or `rounding`, which
    /// brings the sum to a thousandth.
    #[cfg_attr(feature = "openapi", schema(example = "cachedInput"))]
    pub(crate) unit: String,
    /// Tokens, calls, images, or millionths of a unit of money.
    pub(crate) count: u64,
    /// Credits, exact: a decimal text of up to nine places.
    #[cfg_attr(
        feature = "openapi",
        schema(pattern = r"^[0-9]+(\.[0-9]{1,9})?$", example = "0.0125")
    )]
    pub(crate) amount: String,
}

/// The parts of an amount; their sum is the amount.
pub(crate) fn breakdown(parts: &[RatedPart]) -> Vec<PartBody> {
    let parts = parts.iter();
    parts.map(|it| part(&it.unit, it.count, it.cost)).collect()
}

fn part(unit: &RatedUnit, count: u64, amount: impl ToString) -> PartBody {
    PartBody {
        unit: unit.to_string(),
        count,
        amount: amount.to_string(),
    }
}

/// Parts of many amounts, summed by unit. A year's use of one user is far below the
/// limits of both sums.
#[derive(Clone, Debug, Default)]
pub(crate) struct PartSums(BTreeMap<RatedUnit, (u64, u128)>);

impl PartSums {
    pub(crate) fn add(&mut self, parts: &[RatedPart]) {
        for RatedPart { unit, count, cost } in parts {
            let (counts, costs) = self.0.entry(unit.clone()).or_default();
            *counts = counts.saturating_add(*count);
            *costs = costs.saturating_add(u128::from(cost.get()));
        }
    }

    pub(crate) fn into_bodies(self) -> Vec<PartBody> {
        let sums = self.0.into_iter();
        sums.map(|(unit, (count, nano))| part(&unit, count, nano_text(nano)))
            .collect()
    }
}

const NANO_PER_CREDIT: u128 = 1_000_000_000;

/// The text of billionths of a credit, also for sums beyond what one charge may cost.
fn nano_text(nano: u128) -> String {
    let whole = nano.div_euclid(NANO_PER_CREDIT);
    let rest = nano.rem_euclid(NANO_PER_CREDIT);
    if rest == 0 {
        return whole.to_string();
    }
    let digits = format!("{rest:09}");
    format!("{whole}.{}", digits.trim_end_matches('0'))
}
