//! Suite: granting lots, clawing them back, and how netting treats debt.
//!
//! A clawback is a target and not a step, so most tables repeat it.

use super::super::fixtures::*;
use super::super::{
    Action, Balance, Clawback, CreditAccount, Credits, Grant, Lot, LotKind, OnExpiry, Posting,
    PostingCause, Refusal,
};

const FREE: &str = "free:2025-11-01 10 0 0 0 0";

fn granted(story: &mut Story, lots: &[Grant]) -> Credits {
    let action = grants(lots.to_vec());
    story.decides(action).entry.outcome.amount
}

/// Claws back the lot, which may have left, to each of the targets in turn.
#[track_caller]
fn check(mut story: Story, id: &str, steps: &[(&str, i64, &str, &str)]) -> Story {
    for (target, changed, lot, debt) in steps {
        let past = story
            .past
            .iter()
            .rev()
            .find(|past| past.lot.terms.id == lot_id(id));
        let past = past.filter(|_| story.account.lot(&lot_id(id)).is_none());
        let entry = story.decides(claw_backs(vec![Clawback {
            lot: lot_id(id),
            target: credits(target),
            past: past.cloned(),
        }]));
        assert_eq!(
            entry.entry.outcome.amount,
            Credits::from_milli(*changed),
            "{target}"
        );
        assert_eq!(entry.entry.balance_after.debt, credits(debt), "{target}");
        let lots = entry
            .account
            .lots
            .iter()
            .chain(entry.archived.iter().map(|it| &it.lot));
        let stands = lots.filter(|lot| lot.terms.id == lot_id(id)).map(|lot| {
            let Lot {
                granted,
                clawed_back,
                used,
                held,
                lapsed,
                ..
            } = lot;
            format!("{granted} {clawed_back} {used} {held} {lapsed}")
        });
        assert_eq!(stands.collect::<Vec<_>>(), [*lot], "{target}");
    }
    story
}

#[test]
fn a_lot_that_is_there_is_not_granted_again() {
    let mut story = story("10", &[]);
    let one = given("buy:a", LotKind::Purchase, "5", None);
    let other = given("buy:b", LotKind::Subscription, "7", Some("2025-12-01"));
    assert_eq!(
        granted(&mut story, std::slice::from_ref(&one)),
        credits("5")
    );
    assert_eq!(
        granted(&mut story, std::slice::from_ref(&one)),
        Credits::ZERO
    );
    assert_eq!(
        granted(&mut story, &[one, other.clone(), other]),
        credits("7")
    );
    story.stands(&[FREE, "buy:a 5 0 0 0 0", "buy:b 7 0 0 0 0"]);
}

#[test]
fn a_grant_of_nothing_or_of_what_has_ended_leaves_in_the_same_decision() {
    let mut story = story("10", &[]);
    story.decides(grant("buy:nothing", "0", None));
    story.decides(grant("buy:over", "5", Some(NOW)));
    story.stands(&[FREE]);
    story.left(&["buy:nothing 0 0 0 0 0", "buy:over 5 0 0 0 5"]);
}

#[test]
fn a_grant_that_makes_no_sense_is_refused_with_all_that_came_with_it() {
    let good = given("buy:a", LotKind::Purchase, "5", None);
    let with = |change: &dyn Fn(&mut Grant)| {
        let mut bad = given("buy:b", LotKind::Promo, "5", None);
        change(&mut bad);
        bad
    };
    for bad in [
        with(&|it| it.terms.kind = LotKind::Free),
        with(&|it| it.terms.kind = LotKind::Overdraft),
        with(&|it| it.terms.id = lot_id("free:2025-12-01")),
        with(&|it| it.amount = Credits::from_milli(-1)),
        with(&|it| it.clawed_back = Credits::from_milli(-1)),
    ] {
        let refusal = Refusal::ImpossibleGrant(bad.terms.id.clone());
        let action = grants(vec![good.clone(), bad]);
        story("10", &[]).refuses(action, &refusal);
    }
}

