//! Suite: opening, extending, reporting, committing and releasing holds.
//!
//! The expiry of holds that nobody closes has a suite of its own below.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "an overflow in a test is a failed test"
)]

mod expiry;

use super::super::fixtures::*;
use super::super::{
    Action, ApplyError, Credits, HoldId, HoldStatus, HoldSummary, Lot, OnExpiry, Refusal, Usage,
};

const PACKS: [(&str, &str, Option<&str>); 2] =
    [("buy:a", "10", Some("2026-01-01")), ("buy:b", "10", None)];

/// An account of 10 free credits and two packs of 10 each; 25 of that is held.
fn held() -> Story {
    let held = story("10", &PACKS).does(hold("h", "25"));
    held.stands(&[
        "free:2025-11-01 10 0 0 10 0",
        "buy:a 10 0 0 10 0",
        "buy:b 10 0 0 5 0",
    ]);
    held
}

/// What each lot has used and still holds after this.
#[track_caller]
fn check(action: Action, expected: [(&str, &str); 3]) -> Story {
    let mut story = held();
    let before = story.clone();
    let decision = story.decides(action);
    let gone = decision.archived.iter().map(|past| &past.lot);
    for (id, (used, held)) in ["free:2025-11-01", "buy:a", "buy:b"].iter().zip(expected) {
        let mut lots = decision.account.lots.iter().chain(gone.clone());
        let Lot {
            used: got,
            held: kept,
            ..
        } = lots.find(|it| it.terms.id == lot_id(id)).unwrap();
        assert_eq!((*got, *kept), (credits(used), credits(held)), "{id}");
    }
    assert_eq!(before.account.version + 1, story.account.version);
    story
}

#[track_caller]
fn check_summary(story: &mut Story, action: Action, amount: &str, status: HoldStatus, ends: &str) {
    let outcome = story.decides(action).entry.outcome;
    let summary = HoldSummary {
        id: hold_id("h"),
        status,
        expires_at: at(ends),
    };
    assert_eq!(
        (outcome.amount, outcome.hold),
        (credits(amount), Some(summary))
    );
}

#[test]
fn a_hold_moves_credits_aside_in_burn_order_all_or_nothing() {
    let held = held();
    let kept = &held.account.holds[0];
    let parts: Vec<String> = kept
        .allocation
        .iter()
        .map(|it| format!("{} {}", it.lot, it.amount))
        .collect();
    assert_eq!(parts, ["free:2025-11-01 10", "buy:a 10", "buy:b 5"]);
    assert_eq!(
        (kept.amount, kept.reported, kept.is_open()),
        (credits("25"), Credits::ZERO, true)
    );
    held.lacks(hold("more", "5.001"), "5.001", "5");
    let nothing = story("0", &[]).does(hold("h", "0"));
    assert_eq!(nothing.account.holds[0].allocation, []);
}

#[test]
fn every_answer_has_the_state_of_the_hold() {
    let story = || story("10", &[]);
    let ends = "2025-11-06T14:35:00Z";
    check_summary(&mut story(), hold("h", "4"), "4", HoldStatus::Open, ends);
    for (action, amount, status) in [
        (report("h", "3"), "3", HoldStatus::Open),
        (commit("h", "3"), "3", HoldStatus::Committed),
        (release("h"), "4", HoldStatus::Released),
        (extend("h", 1), "4", HoldStatus::Open),
    ] {
        let mut open = story().does(hold("h", "4"));
        check_summary(&mut open, action, amount, status, ends);
    }
}

#[test]
fn the_hundred_and_first_hold_is_refused_until_one_is_closed() {
    let mut story = story("50", &[]);
    for number in 0..100 {
        story.decides(hold(&format!("h{number}"), "0.1"));
    }
    let refusal = Refusal::TooManyHolds { limit: 100 };
    // Too many holds are reported before too few credits.
    for amount in ["0.1", "99"] {
        story.refuses(hold("more", amount), &refusal);
    }
    story.clone().does(release("h7")).does(hold("more", "0.1"));
    // Expired holds are not open.
    story.after(300).does(hold("more", "0.1"));
}

#[test]
fn a_name_that_is_taken_is_refused_as_long_as_it_is_known() {
    let refusal = Refusal::Impossible(ApplyError::HoldExists(hold_id("h")));
    let held = held();
    held.refuses(hold("h", "1"), &refusal);
    let expired = held.after(300).does(charge("0"));
    expired.refuses(hold("h", "1"), &refusal);
    expired.after(86_400).does(hold("h", "1"));
}

