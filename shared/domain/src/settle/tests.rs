//! Suite: settling all of one event at once, and moving ends.

use super::super::fixtures::{claw_back, *};
use super::super::{
    Action, Decision, Entry, LotKind, LotRollover, PaidLate, ScheduleTerms, Tier, view,
};
use super::*;

fn settles(settlement: Settlement) -> Action {
    Action::Settle(settlement)
}

/// The new end of one lot; past credits are supplied.
#[track_caller]
fn end(story: &Story, id: &str, expires_at: &str, target: &str) -> Action {
    let lot = lot_id(id);
    let left = story.past.iter().rev();
    let mut left =
        left.filter(|past| past.lot.terms.id == lot && story.account.lot(&lot).is_none());
    settles(Settlement {
        ends: vec![LotEnd {
            past: left.next().cloned(),
            lot,
            expires_at: at(expires_at),
            target: credits(target),
        }],
        ..Settlement::default()
    })
}

/// One line per posting about a lot, in order.
fn about_lots(entry: &Entry) -> Vec<String> {
    let line = |posting: &Posting| match posting {
        Posting::Recalled(past) => Some(format!("recall {}", past.lot.terms.id)),
        Posting::EndMoved { lot, expires_at } => Some(format!("move {lot} {}", expires_at.date())),
        Posting::Moved {
            lot,
            amount,
            delta,
            cause,
        } => Some(format!(
            "{} {lot} {delta} {}",
            amount.as_str(),
            cause.as_str()
        )),
        Posting::Archived { lot } => Some(format!("archive {lot}")),
        _ => None,
    };
    entry.postings.iter().filter_map(line).collect()
}

/// The old ends of lots that were moved, as `id end`.
fn vacated(decision: &Decision) -> Vec<String> {
    let place = |terms: &LotTerms| format!("{} {}", terms.id, terms.expires_at.unwrap().date());
    decision.vacated.iter().map(place).collect()
}

/// A lot of 10, of which 3 were used by the sixth, and which ended on the tenth.
fn ended() -> Story {
    story("0", &[("buy:a", "10", Some("2025-11-10"))])
        .does(charge("3"))
        .when("2025-11-12")
        .does(charge("0"))
}

#[test]
fn one_event_may_give_take_move_and_change_a_plan_in_one_entry() {
    let packs = [
        ("buy:a", "10", Some("2025-12-01")),
        ("buy:b", "10", Some("2025-12-01")),
    ];
    let mut story = story("0", &packs).does(schedule(schedule_terms("sub:old", 3, "30"), "0"));
    let plan = AccountPlan {
        subscription_id: "sub_1".to_string(),
        tier: Tier::Pro,
        rank: 1,
        period_end: None,
        lapses_at: None,
        payment_due: false,
    };
    let settlement = Settlement {
        grants: vec![given("buy:new", LotKind::Purchase, "7", None)],
        schedules: vec![ScheduleGrant {
            terms: schedule_terms("sub:new", 2, "20"),
            targets: vec![credits("1"), credits("2")],
        }],
        clawbacks: vec![Clawback {
            lot: lot_id("buy:a"),
            target: credits("4"),
            past: None,
        }],
        schedule_clawbacks: vec![ScheduleClawback {
            schedule: lot_id("sub:old"),
            targets: vec![Credits::ZERO, credits("9")],
        }],
        ends: vec![LotEnd {
            lot: lot_id("buy:b"),
            expires_at: at("2026-01-01"),
            target: credits("2"),
            past: None,
        }],
        plan: Some(PlanChange {
            subscription_id: "sub_1".to_string(),
            plan: Some(plan.clone()),
        }),
    };
    let entry = story.decides(settles(settlement)).entry;
    assert_eq!(entry.kind, EntryKind::Grant);
    assert_eq!(entry.outcome.amount, credits("27"), "what was given");
    assert_eq!(
        about_lots(&entry),
        [
            "move buy:b 2026-01-01",
            "clawed buy:b 2 claw_back",
            "granted buy:new 7 grant",
            "clawed buy:a 4 claw_back",
            "granted sub:new:0 10 grant",
            "clawed sub:new:0 1 claw_back",
        ]
    );
    assert_eq!(entry.postings[0], Posting::Plans(vec![plan]));
    let december = story.when("2025-12-01").does(charge("0"));
    december.stands(&[
        "buy:b 10 2 0 0 0",
        "buy:new 7 0 0 0 0",
        "free:2025-12-01 0 0 0 0 0",
        "sub:new:1 10 2 0 0 0",
        "sub:old:1 10 9 0 0 0",
    ]);
}

