//! What an invoice comes to as a whole: what waits with it, when a person is asked,
//! and the name under which the ledger has it.

use super::exploits::seats;
use super::harness::*;
use super::repeats::planned;
use super::ways_out::without;
use crate::SubscriptionStatus::Active;
use crate::billing::fixtures::plan;
use crate::billing::{
    BillingEvent, Catalogue, EventOutcome, Fact, InvoiceLine, LineKind, PaidInvoice, ParkReason,
    Planned,
};

/// The second half of November.
const HALF: (&str, &str) = ("2025-11-16", NOVEMBER.1);

#[test]
fn an_invoice_without_lines_needs_a_person_unless_its_total_is_nothing() {
    let outcomes = [(0, EventOutcome::Applied), (1, EventOutcome::NeedsOperator)];
    for (total_minor, outcome) in outcomes {
        let silent = PaidInvoice {
            total_minor,
            ..invoice("in_1", Vec::new())
        };
        let silent = event("in_1", Fact::InvoicePaid(silent));
        assert_eq!(Telling::new().report(&silent), outcome, "{total_minor}");
    }
}

#[test]
fn a_proration_of_nothing_is_clear_beside_one_of_a_plan_that_gives_no_credits() {
    let seat = plan("seat", 5, 500, "0");
    let mut telling = Telling::knowing(Catalogue::new([prices(), vec![seat]].concat()));
    telling.report(&snapshot("a", NOVEMBER.0, Active, None));
    let lines = vec![
        line("il_1", "price_pro", 0, NOVEMBER).prorated(),
        line("il_2", "price_seat", 0, NOVEMBER).prorated(),
    ];
    assert_eq!(telling.report(&paid("in_1", lines)), EventOutcome::Applied);
    check_worth(&telling, 2_000_000, 0);
}

#[test]
fn all_of_an_invoice_of_two_subscriptions_waits_if_one_is_credited_what_is_not_known_to_be_paid() {
    let credit = line("il_a", "price_pro", -1000, HALF).prorated();
    let mut other = line("il_b", "price_team", 5000, NOVEMBER);
    other.subscription = Some(id("sub_2"));
    let events = [paid("in_2", vec![credit, other]), first_month()];
    let telling = reported(&events[..1]);
    telling.check_waits(&events[0], &ParkReason::Lines(id("sub_1")));
    assert!(telling.lots().is_empty(), "{:#?}", telling.lots());
    let telling = in_every_order(&events);
    check_applied(&telling, &events);
    check_worth(&telling, 1_000_000 + 6_000_500, 0);
}

#[test]
fn what_an_invoice_of_one_subscription_gives_is_granted_and_taken_back_while_it_waits() {
    let up = seats("in_3", "2025-11-21", (2, 3));
    let telling = reported(std::slice::from_ref(&up));
    telling.check_waits(&up, &ParkReason::Lines(id("sub_1")));
    // Three seats of 2000 for a third of a month.
    check_gone(&telling, "sub:in_3:il_b", "2000");
}

/// The name under which the ledger will have what an event comes to.
#[track_caller]
fn check_name(telling: &Telling, event: &BillingEvent, name: &str) {
    let Planned::Plan(plan) = planned(telling, event) else {
        panic!("{} changes nothing", event.id);
    };
    let entry = plan.decision.unwrap().entry;
    assert_eq!(entry.key.to_string(), name);
}

#[test]
fn the_ledger_has_an_invoice_under_its_id_also_if_it_waited() {
    let credit = line("il_a", "price_pro", -1000, HALF).of("in_1", "il_1");
    let pack = InvoiceLine {
        kind: LineKind::Other,
        subscription: None,
        ..line("il_b", "price_pack", 1500, HALF)
    };
    let team = line("il_b", "price_team", 2500, HALF).prorated();
    check_name(&Telling::new(), &first_month(), "cause#invoice:in_1");
    let telling = reported(&[first_month(), payment("in_2", Some("pi_2"))]);
    for lines in [
        vec![credit.clone()],
        vec![credit.clone(), team],
        vec![credit, pack.clone()],
    ] {
        check_name(&telling, &paid("in_2", lines), "cause#invoice:in_2");
    }
    // What paid a pack is not known yet, or a price.
    let event = paid("in_2", vec![pack]);
    let mut telling = reported(std::slice::from_ref(&event));
    telling.check_waits(&event, &ParkReason::Payment(id("in_2")));
    let paid_by = payment("in_2", Some("pi_2"));
    let Planned::Plan(plan) = planned(&telling, &paid_by) else {
        panic!("it was settled");
    };
    telling.world.apply(&paid_by, &plan);
    check_name(&telling, &event, "cause#invoice:in_2");
    let mut telling = Telling::knowing(without("price_pro"));
    telling.report(&first_month());
    telling.catalogue = catalogue();
    check_name(&telling, &first_month(), "cause#invoice:in_1");
}

#[test]
fn a_line_that_waited_longer_than_its_invoice_is_granted_by_an_entry_of_its_own() {
    let lines = vec![
        line("il_1", "price_pro", 2000, NOVEMBER),
        line("il_2", "price_team", 5000, NOVEMBER),
    ];
    let event = paid("in_1", lines);
    let mut telling = Telling::knowing(without("price_team"));
    telling.report(&event);
    let lots = |telling: &Telling| telling.lots().into_keys().collect::<Vec<_>>();
    assert_eq!(lots(&telling), ["sub:in_1:il_1"]);
    telling.catalogue = catalogue();
    telling.report(&event);
    assert_eq!(lots(&telling), ["sub:in_1:il_1", "sub:in_1:il_2"]);
}

#[test]
fn a_pack_is_not_granted_again_when_another_line_of_its_invoice_is_settled_later() {
    let pack = InvoiceLine {
        kind: LineKind::Other,
        subscription: None,
        ..line("il_1", "price_pack", 500, NOVEMBER)
    };
    let event = paid(
        "in_1",
        vec![pack, line("il_2", "price_team", 5000, NOVEMBER)],
    );
    let mut telling = Telling::knowing(without("price_team"));
    telling.report(&payment("in_1", Some("pi_1")));
    telling.report(&event);
    check_worth(&telling, 100_000, 0);
    let pack = |telling: &Telling| telling.lots()["buy:in_1:il_1"].clone();
    let before = pack(&telling);
    telling.catalogue = catalogue();
    assert_eq!(telling.report(&event), EventOutcome::Applied);
    assert_eq!(telling.lots().len(), 2);
    assert_eq!(pack(&telling), before);
}

#[test]
fn an_invoice_waits_for_an_operator_once_too_many_lines_end_together() {
    let lines = |count: u32| {
        let name = |number| format!("il_{number}");
        let lines = (0..count).map(|it| line(&name(it), "price_pro", 2000, NOVEMBER));
        paid("in_1", lines.collect())
    };
    let mut telling = Telling::new();
    assert_eq!(telling.report(&lines(601)), EventOutcome::NeedsOperator);
    assert_eq!(telling.lots().len(), 0);
    let mut telling = Telling::new();
    assert_eq!(telling.report(&lines(600)), EventOutcome::Applied);
    let next = paid("in_2", vec![line("il_1", "price_pro", 2000, NOVEMBER)]);
    assert_eq!(telling.report(&next), EventOutcome::NeedsOperator);
    let december = ("2025-12-01", "2026-01-01");
    let later = paid("in_3", vec![line("il_1", "price_pro", 2000, december)]);
    assert_eq!(telling.report(&later), EventOutcome::Applied);
    assert_eq!(telling.report(&next), EventOutcome::Applied);
}
