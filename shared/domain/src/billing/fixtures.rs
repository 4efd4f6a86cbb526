//! Fixtures shared by the tests of this folder: a catalogue, and short constructors
//! for Stripe's facts.
//!
//! They are not compiled into the product.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Catalogue, IntervalUnit, InvoiceLine, LineKind, LinePeriod, PaidInvoice, Parties};
use crate::fixtures::{at, credits};
use crate::{Credits, GrantInterval, Price, PriceKind, Rollover, StripeId, Tier};

#[track_caller]
pub(super) fn id(text: &str) -> StripeId {
    text.parse().unwrap()
}

/// The price of a monthly plan, `price_<plan>`.
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
        available: true,
    }
}

/// The price `price_pack`, with the payment link `plink_1`.
pub(super) fn pack() -> Price {
    Price {
        kind: PriceKind::Pack,
        tier: None,
        payment_link: Some("plink_1".to_string()),
        ..plan("pack", 0, 500, "100")
    }
}

/// The catalogue of these tests: `free` costs nothing, `pro` has a trial, `team`
/// rolls over for two months, and `year` grants by schedule and rolls over for one
/// month.
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

/// A line for November 2025 of one unit of `sub_1`; `-` means no price.
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

/// The invoice `in_1` with these lines.
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

/// All `values`, some of them repeated, in any order.
pub(super) fn shuffled<T: Clone + std::fmt::Debug + 'static>(
    values: Vec<T>,
) -> impl Strategy<Value = Vec<T>> {
    let again = prop::sample::subsequence(values.clone(), 0..=values.len());
    again.prop_flat_map(move |again| Just([values.clone(), again].concat()).prop_shuffle())
}
