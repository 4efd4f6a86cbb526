//! Suite: applying postings.
//!
//! A posting that fits changes exactly what it names; one that does not changes
//! nothing.

use super::super::fixtures::*;
use super::super::{
    Allocation, LotAmount, OnExpiry, PastLot, PostingCause, ScheduleTargets, ScheduleTerms,
};
use super::*;
use crate::AccountState;
use crate::{HoldPosting, SchedulePosting};

fn account() -> CreditAccount {
    let granted = [(LotAmount::Granted, credits("10"))];
    demo_account([holding(pack("buy:a", None), &granted)])
}

fn moved(lot: &str, amount: LotAmount, milli: i64) -> Posting {
    Posting::Moved {
        lot: lot_id(lot),
        amount,
        delta: Credits::from_milli(milli),
        cause: PostingCause::Opening,
    }
}

#[track_caller]
fn check_refused(posting: &Posting, expected: ApplyError) {
    let mut account = account();
    assert_eq!(account.apply(posting), Err(expected));
    assert_eq!(
        account,
        self::account(),
        "a refused posting changes nothing"
    );
}

#[test]
fn a_posting_that_does_not_fit_changes_nothing() {
    let missing = lot_id("buy:missing");
    let no_such_lot = ApplyError::NoSuchLot(missing.clone());
    check_refused(
        &moved("buy:missing", LotAmount::Used, 1),
        no_such_lot.clone(),
    );
    check_refused(&Posting::Archived { lot: missing }, no_such_lot);
    let again = Posting::Opened(pack("buy:a", None).terms);
    check_refused(&again, ApplyError::LotExists(lot_id("buy:a")));
    for (amount, milli) in [(LotAmount::Granted, -10_001), (LotAmount::Used, -1)] {
        let below_zero = ApplyError::BelowZero {
            lot: lot_id("buy:a"),
            amount: amount.as_str(),
        };
        check_refused(&moved("buy:a", amount, milli), below_zero);
    }
    let overflow = ApplyError::Overflow(CreditsOverflow);
    check_refused(&moved("buy:a", LotAmount::Granted, i64::MAX), overflow);
}

#[test]
fn each_of_the_five_amounts_moves_by_itself_and_down_to_nothing() {
    for amount in [
        LotAmount::Granted,
        LotAmount::ClawedBack,
        LotAmount::Used,
        LotAmount::Held,
        LotAmount::Lapsed,
    ] {
        let (mut account, mut expected) = (self::account(), self::account());
        let before = *account.lots[1].amount_mut(amount);
        let up = moved("buy:a", amount, 5_000);
        account.apply(&up).unwrap();
        *expected.lots[1].amount_mut(amount) = before.plus(credits("5")).unwrap();
        assert_eq!(account, expected);
        let after = before.milli() + 5_000;
        account.apply(&moved("buy:a", amount, -after)).unwrap();
        assert!(account.lots[1].amount_mut(amount).is_zero());
    }
}

#[test]
fn an_archived_lot_leaves_its_use_if_it_is_pro_and_nothing_if_it_is_free() {
    let mut account = account();
    account.lots[1].used = credits("4");
    account.archived_pro_used = credits("1");
    assert_eq!(account.lifetime_pro_used(), Ok(credits("5")));
    for lot in ["buy:a", "free:2025-11-01"] {
        let archived = Posting::Archived { lot: lot_id(lot) };
        account.apply(&archived).unwrap();
        assert_eq!(account.archived_pro_used, credits("5"), "after {lot}");
        assert_eq!(account.lifetime_pro_used(), Ok(credits("5")));
    }
    assert_eq!(account.lots, []);
}

#[test]
fn terms_and_skipped_periods_move_no_credits() {
    let (mut account, before) = (self::account(), self::account());
    account
        .apply(&Posting::PeriodsSkipped { periods: 3 })
        .unwrap();
    assert_eq!(account, before);
    let terms = Posting::FreeTerms {
        monthly_allocation: credits("300"),
        reset_day_of_month: reset_day(15),
    };
    account.apply(&terms).unwrap();
    assert_eq!(account.lots, before.lots);
    assert_eq!(
        (account.monthly_allocation, account.reset_day_of_month),
        (credits("300"), reset_day(15))
    );
}