/// A lot of 10 that is granted with a known clawback equals one that is granted
/// first and clawed back then.
#[track_caller]
fn check_known_before(end: Option<&str>, clawed_back: &str, lot: &str) {
    let one = given("buy:a", LotKind::Purchase, "10", end);
    let known = Grant {
        clawed_back: credits(clawed_back),
        ..one.clone()
    };
    // Debt that exists already is covered, in either order with the same result.
    let owes = || {
        story("10", &[("buy:owes", "6", Some("2026-03-01"))])
            .does(charge("16"))
            .does(claw_back("buy:owes", "3"))
            .when("2025-11-10")
    };
    let mut at_once = owes();
    let entry = at_once.decides(grants(vec![known])).entry;
    assert_eq!(entry.outcome.amount, credits("10"), "{clawed_back}");
    let mut later = owes().does(grants(vec![one]));
    let past = later
        .past
        .iter()
        .find(|it| it.lot.terms.id == lot_id("buy:a"));
    let past = past.cloned();
    later.decides(claw_backs(vec![Clawback {
        lot: lot_id("buy:a"),
        target: credits(clawed_back),
        past,
    }]));
    for story in [&at_once, &later] {
        let gone = story.past.iter().rev().map(|past| &past.lot);
        let mut lots = story.account.lots.iter().chain(gone);
        let found = lots.find(|lot| lot.terms.id == lot_id("buy:a")).unwrap();
        assert_eq!(line(found), lot, "{clawed_back}");
    }
    assert_eq!(at_once.account.lots, later.account.lots, "{clawed_back}");
    let balances = [&at_once, &later].map(|it| Balance::of(&it.account, it.now));
    assert_eq!(balances[0], balances[1], "{clawed_back}");
}

#[test]
fn a_refund_known_before_its_purchase_gives_the_same_result() {
    for end in [None, Some("2025-12-01")] {
        check_known_before(end, "0", "buy:a 10 0 0 0 0");
        check_known_before(end, "4", "buy:a 10 4 0 0 0");
        check_known_before(end, "10", "buy:a 10 10 0 0 0");
        check_known_before(end, "11", "buy:a 10 10 0 0 0");
    }
    // What lapsed is gone already, whichever arrived first.
    for clawed_back in ["0", "4", "10", "11"] {
        check_known_before(Some("2025-11-07"), clawed_back, "buy:a 10 0 0 0 10");
    }
}

#[test]
fn granting_an_existing_lot_again_does_not_claw_it_back() {
    let again = Grant {
        clawed_back: credits("5"),
        ..given("buy:a", LotKind::Purchase, "10", None)
    };
    let mut story = story("10", &[("buy:a", "10", None)]);
    assert_eq!(granted(&mut story, &[again]), Credits::ZERO);
    story.stands(&[FREE, "buy:a 10 0 0 0 0"]);
}

fn promos(range: std::ops::Range<i64>, end: Option<&str>) -> Vec<Grant> {
    range
        .map(|number| given(&format!("promo:{number}"), LotKind::Promo, "1", end))
        .collect()
}

#[test]
fn of_lots_made_by_operators_fifty_are_open_at_most() {
    let mut story = story("10", &[]);
    granted(&mut story, &promos(0..50, Some("2025-12-24")));
    let refusal = Refusal::TooManyLots { limit: 50 };
    story.refuses(grants(promos(50..51, None)), &refusal);
    // A lot that exists is not another lot, and other kinds are not counted.
    assert_eq!(granted(&mut story, &promos(49..50, None)), Credits::ZERO);
    story.decides(grant("buy:a", "5", None));
}

#[test]
fn lots_made_by_operators_that_have_ended_make_room() {
    let mut story = story("10", &[]);
    granted(&mut story, &promos(0..50, Some("2025-12-24")));
    let mut later = story.when("2025-12-24");
    assert_eq!(granted(&mut later, &promos(50..51, None)), credits("1"));
}

#[test]
fn a_clawback_is_absolute_and_may_rise_and_fall() {
    let story = story("10", &[("buy:a", "10", None)]).does(grant("buy:b", "1", None));
    check(
        story,
        "buy:a",
        &[
            ("4", 4_000, "10 4 0 0 0", "0"),
            ("4", 0, "10 4 0 0 0", "0"),
            ("10", 6_000, "10 10 0 0 0", "0"),
            ("10", 0, "10 10 0 0 0", "0"),
            ("0", -10_000, "10 0 0 0 0", "0"),
        ],
    );
}

#[test]
fn what_was_spent_of_it_becomes_debt_and_a_won_dispute_gives_it_back() {
    let spent = story("0", &[("buy:a", "10", None)]).does(charge("6"));
    let back = check(
        spent,
        "buy:a",
        &[
            ("4", 4_000, "10 4 6 0 0", "0"),
            ("10", 6_000, "10 10 6 0 0", "6"),
            ("5", -5_000, "10 5 6 0 0", "1"),
            ("0", -5_000, "10 0 6 0 0", "0"),
        ],
    );
    back.does(charge("4"))
        .stands(&["free:2025-11-01 0 0 0 0 0"]);
}

