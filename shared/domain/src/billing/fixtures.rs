//! What the suites of this folder share: a catalogue, and short ways to write
//! down what Stripe says.
//!
//! Nothing here is compiled into the product.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Catalogue, IntervalUnit, InvoiceLine, LineKind, LinePeriod, PaidInvoice, Parties};
use crate::fixtures::{at, credits};
use crate::{Credits, GrantInterval, Price, PriceKind, Rollover, StripeId, Tier};

#[track_caller]
pub(super) fn id(text: &str) -> StripeId {
    text.parse().unwrap()
}

/// A price of a monthly plan of its own name, `price_<plan>`.
pub(super) fn plan(plan: &str, rank: u32, amount_minor: u64, gives: &str) -> Price {
    Price {
        price_id: format!("price_{plan}"),
        kind: PriceKind::Subscription,
        plan: plan.to_string(),
        tier: Some(Tier::Pro),
        rank,
        credits: credits(gives),
        trial_credits: Credits::ZERO,
        every: GrantInterval::Invoice,
        rollover: Rollover::default(),
        grace_days: 3,
        payment_link: None,
        interval: IntervalUnit::Month,
        interval_count: 1,
        adjustable_quantity: false,
        amount_minor,
        currency: "usd".to_string(),
        other_amounts_minor: BTreeMap::new(),
    }
}

/// `price_pack` and its payment link `plink_1`.
pub(super) fn pack() -> Price {
    Price {
        kind: PriceKind::Pack,
        tier: None,
        payment_link: Some("plink_1".to_string()),
        ..plan("pack", 0, 500, "100")
    }
}

/// What the catalogue of these suites holds: `free` costs nothing, `pro` can be
/// tried, `team` is kept for two months, and `year` schedules and is kept for one.
pub(super) fn prices() -> Vec<Price> {
    vec![
        Price {
            tier: Some(Tier::Free),
            grace_days: 0,
            ..plan("free", 0, 0, "50")
        },
        Price {
            trial_credits: credits("200"),
            ..plan("pro", 10, 2000, "2000")
        },
        Price {
            tier: Some(Tier::Enterprise),
            grace_days: 7,
            rollover: Rollover {
                months: 2,
                cap: credits("1000"),
            },
            ..plan("team", 20, 5000, "6000.5")
        },
        Price {
            trial_credits: credits("300"),
            every: GrantInterval::Month,
            interval: IntervalUnit::Year,
            rollover: Rollover {
                months: 1,
                cap: credits("500"),
            },
            ..plan("year", 10, 20_000, "24000")
        },
        pack(),
    ]
}

pub(super) fn catalogue() -> Catalogue {
    Catalogue::new(prices())
}

/// A line for November 2025 of one unit of `sub_1`; `-` names no price.
#[track_caller]
pub(super) fn line(kind: LineKind, name: &str, price: &str, amount_minor: i64) -> InvoiceLine {
    InvoiceLine {
        id: id(name),
        kind,
        subscription: (kind != LineKind::Other).then(|| id("sub_1")),
        price: (price != "-").then(|| id(price)),
        quantity: Some(1),
        amount_minor: Some(amount_minor),
        period: Some(period("2025-11-01", "2025-12-01")),
        credited: Vec::new(),
    }
}

#[track_caller]
pub(super) fn period(start: &str, end: &str) -> LinePeriod {
    LinePeriod {
        start: at(start),
        end: at(end),
    }
}

/// `in_1`, all of whose lines these are.
pub(super) fn invoice(lines: Vec<InvoiceLine>) -> PaidInvoice {
    PaidInvoice {
        parties: Parties::default(),
        id: id("in_1"),
        payment: None,
        paid_minor: 2000,
        total_minor: 2000,
        currency: "usd".to_string(),
        paid_at: None,
        lines,
        complete: true,
    }
}

/// All of `values` and some of them again, in any order.
pub(super) fn shuffled<T: Clone + std::fmt::Debug + 'static>(
    values: Vec<T>,
) -> impl Strategy<Value = Vec<T>> {
    let again = prop::sample::subsequence(values.clone(), 0..=values.len());
    again.prop_flat_map(move |again| Just([values.clone(), again].concat()).prop_shuffle())
}
