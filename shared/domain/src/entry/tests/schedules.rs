//! Suite: no change to a posting about a schedule goes unnoticed.
//!
//! The postings and each of their fields changed; the tests that use them are those
//! of all postings.

use super::super::super::{PaidLate, Rollover, ScheduleTargets, ScheduleTerms, TargetRun};
use super::postings::each;
use super::*;
use crate::SchedulePosting;

/// Every kind of posting about a schedule, with a rollover and without.
pub(super) fn schedule_postings() -> Vec<Posting> {
    let schedule = lot_id("sub:a");
    let rollover = Rollover {
        months: 2,
        cap: credits("50"),
    };
    vec![
        Posting::Schedule(SchedulePosting::Opened(schedule_terms("sub:a", 12, "1200"))),
        Posting::Schedule(SchedulePosting::Opened(ScheduleTerms {
            rollover,
            ..schedule_terms("sub:b", 12, "1200")
        })),
        Posting::Schedule(SchedulePosting::Opened(ScheduleTerms {
            paid_late: Some(PaidLate {
                paid_at: at("2026-01-10"),
                spend_until: at("2026-01-13"),
            }),
            ..schedule_terms("sub:c", 12, "1200")
        })),
        Posting::Schedule(SchedulePosting::ClawedBack {
            schedule: schedule.clone(),
            targets: runs(&[(2, "50"), (5, "0")]),
        }),
        Posting::Schedule(SchedulePosting::Advanced {
            schedule: schedule.clone(),
            next: 3,
        }),
        Posting::Schedule(SchedulePosting::Ended { schedule }),
    ]
}

fn runs(runs: &[(u32, &str)]) -> ScheduleTargets {
    let run = |(from, each): &(u32, &str)| TargetRun {
        from: *from,
        each: credits(each),
    };
    ScheduleTargets::from_runs(runs.iter().map(run).collect())
}

/// The terms with one field changed, for every field.
fn changed_terms(terms: &ScheduleTerms) -> Vec<ScheduleTerms> {
    let ScheduleTerms {
        id: _,
        starts_at: _,
        ends_at: _,
        expires_at: _,
        total: _,
        rollover: Rollover { months, cap: _ },
        paid_late,
    } = terms;
    let PaidLate {
        paid_at,
        spend_until,
    } = paid_late.unwrap_or(PaidLate {
        paid_at: terms.starts_at,
        spend_until: terms.ends_at,
    });
    let late = |paid_at, spend_until| {
        Some(PaidLate {
            paid_at,
            spend_until,
        })
    };
    each(
        terms,
        &[
            &|it| it.id = lot_id("sub:other"),
            &|it| it.starts_at = it.starts_at.plus_seconds(-1),
            &|it| it.ends_at = it.ends_at.plus_seconds(1),
            &|it| it.expires_at = it.expires_at.plus_seconds(1),
            &|it| it.total = credits("0.001"),
            &|it| it.rollover.months = months.saturating_add(1),
            &|it| it.rollover.months = 0,
            &|it| it.rollover.cap = credits("0.001"),
            &|it| it.rollover.cap = Credits::ZERO,
            &|it| it.paid_late = None,
            &|it| it.paid_late = late(paid_at, spend_until),
            &|it| it.paid_late = late(paid_at.plus_seconds(1), spend_until),
            &|it| it.paid_late = late(paid_at, spend_until.plus_seconds(1)),
        ],
    )
}

/// The posting with one field changed, for every field of every kind.
pub(super) fn changed_schedule(posting: &Posting) -> Vec<Posting> {
    let other = || lot_id("sub:other");
    match posting.clone() {
        Posting::Schedule(SchedulePosting::Opened(terms)) => {
            let terms = changed_terms(&terms).into_iter();
            terms
                .map(|terms| Posting::Schedule(SchedulePosting::Opened(terms)))
                .collect()
        }
        Posting::Schedule(SchedulePosting::ClawedBack { schedule, targets }) => {
            let mut all = vec![Posting::Schedule(SchedulePosting::ClawedBack {
                schedule: other(),
                targets,
            })];
            for targets in [
                runs(&[]),
                runs(&[(2, "50")]),
                runs(&[(2, "50"), (5, "1")]),
                runs(&[(2, "50"), (6, "0")]),
                runs(&[(2, "51"), (5, "0")]),
                runs(&[(5, "0"), (2, "50")]),
            ] {
                let schedule = schedule.clone();
                all.push(Posting::Schedule(SchedulePosting::ClawedBack {
                    schedule,
                    targets,
                }));
            }
            all
        }
        Posting::Schedule(SchedulePosting::Advanced { schedule, next }) => vec![
            Posting::Schedule(SchedulePosting::Advanced {
                schedule: other(),
                next,
            }),
            Posting::Schedule(SchedulePosting::Advanced { schedule, next: 0 }),
        ],
        Posting::Schedule(SchedulePosting::Ended { schedule: _ }) => {
            vec![Posting::Schedule(SchedulePosting::Ended {
                schedule: other(),
            })]
        }
        _ => unreachable!("not about a schedule"),
    }
}
