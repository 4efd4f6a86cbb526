//! A paid line of a subscription's invoices, and the lot that it grants.
//!
//! What a lot loses is not decided here: it follows from the whole book.

use serde::{Deserialize, Serialize};

use crate::billing::{CreditedLine, LinePeriod};
use crate::timestamp::SECONDS_PER_DAY;
use crate::{
    Credits, LotId, LotKind, LotRollover, LotTerms, PaidLate, ResetDay, Rollover, ScheduleTerms,
    StripeId, Timestamp,
};

/// Stands in for the invoice of an imported lot; no Stripe id looks like this.
const IMPORT: &str = "import";

/// A paid line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookLine {
    /// `in_…`.
    pub invoice: StripeId,
    /// `il_…`.
    pub id: StripeId,
    /// `price_…`.
    pub price: StripeId,
    /// The time it bills.
    pub period: LinePeriod,
    /// The number of units.
    pub quantity: u64,
    /// Its effect.
    pub effect: LineEffect,
}

/// The effect of a paid line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineEffect {
    /// It grants a lot or a schedule of lots.
    Grants(LineLot),
    /// It grants the only trial of a plan.
    Trial(LineLot),
    /// It credits time: of these lines, or, if there are none, of lines that cover it.
    Credits(Vec<CreditedLine>),
    /// It deliberately has no effect.
    Nothing,
}

/// The lot that a line grants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineLot {
    /// `sub:<invoice>:<line>`, or `trial:<plan>`.
    pub lot: LotId,
    /// The total it grants.
    #[serde(rename = "granted_milli")]
    pub granted: Credits,
    /// When it was paid, if that was after its period; for a monthly one, after its start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Timestamp>,
    /// The grace in days: how long it can be spent after its period.
    pub grace_days: u32,
    /// Whether it is granted month by month.
    #[serde(default, skip_serializing_if = "is_false")]
    pub monthly: bool,
    /// The rollover.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollover: Option<Rollover>,
    /// Whether it belongs to a change that cost nothing, at a price that is not
    /// free: within a trial it grants nothing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub for_nothing: bool,
    /// Whether it may also be a credit: its amount is 0, and no line of its invoice
    /// names what it credits. While other lines cover its time, it grants nothing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unclear: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl BookLine {
    /// The line of an imported lot, which has no invoice here.
    pub fn imported(
        (price, quantity): (StripeId, u64),
        period: LinePeriod,
        (lot, granted): (LotId, Credits),
    ) -> Option<Self> {
        let id = lot.as_str().rsplit(':').next()?.parse().ok()?;
        Some(BookLine {
            invoice: IMPORT.parse().ok()?,
            id,
            price,
            period,
            quantity,
            effect: LineEffect::Grants(LineLot {
                lot,
                granted,
                paid_at: None,
                grace_days: 0,
                monthly: false,
                rollover: None,
                for_nothing: false,
                unclear: false,
            }),
        })
    }

    /// Whether it stands for an imported lot and has no invoice here.
    pub fn is_imported(&self) -> bool {
        self.invoice.as_str() == IMPORT
    }

    pub(super) fn covers(&self, from: Timestamp, to: Timestamp) -> bool {
        self.period.start <= from && to <= self.period.end
    }

    pub(super) fn as_credit(&self) -> Option<(&BookLine, &[CreditedLine])> {
        match &self.effect {
            LineEffect::Credits(named) => Some((self, named)),
            LineEffect::Grants(_) | LineEffect::Trial(_) | LineEffect::Nothing => None,
        }
    }
}

impl LineLot {
    fn grace_seconds(&self) -> i64 {
        i64::from(self.grace_days).saturating_mul(SECONDS_PER_DAY)
    }

    /// After a late payment the grace counts from the payment.
    pub(super) fn end_of(&self, period_end: Timestamp) -> Timestamp {
        let paid = self.paid_at.unwrap_or(Timestamp::MIN);
        period_end.max(paid).plus_seconds(self.grace_seconds())
    }

    /// The terms of the lot for a period.
    pub fn terms(&self, starts_at: Timestamp, ends_at: Timestamp) -> LotTerms {
        let end = self.end_of(ends_at);
        let kept = self
            .rollover
            .filter(|kept| kept.months > 0 && kept.cap.is_positive());
        LotTerms {
            id: self.lot.clone(),
            kind: LotKind::Subscription,
            starts_at,
            expires_at: Some(kept.map_or(end, |kept| end.plus_months(kept.months))),
            monthly_allocation: Credits::ZERO,
            reset_day_of_month: ResetDay::FIRST,
            rollover: kept.map(|kept| LotRollover {
                from: end,
                cap: kept.cap,
            }),
        }
    }

    /// The terms of the schedule for a period.
    pub fn schedule(&self, period: LinePeriod) -> ScheduleTerms {
        ScheduleTerms {
            id: self.lot.clone(),
            starts_at: period.start,
            ends_at: period.end,
            expires_at: self.end_of(period.end),
            total: self.granted,
            rollover: self.rollover.unwrap_or_default(),
            paid_late: self.paid_at.map(|paid_at| PaidLate {
                paid_at,
                spend_until: paid_at.plus_seconds(self.grace_seconds()),
            }),
        }
    }
}
