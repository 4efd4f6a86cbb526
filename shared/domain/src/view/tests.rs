//! Suite: the view of an account.
//!
//! Exact amounts become whole credits here, so the tables check the last thousandth
//! and the properties check the sums that must always hold.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "an overflow in a test is a failed test"
)]

use proptest::prelude::*;

use super::super::fixtures::*;
use super::super::{Balance, Lot, LotAmount, Posting, Refusal, ResetDay};
use super::*;

const NOW: &str = "2025-11-06T14:30:00Z";

#[track_caller]
fn shown(account: &CreditAccount, now: &str) -> CreditsView {
    view(account, at(now)).unwrap()
}

/// Remaining, used, held, total: in this order everywhere below.
fn free_figures(shown: &CreditsView) -> [i64; 4] {
    let free = &shown.free;
    [
        free.remaining,
        free.used,
        free.held,
        free.monthly_allocation,
    ]
}

fn pro_figures(shown: &CreditsView) -> [i64; 4] {
    let pro = &shown.pro;
    [
        pro.remaining,
        pro.lifetime_used,
        pro.held,
        pro.purchased_total,
    ]
}

/// A lot's amounts in thousandths: granted, clawed back, used, held, lapsed.
fn milli(lot: Lot, [granted, clawed_back, used, held, lapsed]: [i64; 5]) -> Lot {
    let amounts = [
        (LotAmount::Granted, Credits::from_milli(granted)),
        (LotAmount::ClawedBack, Credits::from_milli(clawed_back)),
        (LotAmount::Used, Credits::from_milli(used)),
        (LotAmount::Held, Credits::from_milli(held)),
        (LotAmount::Lapsed, Credits::from_milli(lapsed)),
    ];
    holding(lot, &amounts)
}

#[test]
fn the_demo_user_sees_the_documented_figures() {
    let shown = shown(&demo_account([]), NOW);
    let free = FreeView {
        remaining: 1500,
        monthly_allocation: 2000,
        used: 500,
        reset_at: at("2025-12-01"),
        days_until_reset: 25,
        held: 0,
    };
    let pro = ProView {
        remaining: 0,
        purchased_total: 0,
        lifetime_used: 0,
        held: 0,
    };
    let lot = LotView {
        id: lot_id("free:2025-11-01"),
        kind: LotKind::Free,
        remaining: 1500,
        expires_at: Some(at("2025-12-01")),
    };
    let expected = CreditsView {
        free,
        pro,
        total_available: 1500,
        held: 0,
        debt: 0,
        version: 1,
        lots: vec![lot],
    };
    assert_eq!(shown, expected);
}

#[test]
fn the_pro_user_of_the_demo_sees_both_kinds() {
    let pack = milli(pack("buy:demo", None), [10_000_000, 0, 5_000_000, 0, 0]);
    let mut account = demo_account([pack]);
    account.lots[0].used = Credits::ZERO;
    let shown = shown(&account, NOW);
    assert_eq!(free_figures(&shown), [2000, 0, 0, 2000]);
    assert_eq!(pro_figures(&shown), [5000, 5000, 0, 10_000]);
    assert_eq!(shown.total_available, 7000);
}

#[test]
fn a_user_never_seen_before_has_this_months_free_credits() {
    let shown = shown(&unopened(), NOW);
    assert_eq!(free_figures(&shown), [2000, 0, 0, 2000]);
    assert_eq!(pro_figures(&shown), [0, 0, 0, 0]);
    assert_eq!((shown.version, shown.total_available), (0, 2000));
}

/// One free and one pro lot with the same thousandths show the same figures.
#[track_caller]
fn check_rounding(available: i64, used: i64, held: i64, expected: [i64; 4]) {
    let amounts = [available + used + held, 0, used, held, 0];
    let mut account = demo_account([milli(pack("buy:a", None), amounts)]);
    account.lots[0] = milli(account.lots[0].clone(), amounts);
    let shown = shown(&account, NOW);
    assert_eq!(free_figures(&shown), expected, "free");
    assert_eq!(pro_figures(&shown), expected, "pro");
    let [remaining, used, held, total] = expected;
    assert_eq!(remaining + used + held, total, "the figures add up");
    assert_eq!(
        (shown.total_available, shown.held),
        (2 * remaining, 2 * held)
    );
}

