//! Suite: no change to a posting of an entry goes unnoticed.
//!
//! Each kind of posting is destructured and every one of its fields is changed.

use super::super::super::{LotRollover, LotTerms};
use super::schedules::changed_schedule;
use super::*;
use crate::{HoldPosting, SchedulePosting};

/// The value with each of the changes, one at a time.
pub(super) fn each<T: Clone>(value: &T, changes: &[&dyn Fn(&mut T)]) -> Vec<T> {
    let changed = changes.iter().map(|change| {
        let mut changed = value.clone();
        change(&mut changed);
        changed
    });
    changed.collect()
}

/// None, a value where there was none, and each of the two fields changed.
fn changed_rollover(rollover: Option<LotRollover>, from: Timestamp) -> Vec<Option<LotRollover>> {
    let cap = credits("7");
    let LotRollover { from, cap } = rollover.unwrap_or(LotRollover { from, cap });
    let later = from.plus_seconds(1);
    let other = |from, cap| Some(LotRollover { from, cap });
    vec![
        None,
        other(from, cap),
        other(later, cap),
        other(from, Credits::ZERO),
    ]
}

/// The terms with one field changed, for every field, and for every other value of
/// small enums.
fn changed_terms(terms: &LotTerms) -> Vec<LotTerms> {
    let LotTerms {
        id: _,
        kind,
        starts_at,
        expires_at,
        monthly_allocation: _,
        reset_day_of_month: _,
        rollover,
    } = terms;
    let ends = match expires_at {
        Some(end) => [None, Some(end.plus_seconds(1))],
        None => [Some(Timestamp::MAX), Some(*starts_at)],
    };
    let mut all = each(
        terms,
        &[
            &|it| it.id = lot_id("buy:other"),
            &|it| it.starts_at = it.starts_at.plus_seconds(-1),
            &|it| it.monthly_allocation = credits("0.001"),
            &|it| it.reset_day_of_month = reset_day(2),
            &|it| it.expires_at = ends[0],
            &|it| it.expires_at = ends[1],
        ],
    );
    for other in changed_rollover(*rollover, *starts_at) {
        all.extend(each(terms, &[&|it| it.rollover = other]));
    }
    let kinds = all!(LotKind: Free, Subscription, Purchase, Promo, Overdraft);
    for other in other_than(&kinds, kind) {
        all.extend(each(terms, &[&|it| it.kind = other]));
    }
    all
}

/// The move with one field changed, for every field.
fn changed_move(
    lot: &LotId,
    amount: LotAmount,
    delta: Credits,
    cause: PostingCause,
) -> Vec<Posting> {
    let moved = |lot: &str, amount, delta, cause| Posting::Moved {
        lot: lot_id(lot),
        amount,
        delta,
        cause,
    };
    let amounts = all!(LotAmount: Granted, ClawedBack, Used, Held, Lapsed);
    let causes = all!(
        PostingCause: Opening, Reset, Expiry, Charge, Hold, Commit, Release, HoldExpiry, Grant,
        Clawback, Netting, Rollover, EndMoved, Adjustment,
    );
    let id = lot.as_str();
    let mut all = vec![
        moved("buy:other", amount, delta, cause),
        moved(id, amount, delta.negated().unwrap(), cause),
        moved(id, amount, delta.plus(credits("0.001")).unwrap(), cause),
    ];
    let amounts = other_than(&amounts, &amount);
    all.extend(amounts.into_iter().map(|it| moved(id, it, delta, cause)));
    let causes = other_than(&causes, &cause);
    all.extend(causes.into_iter().map(|it| moved(id, amount, delta, it)));
    all
}

/// The recalled lot with one field or amount changed.
fn changed_past(past: &PastLot) -> Vec<PastLot> {
    let PastLot { lot, ended_at: _ } = past;
    let mut all = each(past, &[&|it| it.ended_at = it.ended_at.plus_seconds(1)]);
    for amount in all!(LotAmount: Granted, ClawedBack, Used, Held, Lapsed) {
        let one = |it: &mut PastLot| *it.lot.amount_mut(amount) = credits("1");
        all.extend(each(past, &[&one]));
    }
    for terms in changed_terms(&lot.terms) {
        all.extend(each(past, &[&|it| it.lot.terms = terms.clone()]));
    }
    all
}