#[test]
fn of_a_lot_that_has_ended_only_what_did_not_lapse_is_clawed_back() {
    let spent = || story("0", &[("buy:a", "10", Some("2025-11-20"))]).does(charge("6"));
    // Before its end: what is clawed back can no longer lapse.
    let before = check(spent(), "buy:a", &[("7", 7_000, "10 7 6 0 0", "3")]);
    let after = before.when("2025-11-20");
    check(after, "buy:a", &[("7", 0, "10 7 6 0 0", "3")]);
    // After its end, when it has left and must be supplied: 4 have lapsed.
    let left = spent().when("2025-11-20").does(charge("0"));
    left.left(&["buy:a 10 0 6 0 4"]);
    let recalled = check(
        left,
        "buy:a",
        &[
            ("3", 0, "10 0 6 0 4", "0"),
            ("7", 3_000, "10 3 6 0 4", "3"),
            ("10", 3_000, "10 6 6 0 4", "6"),
            ("0", -6_000, "10 0 6 0 4", "0"),
        ],
    );
    assert_eq!(recalled.account.archived_pro_used, credits("6"));
}

#[test]
fn a_lot_that_left_used_up_comes_back_with_its_use() {
    let used_up = story("0", &[("buy:a", "10", None)]).does(charge("10"));
    assert_eq!(used_up.account.archived_pro_used, credits("10"));
    let owes = check(used_up, "buy:a", &[("4", 4_000, "10 4 10 0 0", "4")]);
    assert_eq!(owes.account.archived_pro_used, Credits::ZERO);
    assert_eq!(owes.account.lifetime_pro_used(), Ok(credits("10")));
    check(owes, "buy:a", &[("0", -4_000, "10 0 10 0 0", "0")]);
}

#[test]
fn a_lot_that_is_nowhere_is_refused_with_all_that_came_with_it() {
    let story = story("10", &[("buy:a", "10", None)]);
    let Action::Clawback {
        lots: mut both,
        schedules: _,
    } = claw_back("buy:a", "5")
    else {
        unreachable!()
    };
    both.push(Clawback {
        lot: lot_id("buy:none"),
        ..both[0].clone()
    });
    story.refuses(claw_backs(both), &Refusal::NoSuchLot(lot_id("buy:none")));
    // A lot that has left is not found unless it is supplied.
    let left = story.does(charge("20"));
    left.refuses(
        claw_back("buy:a", "5"),
        &Refusal::NoSuchLot(lot_id("buy:a")),
    );
}

/// Free available, pro available and debt.
#[track_caller]
fn check_balance(account: &CreditAccount, expected: [&str; 3]) {
    let balance = Balance::of(account, account.as_of).unwrap();
    let totals = [balance.free_available, balance.pro_available, balance.debt];
    assert_eq!(totals, expected.map(credits));
}

/// An account of 10 free credits that owes 6 of a pack, with another pack of 20.
fn owing(end: Option<&str>) -> Story {
    let packs = [("buy:a", "10", Some("2026-03-01"))];
    let spent = story("10", &packs)
        .does(charge("16"))
        .does(claw_back("buy:a", "10"));
    check_balance(&spent.account, ["0", "0", "6"]);
    spent.when("2025-11-10").does(grant("buy:b", "20", end))
}

#[test]
fn debt_is_covered_by_other_pro_lots_and_never_by_free_credits() {
    check_balance(&owing(None).account, ["0", "14", "0"]);
    let december = story("10", &[("buy:a", "10", Some("2026-03-01"))])
        .does(charge("16"))
        .does(claw_back("buy:a", "10"))
        .when("2025-12-01")
        .does(charge("0"));
    check_balance(&december.account, ["10", "0", "6"]);
}

#[test]
fn the_end_of_a_lot_that_covers_debt_makes_the_covering_last() {
    let mut ended = owing(Some("2025-11-20")).when("2025-11-20");
    let postings = ended.decides(charge("0")).entry.postings;
    let netting = postings.iter().filter(|posting| {
        matches!(
            posting,
            Posting::Moved {
                cause: PostingCause::Netting,
                ..
            }
        )
    });
    assert_eq!(netting.count(), 2);
    check_balance(&ended.account, ["0", "0", "0"]);
    ended.stands(&["free:2025-11-01 10 0 10 0 0", "buy:a 10 10 0 0 0"]);
    ended.left(&["buy:b 20 0 6 0 14"]);
    // A refund that fails after all undoes its clawback.
    let back = ended.does(claw_back("buy:a", "4"));
    check_balance(&back.account, ["0", "6", "0"]);
}

#[test]
fn what_a_hold_keeps_of_a_lot_that_owes_is_not_covered_for_good() {
    let packs = [("buy:a", "10", None)];
    let held = story("0", &packs).does(hold_for("h", "10", 86_400 * 30, OnExpiry::Release));
    let held = held
        .does(claw_back("buy:a", "10"))
        .does(grant("buy:b", "4", Some("2025-11-20")));
    check_balance(&held.account, ["0", "0", "6"]);
    let ended = held.when("2025-11-20").does(charge("0"));
    ended.left(&["buy:b 4 0 0 0 4"]);
    check_balance(&ended.account, ["0", "0", "10"]);
    let released = ended.does(release("h"));
    check_balance(&released.account, ["0", "0", "0"]);
}
