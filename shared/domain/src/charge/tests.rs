//! Suite: the command charge.
//!
//! Which lots an amount comes from, that a charge is all or nothing, and why it is
//! refused.

use super::super::fixtures::*;
use super::super::{
    AccountPlan, Action, Adjustment, Clawback, Credits, EntryKind, LotAmount, LotKind, Refusal,
    Tier,
};

/// Charges an account of 10 free credits and these packs.
#[track_caller]
fn check(packs: &[(&str, &str, Option<&str>)], amount: &str, expected: &[&str]) -> Story {
    let mut story = story("10", packs);
    let outcome = story.decides(charge(amount)).entry.outcome;
    assert_eq!(outcome.amount, credits(amount));
    story.stands(expected);
    story
}

#[test]
fn free_credits_go_first_then_what_ends_soonest_then_what_is_oldest() {
    let packs = [
        ("buy:young", "10", None),
        ("buy:late", "10", Some("2026-06-01")),
        ("buy:soon", "10", Some("2025-12-01")),
    ];
    let stands = |free, young, late, soon| {
        let used = [
            ("free:2025-11-01", free),
            ("buy:young", young),
            ("buy:late", late),
            ("buy:soon", soon),
        ];
        used.map(|(id, used)| format!("{id} 10 0 {used} 0 0"))
    };
    for (amount, expected) in [
        ("0", stands(0, 0, 0, 0)),
        ("4", stands(4, 0, 0, 0)),
        ("10", stands(10, 0, 0, 0)),
        ("12", stands(10, 0, 0, 2)),
        ("25", stands(10, 0, 5, 10)),
        ("39", stands(10, 9, 10, 10)),
    ] {
        check(&packs, amount, &expected.each_ref().map(String::as_str));
    }
}

#[test]
fn of_two_lots_without_an_end_the_older_is_spent_first_then_the_name_decides() {
    let given = |id, starts_at| {
        let granted = (LotAmount::Granted, credits("10"));
        holding(lot(id, LotKind::Promo, starts_at, None), &[granted])
    };
    let mut story = story("0", &[]);
    story.account.lots.extend([
        given("promo:c", "2025-03-01"),
        given("promo:b", "2025-02-01"),
        given("promo:a", "2025-03-01"),
    ]);
    story.decides(charge("15"));
    story.stands(&[
        "free:2025-11-01 0 0 0 0 0",
        "promo:c 10 0 0 0 0",
        "promo:a 10 0 5 0 0",
    ]);
    story.left(&["promo:b 10 0 10 0 0"]);
}

#[test]
fn a_pack_that_is_used_up_leaves_at_once_and_the_free_lot_stays() {
    let story = check(
        &[("buy:a", "5", None)],
        "15",
        &["free:2025-11-01 10 0 10 0 0"],
    );
    story.left(&["buy:a 5 0 5 0 0"]);
    assert_eq!(
        story.past[0].ended_at,
        at(NOW),
        "it ended when it was used up"
    );
    assert_eq!(story.account.archived_pro_used, credits("5"));
    // A lot with an end stays until then, since credits may still be returned to it.
    let with_an_end = [("buy:a", "5", Some("2025-12-24"))];
    let story = check(
        &with_an_end,
        "15",
        &["free:2025-11-01 10 0 10 0 0", "buy:a 5 0 5 0 0"],
    );
    story.left(&[]);
}

#[test]
fn a_charge_is_all_or_nothing_and_nothing_is_a_charge_too() {
    let packs = [("buy:a", "5", None)];
    story("10", &packs).lacks(charge("15.001"), "15.001", "15");
    story("0", &[]).lacks(charge("0.001"), "0.001", "0");
    let mut empty = story("0", &[]);
    let entry = empty.decides(charge("0")).entry;
    assert_eq!((entry.postings, entry.seq), (Vec::new(), 2));
}

#[test]
fn credits_that_are_held_or_cover_debt_cannot_be_charged() {
    let packs = [("buy:a", "5", None), ("buy:b", "5", None)];
    let held = story("10", &packs).does(hold("h", "12"));
    held.lacks(charge("8.001"), "8.001", "8");
    let owes = story("0", &packs)
        .does(charge("4"))
        .does(claw_back("buy:a", "5"));
    owes.lacks(charge("1.001"), "1.001", "1");
    let pays = owes.does(charge("1"));
    pays.stands(&[
        "free:2025-11-01 0 0 0 0 0",
        "buy:a 5 5 4 0 0",
        "buy:b 5 0 1 0 0",
    ]);
}

