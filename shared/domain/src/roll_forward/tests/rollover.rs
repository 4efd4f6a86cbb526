//! Suite: lots that outlive their period up to a cap.
//!
//! What may remain depends on the lot alone: whatever is added to it, at any time,
//! lapses above the cap.

use super::super::super::{Grant, LotRollover, OnExpiry, Refusal};
use super::*;

/// A subscription's lot of 10 that is granted on the sixth and ends on 1 February;
/// from 1 December on at most 4 may remain.
fn kept() -> Grant {
    let mut grant = given("buy:a", LotKind::Subscription, "10", Some("2026-02-01"));
    grant.terms.rollover = Some(LotRollover {
        from: at("2025-12-01"),
        cap: credits("4"),
    });
    grant
}

fn started() -> Story {
    story("0", &[]).does(grants(vec![kept()]))
}

/// The lot at a moment: `granted clawed_back used held lapsed`.
#[track_caller]
fn check_at(story: Story, now: &str, expected: &str) -> Story {
    let story = story.when(now).does(charge("0"));
    let lot = story.account.lot(&lot_id("buy:a")).unwrap();
    assert_eq!(line(lot), format!("buy:a {expected}"), "at {now}");
    story
}

#[test]
fn credits_above_the_cap_lapse_at_the_end_of_the_period() {
    let before = check_at(started(), "2025-11-30T23:59:59Z", "10 0 0 0 0");
    let mut at_once = before.clone().when("2025-12-01");
    let postings = at_once.decides(charge("0")).entry.postings;
    let expected = "lapsed buy:a 6 rollover".to_string();
    assert!(summary(&postings).contains(&expected), "{postings:#?}");
    let after = check_at(before, "2025-12-20", "10 0 0 0 6");
    let after = check_at(
        after.does(charge("1")),
        "2026-01-31T23:59:59Z",
        "10 0 1 0 6",
    );
    let over = after.when("2026-02-01").does(charge("0"));
    let last = over
        .past
        .iter()
        .rev()
        .find(|it| it.lot.terms.id == lot_id("buy:a"));
    assert_eq!(line(&last.unwrap().lot), "buy:a 10 0 1 0 9");
}

#[test]
fn no_more_than_the_cap_stays_as_it_is() {
    let spent = started().does(charge("6"));
    check_at(spent, "2025-12-20", "10 0 6 0 0");
}

#[test]
fn the_end_that_is_shown_stays_the_last_one() {
    let shown = view(&started().account, at("2025-12-20")).unwrap();
    let lot = shown
        .lots
        .iter()
        .find(|lot| lot.id == lot_id("buy:a"))
        .unwrap();
    assert_eq!((lot.remaining, lot.expires_at), (4, Some(at("2026-02-01"))));
}

#[test]
fn held_credits_are_kept_until_they_are_released() {
    let held = started().does(hold_for("h", "5", 86_400 * 40, OnExpiry::Release));
    let held = check_at(held, "2025-12-10", "10 0 0 5 1");
    check_at(held.does(release("h")), "2025-12-10", "10 0 0 0 6");
}

#[test]
fn a_late_grant_and_a_won_dispute_leave_the_cap_too() {
    for clawed_back in ["0", "3"] {
        let grant = Grant {
            clawed_back: credits(clawed_back),
            ..kept()
        };
        let late = story("0", &[]).when("2025-12-10");
        check_at(late.does(grants(vec![grant])), "2025-12-10", "10 0 0 0 6");
    }
    let disputed = started().does(claw_back("buy:a", "8"));
    let disputed = check_at(disputed, "2025-12-10", "10 8 0 0 0");
    check_at(
        disputed.does(claw_back("buy:a", "0")),
        "2025-12-10",
        "10 0 0 0 6",
    );
}

/// The same remains whether the refund or the end of the period comes first.
#[track_caller]
fn check_either_first(used: &str, target: &str, left: &str) {
    let spent = started().does(charge(used));
    let refund = claw_back("buy:a", target);
    let refund_first = spent.clone().does(refund.clone()).when("2025-12-10");
    let refund_last = spent.when("2025-12-10").does(charge("0")).does(refund);
    for story in [refund_first.does(charge("0")), refund_last] {
        let lot = story.account.lot(&lot_id("buy:a")).unwrap();
        assert_eq!(
            lot.surplus(),
            Ok(credits(left)),
            "{used} {target}: {}",
            line(lot)
        );
    }
}

#[test]
fn a_refund_and_the_end_of_the_period_may_come_in_either_order() {
    check_either_first("0", "0", "4");
    check_either_first("0", "3", "4");
    check_either_first("0", "8", "2");
    check_either_first("5", "3", "2");
    check_either_first("5", "5", "0");
}

#[test]
fn rollover_ignores_what_other_lots_owe() {
    let owing = story("0", &[("buy:b", "3", Some("2027-01-01"))]).does(charge("3"));
    let before = owing.clone().does(claw_back("buy:b", "3"));
    let before = check_at(
        before.does(grants(vec![kept()])),
        "2025-12-10",
        "10 0 0 0 6",
    );
    let after = check_at(owing.does(grants(vec![kept()])), "2025-12-10", "10 0 0 0 6");
    let after = after.does(claw_back("buy:b", "3"));
    let balances = [before, after].map(|it| Balance::of(&it.account, it.now).unwrap());
    assert_eq!(balances[0], balances[1]);
    assert_eq!(balances[0].pro_available, credits("1"));
}

#[test]
fn a_cap_below_nothing_is_refused() {
    let mut grant = kept();
    grant.terms.rollover = Some(LotRollover {
        from: at("2025-12-01"),
        cap: Credits::from_milli(-1),
    });
    let refusal = Refusal::ImpossibleGrant(lot_id("buy:a"));
    story("0", &[]).refuses(grants(vec![grant]), &refusal);
}

/// A hold of 10 that outlives its lot, beside a lot that owes 6.
fn held_beyond_the_end() -> Story {
    let packs = [
        ("buy:a", "10", Some("2025-11-20")),
        ("buy:b", "6", Some("2027-01-01")),
    ];
    let held = story("0", &packs).does(hold_for("h", "10", 86_400 * 20, OnExpiry::Release));
    let spent = held.does(charge("6"));
    spent.does(claw_back("buy:b", "6"))
}

#[test]
fn credits_released_into_an_ended_lot_cover_no_debt() {
    let at_once = held_beyond_the_end().when("2025-12-10").does(charge("0"));
    let looked_at = held_beyond_the_end().when("2025-11-22").does(charge("0"));
    let looked_at = looked_at.when("2025-12-10").does(charge("0"));
    for story in [at_once, looked_at] {
        let left = story.past.iter().map(|past| line(&past.lot));
        assert!(
            left.collect::<Vec<_>>()
                .contains(&"buy:a 10 0 0 0 10".to_string())
        );
        let debt = Balance::of(&story.account, story.now).unwrap().debt;
        assert_eq!(debt, credits("6"));
    }
}
