//! A paid line of a subscription's invoices, and the lot that it gives.

use serde::{Deserialize, Serialize};

use crate::billing::{CreditedLine, LinePeriod};
use crate::timestamp::SECONDS_PER_DAY;
use crate::{
    Credits, LotId, LotKind, LotRollover, LotTerms, PaidLate, ResetDay, Rollover, ScheduleTerms,
    StripeId, Timestamp,
};

/// What stands in place of the invoice of a lot that came with an import; no
/// id of Stripe's is called so.
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
    /// The time it is about.
    pub period: LinePeriod,
    /// How many units.
    pub quantity: u64,
    /// What it does.
    pub effect: LineEffect,
}

/// What a paid line does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineEffect {
    /// It gives a lot or a schedule of lots.
    Grants(LineLot),
    /// It gives the one trial of a plan.
    Trial(LineLot),
    /// It takes time back: of these lines, or of those that cover it.
    Credits(Vec<CreditedLine>),
    /// Nothing, knowingly.
    Nothing,
}

/// The lot that a line gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineLot {
    /// `sub:<invoice>:<line>`, or `trial:<plan>`.
    pub lot: LotId,
    /// What it gives in all.
    #[serde(rename = "granted_milli")]
    pub granted: Credits,
    /// When it was paid, if that was after its period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Timestamp>,
    /// For how long it can be spent after its period.
    pub grace_days: u32,
    /// Whether it comes in monthly parts.
    #[serde(default, skip_serializing_if = "is_false")]
    pub monthly: bool,
    /// What may be kept after its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollover: Option<Rollover>,
    /// Whether it is of a change that cost nothing, at a price that does: within
    /// a trial it gives nothing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub for_nothing: bool,
    /// Whether it may as well be a credit: it is for nothing, and no line of its
    /// invoice names what it credits. While others cover it, it gives nothing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unclear: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl BookLine {
    /// The line of a lot that came with an import, which has no invoice here.
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

    pub(super) fn is_imported(&self) -> bool {
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

    /// Whoever pays after the period has the grace from then on.
    pub(super) fn end_of(&self, period_end: Timestamp) -> Timestamp {
        let paid = self.paid_at.unwrap_or(Timestamp::MIN);
        period_end.max(paid).plus_seconds(self.grace_seconds())
    }

    /// What is settled about the lot of a period.
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

    /// What is settled about the schedule of a period.
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