#[track_caller]
fn check_hold(account: &mut CreditAccount, posting: Posting, expected: Option<&Hold>) {
    let lots = account.lots.clone();
    account.apply(&posting).unwrap();
    assert_eq!(account.holds.first(), expected, "{posting:?}");
    assert_eq!(
        account.lots, lots,
        "what it keeps aside has postings of its own"
    );
}

#[test]
fn a_hold_goes_through_its_life_by_postings() {
    let allocation = vec![Allocation {
        lot: lot_id("buy:a"),
        amount: credits("4"),
    }];
    let (hold, ends) = (hold_id("h"), at("2025-11-07"));
    let opened = Posting::Hold(HoldPosting::Opened {
        hold: hold.clone(),
        amount: credits("4"),
        allocation: allocation.clone(),
        opened_at: Some(at("2025-11-06")),
        expires_at: ends,
        on_expiry: OnExpiry::Settle,
    });
    let mut expected = Hold {
        id: hold.clone(),
        amount: credits("4"),
        allocation,
        opened_at: Some(at("2025-11-06")),
        expires_at: ends,
        on_expiry: OnExpiry::Settle,
        reported: Credits::ZERO,
        expired_charge: None,
    };
    let mut account = account();
    check_hold(&mut account, opened.clone(), Some(&expected));
    let twice = account.apply(&opened);
    assert_eq!(twice, Err(ApplyError::HoldExists(hold.clone())));

    expected.expires_at = at("2025-11-08");
    let (id, expires_at) = (hold.clone(), at("2025-11-08"));
    let extended = Posting::Hold(HoldPosting::Extended {
        hold: id,
        expires_at,
    });
    check_hold(&mut account, extended, Some(&expected));
    expected.reported = credits("3");
    let (id, amount) = (hold.clone(), credits("3"));
    check_hold(
        &mut account,
        Posting::Hold(HoldPosting::Reported { hold: id, amount }),
        Some(&expected),
    );
    expected.expired_charge = Some(credits("3"));
    expected.allocation.clear();
    let (id, charged) = (hold.clone(), credits("3"));
    check_hold(
        &mut account,
        Posting::Hold(HoldPosting::Expired { hold: id, charged }),
        Some(&expected),
    );
    check_hold(
        &mut account,
        Posting::Hold(HoldPosting::Closed { hold: hold.clone() }),
        None,
    );
}

#[test]
fn a_posting_about_a_hold_that_is_not_known_changes_nothing() {
    let (hold, ends, amount) = (hold_id("h"), at("2025-11-07"), credits("3"));
    let charged = amount;
    for posting in [
        Posting::Hold(HoldPosting::Extended {
            hold: hold.clone(),
            expires_at: ends,
        }),
        Posting::Hold(HoldPosting::Reported {
            hold: hold.clone(),
            amount,
        }),
        Posting::Hold(HoldPosting::Expired {
            hold: hold.clone(),
            charged,
        }),
        Posting::Hold(HoldPosting::Closed { hold: hold.clone() }),
    ] {
        check_refused(&posting, ApplyError::NoSuchHold(hold.clone()));
    }
}

#[test]
fn a_recalled_lot_comes_back_as_it_was_with_its_use() {
    let amounts = [
        (LotAmount::Granted, credits("10")),
        (LotAmount::Used, credits("4")),
        (LotAmount::Lapsed, credits("6")),
    ];
    let past = PastLot {
        lot: holding(pack("buy:past", Some("2025-06-01")), &amounts),
        ended_at: at("2025-06-01"),
    };
    let mut account = account();
    account.archived_pro_used = credits("5");
    account.apply(&Posting::Recalled(past.clone())).unwrap();
    assert_eq!(account.lot(&past.lot.terms.id), Some(&past.lot));
    assert_eq!(account.archived_pro_used, credits("1"));
    assert_eq!(account.lifetime_pro_used(), Ok(credits("5")));
    let twice = account.apply(&Posting::Recalled(past.clone()));
    assert_eq!(twice, Err(ApplyError::LotExists(past.lot.terms.id)));
}

