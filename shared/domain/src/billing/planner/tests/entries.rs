//! What an event writes to the account: the plan of a subscription, an entry that is
//! named after its cause, and none if nothing changes.

use super::harness::*;
use super::money::dispute;
use super::repeats::planned;
use crate::SubscriptionStatus::{Active, Cancelled};
use crate::billing::{BillingEvent, ChargeRefunded, Fact, Planned, RefundStatus};
use crate::{AccountPlan, Tier};

/// The key of the entry that an event would write, if it would write one.
fn entry(telling: &Telling, event: &BillingEvent) -> Option<String> {
    match planned(telling, event) {
        Planned::Plan(plan) => plan.decision.map(|made| made.entry.key.to_string()),
        other => panic!("{other:?}"),
    }
}

fn pack() -> BillingEvent {
    event("pack", Fact::PackBought(pack_bought()))
}

#[test]
fn an_entry_for_returned_money_is_named_after_what_returned_it() {
    let charge = ChargeRefunded {
        charge: id("ch_1"),
        payment: id("pi_1"),
        invoice: None,
        refunded_minor: 125,
    };
    let cases = [
        (
            refund("re_1", "pi_1", 125, RefundStatus::Succeeded),
            "cause#refund:re_1:succeeded",
        ),
        (
            dispute("opened", true, &[("txn_1", -2000), ("txn_2", 500)]),
            "cause#dispute:dp_1:txn_2",
        ),
        (
            event("charge", Fact::ChargeRefunded(charge)),
            "cause#charge:evt_charge",
        ),
    ];
    let telling = reported(&[pack()]);
    for (event, name) in cases {
        assert_eq!(entry(&telling, &event).as_deref(), Some(name));
    }
    // It becomes known last which invoice the payment paid that was refunded.
    let back = refund("re_1", "pi_1", 500, RefundStatus::Succeeded);
    let telling = reported(&[first_month(), back]);
    let paid_by = payment("in_1", Some("pi_1"));
    let name = "cause#payment:pi_1:in_1";
    assert_eq!(entry(&telling, &paid_by).as_deref(), Some(name));
}

#[test]
fn news_that_changes_no_credits_and_no_plan_writes_no_entry() {
    let back = |status| refund("re_1", "pi_1", 125, status);
    let telling = reported(&[pack(), back(RefundStatus::Pending)]);
    assert_eq!(entry(&telling, &back(RefundStatus::Succeeded)), None);
    let telling = reported(&[snapshot("a", NOVEMBER.0, Active, None)]);
    let same = snapshot("b", "2025-11-05", Active, None);
    assert_eq!(entry(&telling, &same), None);
}

#[test]
fn an_account_has_the_plan_of_a_subscription_until_it_ends() {
    let mut telling = reported(&[snapshot("a", NOVEMBER.0, Active, None)]);
    let plan = AccountPlan {
        subscription_id: "sub_1".to_string(),
        tier: Tier::Pro,
        rank: 10,
        period_end: Some(at("2025-12-01")),
        // Three days of grace.
        lapses_at: Some(at("2025-12-04")),
        payment_due: false,
    };
    assert_eq!(telling.account().plans, [plan]);
    telling.report(&snapshot("b", "2025-11-10", Cancelled, None));
    assert_eq!(telling.account().plans, []);
}
