//! Suite: schedules in an account, as time passes and refunds arrive.
//!
//! All parts are absolute, so most tests repeat them in another order and check
//! that the result is the same.

use std::collections::BTreeMap;

use super::super::super::fixtures::*;
use super::super::super::{
    Action, Balance, LotAmount, OnExpiry, Posting, PostingCause, Refusal, SchedulePosting, view,
};
use super::*;

/// The clawback of a whole schedule; months that have left are supplied.
fn take_back(story: &Story, terms: &ScheduleTerms, clawed_back: &str) -> Action {
    with_past(story, take_back_of_schedule(terms, credits(clawed_back)))
}

/// The same, with the months that have left supplied.
fn with_past(story: &Story, mut action: Action) -> Action {
    if let Action::Clawback { lots, schedules: _ } = &mut action {
        for one in lots {
            let mut left = story.past.iter().rev();
            let left = left.find(|past| past.lot.terms.id == one.lot);
            let here = story.account.lot(&one.lot).is_some();
            one.past = left.filter(|_| !here).cloned();
        }
    }
    action
}

#[test]
fn each_month_opens_in_its_time_and_the_last_ends_the_schedule() {
    let terms = schedule_terms("sub:a", 3, "30");
    let mut first = story("0", &[]);
    let entry = first.decides(schedule(terms.clone(), "0")).entry;
    assert_eq!(entry.outcome.amount, credits("30"));
    assert_eq!(entry.outcome.pro_delta, credits("10"));
    first.stands(&["free:2025-11-01 0 0 0 0 0", "sub:a:0 10 0 0 0 0"]);
    // A schedule that exists is not granted again.
    assert_eq!(first.decides(schedule(terms, "30")).entry.postings, []);

    let second = first.does(charge("4")).when("2025-12-01").does(charge("0"));
    second.stands(&["free:2025-12-01 0 0 0 0 0", "sub:a:1 10 0 0 0 0"]);
    second.left(&["free:2025-11-01 0 0 0 0 0", "sub:a:0 10 0 4 0 6"]);
    assert_eq!(second.account.schedules[0].next, 2);

    let mut last = second.when("2026-01-20");
    last.decides(charge("1"));
    last.stands(&["free:2026-01-01 0 0 0 0 0", "sub:a:2 10 0 1 0 0"]);
    assert_eq!(last.account.schedules, []);
    let over = last.when("2026-02-01").does(charge("0"));
    over.stands(&["free:2026-02-01 0 0 0 0 0"]);
}

#[test]
fn looking_ahead_shows_the_month_that_has_begun_by_then() {
    let story = story("0", &[]).does(schedule(schedule_terms("sub:a", 3, "30"), "0"));
    for (now, lots) in [
        ("2025-11-30T23:59:59Z", vec!["sub:a:0"]),
        ("2025-12-01", vec!["sub:a:1"]),
        ("2026-01-01", vec!["sub:a:2"]),
        ("2026-02-01", vec![]),
    ] {
        let shown = view(&story.account, at(now)).unwrap();
        let pro = shown.lots.iter().filter(|it| it.kind != LotKind::Free);
        assert_eq!(pro.map(|it| it.id.as_str()).collect::<Vec<_>>(), lots);
        assert_eq!(shown.pro.remaining, if lots.is_empty() { 0 } else { 10 });
    }
}

#[test]
fn months_long_past_open_and_lapse_in_one_roll() {
    let late = story("0", &[]).when("2026-01-20");
    let late = late.does(schedule(schedule_terms("sub:a", 3, "30"), "0"));
    late.stands(&["free:2026-01-01 0 0 0 0 0", "sub:a:2 10 0 0 0 0"]);
    late.left(&[
        "free:2025-11-01 0 0 0 0 0",
        "sub:a:0 10 0 0 0 10",
        "sub:a:1 10 0 0 0 10",
    ]);
    // Sixty at once leave twenty at a time.
    let mut all = story("0", &[]).when("2031-01-01");
    let left = all
        .decides(schedule(schedule_terms("sub:a", 60, "60"), "0"))
        .archived;
    assert_eq!((left.len(), all.account.schedules.len()), (20, 0));
}