/// The plans with one removed, added or changed in one field.
fn changed_plans(plans: &[AccountPlan]) -> Vec<Vec<AccountPlan>> {
    let mut all = each(
        &plans.to_vec(),
        &[
            &|it| it.clear(),
            &|it| it.reverse(),
            &|it| it.push(it[0].clone()),
            &|it| drop(it.pop()),
        ],
    );
    for (index, plan) in plans.iter().enumerate() {
        let AccountPlan {
            subscription_id: _,
            tier,
            rank: _,
            period_end,
            lapses_at,
            payment_due: _,
        } = plan;
        let other = |end: &Option<Timestamp>| match end {
            Some(_) => None,
            None => Some(at("2025-12-01")),
        };
        let mut changed = each(
            plan,
            &[
                &|it| it.subscription_id = "sub_9".to_string(),
                &|it| it.rank = 11,
                &|it| it.period_end = Some(at("2025-12-02")),
                &|it| it.lapses_at = Some(at("2025-12-05")),
                &|it| it.period_end = other(period_end),
                &|it| it.lapses_at = other(lapses_at),
                &|it| it.payment_due = !it.payment_due,
            ],
        );
        for other in other_than(&all!(Tier: Free, Pro, Enterprise), tier) {
            changed.extend(each(plan, &[&|it| it.tier = other]));
        }
        for plan in changed {
            all.extend(each(&plans.to_vec(), &[&|it| it[index] = plan.clone()]));
        }
    }
    all
}

/// The parts of a hold with one removed, added or changed in one field.
fn changed_allocation(allocation: &[Allocation]) -> Vec<Vec<Allocation>> {
    let Allocation { lot: _, amount: _ } = allocation[0];
    each(
        &allocation.to_vec(),
        &[
            &|it| it.clear(),
            &|it| it.reverse(),
            &|it| drop(it.pop()),
            &|it| it.push(it[0].clone()),
            &|it| it[0].lot = lot_id("buy:other"),
            &|it| it[1].amount = credits("2.001"),
        ],
    )
}

/// The posting about a hold with one field changed, for every field.
fn changed_hold(posting: &Posting) -> Vec<Posting> {
    let mut all = Vec::new();
    let mut with = |change: &dyn Fn(&mut Posting)| all.extend(each(posting, &[&change]));
    with(&|it| match it {
        Posting::Hold(HoldPosting::Opened { hold, .. })
        | Posting::Hold(HoldPosting::Extended { hold, .. })
        | Posting::Hold(HoldPosting::Reported { hold, .. })
        | Posting::Hold(HoldPosting::Expired { hold, .. })
        | Posting::Hold(HoldPosting::Closed { hold }) => *hold = hold_id("client-1#hold-2"),
        _ => {}
    });
    match posting {
        Posting::Hold(HoldPosting::Opened {
            hold: _,
            amount: _,
            allocation,
            opened_at: _,
            expires_at: _,
            on_expiry,
        }) => {
            with(&|it| set_opened_at(it, None));
            with(&|it| set_opened_at(it, Some(at("2025-11-06T14:30:01Z"))));
            for other in other_than(&all!(OnExpiry: Release, Settle), on_expiry) {
                with(&|it| set_on_expiry(it, other));
            }
            for other in changed_allocation(allocation) {
                with(&|it| set_allocation(it, &other));
            }
        }
        Posting::Hold(HoldPosting::Extended {
            hold: _,
            expires_at: _,
        })
        | Posting::Hold(HoldPosting::Reported { hold: _, amount: _ })
        | Posting::Hold(HoldPosting::Expired {
            hold: _,
            charged: _,
        })
        | Posting::Hold(HoldPosting::Closed { hold: _ }) => {}
        _ => unreachable!("not about a hold"),
    }
    if let Posting::Hold(HoldPosting::Opened { .. }) | Posting::Hold(HoldPosting::Extended { .. }) =
        posting
    {
        with(&|it| match it {
            Posting::Hold(HoldPosting::Opened { expires_at, .. })
            | Posting::Hold(HoldPosting::Extended { expires_at, .. }) => {
                *expires_at = expires_at.plus_seconds(1);
            }
            _ => {}
        });
    }
    if !matches!(
        posting,
        Posting::Hold(HoldPosting::Extended { .. }) | Posting::Hold(HoldPosting::Closed { .. })
    ) {
        with(&|it| match it {
            Posting::Hold(HoldPosting::Opened { amount, .. })
            | Posting::Hold(HoldPosting::Reported { amount, .. })
            | Posting::Hold(HoldPosting::Expired {
                charged: amount, ..
            }) => *amount = credits("0.001"),
            _ => {}
        });
    }
    all
}

