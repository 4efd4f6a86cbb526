//! Events that come again: what waits is planned anew each time, and is news only
//! where something has changed.

use super::exploits::seats;
use super::harness::*;
use crate::billing::{
    BillingEvent, EventOutcome, Fact, FactKey, FactValue, Facts, PlanRequest, Planned,
    RefundStatus, needs, plan,
};

/// What an event comes to where the telling is now; nothing of it is written.
pub(super) fn planned(telling: &Telling, event: &BillingEvent) -> Planned {
    let mut facts = Facts::default();
    telling.world.load(needs(event), &mut facts);
    loop {
        let planned = plan(PlanRequest {
            event,
            facts: &facts,
            catalogue: &telling.catalogue,
            now: telling.now,
            terms: &telling.terms,
            attempt: 0,
            operator: None,
            leaves: false,
        });
        match planned {
            Planned::Needs(keys) => telling.world.load(keys, &mut facts),
            Planned::Plan(_) | Planned::Settled { .. } => return planned,
        }
    }
}

#[test]
fn an_invoice_that_waits_for_paid_lines_changes_nothing_when_it_comes_again() {
    let mut alone = Telling::new();
    let mut up = seats("in_3", "2025-11-21", (2, 3));
    if let Fact::InvoicePaid(paid) = &mut up.fact {
        paid.payment = Some(id("pi_3"));
    }
    alone.report(&up);
    let events = [first_month(), up.clone()];
    for telling in [alone, in_every_order(&events)] {
        match planned(&telling, &up) {
            Planned::Settled { outcome, .. } => assert_eq!(outcome, EventOutcome::Parked),
            other => panic!("{other:#?}"),
        }
    }
}

#[test]
fn an_invoice_that_names_its_subscription_no_more_is_settled_from_the_books_it_was_settled_for() {
    let mut telling = Telling::new();
    let first = first_month();
    telling.report(&first);
    telling.report(&payment("in_1", Some("pi_1")));
    telling.report(&refund("re_1", "pi_1", 1000, RefundStatus::Succeeded));
    let mut again = first.clone();
    again.id = id("evt_again");
    if let Fact::InvoicePaid(paid) = &mut again.fact {
        paid.parties.subscription = None;
        paid.lines.clear();
    }
    let Planned::Plan(plan) = planned(&telling, &again) else {
        panic!("it is news");
    };
    if let Some(FactValue::Book(book)) = plan.puts.get(&FactKey::Book(id("sub_1"))) {
        assert!(book.has_invoice(&id("in_1")), "the book that is there");
    }
    assert_eq!(telling.report(&again), EventOutcome::NeedsOperator);
}