#[test]
fn free_credits_can_be_charged_whatever_is_owed() {
    let packs = [("buy:a", "5", None), ("buy:b", "1", Some("2026-01-01"))];
    let mut owes = story("10", &packs).does(hold("h", "16"));
    owes.decides(commit("h", "16"));
    let mut owes = owes.when("2025-12-01");
    owes.decides(claw_backs(vec![Clawback {
        lot: lot_id("buy:a"),
        target: credits("5"),
        past: owes
            .past
            .iter()
            .find(|it| it.lot.terms.id == lot_id("buy:a"))
            .cloned(),
    }]));
    let balance = owes.decides(charge("10")).entry.balance_after;
    assert_eq!(
        (balance.debt, balance.free_available),
        (credits("5"), Credits::ZERO)
    );
}

#[test]
fn the_entry_says_what_was_used_of_free_and_of_pro_lots() {
    let mut story = story("10", &[("buy:a", "5", None)]);
    let entry = story.decides(charge("12.5")).entry;
    assert_eq!(entry.used_by_command(), Ok((credits("10"), credits("2.5"))));
    assert_eq!(entry.used_in_all(), Ok(credits("12.5")));
    let deltas = (entry.outcome.free_delta, entry.outcome.pro_delta);
    assert_eq!(
        deltas,
        (Credits::from_milli(-10_000), Credits::from_milli(-2_500))
    );
}

#[test]
fn an_inactive_user_is_refused_before_anything_else_is_looked_at() {
    let inactive = story("10", &[]).does(active(false));
    for amount in ["0", "5", "99"] {
        inactive.refuses(charge(amount), &Refusal::UserInactive);
    }
    inactive.does(active(true)).does(charge("5"));
}

#[track_caller]
fn check_renewal(tier: Tier, lapses_at: Option<&str>, expected: bool) {
    let plan = AccountPlan {
        subscription_id: "sub_1".to_string(),
        tier,
        rank: 1,
        period_end: None,
        lapses_at: lapses_at.map(at),
        payment_due: false,
    };
    let story = story("10", &[]).does(set_plan(plan));
    let refusal = Refusal::InsufficientCredits {
        required: credits("11"),
        available: credits("10"),
        renewal_due: expected,
    };
    story.refuses(charge("11"), &refusal);
    story.refuses(hold("h", "11"), &refusal);
}

#[test]
fn a_refusal_says_whether_a_paid_subscription_is_past_its_grace() {
    check_renewal(Tier::Pro, Some("2025-11-06T14:30:01Z"), false);
    check_renewal(Tier::Pro, Some("2025-11-06T14:30:00Z"), true);
    check_renewal(Tier::Enterprise, Some("2025-01-01"), true);
    check_renewal(Tier::Free, Some("2025-01-01"), false);
    check_renewal(Tier::Pro, None, false);
}

#[test]
fn an_operator_takes_like_a_charge_and_nothing_counts_as_use_of_a_model() {
    let mut story = story("10", &[("buy:a", "5", None)]).does(active(false));
    let entry = story.decides(take("12.5")).entry;
    assert_eq!(entry.kind, EntryKind::Adjust);
    assert_eq!(entry.outcome.amount, credits("12.5"));
    let deltas = (entry.outcome.free_delta, entry.outcome.pro_delta);
    assert_eq!(
        deltas,
        (Credits::from_milli(-10_000), Credits::from_milli(-2_500))
    );
    assert_eq!(entry.used_in_all(), Ok(Credits::ZERO));
    story.stands(&["free:2025-11-01 10 0 10 0 0", "buy:a 5 0 2.5 0 0"]);
}

#[test]
fn an_operator_takes_no_more_than_is_available_and_nothing_that_is_held() {
    let story = story("10", &[]).does(hold("h", "4"));
    story.lacks(take("6.001"), "6.001", "6");
    let negative = Credits::from_milli(-1);
    let action = Action::Adjust(Adjustment::Take { amount: negative });
    story.refuses(action, &Refusal::ImpossibleAmount(negative));
    story
        .does(take("6"))
        .stands(&["free:2025-11-01 10 0 6 4 0"]);
}

#[test]
fn what_an_operator_took_of_a_purchase_is_owed_when_it_is_refunded() {
    let mut story = story("0", &[("buy:a", "10", None)]).does(take("4"));
    let balance = story.decides(claw_back("buy:a", "10")).entry.balance_after;
    assert_eq!(balance.debt, credits("4"));
}