#[test]
fn an_entry_is_named_by_what_it_gives_then_by_what_it_takes_then_by_plans() {
    let full = Settlement {
        grants: vec![given("buy:new", LotKind::Purchase, "7", None)],
        schedules: vec![ScheduleGrant {
            terms: schedule_terms("sub:new", 2, "20"),
            targets: Vec::new(),
        }],
        clawbacks: vec![Clawback {
            lot: lot_id("buy:a"),
            target: credits("4"),
            past: None,
        }],
        schedule_clawbacks: vec![ScheduleClawback {
            schedule: lot_id("sub:old"),
            targets: Vec::new(),
        }],
        ends: vec![LotEnd {
            lot: lot_id("buy:b"),
            expires_at: at("2026-01-01"),
            target: Credits::ZERO,
            past: None,
        }],
        plan: None,
    };
    let only = |change: fn(&mut Settlement, Settlement)| {
        let mut settlement = Settlement::default();
        change(&mut settlement, full.clone());
        settlement.kind()
    };
    assert_eq!(only(|it, full| it.grants = full.grants), EntryKind::Grant);
    assert_eq!(
        only(|it, full| it.schedules = full.schedules),
        EntryKind::Grant
    );
    for takes in [
        only(|it, full| it.clawbacks = full.clawbacks),
        only(|it, full| it.schedule_clawbacks = full.schedule_clawbacks),
        only(|it, full| it.ends = full.ends),
    ] {
        assert_eq!(takes, EntryKind::Clawback);
    }
    assert_eq!(Settlement::default().kind(), EntryKind::Plans);
    assert_eq!(full.kind(), EntryKind::Grant);
}

#[test]
fn one_impossible_part_refuses_the_whole_settlement() {
    let story = story("0", &[("buy:a", "10", None)]);
    let settlement = Settlement {
        grants: vec![given("buy:new", LotKind::Purchase, "7", None)],
        clawbacks: vec![Clawback {
            lot: lot_id("buy:none"),
            target: Credits::ZERO,
            past: None,
        }],
        ..Settlement::default()
    };
    let refusal = Refusal::NoSuchLot(lot_id("buy:none"));
    story.refuses(settles(settlement), &refusal);
}

#[test]
fn nothing_to_settle_leaves_an_entry_without_postings() {
    let entry = story("10", &[])
        .decides(settles(Settlement::default()))
        .entry;
    assert_eq!(entry.kind, EntryKind::Plans);
    assert_eq!(
        (entry.postings, entry.outcome.amount),
        (vec![], credits("0"))
    );
}

#[test]
fn lapsed_credits_come_back_with_a_later_end() {
    let mut story = ended();
    story.left(&["buy:a 10 0 3 0 7"]);
    let decision = story.decides(end(&story, "buy:a", "2025-11-20", "0"));
    assert_eq!(
        about_lots(&decision.entry),
        [
            "recall buy:a",
            "move buy:a 2025-11-20",
            "lapsed buy:a -7 end_moved"
        ]
    );
    assert_eq!(vacated(&decision), ["buy:a 2025-11-10"]);
    assert_eq!(decision.entry.outcome.pro_delta, credits("7"));
    story.stands(&["free:2025-11-01 0 0 0 0 0", "buy:a 10 0 3 0 0"]);
    let mut over = story.when("2025-11-20");
    let decision = over.decides(charge("0"));
    assert_eq!(vacated(&decision), [""; 0]);
    assert_eq!(over.past.last().unwrap().ended_at, at("2025-11-20"));
}

#[test]
fn what_is_clawed_back_counts_anew_as_nothing_has_lapsed() {
    let mut story = ended();
    let decision = story.decides(end(&story, "buy:a", "2025-11-20", "6"));
    assert_eq!(decision.entry.kind, EntryKind::Clawback);
    assert_eq!(decision.entry.outcome.amount, credits("6"));
    story.stands(&["free:2025-11-01 0 0 0 0 0", "buy:a 10 6 3 0 0"]);
}

#[test]
fn an_end_that_has_come_too_lapses_before_anything_is_clawed_back() {
    let mut story = ended();
    let decision = story.decides(end(&story, "buy:a", "2025-11-11", "9"));
    assert_eq!(
        about_lots(&decision.entry),
        [
            "recall buy:a",
            "move buy:a 2025-11-11",
            "lapsed buy:a -7 end_moved",
            "lapsed buy:a 7 expiry",
            "clawed buy:a 2 claw_back"
        ]
    );
    story.stands(&["free:2025-11-01 0 0 0 0 0", "buy:a 10 2 3 0 7"]);
    // Granted with that end and then clawed back, it is the same.
    let lot = Grant {
        clawed_back: credits("9"),
        ..given("buy:b", LotKind::Purchase, "7", Some("2025-11-11"))
    };
    let known = ended().does(grants(vec![lot]));
    known.left(&["buy:a 10 0 3 0 7", "buy:b 7 0 0 0 7"]);
}

#[test]
fn an_earlier_end_lapses_what_is_left_at_once() {
    let mut story = story("0", &[("buy:a", "10", Some("2025-12-01"))])
        .does(charge("1"))
        .does(hold("h", "2"))
        .does(claw_back("buy:a", "4"));
    let action = end(&story, "buy:a", "2025-11-06", "4");
    let decision = story.decides(action);
    // As if it had ended before the refund arrived.
    story.stands(&["free:2025-11-01 0 0 0 0 0", "buy:a 10 0 1 2 7"]);
    assert_eq!(decision.entry.outcome.amount.milli(), -4_000);
    assert_eq!(vacated(&decision), [""; 0], "it cannot have left");
}