#[test]
fn extending_counts_from_now_and_never_shortens() {
    for (after, ttl_seconds, ends) in [
        (0, 0, "2025-11-06T14:35:00Z"),
        (0, 299, "2025-11-06T14:35:00Z"),
        (0, 301, "2025-11-06T14:35:01Z"),
        (100, 199, "2025-11-06T14:35:00Z"),
        (100, 201, "2025-11-06T14:35:01Z"),
        (299, 3_600, "2025-11-06T15:34:59Z"),
    ] {
        let mut story = held().after(after);
        check_summary(
            &mut story,
            extend("h", ttl_seconds),
            "25",
            HoldStatus::Open,
            ends,
        );
        assert_eq!(story.account.holds[0].expires_at, at(ends));
    }
}

#[test]
fn of_several_reports_the_largest_counts() {
    let mut story = held();
    for (reported, known) in [
        ("3", "3"),
        ("2", "3"),
        ("0", "3"),
        ("50", "50"),
        ("25", "50"),
    ] {
        story.decides(report("h", reported));
        assert_eq!(
            story.account.holds[0].reported,
            credits(known),
            "{reported}"
        );
    }
    let again = story.decides(report("h", "50"));
    assert_eq!(again.entry.postings, [], "it is known already");
    // 25 are held, 5 are available, 25 may be owed.
    let limit = credits("55");
    story.refuses(report("h", "55.001"), &Refusal::AboveHold { limit });
}

#[test]
fn a_hold_is_named_by_its_client_and_its_key() {
    let name = serde_json::json!("inference-service#chat-1");
    let id: HoldId = serde_json::from_value(name.clone()).unwrap();
    assert_eq!(
        (id.client.as_str(), id.key.as_str()),
        ("inference-service", "chat-1")
    );
    assert_eq!(serde_json::to_value(&id).unwrap(), name);
}

#[test]
fn a_commit_uses_from_the_front_and_gives_back_from_the_end() {
    check(commit("h", "0"), [("0", "0"), ("0", "0"), ("0", "0")]);
    check(commit("h", "4"), [("4", "0"), ("0", "0"), ("0", "0")]);
    check(commit("h", "12"), [("10", "0"), ("2", "0"), ("0", "0")]);
    check(commit("h", "25"), [("10", "0"), ("10", "0"), ("5", "0")]);
    check(release("h"), [("0", "0"), ("0", "0"), ("0", "0")]);
    let after = check(report("h", "9"), [("0", "10"), ("0", "10"), ("0", "5")]);
    after.does(release("h")).does(charge("30"));
}

#[test]
fn beyond_what_is_held_a_commit_takes_what_is_there_and_then_the_overdraft() {
    check(commit("h", "28"), [("10", "0"), ("10", "0"), ("8", "0")]);
    let all = check(commit("h", "30"), [("10", "0"), ("10", "0"), ("10", "0")]);
    all.left(&["buy:b 10 0 10 0 0"]);
    let over = check(commit("h", "55"), [("10", "0"), ("10", "0"), ("10", "0")]);
    over.stands(&[
        "free:2025-11-01 10 0 10 0 0",
        "buy:a 10 0 10 0 0",
        "overdraft 0 0 25 0 0",
    ]);
    let limit = credits("55");
    held().refuses(commit("h", "55.001"), &Refusal::AboveHold { limit });
}

/// Holds `amount` of 30 and charges `spent` of the rest; commits the maximum, and
/// checks that a thousandth more is refused with that limit.
#[track_caller]
fn check_limit(amount: &str, spent: &str, limit: &str, owed: &str) {
    let held = story("10", &PACKS).does(hold("h", amount));
    let held = held.does(charge(spent));
    let more = Credits::from_milli(credits(limit).milli() + 1);
    let refused = Action::Commit {
        hold: hold_id("h"),
        amount: more,
        usage: Usage::default(),
    };
    let limit_refusal = Refusal::AboveHold {
        limit: credits(limit),
    };
    held.refuses(refused, &limit_refusal);
    let debt = held
        .clone()
        .decides(commit("h", limit))
        .entry
        .balance_after
        .debt;
    assert_eq!(debt, credits(owed), "{amount} held, {spent} spent");
}

#[test]
fn only_what_nothing_covers_is_bounded_and_by_the_amount_of_the_hold() {
    // Many times the hold, while the balance covers it.
    check_limit("5", "0", "35", "5");
    check_limit("0.001", "0", "30.001", "0.001");
    check_limit("5", "20", "15", "5");
    check_limit("5", "25", "10", "5");
    check_limit("30", "0", "60", "30");
    // A hold of 0 may take what is available and owe nothing.
    check_limit("0", "0", "30", "0");
    check_limit("0", "30", "0", "0");
}