#[test]
fn plans_and_activity_are_what_was_posted_last() {
    let mut account = account();
    let plan = AccountPlan {
        subscription_id: "sub_1".to_string(),
        tier: super::super::Tier::Pro,
        rank: 1,
        period_end: None,
        lapses_at: None,
        payment_due: false,
    };
    for (plans, active) in [(vec![plan], false), (vec![], true)] {
        account.apply(&Posting::Plans(plans.clone())).unwrap();
        account.apply(&Posting::Active(active)).unwrap();
        let expected = CreditAccount::from_state(AccountState {
            plans,
            active,
            ..self::account().into_state()
        });
        assert_eq!(account, expected);
    }
}

#[test]
fn who_is_erased_may_spend_no_more() {
    let mut account = account();
    account.apply(&Posting::Erased).unwrap();
    let expected = CreditAccount::from_state(AccountState {
        active: false,
        erased: true,
        ..self::account().into_state()
    });
    assert_eq!(account, expected);
}

#[test]
fn a_moved_end_changes_the_end_alone() {
    let mut account = account();
    let mut expected = account.clone();
    let lot = lot_id("buy:a");
    let expires_at = at("2026-01-01");
    expected.lots[1].terms.expires_at = Some(expires_at);
    account
        .apply(&Posting::EndMoved { lot, expires_at })
        .unwrap();
    assert_eq!(account, expected);
    let lot = lot_id("buy:none");
    let posting = Posting::EndMoved {
        lot: lot.clone(),
        expires_at,
    };
    check_refused(&posting, ApplyError::NoSuchLot(lot));
}

/// 6 of the first two months and 2 of the last.
fn expected_targets(terms: &ScheduleTerms, next: u32) -> ScheduleTargets {
    terms.targets_from(next, &["6", "6", "2"].map(credits))
}

#[test]
fn a_schedule_goes_through_its_months_by_postings() {
    let id = || lot_id("sub:a");
    let mut account = account();
    let scheduled =
        |id: &str| Posting::Schedule(SchedulePosting::Opened(schedule_terms(id, 3, "30")));
    // Sorted by id, whichever arrived first.
    account.apply(&scheduled("sub:b")).unwrap();
    account.apply(&scheduled("sub:a")).unwrap();
    let ids = account
        .schedules
        .iter()
        .map(|schedule| schedule.terms.id.as_str());
    assert_eq!(ids.collect::<Vec<_>>(), ["sub:a", "sub:b"]);
    let twice = account.apply(&scheduled("sub:a"));
    assert_eq!(twice, Err(ApplyError::ScheduleExists(id())));

    let mut expected = GrantSchedule::new(schedule_terms("sub:a", 3, "30"));
    let targets = |next| expected_targets(&schedule_terms("sub:a", 3, "30"), next);
    account
        .apply(&Posting::Schedule(SchedulePosting::ClawedBack {
            schedule: id(),
            targets: targets(0),
        }))
        .unwrap();
    expected.targets = targets(0);
    assert_eq!(account.schedule(&id()), Some(&expected));
    let schedule = id();
    account
        .apply(&Posting::Schedule(SchedulePosting::Advanced {
            schedule,
            next: 2,
        }))
        .unwrap();
    expected.next = 2;
    // The targets of the months before are forgotten.
    expected.targets = targets(2);
    assert_eq!(account.schedule(&id()), Some(&expected));
    account
        .apply(&Posting::Schedule(SchedulePosting::Ended {
            schedule: id(),
        }))
        .unwrap();
    assert_eq!(account.schedule(&id()), None);
    assert_eq!(account.schedules.len(), 1);
}

#[test]
fn a_posting_about_a_schedule_that_is_not_there_changes_nothing() {
    let schedule = lot_id("sub:a");
    let targets = expected_targets(&schedule_terms("sub:a", 3, "30"), 0);
    for posting in [
        Posting::Schedule(SchedulePosting::ClawedBack {
            schedule: schedule.clone(),
            targets,
        }),
        Posting::Schedule(SchedulePosting::Advanced {
            schedule: schedule.clone(),
            next: 1,
        }),
        Posting::Schedule(SchedulePosting::Ended {
            schedule: schedule.clone(),
        }),
    ] {
        check_refused(&posting, ApplyError::NoSuchSchedule(schedule.clone()));
    }
}

#[test]
fn an_entry_that_cannot_be_read_counts_and_says_nothing() {
    let mut account = account();
    account.record_unreadable(8);
    let counted = AccountState {
        version: 8,
        ..self::account().into_state()
    };
    assert_eq!(account, CreditAccount::from_state(counted));
}
