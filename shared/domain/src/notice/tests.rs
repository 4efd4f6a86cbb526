//! Suite: what entries have to tell, and what they keep to themselves.

use std::collections::BTreeSet;

use super::super::fixtures::*;
use super::super::{
    AccountPlan, Action, Entry, LotKind, OnExpiry, OpeningBalance, OpeningFree, ResetDay,
    Settlement, Tier,
};
use super::*;

/// A notice in one line.
fn line(notice: &Notice) -> String {
    let kind = notice.kind();
    match notice {
        Notice::CreditsLow {
            credit_type,
            percent_used,
        } => format!("{kind} {credit_type} {percent_used}"),
        Notice::CreditsExhausted { credit_type } => format!("{kind} {credit_type}"),
        Notice::CreditsGranted { amount } | Notice::CreditsClawedBack { amount } => {
            format!("{kind} {amount}")
        }
        Notice::CreditsReset { month } => {
            format!("{kind} {} {}", month.id, month.monthly_allocation)
        }
        Notice::HoldExpired { hold, charged, .. } => format!("{kind} {hold} {charged}"),
        Notice::SubscriptionChanged { plans } => {
            let ids: Vec<&str> = plans.iter().map(|it| it.subscription_id.as_str()).collect();
            format!("{kind} {}", ids.join(","))
        }
        Notice::PaymentNeedsAttention { plan } => format!("{kind} {}", plan.subscription_id),
    }
}

fn told(entry: &Entry) -> Vec<String> {
    entry.notices().unwrap().iter().map(line).collect()
}

#[track_caller]
fn check(mut story: Story, steps: &[(Action, &[&str])]) -> Story {
    for (action, expected) in steps {
        let entry = story.decides(action.clone()).entry;
        assert_eq!(told(&entry), *expected, "{action:?}");
        assert_eq!(entry.has_notices(), !expected.is_empty());
    }
    story
}

fn plan(id: &str, payment_due: bool) -> AccountPlan {
    AccountPlan {
        subscription_id: id.to_string(),
        tier: Tier::Pro,
        rank: 1,
        period_end: Some(at("2025-12-01")),
        lapses_at: Some(at("2025-12-04")),
        payment_due,
    }
}

#[test]
fn use_tells_nothing_but_the_thresholds_that_it_crosses() {
    check(
        story("100", &[("buy:a", "100", None)]),
        &[
            (charge("74.999"), &[]),
            (charge("0.001"), &["credits.low free 75"]),
            (
                charge("25"),
                &["credits.low free 90", "credits.exhausted free"],
            ),
            (hold("h", "50"), &[]),
            (report("h", "10"), &[]),
            (commit("h", "90"), &["credits.low pro 90"]),
            (take("10"), &["credits.exhausted pro"]),
            (active(false), &[]),
        ],
    );
}

#[test]
fn grants_and_clawbacks_are_told_once_an_entry_with_their_sum() {
    let two = grants(vec![
        given("buy:a", LotKind::Purchase, "70", None),
        given("buy:b", LotKind::Purchase, "30.5", None),
    ]);
    check(
        story("0", &[]),
        &[
            (two.clone(), &["credits.granted 100.5"]),
            // Granted already.
            (two, &[]),
            (claw_back("buy:a", "20"), &["credits.clawed_back 20"]),
            (claw_back("buy:a", "20"), &[]),
            // A dispute that was won gives back.
            (claw_back("buy:a", "5"), &["credits.granted 15"]),
            (claw_back("buy:b", "30.5"), &["credits.clawed_back 30.5"]),
        ],
    );
}

#[test]
fn a_month_is_told_by_the_first_entry_in_it() {
    let december = check(story("100", &[]), &[(charge("1"), &[])]).when("2025-12-01");
    let december = check(
        december,
        &[
            (charge("1"), &["credits.reset free:2025-12-01 100"]),
            (charge("1"), &[]),
        ],
    );
    // Months without an entry are not told later.
    check(
        december.when("2026-03-05"),
        &[(charge("1"), &["credits.reset free:2026-03-01 100"])],
    );
    check(story("0", &[]).when("2025-12-01"), &[(charge("0"), &[])]);
}

