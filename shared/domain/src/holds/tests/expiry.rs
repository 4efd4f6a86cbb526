//! Suite: the expiry of holds that nobody closes, and commits that come after
//! the expiry.

use super::*;

const DAY: i64 = 86_400;

/// A hold of 8 of 10 free credits and 10 of a pack, with this report so far.
fn held(on_expiry: OnExpiry, reported: &str) -> Story {
    let packs = [("buy:a", "10", None)];
    let held = story("10", &packs).does(hold_for("h", "8", 300, on_expiry));
    held.does(report("h", reported))
}

/// The account after the hold's expiry: its lots and what was charged.
#[track_caller]
fn check(on_expiry: OnExpiry, reported: &str, lots: &[&str], charged: &str) -> Story {
    let mut story = held(on_expiry, reported).after(300);
    let entry = story.decides(charge("0")).entry;
    story.stands(lots);
    assert_eq!(entry.used_in_all(), Ok(credits(charged)));
    assert_eq!(entry.used_by_command(), Ok((Credits::ZERO, Credits::ZERO)));
    let known = &story.account.holds[0];
    assert_eq!(known.expired_charge, Some(credits(charged)));
    assert_eq!(
        (known.is_open(), known.allocation.as_slice()),
        (false, [].as_slice())
    );
    story
}

#[test]
fn a_hold_is_open_until_its_last_second_is_over() {
    let mut story = held(OnExpiry::Settle, "3").after(299);
    assert!(story.decides(charge("0")).account.holds[0].is_open());
    story.after(1).refuses(release("h"), &Refusal::HoldNotOpen);
}

#[test]
fn at_its_end_a_hold_is_released_or_charged_its_last_report() {
    let all = ["free:2025-11-01 10 0 0 0 0", "buy:a 10 0 0 0 0"];
    check(OnExpiry::Release, "0", &all, "0");
    check(OnExpiry::Release, "8", &all, "0");
    check(OnExpiry::Settle, "0", &all, "0");
    let five = ["free:2025-11-01 10 0 5 0 0", "buy:a 10 0 0 0 0"];
    check(OnExpiry::Settle, "5", &five, "5");
    // Beyond the hold, from what is available.
    let twelve = ["free:2025-11-01 10 0 10 0 0", "buy:a 10 0 2 0 0"];
    check(OnExpiry::Settle, "12", &twelve, "12");
}

#[test]
fn a_settled_hold_beyond_all_there_is_is_owed() {
    let held = story("10", &[]).does(hold_for("h", "8", 300, OnExpiry::Settle));
    let settled = held.does(report("h", "16")).after(300).does(charge("0"));
    settled.stands(&["free:2025-11-01 10 0 10 0 0", "overdraft 0 0 6 0 0"]);
}

#[test]
fn a_hold_that_expires_as_a_month_begins_is_charged_to_the_month_before() {
    let held = story("10", &[]).when("2025-11-30T23:55:00Z");
    let held = held.does(hold_for("h", "8", 300, OnExpiry::Settle));
    let settled = held.does(report("h", "13")).after(300).does(charge("0"));
    settled.left(&["free:2025-11-01 10 0 10 0 0"]);
    settled.stands(&["overdraft 0 0 3 0 0", "free:2025-12-01 10 0 0 0 0"]);
}

#[test]
fn an_expiry_charges_no_more_than_a_commit_in_its_last_second_could() {
    // 18 could be committed when it was reported; then two were spent elsewhere.
    let held = story("10", &[]).does(hold_for("h", "8", 300, OnExpiry::Settle));
    let mut settled = held.does(report("h", "18")).does(charge("2")).after(300);
    let entry = settled.decides(charge("0")).entry;
    assert_eq!(entry.used_in_all(), Ok(credits("16")));
    settled.stands(&["free:2025-11-01 10 0 10 0 0", "overdraft 0 0 8 0 0"]);
    // What was charged beyond the hold is all it may owe.
    let limit = credits("16");
    settled.refuses(commit("h", "16.001"), &Refusal::AboveHold { limit });
    settled.does(commit("h", "16"));
}

#[test]
fn a_late_commit_may_take_everything_that_is_there() {
    // Ten of the month and ten of a pack, and a debt of eight.
    let expired = held(OnExpiry::Release, "5").after(300);
    let owing = expired.does(commit("h", "28"));
    owing.stands(&["free:2025-11-01 10 0 10 0 0", "overdraft 0 0 8 0 0"]);
    // Five were charged at the expiry; 15 are left.
    let settled = held(OnExpiry::Settle, "5").after(300);
    let owing = settled.does(commit("h", "28"));
    owing.stands(&["free:2025-11-01 10 0 10 0 0", "overdraft 0 0 8 0 0"]);
}

/// Commits this amount this many seconds after the hold's expiry.
#[track_caller]
fn check_late(on_expiry: OnExpiry, late: i64, amount: &str, used: &str) -> Story {
    let mut story = held(on_expiry, "5").after(300 + late);
    let entry = story.decides(commit("h", amount)).entry;
    let (free, pro) = entry.used_by_command().unwrap();
    assert_eq!(free.plus(pro), Ok(credits(used)), "{amount} after {late} s");
    assert_eq!(story.account.holds, [], "it is known no more");
    story
}

