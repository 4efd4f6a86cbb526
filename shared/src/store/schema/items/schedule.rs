//! A grant schedule as stored in the account: one compact map, because it stays there
//! for a year or longer and is written with every charge.

use serde::{Deserialize, Serialize};

use super::ItemError;
use crate::domain::{
    Credits, GrantSchedule, LotId, PaidLate, Rollover, ScheduleTargets, ScheduleTerms, TargetRun,
    Timestamp,
};
use crate::store::schema::keys::Key;

#[derive(Serialize, Deserialize)]
pub(super) struct ScheduleItem {
    id: LotId,
    /// When it starts, in seconds since 1970; both ends too.
    from: i64,
    to: i64,
    /// When its last lot ends.
    until: i64,
    total_milli: Credits,
    #[serde(default, skip_serializing_if = "is_none")]
    rollover: Rollover,
    /// If it was paid late: when, and until when the months that had already passed can
    /// be spent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    late: Option<(i64, i64)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    targets_milli: Vec<(u32, Credits)>,
    /// The next month to begin.
    #[serde(default, skip_serializing_if = "is_zero")]
    next: u32,
}

fn is_none(rollover: &Rollover) -> bool {
    *rollover == Rollover::default()
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl From<&GrantSchedule> for ScheduleItem {
    fn from(schedule: &GrantSchedule) -> Self {
        let terms = &schedule.terms;
        ScheduleItem {
            id: terms.id.clone(),
            from: terms.starts_at.unix_seconds(),
            to: terms.ends_at.unix_seconds(),
            until: terms.expires_at.unix_seconds(),
            total_milli: terms.total,
            rollover: terms.rollover,
            late: terms.paid_late.map(|late| {
                let PaidLate {
                    paid_at,
                    spend_until,
                } = late;
                (paid_at.unix_seconds(), spend_until.unix_seconds())
            }),
            targets_milli: targets_to_pairs(&schedule.targets),
            next: schedule.next,
        }
    }
}

/// Runs as pairs of their first month and the clawback target of each month in the run.
pub(super) fn targets_to_pairs(targets: &ScheduleTargets) -> Vec<(u32, Credits)> {
    let pair = |run: &TargetRun| (run.from, run.each);
    targets.runs().iter().map(pair).collect()
}

pub(super) fn targets_from_pairs(pairs: Vec<(u32, Credits)>) -> ScheduleTargets {
    let run = |(from, each)| TargetRun { from, each };
    ScheduleTargets::from_runs(pairs.into_iter().map(run).collect())
}

pub(super) fn schedule_from_item(
    key: &Key,
    item: ScheduleItem,
) -> Result<GrantSchedule, ItemError> {
    let moment = |seconds: i64| {
        Timestamp::from_unix_seconds(seconds).map_err(|error| {
            ItemError::quoting(key, format!("a moment of schedule {} {error}", item.id))
        })
    };
    let paid_late = match item.late {
        Some((paid_at, spend_until)) => Some(PaidLate {
            paid_at: moment(paid_at)?,
            spend_until: moment(spend_until)?,
        }),
        None => None,
    };
    let terms = ScheduleTerms {
        id: item.id.clone(),
        starts_at: moment(item.from)?,
        ends_at: moment(item.to)?,
        expires_at: moment(item.until)?,
        total: item.total_milli,
        rollover: item.rollover,
        paid_late,
    };
    Ok(GrantSchedule {
        terms,
        targets: targets_from_pairs(item.targets_milli),
        next: item.next,
    })
}

/// Refuses what no posting can lead to: we did not write it.
pub(super) fn check_schedule(schedule: &GrantSchedule) -> Result<(), String> {
    let terms = &schedule.terms;
    let amounts = [terms.total, terms.rollover.cap];
    if !amounts.iter().all(|amount| amount.is_amount()) {
        return Err(format!("schedule {} has an impossible amount", terms.id));
    }
    if terms
        .month_count()
        .is_none_or(|months| schedule.next >= months)
    {
        return Err(format!("schedule {} has no month to come", terms.id));
    }
    let late = terms.paid_late;
    if late.is_some_and(|late| late.spend_until < late.paid_at) {
        return Err(format!(
            "schedule {} can be spent until before it was paid",
            terms.id
        ));
    }
    if !schedule.is_canonical() {
        return Err(format!("schedule {} has impossible targets", terms.id));
    }
    Ok(())
}
