//! Prices, as the merchant has set them up at Stripe. The credits of a price
//! are not a Stripe field; only the oracle reads them.

use crate::calendar::{Interval, Unit};

/// A recurring price with a fixed amount per unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// `price_...`.
    pub id: String,
    /// The plan it sells; a trial is given once per user and plan.
    pub plan: String,
    /// How often it is billed.
    pub interval: Interval,
    /// Amount per unit in the smallest unit of each currency; the first is the default.
    pub amounts: Vec<(String, i64)>,
    /// Credits per interval and unit, in thousandths.
    pub credits_milli: i64,
    /// Credits of a trial, in thousandths, whatever the quantity.
    pub trial_credits_milli: i64,
    /// Whether the credits of an interval are granted in equal monthly parts.
    pub monthly: bool,
}

impl Price {
    /// A monthly price in usd and eur that gives no trial credits.
    pub fn new(id: &str, plan: &str, usd: i64, eur: i64, credits_milli: i64) -> Self {
        Self {
            id: id.to_string(),
            plan: plan.to_string(),
            interval: Interval::new(Unit::Month, 1),
            amounts: vec![("usd".to_string(), usd), ("eur".to_string(), eur)],
            credits_milli,
            trial_credits_milli: 0,
            monthly: false,
        }
    }

    /// The same price, billed every `count` units.
    #[must_use]
    pub fn every(mut self, unit: Unit, count: u32) -> Self {
        self.interval = Interval::new(unit, count);
        self
    }

    /// The same price, with credits for a trial.
    #[must_use]
    pub fn with_trial(mut self, trial_credits_milli: i64) -> Self {
        self.trial_credits_milli = trial_credits_milli;
        self
    }

    /// The same price, with credits granted monthly.
    #[must_use]
    pub const fn month_by_month(mut self) -> Self {
        self.monthly = true;
        self
    }

    /// Amount per unit in a currency, else in the default currency.
    pub fn amount(&self, currency: &str) -> i64 {
        let own = self.amounts.iter().find(|(name, _)| name == currency);
        own.or(self.amounts.first())
            .map_or(0, |(_, amount)| *amount)
    }

    /// Whether it costs nothing in every currency.
    pub fn is_free(&self) -> bool {
        self.amounts.iter().all(|(_, amount)| *amount == 0)
    }
}

/// Eight prices: monthly `pro` and `plus`, yearly `pro` with monthly credits, a
/// free one, one for seats, and one each per two weeks, ten days and quarter.
pub fn sample_catalogue() -> Vec<Price> {
    vec![
        Price::new("price_pro", "pro", 2_000, 1_900, 10_000_000).with_trial(1_000_000),
        Price::new("price_plus", "plus", 5_000, 4_700, 30_000_000).with_trial(2_000_000),
        Price::new("price_pro_year", "pro", 20_000, 19_000, 120_000_000)
            .every(Unit::Year, 1)
            .month_by_month()
            .with_trial(1_000_000),
        Price::new("price_free", "free", 0, 0, 0),
        Price::new("price_seat", "team", 1_500, 1_450, 7_000_000),
        Price::new("price_week", "week", 600, 550, 2_500_000).every(Unit::Week, 2),
        Price::new("price_ten_days", "ten-days", 700, 650, 3_000_000).every(Unit::Day, 10),
        Price::new("price_quarter", "quarter", 5_500, 5_200, 31_000_000).every(Unit::Month, 3),
    ]
}
