//! Suite: no change to a posting about a drip goes unnoticed.
//!
//! The postings themselves and each of their fields changed; the tests that
//! use them are those of all postings.

use super::super::super::{DripTargets, DripTerms, PaidLate, Rollover, TargetRun};
use super::postings::each;
use super::*;
use crate::SchedulePosting;

/// Every kind of posting about a drip, with a rollover and without.
pub(super) fn drip_postings() -> Vec<Posting> {
    let drip = lot_id("sub:a");
    let rollover = Rollover {
        months: 2,
        cap: credits("50"),
    };
    vec![
        Posting::Schedule(SchedulePosting::Opened(drip_terms("sub:a", 12, "1200"))),
        Posting::Schedule(SchedulePosting::Opened(DripTerms {
            rollover,
            ..drip_terms("sub:b", 12, "1200")
        })),
        Posting::Schedule(SchedulePosting::Opened(DripTerms {
            paid_late: Some(PaidLate {
                paid_at: at("2026-01-10"),
                spend_until: at("2026-01-13"),
            }),
            ..drip_terms("sub:c", 12, "1200")
        })),
        Posting::Schedule(SchedulePosting::ClawedBack {
            drip: drip.clone(),
            targets: runs(&[(2, "50"), (5, "0")]),
        }),
        Posting::Schedule(SchedulePosting::Advanced {
            drip: drip.clone(),
            next: 3,
        }),
        Posting::Schedule(SchedulePosting::Ended { drip }),
    ]
}

fn runs(runs: &[(u32, &str)]) -> DripTargets {
    let run = |(from, each): &(u32, &str)| TargetRun {
        from: *from,
        each: credits(each),
    };
    DripTargets::from_runs(runs.iter().map(run).collect())
}

/// The terms with one field changed, for every field.
fn changed_terms(terms: &DripTerms) -> Vec<DripTerms> {
    let DripTerms {
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
pub(super) fn changed_drip(posting: &Posting) -> Vec<Posting> {
    let other = || lot_id("sub:other");
    match posting.clone() {
        Posting::Schedule(SchedulePosting::Opened(terms)) => {
            let terms = changed_terms(&terms).into_iter();
            terms
                .map(|terms| Posting::Schedule(SchedulePosting::Opened(terms)))
                .collect()
        }
        Posting::Schedule(SchedulePosting::ClawedBack { drip, targets }) => {
            let mut all = vec![Posting::Schedule(SchedulePosting::ClawedBack {
                drip: other(),
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
                let drip = drip.clone();
                all.push(Posting::Schedule(SchedulePosting::ClawedBack {
                    drip,
                    targets,
                }));
            }
            all
        }
        Posting::Schedule(SchedulePosting::Advanced { drip, next }) => vec![
            Posting::Schedule(SchedulePosting::Advanced {
                drip: other(),
                next,
            }),
            Posting::Schedule(SchedulePosting::Advanced { drip, next: 0 }),
        ],
        Posting::Schedule(SchedulePosting::Ended { drip: _ }) => {
            vec![Posting::Schedule(SchedulePosting::Ended { drip: other() })]
        }
        _ => unreachable!("not about a drip"),
    }
}