#[test]
fn a_late_commit_is_charged_what_the_expiry_has_not() {
    for late in [0, 1, DAY - 1] {
        check_late(OnExpiry::Release, late, "0", "0");
        check_late(OnExpiry::Release, late, "6", "6");
        check_late(OnExpiry::Release, late, "16", "16");
        check_late(OnExpiry::Settle, late, "5", "0");
        check_late(OnExpiry::Settle, late, "3", "0");
        check_late(OnExpiry::Settle, late, "6", "1");
        check_late(OnExpiry::Settle, late, "16", "11");
    }
    let limit = credits("28");
    for on_expiry in [OnExpiry::Release, OnExpiry::Settle] {
        let expired = held(on_expiry, "5").after(300);
        expired.refuses(commit("h", "28.001"), &Refusal::AboveHold { limit });
    }
}

#[test]
fn a_late_commit_takes_what_is_there_and_then_the_overdraft() {
    let spent = held(OnExpiry::Release, "5").after(400).does(charge("17"));
    let late = spent.does(commit("h", "8"));
    late.stands(&["free:2025-11-01 10 0 10 0 0", "overdraft 0 0 5 0 0"]);
}

#[test]
fn after_a_day_an_expired_hold_is_forgotten() {
    for (late, known) in [(DAY - 1, true), (DAY, false), (70 * DAY, false)] {
        let mut story = held(OnExpiry::Settle, "5").after(300 + late);
        let entry = story.clone().decides(charge("0")).entry;
        assert_eq!(
            entry.used_in_all(),
            Ok(credits("5")),
            "it is settled all the same"
        );
        if known {
            story.decides(commit("h", "8"));
        } else {
            story.refuses(commit("h", "8"), &Refusal::NoSuchHold(hold_id("h")));
        }
    }
}

#[test]
fn of_expired_holds_the_newest_twenty_stay_known() {
    let mut story = story("100", &[]);
    for number in 0..25 {
        let ends = 10 + number;
        story.decides(hold_for(
            &format!("h{number}"),
            "1",
            ends,
            OnExpiry::Release,
        ));
        story.decides(extend(&format!("h{number}"), 0));
        if number % 10 == 9 {
            story = story.after(60);
        }
    }
    let story = story.after(60).does(charge("0"));
    let known: Vec<String> = story
        .account
        .holds
        .iter()
        .map(|it| it.id.key.to_string())
        .collect();
    let expected: Vec<String> = (5..25).map(|number| format!("h{number}")).collect();
    assert_eq!(known, expected);
}

/// A hold of 6 of this month's 10 free credits, settled at 9 at the month's end or
/// a second before or after it.
#[track_caller]
fn check_at_the_months_end(ends: &str, reported: &str, lots: &[&str], left: &[&str]) {
    let seconds = u32::try_from(at(ends).seconds_since(at(NOW))).unwrap();
    let held = story("10", &[]).does(hold_for("h", "6", seconds, OnExpiry::Settle));
    let after = held
        .does(report("h", reported))
        .when("2025-12-02")
        .does(charge("0"));
    after.stands(lots);
    after.left(left);
}

#[test]
fn a_hold_that_ends_with_the_month_is_still_the_old_months() {
    let december = ["free:2025-12-01 10 0 0 0 0"];
    for ends in ["2025-11-30T23:59:59Z", "2025-12-01T00:00:00Z"] {
        check_at_the_months_end(ends, "4", &december, &["free:2025-11-01 10 0 4 0 6"]);
        check_at_the_months_end(ends, "9", &december, &["free:2025-11-01 10 0 9 0 1"]);
    }
    let later = "2025-12-01T00:00:01Z";
    check_at_the_months_end(later, "4", &december, &["free:2025-11-01 10 0 4 0 6"]);
    let december = ["free:2025-12-01 10 0 3 0 0"];
    check_at_the_months_end(later, "9", &december, &["free:2025-11-01 10 0 6 0 4"]);
}

#[test]
fn a_hold_that_ends_after_missed_months_takes_the_credits_of_its_own_month() {
    let seconds = u32::try_from(at("2026-02-10").seconds_since(at(NOW))).unwrap();
    let held = story("10", &[]).does(hold_for("h", "6", seconds, OnExpiry::Settle));
    let after = held
        .does(report("h", "9"))
        .when("2026-05-05")
        .does(charge("0"));
    after.stands(&["free:2026-05-01 10 0 0 0 0"]);
    after.left(&["free:2025-11-01 10 0 6 0 4", "free:2026-02-01 10 0 3 0 7"]);
}

#[test]
fn a_hold_without_time_is_over_in_the_same_decision() {
    let held = story("10", &[]).does(hold_for("h", "6", 0, OnExpiry::Release));
    held.stands(&["free:2025-11-01 10 0 0 0 0"]);
    assert!(!held.account.holds[0].is_open());
}
