//! Packs: at a checkout, on an invoice, and both at once.

use super::harness::*;
use crate::billing::{
    BillingEvent, Catalogue, EventOutcome, Fact, FactValue, InvoiceLine, LineKind, PackBought,
    PackName, PaidInvoice, ParkReason, RefundStatus,
};
use crate::{LotId, Price};

pub(super) fn bought(name: &str, pack: PackBought) -> BillingEvent {
    event(name, Fact::PackBought(pack))
}

/// The invoice `in_1` of one pack.
pub(super) fn pack_invoice() -> PaidInvoice {
    let line = InvoiceLine {
        kind: LineKind::Other,
        subscription: None,
        ..line("il_1", "price_pack", 500, ("2025-11-20", "2025-11-20"))
    };
    let mut invoice = invoice("in_1", vec![line]);
    invoice.parties.subscription = None;
    invoice
}

pub(super) fn of_invoice() -> BillingEvent {
    event("invoice", Fact::InvoicePaid(pack_invoice()))
}

#[test]
fn a_pack_is_granted_once_per_payment() {
    let events = [bought("one", pack_bought()), bought("two", pack_bought())];
    let telling = in_every_order(&events);
    check_applied(&telling, &events);
    check_worth(&telling, 100_000, 0);
}

#[test]
fn a_refund_of_a_pack_takes_its_share_in_every_order() {
    let events = [
        bought("one", pack_bought()),
        refund("re_1", "pi_1", 125, RefundStatus::Succeeded),
    ];
    check_gone(&in_every_order(&events), "buy:pi_1", "25");
}

#[test]
fn a_third_of_the_money_is_a_third_of_the_credits_and_not_a_thousandth_more() {
    let pack = PackBought {
        quantity: Some(3),
        subtotal_minor: 1500,
        paid_minor: 1500,
        ..pack_bought()
    };
    let events = [
        bought("one", pack),
        refund("re_1", "pi_1", 500, RefundStatus::Succeeded),
    ];
    check_gone(&in_every_order(&events), "buy:pi_1", "100");
}

#[test]
fn a_pack_on_an_invoice_is_granted_once_it_is_known_by_what_it_was_paid() {
    let events = [of_invoice(), payment("in_1", Some("pi_1"))];
    let telling = reported(&events[..1]);
    assert_eq!(
        telling.record(&events[0]).waits_for,
        Some(ParkReason::Payment(id("in_1")))
    );
    check_worth(&telling, 0, 0);
    let telling = in_every_order(&events);
    check_applied(&telling, &events);
    check_worth(&telling, 100_000, 0);
    let events = [of_invoice(), payment("in_1", None)];
    check_worth(&in_every_order(&events), 100_000, 0);
}

/// Every order of these grants one pack, under one of these ids.
#[track_caller]
pub(super) fn check_once(events: &[BillingEvent], worth: i64, called: &[&str]) {
    let mut found = std::collections::BTreeSet::new();
    let mut orders = vec![Vec::new()];
    for event in events {
        let longer = |order: Vec<BillingEvent>| {
            (0..=order.len()).map(move |place| {
                let mut order = order.clone();
                order.insert(place, event.clone());
                order
            })
        };
        orders = orders.into_iter().flat_map(longer).collect();
    }
    for order in orders {
        let telling = reported_by(reported(&order), &order);
        let names: Vec<_> = order.iter().map(|event| event.id.as_str()).collect();
        assert_eq!(telling.worth(), worth, "{names:?}: {:#?}", telling.lots());
        check_applied(&telling, events);
        found.extend(telling.lots().into_keys());
    }
    assert!(found.iter().eq(called), "{found:?}");
}

#[test]
fn a_checkout_that_made_an_invoice_gives_its_pack_once_in_every_order() {
    let with_invoice = PackBought {
        invoice: Some(id("in_1")),
        ..pack_bought()
    };
    let events = [
        bought("checkout", with_invoice),
        of_invoice(),
        payment("in_1", Some("pi_1")),
    ];
    check_once(&events, 100_000, &["buy:in_1"]);
    check_once(&events[..2], 100_000, &["buy:in_1"]);
    let refunded = refund("re_1", "pi_1", 500, RefundStatus::Succeeded);
    check_once(&[events.as_slice(), &[refunded]].concat(), 0, &["buy:in_1"]);
}