#[test]
fn remaining_rounds_down_and_used_rounds_up() {
    check_rounding(0, 0, 0, [0, 0, 0, 0]);
    check_rounding(1_500_000, 500_000, 0, [1500, 500, 0, 2000]);
    check_rounding(1_499_999, 500_001, 0, [1499, 501, 0, 2000]);
    check_rounding(1_999_999, 1, 0, [1999, 1, 0, 2000]);
    check_rounding(1, 1_999_999, 0, [0, 2000, 0, 2000]);
    // If nothing is held, the total follows the other two, even past the exact one.
    check_rounding(999, 0, 0, [0, 0, 0, 0]);
    check_rounding(900, 200, 0, [0, 1, 0, 1]);
    check_rounding(1_900, 1_200, 0, [1, 2, 0, 3]);
}

#[test]
fn what_is_held_is_what_the_total_leaves_over() {
    check_rounding(1_000_000, 500_000, 500_000, [1000, 500, 500, 2000]);
    check_rounding(0, 0, 1, [0, 0, 1, 1]);
    check_rounding(0, 1, 999, [0, 1, 0, 1]);
    check_rounding(0, 999, 2, [0, 1, 1, 2]);
    check_rounding(999, 0, 1, [0, 0, 1, 1]);
    check_rounding(500, 500, 1, [0, 1, 1, 2]);
    check_rounding(1_999_500, 0, 500, [1999, 0, 1, 2000]);
    check_rounding(1_500, 500, 500, [1, 1, 1, 3]);
    check_rounding(400, 400, 400, [0, 1, 1, 2]);
}

/// Pro lots by their five amounts in whole credits, in burn order; expects what
/// each can spend, and the shown pro remaining and debt.
#[track_caller]
fn check_debt(lots: &[[i64; 5]], spendable: &[i64], remaining: i64, debt: i64) {
    let packs = lots.iter().enumerate().map(|(number, amounts)| {
        let ends = format!("202{}-01-01", number + 6);
        let pack = pack(&format!("buy:{number}"), Some(&ends));
        milli(pack, amounts.map(|whole| whole * 1000))
    });
    let shown = shown(&demo_account(packs), NOW);
    let of_lots: Vec<_> = shown.lots.iter().skip(1).map(|lot| lot.remaining).collect();
    assert_eq!(of_lots, spendable);
    assert_eq!((shown.pro.remaining, shown.debt), (remaining, debt));
    assert_eq!(shown.free.remaining, 1500, "free credits never cover debt");
    assert_eq!(shown.total_available, 1500 + remaining);
    let pro = pro_figures(&shown);
    assert_eq!(pro[0] + pro[1] + pro[2], pro[3], "the figures add up");
}

#[test]
fn debt_is_netted_against_the_other_pro_lots_in_burn_order() {
    let (full, owes_60) = ([100, 0, 0, 0, 0], [100, 100, 60, 0, 0]);
    check_debt(&[full], &[100], 100, 0);
    check_debt(&[owes_60], &[0], 0, 60);
    check_debt(&[full, owes_60], &[40, 0], 40, 0);
    check_debt(&[owes_60, full], &[0, 40], 40, 0);
    check_debt(&[full, full, owes_60], &[40, 100, 0], 140, 0);
    check_debt(&[owes_60, full, owes_60, full], &[0, 0, 0, 80], 80, 0);
    check_debt(&[owes_60, full, owes_60], &[0, 0, 0], 0, 20);
    // An overdraft is use of a lot that was granted nothing.
    check_debt(&[[0, 0, 30, 0, 0], full], &[0, 70], 70, 0);
    // Held or lapsed credits cover nothing.
    check_debt(&[[100, 0, 0, 90, 0], owes_60], &[0, 0], 0, 50);
    check_debt(&[[100, 0, 0, 0, 90], owes_60], &[0, 0], 0, 50);
    // Debt that is covered to the thousandth is not debt.
    check_debt(&[[60, 0, 0, 0, 0], owes_60], &[0, 0], 0, 0);
}

#[test]
fn debt_rounds_up_and_outlives_the_lot_it_comes_from() {
    let owes = milli(pack("buy:a", Some("2025-11-10")), [0, 0, 1, 0, 0]);
    let account = demo_account([owes]);
    for now in [NOW, "2025-11-10", "2035-11-10"] {
        let shown = shown(&account, now);
        assert_eq!((shown.debt, shown.pro.remaining), (1, 0), "at {now}");
    }
    assert_eq!(shown(&account, "2025-11-10").lots.len(), 1);
}

