//! Random grant schedules and postings about them, for property tests of items: any
//! value the types allow.

use proptest::prelude::*;

use super::{amounts, lot_ids, moments};
use crate::domain::{
    Credits, GrantSchedule, MAX_SCHEDULE_MONTHS, PaidLate, Posting, Rollover, SchedulePosting,
    ScheduleTargets, ScheduleTerms, TargetRun, Timestamp,
};

fn schedule_terms() -> impl Strategy<Value = ScheduleTerms> {
    let times = (moments(), 1..=MAX_SCHEDULE_MONTHS, 0..100_i64);
    let rollover = (0..3_u32, amounts()).prop_map(|(months, cap)| Rollover { months, cap });
    let late = prop::option::weighted(0.3, (moments(), 0..100_i64)).prop_map(|late| {
        late.map(|(paid_at, grace)| PaidLate {
            paid_at,
            spend_until: paid_at.plus_seconds(grace),
        })
    });
    (lot_ids(), times, amounts(), rollover, late).prop_map(
        |(id, (starts_at, months, grace), total, rollover, paid_late)| {
            // The last representable time has no month after it.
            let starts_at = starts_at.min(Timestamp::MAX.plus_seconds(-1));
            let ends_at = starts_at.plus_months(months);
            ScheduleTerms {
                id,
                starts_at,
                ends_at,
                expires_at: ends_at.plus_seconds(grace),
                total,
                rollover,
                paid_late,
            }
        },
    )
}

/// A few amounts in a row, some equal to the one before.
fn wanted() -> impl Strategy<Value = Vec<Credits>> {
    let run = (amounts(), 1..5_usize).prop_map(|(each, months)| vec![each; months]);
    prop::collection::vec(run, 0..5).prop_map(|runs| runs.concat())
}

pub(super) fn schedules() -> impl Strategy<Value = GrantSchedule> {
    (schedule_terms(), wanted(), any::<u32>()).prop_map(|(terms, wanted, next)| {
        let next = next % terms.month_count().unwrap();
        GrantSchedule {
            targets: terms.targets_from(next, &wanted),
            terms,
            next,
        }
    })
}

fn targets() -> impl Strategy<Value = ScheduleTargets> {
    let run = (any::<u32>(), amounts()).prop_map(|(from, each)| TargetRun { from, each });
    prop::collection::vec(run, 0..4).prop_map(ScheduleTargets::from_runs)
}

pub(super) fn schedule_postings() -> impl Strategy<Value = Posting> {
    prop_oneof![
        schedule_terms().prop_map(|terms| Posting::Schedule(SchedulePosting::Opened(terms))),
        (lot_ids(), targets()).prop_map(|(schedule, targets)| Posting::Schedule(
            SchedulePosting::ClawedBack { schedule, targets }
        )),
        (lot_ids(), any::<u32>()).prop_map(|(schedule, next)| Posting::Schedule(
            SchedulePosting::Advanced { schedule, next }
        )),
        lot_ids().prop_map(|schedule| Posting::Schedule(SchedulePosting::Ended { schedule })),
    ]
}