#[test]
fn a_checkout_that_cost_nothing_gives_its_pack_once_under_the_name_of_its_invoice() {
    let free = PackBought {
        payment: None,
        invoice: Some(id("in_1")),
        paid_minor: 0,
        ..pack_bought()
    };
    let of_invoice = PaidInvoice {
        paid_minor: 0,
        total_minor: 0,
        ..pack_invoice()
    };
    let of_invoice = event("invoice", Fact::InvoicePaid(of_invoice));
    check_once(
        &[bought("checkout", free), of_invoice],
        100_000,
        &["buy:in_1"],
    );
}

/// A lot as if it had been granted under another id.
fn rename(telling: &mut Telling, from: &str, to: &str) {
    let from: LotId = from.parse().unwrap();
    let rename = |lot: &mut LotId| {
        if *lot == from {
            *lot = to.parse().unwrap();
        }
    };
    for (key, mut value) in telling.world.facts().clone() {
        match &mut value {
            FactValue::Payment(payment) => {
                let packs = payment.pack.iter_mut();
                packs.for_each(|pack| rename(&mut pack.lot));
            }
            FactValue::Invoice(invoice) => {
                let settled = invoice.settled.iter_mut();
                let packs = settled.flat_map(|settled| settled.packs.values_mut());
                let packs = packs.chain(&mut invoice.bought);
                packs.for_each(|pack| rename(&mut pack.lot));
            }
            FactValue::Account(account) => {
                let lots = account.lots.iter_mut();
                lots.for_each(|lot| rename(&mut lot.terms.id));
            }
            _ => {}
        }
        telling.world.insert(key, value);
    }
}

#[test]
fn a_pack_that_was_given_under_another_name_is_not_given_again() {
    let with_invoice = PackBought {
        invoice: Some(id("in_1")),
        ..pack_bought()
    };
    let of_checkout = bought("checkout", with_invoice);
    let rest = [of_invoice(), payment("in_1", Some("pi_1"))];
    // By the checkout under its payment's id, by the invoice under its line's.
    for (first, stored) in [(&of_checkout, "buy:pi_1"), (&rest[0], "buy:in_1:il_1")] {
        let mut telling = reported(&[first.clone(), rest[1].clone()]);
        rename(&mut telling, "buy:in_1", stored);
        let others = [&of_checkout, &rest[0], &rest[1], &of_checkout];
        for event in others {
            telling.report(event);
        }
        assert!(telling.lots().into_keys().eq([stored]), "{stored}");
        check_worth(&telling, 100_000, 0);
    }
}

#[test]
fn a_checkout_that_does_not_name_its_invoice_gives_its_pack_once_in_every_order() {
    let events = [
        bought("checkout", pack_bought()),
        of_invoice(),
        payment("in_1", Some("pi_1")),
    ];
    let called = ["buy:in_1", "buy:pi_1"];
    check_once(&events, 100_000, &called);
    // Older API versions name the payment on the invoice itself.
    let named = PaidInvoice {
        payment: Some(id("pi_1")),
        ..pack_invoice()
    };
    let named = event("invoice", Fact::InvoicePaid(named));
    let events = [bought("checkout", pack_bought()), named];
    check_once(&events, 100_000, &called);
}

/// A pack of 100 that is sold in two currencies, in any quantity.
fn adjustable() -> Telling {
    let prices = prices().into_iter().map(|price| Price {
        adjustable_quantity: true,
        other_amounts_minor: [("eur".to_string(), 450)].into(),
        ..price
    });
    Telling {
        catalogue: Catalogue::new(prices.collect()),
        ..Telling::new()
    }
}

