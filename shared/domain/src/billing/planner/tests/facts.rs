//! What the planner asks for first, and what it says to an audit.

use super::harness::*;
use crate::Credits;
use crate::billing::{
    BillingEvent, Fact, FactKey, FactValue, Facts, Invoice, InvoiceLine, LineKind, Payment,
    PlanRequest, Planned, RefundStatus, invoice_packs, needs, payment_pack, plan,
};

#[test]
fn the_first_facts_that_are_asked_for_are_those_that_the_event_names() {
    let claims = [
        FactKey::CustomerClaim(id("cus_1")),
        FactKey::CustomerQueue(id("cus_1")),
        FactKey::SubscriptionClaim(id("sub_1")),
        FactKey::Book(id("sub_1")),
    ];
    let (invoice, payment_1) = (FactKey::Invoice(id("in_1")), FactKey::Payment(id("pi_1")));
    let of = |event: &BillingEvent, keys: &[FactKey]| {
        let own = FactKey::Event(event.id.clone());
        let mut keys: Vec<FactKey> = keys.iter().cloned().chain([own]).collect();
        keys.sort();
        assert_eq!(needs(event), keys, "{}", event.id);
        let telling = Telling::new();
        let asked = plan(PlanRequest {
            event,
            facts: &Facts::default(),
            catalogue: &telling.catalogue,
            now: telling.now,
            terms: &telling.terms,
            attempt: 0,
            operator: None,
            leaves: false,
        });
        assert!(
            matches!(&asked, Planned::Needs(asked) if *asked == keys),
            "{asked:?}"
        );
    };
    of(
        &first_month(),
        &[&claims[..], std::slice::from_ref(&invoice)].concat(),
    );
    of(
        &payment("in_1", Some("pi_1")),
        &[invoice, payment_1.clone()],
    );
    of(
        &refund("re_1", "pi_1", 5, RefundStatus::Pending),
        std::slice::from_ref(&payment_1),
    );
    let pack = event("pack", Fact::PackBought(pack_bought()));
    of(&pack, &[&claims[..2], &[payment_1]].concat());
    of(
        &event("gone", Fact::CustomerDeleted(id("cus_1"))),
        &claims[..2],
    );
    of(&event("noted", Fact::Noted), &[]);
}

fn payment_of(telling: &Telling) -> Payment {
    match telling.world.get(&FactKey::Payment(id("pi_1"))) {
        Some(FactValue::Payment(payment)) => payment.clone(),
        other => panic!("{other:?}"),
    }
}

fn invoice_of(telling: &Telling) -> Invoice {
    match telling.world.get(&FactKey::Invoice(id("in_1"))) {
        Some(FactValue::Invoice(invoice)) => invoice.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_audit_is_told_what_must_be_gone_of_a_pack_that_a_checkout_sold() {
    let pack = event("pack", Fact::PackBought(pack_bought()));
    let back = refund("re_1", "pi_1", 125, RefundStatus::Succeeded);
    for (events, gone) in [(vec![pack.clone()], "0"), (vec![pack, back], "25")] {
        let telling = reported(&events);
        let (pack, target) = payment_pack(&payment_of(&telling), None).unwrap();
        assert_eq!((pack.lot.as_str(), target), ("buy:pi_1", credits(gone)));
        check_gone(&telling, "buy:pi_1", gone);
    }
    let telling = reported(&[first_month(), payment("in_1", Some("pi_1"))]);
    assert_eq!(payment_pack(&payment_of(&telling), None), None);
    assert_eq!(invoice_packs(&invoice_of(&telling)), []);
}

#[test]
fn an_audit_is_told_what_must_be_gone_of_the_packs_of_an_invoice() {
    let pack = |name| InvoiceLine {
        kind: LineKind::Other,
        subscription: None,
        ..line(name, "price_pack", 500, ("2025-11-20", "2025-11-20"))
    };
    let events = [
        paid("in_1", vec![pack("il_1"), pack("il_2")]),
        payment("in_1", Some("pi_1")),
        refund("re_1", "pi_1", 250, RefundStatus::Succeeded),
    ];
    for (events, gone) in [(&events[..2], "0"), (&events[..], "25")] {
        let telling = reported(events);
        let packs = invoice_packs(&invoice_of(&telling));
        let told: Vec<(&str, Credits)> = packs
            .iter()
            .map(|(pack, target)| (pack.lot.as_str(), *target))
            .collect();
        assert_eq!(told.len(), 2, "{told:?}");
        for (lot, target) in told {
            assert_eq!(target, credits(gone), "{lot}");
            check_gone(&telling, lot, gone);
        }
    }
}
