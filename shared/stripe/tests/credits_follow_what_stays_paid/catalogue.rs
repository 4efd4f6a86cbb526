//! The model's prices as the catalogue that the planner knows them by.

use std::collections::BTreeMap;

use domain::billing::{Catalogue, IntervalUnit};
use domain::{Credits, GrantInterval, Price, PriceKind, Rollover, Tier};
use stripe_billing::{Interval, Unit};

/// What is left at the end of a month is kept.
const FOR_EVER: Rollover = Rollover {
    months: 1_000,
    cap: Credits::MAX_AMOUNT,
};

/// The same prices. Nothing they give lapses, so that what stands of a lot is
/// what it was given less what was clawed back.
pub(crate) fn catalogue(prices: &[stripe_billing::Price]) -> Catalogue {
    Catalogue::new(prices.iter().map(price).collect())
}

fn price(of: &stripe_billing::Price) -> Price {
    let mut amounts: BTreeMap<String, u64> = of
        .amounts
        .iter()
        .map(|(currency, amount)| (currency.clone(), u64::try_from(*amount).unwrap()))
        .collect();
    let (currency, _) = of.amounts[0].clone();
    Price {
        price_id: of.id.clone(),
        kind: PriceKind::Subscription,
        plan: of.plan.clone(),
        tier: Some(if of.is_free() { Tier::Free } else { Tier::Pro }),
        rank: 1,
        credits: Credits::from_milli(of.credits_milli),
        trial_credits: Credits::from_milli(of.trial_credits_milli),
        every: if of.monthly {
            GrantInterval::Month
        } else {
            GrantInterval::Invoice
        },
        rollover: if of.monthly {
            FOR_EVER
        } else {
            Rollover::default()
        },
        grace_days: 10_000,
        payment_link: None,
        interval: unit(of.interval),
        interval_count: of.interval.count,
        adjustable_quantity: false,
        amount_minor: amounts.remove(&currency).unwrap(),
        currency,
        other_amounts_minor: amounts,
        available: true,
    }
}

fn unit(interval: Interval) -> IntervalUnit {
    match interval.unit {
        Unit::Day => IntervalUnit::Day,
        Unit::Week => IntervalUnit::Week,
        Unit::Month => IntervalUnit::Month,
        Unit::Year => IntervalUnit::Year,
    }
}
