//! Suite: the exact totals of an account.
//!
//! The shown balances have a suite of their own; this one is about the exact
//! balance that the ledger records.

use super::super::LotAmount::{ClawedBack, Granted, Held, Used};
use super::super::fixtures::*;
use super::*;

/// Free available, pro available, held and debt.
#[track_caller]
fn check(account: &CreditAccount, expected: [&str; 4]) {
    let [free_available, pro_available, held, debt] = expected.map(credits);
    let balance = Balance::of(account, account.as_of).unwrap();
    let expected = Balance {
        free_available,
        pro_available,
        held,
        debt,
    };
    assert_eq!(balance, expected);
    assert_eq!(
        balance.total_available(),
        free_available.plus(pro_available)
    );
}

#[test]
fn the_totals_are_exact_and_by_kind() {
    check(&unopened(), ["0", "0", "0", "0"]);
    check(&demo_account([]), ["1500", "0", "0", "0"]);
    let given = (Granted, credits("10"));
    let used = holding(pack("buy:a", None), &[given, (Used, credits("0.001"))]);
    let taken = holding(pack("buy:b", None), &[given, (ClawedBack, credits("0.25"))]);
    check(&demo_account([used, taken]), ["1500", "19.749", "0", "0"]);
}

#[test]
fn what_is_held_counts_for_every_lot_the_ended_ones_too() {
    let amounts = [(Granted, credits("10")), (Held, credits("2.5"))];
    let open = holding(pack("buy:a", None), &amounts);
    let ended = holding(pack("buy:b", Some("2025-11-06")), &amounts);
    let mut account = demo_account([open, ended]);
    account.lots[0].held = credits("1");
    // Nothing of an ended lot can be spent, whether it has lapsed yet or not.
    check(&account, ["1499", "7.5", "6", "0"]);
}

#[test]
fn free_credits_neither_cover_debt_nor_make_any() {
    let owes = holding(pack("buy:a", None), &[(Used, credits("0.5"))]);
    let covers = holding(pack("buy:b", None), &[(Granted, credits("10"))]);
    check(&demo_account([owes.clone()]), ["1500", "0", "0", "0.5"]);
    check(
        &demo_account([owes, covers.clone()]),
        ["1500", "9.5", "0", "0"],
    );
    let mut overdrawn = demo_account([covers]);
    overdrawn.lots[0].used = credits("2500");
    check(&overdrawn, ["0", "10", "0", "0"]);
}

#[test]
fn debt_of_an_ended_lot_is_covered_by_the_open_ones() {
    let owes = [
        (Granted, credits("10")),
        (ClawedBack, credits("10")),
        (Used, credits("4")),
    ];
    let ended = holding(pack("buy:a", Some("2025-11-06")), &owes);
    let covers = holding(pack("buy:b", None), &[(Granted, credits("10"))]);
    check(&demo_account([ended, covers]), ["1500", "6", "0", "0"]);
}