#[test]
fn a_hold_that_is_settled_finds_the_months_that_began_before_its_end() {
    // At the very start of a month it is still the previous month.
    for (seconds, used) in [(0, ["2", "0"]), (1, ["0", "2"])] {
        let ttl = at("2025-12-01").seconds_since(at(NOW)) + seconds;
        let ttl = u32::try_from(ttl).unwrap();
        let mut held = story("0", &[("buy:a", "2", None)])
            .does(hold_for("h", "2", ttl, OnExpiry::Settle))
            .does(report("h", "4"))
            .does(schedule(schedule_terms("sub:a", 2, "20"), "0"))
            .when("2025-12-02");
        let decision = held.decides(charge("0"));
        let gone = decision.archived.iter().map(|past| &past.lot);
        let lots: Vec<_> = gone.chain(&decision.account.lots).collect();
        let used_of = |id: &str| {
            lots.iter()
                .find(|lot| lot.terms.id == lot_id(id))
                .unwrap()
                .used
        };
        assert_eq!(["sub:a:0", "sub:a:1"].map(used_of), used.map(credits));
    }
}

#[test]
fn what_is_clawed_back_of_the_whole_falls_on_all_months_and_may_go_down_again() {
    let terms = schedule_terms("sub:a", 3, "30");
    let mut refunded = story("0", &[]).does(schedule(terms.clone(), "0"));
    let action = take_back(&refunded, &terms, "15");
    let amount = refunded.decides(action.clone()).entry.outcome.amount;
    assert_eq!(amount, credits("15"));
    refunded.stands(&["free:2025-11-01 0 0 0 0 0", "sub:a:0 10 5 0 0 0"]);
    assert_eq!(refunded.decides(action).entry.postings, []);

    let mut second = refunded.when("2025-12-10").does(charge("1"));
    second.stands(&["free:2025-12-01 0 0 0 0 0", "sub:a:1 10 5 1 0 0"]);
    let action = take_back(&second, &terms, "30");
    let amount = second.decides(action).entry.outcome.amount;
    // Of the first month 5 were clawed back and 5 lapsed.
    assert_eq!(amount, credits("10"));
    second.stands(&["free:2025-12-01 0 0 0 0 0", "sub:a:1 10 10 1 0 0"]);
    let action = take_back(&second, &terms, "0");
    let won = second.does(action).when("2026-01-01").does(charge("0"));
    won.stands(&["free:2026-01-01 0 0 0 0 0", "sub:a:2 10 0 0 0 0"]);
    // The schedule has ended; its lots are open or among the past credits.
    let action = take_back(&won, &terms, "15");
    let last = won.does(action);
    last.stands(&["free:2026-01-01 0 0 0 0 0", "sub:a:2 10 5 0 0 0"]);
}

#[test]
fn what_is_clawed_back_may_be_of_some_months_alone() {
    let terms = schedule_terms("sub:a", 4, "40");
    let mut story = story("0", &[]).does(schedule(terms.clone(), "0"));
    let of = |targets: &[&str]| {
        let targets = targets.iter().map(|it| credits(it)).collect();
        take_back_of_months(&terms, targets)
    };
    let amount = |story: &mut Story, targets: &[&str]| {
        let entry = story.decides(of(targets)).entry;
        entry.outcome.amount
    };
    // Of the second month 7, of the third everything.
    assert_eq!(amount(&mut story, &["0", "7", "12"]), credits("17"));
    assert_eq!(
        amount(&mut story, &["0", "7", "10", "0", "3"]),
        credits("0")
    );
    story.stands(&["free:2025-11-01 0 0 0 0 0", "sub:a:0 10 0 0 0 0"]);
    let mut second = story.when("2025-12-01").does(charge("1"));
    second.stands(&["free:2025-12-01 0 0 0 0 0", "sub:a:1 10 7 1 0 0"]);
    // The clawback of the third is undone, and some of the last is clawed back.
    let changed = of(&["0", "7", "0", "2"]);
    let action = with_past(&second, changed);
    let entry = second.decides(action).entry;
    assert_eq!(entry.outcome.amount.milli(), -8_000);
    let third = second.when("2026-01-01").does(charge("0"));
    third.stands(&["free:2026-01-01 0 0 0 0 0", "sub:a:2 10 0 0 0 0"]);
    let last = third.when("2026-02-01").does(charge("0"));
    last.stands(&["free:2026-02-01 0 0 0 0 0", "sub:a:3 10 2 0 0 0"]);
}

