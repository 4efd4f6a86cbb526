//! Suite: commands that move no credits: plans and operators' settings.
//!
//! Each leaves one posting and takes effect when it says.

use super::super::super::fixtures::*;
use super::super::super::{
    AccountPlan, Action, Adjustment, Clawback, Credits, EntryKind, LotKind, PlanChange, Posting,
    Refusal, ResetDay, ScheduleGrant, Settlement, Tier,
};

fn plan(id: &str) -> AccountPlan {
    AccountPlan {
        subscription_id: id.to_string(),
        tier: Tier::Pro,
        rank: 1,
        period_end: Some(at("2025-12-01")),
        lapses_at: Some(at("2025-12-04")),
        payment_due: false,
    }
}

/// Executes it, and checks that the posting is its only effect.
#[track_caller]
fn check(story: &mut Story, action: Action, kind: EntryKind, posting: Posting) {
    let lots = story.account.lots.clone();
    let entry = story.decides(action).entry;
    assert_eq!((entry.kind, entry.postings), (kind, vec![posting]));
    assert_eq!(entry.outcome, super::super::Outcome::default());
    assert_eq!(story.account.lots, lots);
}

#[test]
fn each_subscription_has_one_plan_and_none_touches_another_or_the_credits() {
    let mut story = story("10", &[("buy:a", "10", None)]);
    let renewed = AccountPlan {
        lapses_at: Some(at("2026-01-04")),
        ..plan("sub_1")
    };
    for (action, plans) in [
        (set_plan(plan("sub_2")), vec![plan("sub_2")]),
        // Sorted by id, whichever arrived first.
        (set_plan(plan("sub_1")), vec![plan("sub_1"), plan("sub_2")]),
        (
            set_plan(renewed.clone()),
            vec![renewed.clone(), plan("sub_2")],
        ),
        (end_plan("sub_2"), vec![renewed.clone()]),
        (end_plan("sub_1"), vec![]),
    ] {
        let posting = Posting::Plans(plans.clone());
        check(&mut story, action, EntryKind::Plans, posting);
        assert_eq!(story.account.plans, plans);
    }
}

#[test]
fn an_unchanged_plan_leaves_no_posting() {
    let mut story = story("10", &[]).does(set_plan(plan("sub_1")));
    for known in [set_plan(plan("sub_1")), end_plan("sub_2")] {
        assert_eq!(story.decides(known).entry.postings, []);
        assert_eq!(story.account.plans, [plan("sub_1")]);
    }
}

#[test]
fn a_plan_is_kept_under_the_id_it_is_set_for() {
    let action = Action::SetPlan {
        subscription_id: "sub_1".to_string(),
        plan: Some(plan("sub_2")),
    };
    let story = story("10", &[]).does(action);
    assert_eq!(story.account.plans, [plan("sub_1")]);
}

#[test]
fn a_user_is_made_inactive_and_active_again() {
    let mut story = story("10", &[]);
    for set in [false, false, true] {
        check(
            &mut story,
            active(set),
            EntryKind::Adjust,
            Posting::Active(set),
        );
        assert_eq!(story.account.active, set);
    }
}

#[test]
fn an_inactive_user_is_still_given_and_taken_from() {
    let inactive = story("10", &[("buy:a", "10", None)]).does(active(false));
    inactive
        .does(grant("buy:b", "5", None))
        .does(claw_back("buy:a", "4"))
        .does(set_plan(plan("sub_1")))
        .does(active(false))
        .stands(&[
            "free:2025-11-01 10 0 0 0 0",
            "buy:a 10 4 0 0 0",
            "buy:b 5 0 0 0 0",
        ]);
}

#[test]
fn an_erased_user_is_given_nothing_and_can_still_be_taken_from() {
    let lots = [("buy:a", "10", None)];
    let mut erased = story("10", &lots).does(hold("h", "2"));
    let action = Action::Adjust(Adjustment::Erased);
    check(&mut erased, action, EntryKind::Adjust, Posting::Erased);
    assert!(erased.account.erased && !erased.account.active);
    let gifts = [
        grant("buy:b", "5", None),
        set_plan(plan("sub_1")),
        active(true),
        terms(credits("25"), ResetDay::FIRST),
        Action::Adjust(Adjustment::Erased),
        Action::Settle(Settlement {
            plan: Some(PlanChange {
                subscription_id: "sub_1".to_string(),
                plan: Some(plan("sub_1")),
            }),
            ..Settlement::default()
        }),
        Action::Settle(Settlement {
            grants: vec![given("buy:b", LotKind::Purchase, "5", None)],
            ..Settlement::default()
        }),
        Action::Settle(Settlement {
            schedules: vec![ScheduleGrant {
                terms: schedule_terms("sub:b", 2, "20"),
                targets: Vec::new(),
            }],
            ..Settlement::default()
        }),
    ];
    for gift in gifts {
        erased.clone().refuses(gift, &Refusal::UserErased);
    }
    erased.clone().refuses(charge("1"), &Refusal::UserInactive);
    erased
        .does(commit("h", "1"))
        .does(claw_back("buy:a", "4"))
        .does(Action::Settle(Settlement {
            clawbacks: vec![Clawback {
                lot: lot_id("buy:a"),
                target: credits("6"),
                past: None,
            }],
            ..Settlement::default()
        }))
        .does(end_plan("sub_1"))
        .stands(&["free:2025-11-01 10 0 1 0 0", "buy:a 10 6 0 0 0"]);
}

#[test]
fn an_own_allocation_counts_from_the_next_reset_on() {
    let mut story = story("10", &[]);
    let (monthly_allocation, reset_day_of_month) = (credits("25"), reset_day(15));
    let posting = Posting::FreeTerms {
        monthly_allocation,
        reset_day_of_month,
    };
    let action = terms(monthly_allocation, reset_day_of_month);
    check(&mut story, action, EntryKind::Adjust, posting);
    story.stands(&["free:2025-11-01 10 0 0 0 0"]);
    let december = story.when("2025-12-01").does(charge("0"));
    december.stands(&["free:2025-12-01 25 0 0 0 0"]);
    let ends = |story: &Story| story.account.lots[0].terms.expires_at;
    assert_eq!(ends(&december), Some(at("2025-12-15")));
    let middle = december.when("2025-12-15").does(charge("0"));
    middle.stands(&["free:2025-12-15 25 0 0 0 0"]);
    assert_eq!(ends(&middle), Some(at("2026-01-15")));
    let none = middle
        .does(terms(Credits::ZERO, ResetDay::FIRST))
        .when("2026-01-15");
    none.does(charge("0"))
        .stands(&["free:2026-01-15 0 0 0 0 0"]);
}

#[test]
fn a_decision_for_an_earlier_time_counts_as_made_at_the_accounts_own() {
    let mut story = story("10", &[]).does(hold("h", "4")).after(299);
    story.decides(charge("0"));
    let mut lagging = story.clone().after(-3_600);
    let entry = lagging.decides(charge("1")).entry;
    assert_eq!(entry.at, story.now);
    assert_eq!(lagging.account.as_of, story.now);
    lagging.refuses(extend("none", 1), &Refusal::NoSuchHold(hold_id("none")));
}