fn set_on_expiry(posting: &mut Posting, other: OnExpiry) {
    if let Posting::Hold(HoldPosting::Opened { on_expiry, .. }) = posting {
        *on_expiry = other;
    }
}

fn set_opened_at(posting: &mut Posting, other: Option<Timestamp>) {
    if let Posting::Hold(HoldPosting::Opened { opened_at, .. }) = posting {
        *opened_at = other;
    }
}

fn set_allocation(posting: &mut Posting, other: &[Allocation]) {
    if let Posting::Hold(HoldPosting::Opened { allocation, .. }) = posting {
        *allocation = other.to_vec();
    }
}

/// The posting with one field changed, for every field of every kind.
fn changed(posting: &Posting) -> Vec<Posting> {
    match posting {
        Posting::FreeTerms {
            monthly_allocation,
            reset_day_of_month,
        } => vec![
            Posting::FreeTerms {
                monthly_allocation: Credits::ZERO,
                reset_day_of_month: *reset_day_of_month,
            },
            Posting::FreeTerms {
                monthly_allocation: *monthly_allocation,
                reset_day_of_month: reset_day(31),
            },
        ],
        Posting::Opened(terms) => {
            let terms = changed_terms(terms).into_iter();
            terms.map(Posting::Opened).collect()
        }
        Posting::Moved {
            lot,
            amount,
            delta,
            cause,
        } => changed_move(lot, *amount, *delta, *cause),
        Posting::Archived { lot: _ } => vec![Posting::Archived {
            lot: lot_id("buy:other"),
        }],
        Posting::Recalled(past) => {
            let past = changed_past(past).into_iter();
            past.map(Posting::Recalled).collect()
        }
        Posting::EndMoved { lot, expires_at } => vec![
            Posting::EndMoved {
                lot: lot_id("buy:other"),
                expires_at: *expires_at,
            },
            Posting::EndMoved {
                lot: lot.clone(),
                expires_at: expires_at.plus_seconds(1),
            },
        ],
        Posting::Plans(plans) => {
            let plans = changed_plans(plans).into_iter();
            plans.map(Posting::Plans).collect()
        }
        Posting::Active(active) => vec![Posting::Active(!active)],
        Posting::Erased => vec![Posting::Active(false)],
        Posting::PeriodsSkipped { periods: _ } => vec![Posting::PeriodsSkipped { periods: 4 }],
        Posting::Hold(HoldPosting::Opened { .. })
        | Posting::Hold(HoldPosting::Extended { .. })
        | Posting::Hold(HoldPosting::Reported { .. })
        | Posting::Hold(HoldPosting::Expired { .. })
        | Posting::Hold(HoldPosting::Closed { .. }) => changed_hold(posting),
        Posting::Schedule(SchedulePosting::Opened(_))
        | Posting::Schedule(SchedulePosting::ClawedBack { .. })
        | Posting::Schedule(SchedulePosting::Advanced { .. })
        | Posting::Schedule(SchedulePosting::Ended { .. }) => changed_schedule(posting),
    }
}

#[test]
fn every_change_of_a_posting_shows() {
    let postings = entry().postings;
    for (index, posting) in postings.iter().enumerate() {
        for changed in changed(posting) {
            if changed == *posting {
                continue; // The value it is changed to is the one it has.
            }
            check(&format!("{changed:?}"), |it| it.postings[index] = changed);
        }
        for another in postings.iter().filter(|another| *another != posting) {
            check("another posting in its place", |it| {
                it.postings[index] = another.clone();
            });
        }
    }
}

#[test]
fn a_posting_left_out_put_in_or_moved_shows() {
    let count = entry().postings.len();
    for index in 0..count {
        check("left out", |it| drop(it.postings.remove(index)));
        check("put in twice", |it| {
            let again = it.postings[index].clone();
            it.postings.insert(index, again);
        });
        for other in (0..count).filter(|other| *other != index) {
            check("swapped", |it| it.postings.swap(index, other));
        }
    }
    check("emptied", |it| it.postings.clear());
}