#[test]
fn a_month_of_no_schedule_is_nowhere() {
    let terms = schedule_terms("sub:a", 3, "30");
    let story = story("0", &[]).does(schedule(schedule_terms("sub:b", 3, "30"), "0"));
    let refusal = Refusal::NoSuchLot(lot_id("sub:a:0"));
    story.refuses(take_back(&story, &terms, "15"), &refusal);
}

/// A clawback that is known when the schedule is granted has the same result as one
/// that arrives later, whenever the schedule is granted.
#[track_caller]
fn check_known_before(now: &str, rollover: Rollover, clawed_back: &str) {
    let terms = ScheduleTerms {
        rollover,
        ..schedule_terms("sub:a", 4, "40")
    };
    let owes = || {
        story("0", &[("buy:owes", "6", Some("2027-01-01"))])
            .does(charge("6"))
            .does(claw_back("buy:owes", "3"))
            .when(now)
    };
    let at_once = owes().does(schedule(terms.clone(), clawed_back));
    let later = owes().does(schedule(terms.clone(), "0"));
    let action = take_back(&later, &terms, clawed_back);
    let later = later.does(action);
    for ahead in [0, 20, 40, 200] {
        let ends = [&at_once, &later].map(|it| {
            let end = it.clone().after(ahead * 86_400).does(charge("0"));
            let all = end
                .past
                .iter()
                .map(|past| &past.lot)
                .chain(&end.account.lots);
            let lots: BTreeMap<_, _> = all.map(|lot| (lot.terms.id.clone(), line(lot))).collect();
            let balance = Balance::of(&end.account, end.now).unwrap();
            (lots, end.account.schedules.clone(), balance)
        });
        assert_eq!(ends[0], ends[1], "{now} {rollover:?} {clawed_back} {ahead}");
    }
}

#[test]
fn a_refund_known_before_its_schedule_gives_the_same_result() {
    let kept = Rollover {
        months: 2,
        cap: credits("2"),
    };
    for now in [
        "2025-11-06T14:30:00Z",
        "2025-12-01",
        "2026-01-20",
        "2026-05-01",
    ] {
        for rollover in [Rollover::default(), kept] {
            for clawed_back in ["0", "0.005", "13", "39", "40"] {
                check_known_before(now, rollover, clawed_back);
            }
        }
    }
}

#[test]
fn a_month_opens_with_its_part_and_its_part_of_what_is_clawed_back() {
    let mut story = story("0", &[])
        .does(schedule(schedule_terms("sub:a", 2, "20"), "6"))
        .when("2025-12-01");
    let postings = story.decides(charge("0")).entry.postings;
    let moved = |amount, delta: &str, cause| Posting::Moved {
        lot: lot_id("sub:a:1"),
        amount,
        delta: credits(delta),
        cause,
    };
    for posting in [
        moved(LotAmount::Granted, "10", PostingCause::Grant),
        moved(LotAmount::ClawedBack, "3", PostingCause::Clawback),
        Posting::Schedule(SchedulePosting::Ended {
            schedule: lot_id("sub:a"),
        }),
    ] {
        assert!(postings.contains(&posting), "{posting:?} in {postings:#?}");
    }
}