#[test]
fn a_price_has_an_amount_for_each_currency_and_says_how_many_were_bought() {
    for (currency, subtotal_minor, worth) in [("usd", 1500, 300_000), ("eur", 900, 200_000)] {
        let mut telling = adjustable();
        let pack = PackBought {
            pack: PackName::PaymentLink(id("plink_1")),
            currency: currency.to_string(),
            subtotal_minor,
            ..pack_bought()
        };
        assert_eq!(telling.report(&bought("one", pack)), EventOutcome::Applied);
        check_worth(&telling, worth, 0);
    }
}

#[test]
fn an_amount_or_currency_that_does_not_fit_waits_for_the_catalogue() {
    let mismatch = Some(ParkReason::Mismatch(id("price_pack")));
    for (currency, subtotal_minor) in [("usd", 700), ("jpy", 500), ("usd", 0)] {
        let mut telling = adjustable();
        let pack = PackBought {
            currency: currency.to_string(),
            subtotal_minor,
            ..pack_bought()
        };
        let event = bought("one", pack);
        assert_eq!(telling.report(&event), EventOutcome::Parked);
        assert_eq!(telling.record(&event).waits_for, mismatch);
        check_worth(&telling, 0, 0);
    }
}

/// A checkout gives packs worth this much, or waits for this reason and gives nothing.
#[track_caller]
fn check_checkout(catalogue: Catalogue, pack: PackBought, expected: Result<i64, ParkReason>) {
    let event = bought("one", pack);
    let telling = reported_by(Telling::knowing(catalogue), std::slice::from_ref(&event));
    let waits = telling.record(&event).waits_for.clone();
    assert_eq!(waits.map_or(Ok(telling.worth()), Err), expected);
    assert!(expected.is_ok() || telling.worth() == 0, "{expected:?}");
}

#[test]
fn a_checkout_of_what_is_no_known_pack_waits_for_its_price_or_for_a_change_of_it() {
    let cases = [
        ("price_new", ParkReason::Price(id("price_new"))),
        ("price_pro", ParkReason::Mismatch(id("price_pro"))),
    ];
    for (price, reason) in cases {
        let pack = PackBought {
            pack: PackName::Price(id(price)),
            ..pack_bought()
        };
        check_checkout(catalogue(), pack, Err(reason));
    }
}

#[test]
fn how_many_packs_were_bought_is_worked_out_only_if_the_buyer_chooses_and_pays() {
    let mismatch = Err(ParkReason::Mismatch(id("price_pack")));
    let review = Err(ParkReason::Review(id("cs_1")));
    let cases = [
        (true, 500, 1500, Ok(300_000)),
        (true, 0, 0, review),
        (false, 500, 500, Ok(100_000)),
        (false, 500, 1000, mismatch),
        (false, 0, 0, Ok(100_000)),
    ];
    for (adjustable_quantity, amount_minor, paid_minor, expected) in cases {
        let price = Price {
            adjustable_quantity,
            amount_minor,
            ..crate::billing::fixtures::pack()
        };
        let pack = PackBought {
            subtotal_minor: paid_minor,
            paid_minor,
            ..pack_bought()
        };
        check_checkout(Catalogue::new(vec![price]), pack, expected);
    }
}

#[test]
fn a_pack_waits_with_an_invoice_that_credits_time_not_known_to_be_paid() {
    let credit = line("il_a", "price_pro", -1, ("2025-11-16", "2025-12-01")).prorated();
    let pack = InvoiceLine {
        kind: LineKind::Other,
        subscription: None,
        ..line("il_b", "price_pack", 500, ("2025-11-20", "2025-11-20"))
    };
    let event = paid("in_2", vec![credit, pack]);
    let events = [event, payment("in_2", Some("pi_2")), first_month()];
    let telling = reported(&events[..2]);
    telling.check_waits(&events[0], &ParkReason::Lines(id("sub_1")));
    check_worth(&telling, 0, 0);
    let telling = in_every_order(&events);
    check_applied(&telling, &events);
    check_worth(&telling, 1_000_000 + 100_000, 0);
}
