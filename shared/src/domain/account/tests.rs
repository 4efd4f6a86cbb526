//! Suite: applying postings.
//!
//! A posting that fits changes exactly what it names; one that does not
//! changes nothing.

use super::super::fixtures::*;
use super::super::{LotAmount, PostingCause};
use super::*;

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
        LotAmount::Clawed,
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