#[test]
fn the_end_it_has_changes_nothing() {
    let open = || story("0", &[("buy:a", "10", Some("2025-12-01"))]);
    let decision = open().decides(end(&open(), "buy:a", "2025-12-01", "5"));
    assert_eq!(decision.entry.postings, []);
    let mut left = ended();
    let decision = left.decides(end(&left, "buy:a", "2025-11-10", "5"));
    assert_eq!(
        (decision.entry.postings, decision.vacated),
        (vec![], vec![])
    );
}

#[test]
fn a_lot_that_was_recalled_before_leaves_its_place_too() {
    // It owes, so it stays; its past credit stays where it was stored.
    let mut owes = ended();
    let past = owes.past.last().cloned();
    owes.decides(claw_backs(vec![Clawback {
        lot: lot_id("buy:a"),
        target: credits("10"),
        past,
    }]));
    owes.stands(&["free:2025-11-01 0 0 0 0 0", "buy:a 10 3 3 0 7"]);
    let decision = owes.decides(end(&owes, "buy:a", "2025-11-20", "10"));
    assert_eq!(vacated(&decision), ["buy:a 2025-11-10"]);
    owes.stands(&["free:2025-11-01 0 0 0 0 0", "buy:a 10 10 3 0 0"]);
}

#[test]
fn a_lot_that_leaves_again_where_it_lay_vacates_nothing() {
    let mut story = ended();
    let past = story.past.last().cloned();
    let to = |expires_at| LotEnd {
        lot: lot_id("buy:a"),
        expires_at: at(expires_at),
        target: Credits::ZERO,
        past: past.clone(),
    };
    let decision = story.decides(settles(Settlement {
        ends: vec![to("2025-11-11"), to("2025-11-10")],
        ..Settlement::default()
    }));
    assert_eq!(vacated(&decision), ["buy:a 2025-11-11"]);
    story.left(&["buy:a 10 0 3 0 7"; 2]);
}

#[test]
fn only_ends_of_lots_that_have_one_of_their_own_can_be_moved() {
    let rollover = LotRollover {
        from: at("2025-12-01"),
        cap: credits("2"),
    };
    let mut kept = given("buy:kept", LotKind::Purchase, "5", Some("2026-01-01"));
    kept.terms.rollover = Some(rollover);
    let story = story("10", &[("buy:endless", "0.5", None)])
        .does(hold("h", "1"))
        .does(commit("h", "2"))
        .does(grants(vec![kept]));
    for id in ["free:2025-11-01", "buy:endless", "buy:kept"] {
        let refusal = Refusal::ImpossibleGrant(lot_id(id));
        story.refuses(end(&story, id, "2026-02-01", "0"), &refusal);
    }
    let owing = story_that_owes();
    let refusal = Refusal::ImpossibleGrant(lot_id("overdraft"));
    owing.refuses(end(&owing, "overdraft", "2026-02-01", "0"), &refusal);
    let refusal = Refusal::NoSuchLot(lot_id("buy:none"));
    story.refuses(end(&story, "buy:none", "2026-02-01", "0"), &refusal);
    // A lot that has left is not found unless it is supplied.
    let mut left = ended();
    left.past.clear();
    let refusal = Refusal::NoSuchLot(lot_id("buy:a"));
    left.refuses(end(&left, "buy:a", "2026-02-01", "0"), &refusal);
}

/// An account with an overdraft debt of 1.
fn story_that_owes() -> Story {
    story("1", &[]).does(hold("h", "1")).does(commit("h", "2"))
}

#[test]
fn months_that_were_paid_late_can_be_spent_until_the_grace_is_over() {
    let terms = ScheduleTerms {
        paid_late: Some(PaidLate {
            paid_at: at("2026-01-10"),
            spend_until: at("2026-01-13"),
        }),
        ..schedule_terms("sub:a", 3, "30")
    };
    let mut late = story("0", &[]).when("2026-01-10");
    let schedules = vec![ScheduleGrant {
        terms,
        targets: vec![credits("4")],
    }];
    let decision = late.decides(settles(Settlement {
        schedules,
        ..Settlement::default()
    }));
    assert_eq!(decision.entry.outcome.pro_delta, credits("26"));
    late.stands(&[
        "free:2026-01-01 0 0 0 0 0",
        "sub:a:0 10 4 0 0 0",
        "sub:a:1 10 0 0 0 0",
        "sub:a:2 10 0 0 0 0",
    ]);
    let shown = |now: &str| view(&late.account, at(now)).unwrap().pro.remaining;
    assert_eq!(shown("2026-01-12T23:59:59Z"), 26);
    assert_eq!(shown("2026-01-13"), 10);
    assert_eq!(shown("2026-02-01"), 0);
}