#[test]
fn months_of_a_schedule_are_grants_as_they_begin() {
    let yearly = schedule(schedule_terms("sub:a", 3, "30"), "0");
    let begun = check(story("0", &[]), &[(yearly, &["credits.granted 10"])]);
    check(
        begun.after(40 * 86_400),
        &[(charge("0"), &["credits.granted 10"])],
    );
}

#[test]
fn a_hold_that_expires_is_told_by_the_next_entry() {
    let settled = hold_for("h", "10", 60, OnExpiry::Settle);
    let held = check(
        story("100", &[]),
        &[(settled, &[]), (report("h", "4"), &[])],
    );
    check(
        held.after(61),
        &[(charge("1"), &["hold.expired app#h 4"]), (charge("1"), &[])],
    );
}

#[test]
fn a_plan_tells_its_change_and_whether_a_payment_is_due() {
    check(
        story("0", &[]),
        &[
            (
                set_plan(plan("sub_1", false)),
                &["subscription.changed sub_1"],
            ),
            (set_plan(plan("sub_1", false)), &[]),
            (
                set_plan(plan("sub_1", true)),
                &[
                    "subscription.changed sub_1",
                    "payment.needs_attention sub_1",
                ],
            ),
            (
                set_plan(plan("sub_1", false)),
                &["subscription.changed sub_1"],
            ),
            (end_plan("sub_1"), &["subscription.changed "]),
        ],
    );
}

#[test]
fn a_settlement_tells_all_its_parts() {
    let settlement = Action::Settle(Settlement {
        grants: vec![given("buy:new", LotKind::Purchase, "7", None)],
        plan: Some(crate::PlanChange {
            subscription_id: "sub_1".to_string(),
            plan: Some(plan("sub_1", true)),
        }),
        ..Settlement::default()
    });
    let expected: &[&str] = &[
        "subscription.changed sub_1",
        "payment.needs_attention sub_1",
        "credits.granted 7",
    ];
    check(story("0", &[]), &[(settlement, expected)]);
}

#[test]
fn what_comes_from_another_system_tells_nothing() {
    let mut story = Story {
        account: unopened(),
        now: at("2025-11-06"),
        past: Vec::new(),
    };
    let opening = OpeningBalance {
        as_of: at("2025-10-06"),
        free: OpeningFree {
            monthly_allocation: credits("100"),
            reset_day_of_month: ResetDay::FIRST,
            granted: None,
            used: credits("10"),
        },
        lots: Vec::new(),
    };
    let entry = story.decides(Action::Open(opening)).entry;
    assert!(!entry.postings.is_empty());
    assert_eq!(told(&entry), Vec::<String>::new());
    assert!(!entry.has_notices());
}

#[test]
fn every_notice_of_an_entry_has_an_id_of_its_own_that_follows_from_the_entry() {
    let mut story = story("100", &[("buy:a", "100", None)]);
    for name in ["h", "i"] {
        story.decides(hold_for(name, "1", 60, OnExpiry::Release));
    }
    let mut story = story.after(86_400 * 40);
    let entry = story.decides(charge("200")).entry;
    let notices = entry.notices().unwrap();
    assert_eq!(notices.len(), 8, "{:?}", told(&entry));
    let ids = |entry: &Entry| notices.iter().map(|it| it.id(entry)).collect();
    let own: BTreeSet<String> = ids(&entry);
    assert_eq!(own.len(), notices.len());
    assert_eq!(ids(&entry), own);
    assert!(own.iter().all(|id| id.len() == 32));
    let next = story.decides(charge("0")).entry;
    let other: BTreeSet<String> = ids(&next);
    assert!(other.is_disjoint(&own));
}

#[test]
fn names_of_kinds_are_read_back() {
    for kind in NoticeKind::ALL {
        assert_eq!(kind.as_str().parse(), Ok(kind));
        assert_eq!(kind.to_string(), kind.as_str());
    }
    assert_eq!("credits".parse::<NoticeKind>(), Err(UnknownNotice));
}
