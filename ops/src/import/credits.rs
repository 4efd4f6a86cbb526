//! A row of `credits`: its kind, whether it has ended, and the terms it is kept
//! under.

use shared::domain::{
    Credits, LotId, LotKind, LotTerms, ParseIdentifierError, Period, ResetDay, Timestamp,
};

use super::file::Row;
use super::names::lot_name;
use super::reading::Reading;
use super::remark::Remark;
use super::text::{self, Nano, Round};

/// The monthly allocation where the row has none.
pub(crate) const DEFAULT_ALLOCATION: Credits = Credits::from_milli(2_000_000);

/// A parsed row of `credits`.
#[derive(Clone, Debug)]
pub(crate) struct CreditRow {
    pub(crate) row: Row,
    pub(crate) id: LotId,
    pub(crate) kind: LotKind,
    /// When the row was created, if it says.
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) starts_at: Timestamp,
    pub(crate) ends_at: Option<Timestamp>,
    /// Whether the row says that it may still be spent.
    pub(crate) is_current: bool,
    pub(crate) granted: Credits,
    pub(crate) used: Credits,
    /// Both amounts as the row states them.
    pub(crate) reported: (Nano, Nano),
    /// Monthly allocation and anchor day of free credits.
    pub(crate) allocation: Credits,
    pub(crate) reset_day: ResetDay,
}

/// Reads a row; none if it is refused. `is_paid` says whether its subscription
/// is paid, if it belongs to the user. `now` replaces missing times.
pub(crate) fn read(
    row: &Row,
    is_paid: Option<bool>,
    now: Timestamp,
    remarks: &mut Vec<Remark>,
) -> Result<Option<CreditRow>, ParseIdentifierError> {
    let mut reading = Reading::of(row, remarks);
    let created_at = reading.time("created_at");
    let (granted, total) = reading.required_credits("total_credits", Round::Down);
    let (mut used, spent) = reading.required_credits("used_credits", Round::Up);
    if used > granted {
        reading.mend(format!(
            "{used} of {granted} credits used: kept as {granted} used"
        ));
        used = granted;
    }
    let kind = kind(&mut reading, is_paid);
    let starts_at = reading.time("billing_period_start").or(created_at);
    let starts_at = starts_at.unwrap_or(now);
    let mut ends_at = reading.time("billing_period_end");
    if ends_at.is_some_and(|end| end <= starts_at) || (kind == LotKind::Free && ends_at.is_none()) {
        let end = starts_at.plus_months(1);
        let said = match ends_at {
            Some(said) => format!("it ends at {said}, before it starts"),
            None => "its period has no end".to_string(),
        };
        reading.mend(format!("{said}: kept until {end}"));
        ends_at = Some(end);
    }
    let allocation = match reading.words("monthly_allocation") {
        Some(_) => reading.credits("monthly_allocation", Round::Down).0,
        None => DEFAULT_ALLOCATION,
    };
    let reset_day = reset_day(&mut reading, starts_at, ends_at);
    let is_current = reading.required_flag("is_current", false);
    Ok(reading.finish(CreditRow {
        id: lot_name(row.id())?,
        kind,
        created_at,
        starts_at,
        ends_at,
        is_current,
        granted,
        used,
        reported: (total, spent),
        allocation,
        reset_day,
        row: row.clone(),
    }))
}

/// Credits of a paid subscription count as paid whatever the row says, because
/// the old migration marked every row as free.
fn kind(row: &mut Reading<'_>, is_paid: Option<bool>) -> LotKind {
    let subscription = row.text("subscription_id");
    if let (Some(id), None) = (subscription, is_paid) {
        row.mend(format!(
            "its subscription {id} is not among the user's subscriptions"
        ));
    }
    let word = row.word("credit_type");
    match (word.as_deref(), is_paid) {
        (Some("free"), Some(true)) => {
            row.mend("credit_type is free but its subscription is paid: kept as pro");
            LotKind::Subscription
        }
        (None, Some(true)) => LotKind::Subscription,
        (Some("free") | None, _) => LotKind::Free,
        (Some(text), _) => {
            if text != "pro" {
                row.mend(format!("credit_type {text:?} is unknown: kept as pro"));
            }
            match subscription {
                Some(_) => LotKind::Subscription,
                None => LotKind::Purchase,
            }
        }
    }
}

/// The anchor day that makes the row's period one month: the day it names, else
/// a day of the period itself, else the day it names.
fn reset_day(row: &mut Reading<'_>, starts_at: Timestamp, ends_at: Option<Timestamp>) -> ResetDay {
    let named = row.number("reset_day_of_month");
    let day = |number: u32| ResetDay::try_from(number).ok();
    if let Some(number) = named.filter(|number| day(*number).is_none()) {
        row.mend(format!(
            "reset_day_of_month {number} is not a day of the month: dropped"
        ));
    }
    let named = named.and_then(day).unwrap_or(ResetDay::FIRST);
    let Some(ends_at) = ends_at else {
        return named;
    };
    let days = [starts_at, ends_at].map(|at| {
        let date = at.date();
        date.rsplit('-')
            .next()
            .and_then(|text| text.parse().ok())
            .and_then(day)
    });
    let candidates = [Some(named)].into_iter().chain(days).flatten();
    let mut fitting = candidates.filter(|day| is_month(starts_at, ends_at, *day));
    fitting.next().unwrap_or(named)
}

/// Whether a period is one month from that day, ignoring the time of day.
fn is_month(starts_at: Timestamp, ends_at: Timestamp, day: ResetDay) -> bool {
    let month = Period::containing(starts_at, day);
    (month.starts_at.date(), month.ends_at.date()) == (starts_at.date(), ends_at.date())
}

impl CreditRow {
    /// Whether it can be spent at `now`.
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        self.is_current && self.ends_at.is_none_or(|end| end > now)
    }

    /// Its subscription's id in the old tables.
    pub(crate) fn subscription_id(&self) -> Option<&str> {
        self.row.get("subscription_id").map(str::trim)
    }

    /// Its remaining credits.
    pub(crate) fn rest(&self) -> Credits {
        self.granted.minus(self.used).unwrap_or(Credits::ZERO)
    }

    /// Its terms as past credits.
    pub(crate) fn past_terms(&self) -> LotTerms {
        let is_free = self.kind == LotKind::Free;
        LotTerms {
            id: self.id.clone(),
            kind: self.kind,
            starts_at: self.starts_at,
            expires_at: self.ends_at,
            monthly_allocation: if is_free { self.granted } else { Credits::ZERO },
            reset_day_of_month: if is_free {
                self.reset_day
            } else {
                ResetDay::FIRST
            },
            rollover: None,
        }
    }

    /// The month of a free row's credits at `now`, if that is not the row's own
    /// period.
    pub(crate) fn other_month(&self, now: Timestamp) -> Option<Period> {
        let month = Period::containing(now, self.reset_day);
        let end = self.ends_at.unwrap_or(now);
        let dates = (month.starts_at.date(), month.ends_at.date());
        (dates != (self.starts_at.date(), end.date())).then_some(month)
    }

    /// Among several current rows the greatest one counts.
    pub(crate) fn precedence(&self) -> impl Ord + use<> {
        (self.starts_at, self.created_at, self.id.clone())
    }

    /// Stated amounts that are not imported: granted, used.
    pub(crate) fn mended(&self) -> (Nano, Nano) {
        let (total, spent) = self.reported;
        (
            total - text::to_nano(self.granted),
            spent - text::to_nano(self.used),
        )
    }
}

#[cfg(test)]
mod tests;