#[test]
fn credits_held_by_other_holds_do_not_cover_a_commit() {
    let held = held().does(hold("other", "5"));
    let limit = credits("50");
    held.refuses(commit("h", "50.001"), &Refusal::AboveHold { limit });
    let limit = credits("10");
    held.refuses(commit("other", "10.001"), &Refusal::AboveHold { limit });
}

#[test]
fn what_covers_a_debt_does_not_cover_a_commit() {
    let owing = story("0", &[("buy:a", "10", None)]).does(hold("h", "10"));
    let owing = owing.does(hold("second", "0")).does(commit("h", "20"));
    let limit = Credits::ZERO;
    owing.refuses(commit("second", "0.001"), &Refusal::AboveHold { limit });
}

#[test]
fn the_entry_of_a_commit_says_what_it_used_and_what_it_gave_back() {
    let entry = held().decides(commit("h", "12")).entry;
    assert_eq!(entry.used_by_command(), Ok((credits("10"), credits("2"))));
    let outcome = entry.outcome;
    assert_eq!(
        (outcome.free_delta, outcome.pro_delta),
        (Credits::ZERO, credits("13"))
    );
    let entry = held().decides(commit("h", "50")).entry;
    assert_eq!(entry.used_by_command(), Ok((credits("10"), credits("40"))));
    let pro_delta = Credits::from_milli(-5_000);
    assert_eq!(
        (entry.outcome.free_delta, entry.outcome.pro_delta),
        (Credits::ZERO, pro_delta)
    );
    assert_eq!(entry.balance_after.debt, credits("20"));
}

#[test]
fn credits_released_into_an_ended_lot_lapse_in_the_same_decision() {
    let long = hold_for("h", "15", 86_400 * 90, OnExpiry::Release);
    let held = || {
        story("10", &PACKS)
            .does(long.clone())
            .when("2025-12-24")
            .does(charge("0"))
    };
    held().stands(&[
        "free:2025-11-01 10 0 0 10 0",
        "buy:a 10 0 0 5 0",
        "buy:b 10 0 0 0 0",
        "free:2025-12-01 10 0 0 0 0",
    ]);
    let rest = [
        "buy:a 10 0 0 0 0",
        "buy:b 10 0 0 0 0",
        "free:2025-12-01 10 0 0 0 0",
    ];
    let released = held().does(release("h"));
    released.stands(&rest);
    released.left(&["free:2025-11-01 10 0 0 0 10"]);
    let committed = held().does(commit("h", "4"));
    committed.stands(&rest);
    committed.left(&["free:2025-11-01 10 0 4 0 6"]);
    let new_year = held()
        .when("2026-01-01")
        .does(charge("0"))
        .does(release("h"));
    let left: Vec<_> = new_year
        .past
        .iter()
        .map(|it| (it.lot.lapsed, it.ended_at))
        .collect();
    assert!(
        left.contains(&(credits("10"), at("2025-12-01"))),
        "{left:?}"
    );
    assert!(
        left.contains(&(credits("10"), at("2026-01-01"))),
        "{left:?}"
    );
}

#[test]
fn a_hold_that_is_not_known_or_not_open_is_refused() {
    let all = |name: &str| {
        [
            extend(name, 9),
            report(name, "1"),
            commit(name, "1"),
            release(name),
        ]
    };
    let closed = held().does(release("h"));
    for story in [story("10", &[]), closed] {
        for action in all("h") {
            story.refuses(action, &Refusal::NoSuchHold(hold_id("h")));
        }
    }
    let foreign: HoldId = "other#h".parse().unwrap();
    let action = Action::Release {
        hold: foreign.clone(),
    };
    held().refuses(action, &Refusal::NoSuchHold(foreign));
    let expired = held().after(300);
    for action in [
        extend("h", 9),
        report("h", "1"),
        report("h", "99"),
        release("h"),
    ] {
        expired.refuses(action, &Refusal::HoldNotOpen);
    }
}

#[test]
fn an_inactive_user_begins_nothing_but_finishes_what_was_begun() {
    let inactive = held().does(active(false));
    // This is checked first.
    for action in [
        hold("more", "1"),
        hold("more", "99"),
        extend("h", 9),
        extend("none", 9),
    ] {
        inactive.refuses(action, &Refusal::UserInactive);
    }
    for action in [report("h", "1"), commit("h", "40"), release("h")] {
        inactive.clone().does(action);
    }
    inactive.after(300).does(commit("h", "25"));
}