#[test]
fn what_was_used_of_past_lots_stays_and_what_lapsed_or_was_clawed_back_leaves() {
    let ending = |id| pack(id, Some("2025-11-10"));
    let account = demo_account([
        milli(ending("buy:used"), [100_000, 0, 30_000, 0, 0]),
        milli(ending("buy:clawed"), [100_000, 60_000, 40_000, 0, 0]),
        milli(pack("buy:open", None), [100_000, 25_000, 5_000, 0, 0]),
    ]);
    let before = shown(&account, NOW);
    assert_eq!(pro_figures(&before), [140, 75, 0, 215]);
    let mut after = roll_forward(&account, at("2025-11-10")).unwrap().account;
    assert_eq!(after.archived_pro_used, credits("70"));
    after.archived_pro_used = credits("1070");
    assert_eq!(pro_figures(&shown(&after, NOW)), [70, 1075, 0, 1145]);
    // The free credits of past months count in neither figure.
    let next_year = shown(&account, "2026-11-10");
    assert_eq!(pro_figures(&next_year), [70, 75, 0, 145]);
    assert_eq!(free_figures(&next_year), [2000, 0, 0, 2000]);
}

#[test]
fn what_is_held_of_an_ended_lot_is_shown_for_pro_and_not_as_this_months_free() {
    let ended = milli(
        pack("buy:a", Some("2025-11-10")),
        [100_000, 0, 10_000, 30_000, 0],
    );
    let mut account = demo_account([ended]);
    account.lots[0].held = credits("200");
    assert_eq!(shown(&account, NOW).held, 230);
    let after = shown(&account, "2025-12-01");
    assert_eq!(pro_figures(&after), [0, 10, 30, 40]);
    assert_eq!(free_figures(&after), [2000, 0, 0, 2000]);
    assert_eq!(after.held, 30);
}

#[test]
fn the_free_figures_follow_a_users_own_allocation_from_its_reset_on() {
    let mut account = demo_account([]);
    let terms = Posting::FreeTerms {
        monthly_allocation: credits("300"),
        reset_day_of_month: ResetDay::FIRST,
    };
    account.apply(&terms).unwrap();
    let november = shown(&account, "2025-11-30T23:59:59Z");
    assert_eq!(free_figures(&november), [1500, 500, 0, 2000]);
    let december = shown(&account, "2025-12-01");
    assert_eq!(free_figures(&december), [300, 0, 0, 300]);
}

#[test]
fn the_days_until_the_reset_round_up() {
    for (now, reset_at, days) in [
        ("2025-11-01T00:00:00Z", "2025-12-01", 30),
        ("2025-11-01T00:00:01Z", "2025-12-01", 30),
        ("2025-11-28T23:59:59Z", "2025-12-01", 3),
        ("2025-11-29T00:00:00Z", "2025-12-01", 2),
        ("2025-11-29T00:00:01Z", "2025-12-01", 2),
        ("2025-11-30T23:59:59Z", "2025-12-01", 1),
        ("2025-12-01T00:00:00Z", "2026-01-01", 31),
        ("2028-02-01T00:00:00Z", "2028-03-01", 29),
    ] {
        let free = shown(&unopened(), now).free;
        assert_eq!(
            (free.reset_at, free.days_until_reset),
            (at(reset_at), days),
            "at {now}"
        );
    }
    // A clock behind the account's `as_of` counts as the account's.
    let shown = shown(&demo_account([]), "2025-11-01");
    assert_eq!(shown.free.days_until_reset, 25);
}

#[test]
fn lots_are_listed_in_the_order_they_are_spent_and_ended_ones_are_not() {
    let started = |id, starts_at, ends| {
        let empty = lot(id, LotKind::Promo, starts_at, ends);
        milli(empty, [1_999, 0, 0, 0, 0])
    };
    let last = Some("9999-12-31T23:59:59Z");
    let mut account = demo_account([
        started("promo:a-young", "2025-06-01", None),
        started("promo:z-last", "2025-06-01", last),
        started("promo:c-old", "2025-01-01", None),
        started("promo:b-old", "2025-01-01", None),
        started("promo:late", "2025-01-01", Some("2027-01-01")),
        started("promo:a-soon-young", "2025-02-01", Some("2025-11-20")),
        started("promo:b-soon-old", "2025-01-01", Some("2025-11-20")),
        started("promo:ended", "2025-01-01", Some(NOW)),
    ]);
    account.lots.rotate_left(1); // The free lot is not first in the account.
    let shown = shown(&account, NOW);
    let ids: Vec<_> = shown.lots.iter().map(|lot| lot.id.as_str()).collect();
    let expected = [
        "free:2025-11-01",
        "promo:b-soon-old",
        "promo:a-soon-young",
        "promo:late",
        "promo:z-last",
        "promo:b-old",
        "promo:c-old",
        "promo:a-young",
    ];
    assert_eq!(ids, expected);
    assert_eq!(shown.lots[1].remaining, 1, "each lot rounds down by itself");
    assert_eq!(shown.pro.remaining, 13, "their sum has its own rounding");
}

#[test]
fn amounts_beyond_64_bits_are_an_error_and_never_a_wrong_figure() {
    let huge = |id| milli(pack(id, None), [i64::MAX, 0, 0, 0, 0]);
    let account = demo_account([huge("buy:a"), huge("buy:b")]);
    let overflow = ApplyError::Overflow(CreditsOverflow);
    assert_eq!(view(&account, at(NOW)), Err(overflow));
    assert_eq!(Balance::of(&account, at(NOW)), Err(CreditsOverflow));
    assert_eq!(Refusal::from(CreditsOverflow), Refusal::AmountsTooLarge);
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn the_shown_figures_add_up_and_none_is_negative(account in accounts(), wait in waits()) {
        let shown = view(&account, account.as_of.plus_seconds(wait)).unwrap();
        for [remaining, used, held, total] in [free_figures(&shown), pro_figures(&shown)] {
            prop_assert_eq!(remaining + used + held, total);
            prop_assert!(remaining >= 0 && used >= 0 && held >= 0);
        }
        prop_assert_eq!(shown.total_available, shown.free.remaining + shown.pro.remaining);
        prop_assert_eq!(shown.held, shown.free.held + shown.pro.held);
        prop_assert!(shown.debt == 0 || shown.debt > 0 && shown.pro.remaining == 0);
    }

    #[test]
    fn never_more_is_shown_than_there_is(account in accounts(), wait in waits()) {
        let now = account.as_of.plus_seconds(wait);
        let shown = view(&account, now).unwrap();
        let rolled = roll_forward(&account, now).unwrap().account;
        let balance = Balance::of(&rolled, now).unwrap();
        prop_assert_eq!(shown.free.remaining, balance.free_available.whole_floor());
        prop_assert_eq!(shown.pro.remaining, balance.pro_available.whole_floor());
        prop_assert_eq!(shown.debt, balance.debt.whole_ceil());
        prop_assert_eq!(shown.pro.lifetime_used, rolled.lifetime_pro_used().unwrap().whole_ceil());
        let total = balance.total_available().unwrap();
        prop_assert!(shown.total_available <= total.whole_floor());
        prop_assert!(shown.total_available + 1 >= total.whole_floor());
        for lot in &shown.lots {
            prop_assert!(lot.remaining >= 0);
            prop_assert!(lot.expires_at.is_none_or(|end| end > now));
        }
        let of_lots: i64 = shown.lots.iter().map(|lot| lot.remaining).sum();
        prop_assert!(of_lots <= shown.total_available);
    }

    #[test]
    fn debt_and_what_is_left_of_pro_lots_always_come_to_their_sum(account in accounts(), wait in waits()) {
        let now = account.as_of.plus_seconds(wait);
        let rolled = roll_forward(&account, now).unwrap().account;
        let balance = Balance::of(&rolled, now).unwrap();
        let pro = rolled.lots.iter().filter(|lot| lot.credit_type() == CreditType::Pro);
        let sum = Credits::sum(pro.map(|lot| lot.surplus().unwrap())).unwrap();
        prop_assert_eq!(balance.pro_available.minus(balance.debt), Ok(sum));
        prop_assert!(balance.debt.is_zero() || balance.pro_available.is_zero());
    }

    #[test]
    fn the_reset_is_ahead_by_the_days_shown(account in accounts(), wait in waits()) {
        let now = account.as_of.plus_seconds(wait);
        let free = view(&account, now).unwrap().free;
        let seconds = free.reset_at.seconds_since(now);
        prop_assert!(seconds > 0 && (1..=31).contains(&free.days_until_reset));
        prop_assert!(seconds <= free.days_until_reset * SECONDS_PER_DAY);
        prop_assert!(seconds > (free.days_until_reset - 1) * SECONDS_PER_DAY);
    }

    #[test]
    fn the_order_in_which_lots_were_opened_changes_nothing_shown(
        account in accounts(),
        turn in any::<prop::sample::Index>(),
        wait in waits(),
    ) {
        let now = account.as_of.plus_seconds(wait);
        let mut turned = account.clone();
        turned.lots.rotate_left(turn.index(account.lots.len()));
        prop_assert_eq!(view(&turned, now), view(&account, now));
    }
}
