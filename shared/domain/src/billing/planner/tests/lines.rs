//! What a line of an invoice is, by its price, kind and amount.

use super::harness::*;
use crate::billing::fixtures;
use crate::billing::{
    BookLine, Catalogue, EventOutcome, Fact, FactKey, FactValue, InvoiceLine, LineEffect, LineKind,
    LineLot, PaidInvoice, ParkReason,
};
use crate::{Price, PriceKind, Rollover, Timestamp};

fn with(price: Price) -> Telling {
    Telling::knowing(Catalogue::new([prices(), vec![price]].concat()))
}

/// What an invoice of one line, of no known price, waits for; it gives nothing.
#[track_caller]
fn check_wait(price: &str, kind: LineKind, amount_minor: Option<i64>, wait: Option<&ParkReason>) {
    let line = InvoiceLine {
        amount_minor,
        ..fixtures::line(kind, "il_1", price, 0)
    };
    let event = paid("in_1", vec![line]);
    let telling = reported(std::slice::from_ref(&event));
    let waits_for = telling.record(&event).waits_for.as_ref();
    assert_eq!(waits_for, wait, "{price} {kind:?} {amount_minor:?}");
    assert!(telling.lots().is_empty(), "{:#?}", telling.lots());
}

#[test]
fn a_line_without_a_price_needs_a_person_unless_it_buys_nothing() {
    let person = ParkReason::Operator(id("evt_in_1"));
    for (kind, amount_minor, needs) in [
        (LineKind::Other, Some(-500), false),
        (LineKind::Other, Some(0), false),
        (LineKind::Other, Some(500), true),
        (LineKind::Other, None, true),
        (LineKind::Subscription, Some(-500), true),
        (LineKind::Subscription, Some(0), false),
        (LineKind::Subscription, Some(500), true),
        (LineKind::Subscription, None, true),
        (LineKind::Proration, Some(-500), true),
        (LineKind::Proration, Some(0), true),
    ] {
        check_wait("-", kind, amount_minor, needs.then_some(&person));
    }
}

#[test]
fn a_line_of_an_unknown_price_waits_for_the_catalogue_unless_it_buys_nothing() {
    let price = ParkReason::Price(id("price_new"));
    for (kind, amount_minor, waits) in [
        (LineKind::Other, Some(-500), false),
        (LineKind::Other, Some(0), false),
        (LineKind::Other, Some(500), true),
        (LineKind::Other, None, true),
        (LineKind::Subscription, Some(-500), true),
        (LineKind::Subscription, Some(0), true),
        (LineKind::Subscription, Some(500), true),
        (LineKind::Proration, Some(-500), true),
        (LineKind::Proration, Some(0), true),
    ] {
        check_wait("price_new", kind, amount_minor, waits.then_some(&price));
    }
}

#[test]
fn a_pack_on_an_invoice_is_neither_given_for_nothing_nor_given_back_unless_it_is_free() {
    let gift = Price {
        price_id: "price_gift".to_string(),
        payment_link: None,
        amount_minor: 0,
        ..fixtures::pack()
    };
    let back = Some("its line il_1 gives back a pack");
    let nothing = Some("its line il_1 gives a pack for nothing");
    for (price, units, amount_minor, says, worth) in [
        ("price_pack", 2, 1000, None, 200_000),
        ("price_pack", 1, 0, nothing, 0),
        ("price_pack", 0, 0, None, 0),
        ("price_pack", 1, -500, back, 0),
        ("price_gift", 1, 0, None, 100_000),
        ("price_gift", 1, -500, back, 0),
    ] {
        let line = fixtures::line(LineKind::Other, "il_1", price, amount_minor).units(units);
        let event = paid("in_1", vec![line]);
        let mut telling = with(gift.clone());
        telling.report(&payment("in_1", Some("pi_1")));
        telling.report(&event);
        let reason = telling.record(&event).reason.as_deref();
        assert_eq!(reason, says, "{units} of {price} for {amount_minor}");
        check_worth(&telling, worth, 0);
    }
}

/// The line `il_1` of the invoice `in_1` in the book of `sub_1`.
fn in_book(telling: &Telling) -> Option<&BookLine> {
    match telling.world.get(&FactKey::Book(id("sub_1"))) {
        Some(FactValue::Book(book)) => book.line(&id("in_1"), &id("il_1")),
        _ => None,
    }
}

#[test]
fn a_fee_is_in_the_book_of_its_subscription_if_its_time_can_be_read() {
    let fee = |(start, end)| line("il_1", "price_fee", 500, (start, end));
    let timeless = InvoiceLine {
        period: None,
        ..fee(NOVEMBER)
    };
    let alone = InvoiceLine {
        subscription: None,
        ..fee(NOVEMBER)
    };
    for (fee, is_noted) in [
        (fee(NOVEMBER), true),
        (fee((NOVEMBER.0, NOVEMBER.0)), true),
        (fee((NOVEMBER.1, NOVEMBER.0)), false),
        (timeless, false),
        (alone, false),
    ] {
        let mut telling = with(Price {
            kind: PriceKind::None,
            tier: None,
            ..fixtures::plan("fee", 0, 500, "0")
        });
        let event = paid("in_1", vec![fee]);
        assert_eq!(telling.report(&event), EventOutcome::Applied, "{event:?}");
        let effect = in_book(&telling).map(|line| &line.effect);
        let noted = is_noted.then_some(&LineEffect::Nothing);
        assert_eq!(effect, noted, "{event:?}");
    }
}

#[test]
fn a_credit_of_time_that_gave_no_credits_when_it_was_paid_takes_nothing() {
    let without_credits = prices().into_iter().map(|price| Price {
        kind: PriceKind::None,
        ..price
    });
    let mut telling = Telling::knowing(Catalogue::new(without_credits.collect()));
    telling.report(&first_month());
    telling.catalogue = catalogue();
    let half = ("2025-11-16", NOVEMBER.1);
    let lines = vec![
        line("il_a", "price_pro", -1000, half).of("in_1", "il_1"),
        line("il_b", "price_team", 2500, half).prorated(),
    ];
    assert_eq!(telling.report(&paid("in_2", lines)), EventOutcome::Applied);
    check_worth(&telling, 3_000_250, 0);
}

#[test]
fn february_is_a_whole_month_and_a_proration_of_it_waits_for_the_day_of_its_anchor() {
    // Its month would begin between 28 and 31 January.
    let february = line("il_1", "price_pro", 2000, ("2026-01-31", "2026-02-28"));
    let whole = paid("in_1", vec![february.clone()]);
    let telling = reported(std::slice::from_ref(&whole));
    check_applied(&telling, &[whole]);
    check_worth(&telling, 2_000_000, 0);
    let part = paid("in_1", vec![february.prorated()]);
    let telling = reported(std::slice::from_ref(&part));
    telling.check_waits(&part, &ParkReason::Subscription(id("sub_1")));
}

/// What `in_1` grants, which is of this line alone and paid then.
#[track_caller]
fn granted(line: InvoiceLine, paid_at: Timestamp) -> (Telling, LineLot) {
    let paid = PaidInvoice {
        paid_at: Some(paid_at),
        ..invoice("in_1", vec![line])
    };
    let telling = reported(&[event("in_1", Fact::InvoicePaid(paid))]);
    match in_book(&telling).map(|line| line.effect.clone()) {
        Some(LineEffect::Grants(lot)) => (telling, lot),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_month_is_paid_late_after_its_end_and_a_year_of_months_after_its_start() {
    let year = ("2025-11-01", "2026-11-01");
    for (price, period, paid_at, is_late) in [
        ("price_pro", NOVEMBER, "2025-10-31", false),
        ("price_pro", NOVEMBER, "2025-11-20", false),
        ("price_pro", NOVEMBER, "2025-12-01", false),
        ("price_pro", NOVEMBER, "2025-12-01T00:00:01Z", true),
        ("price_year", year, "2025-10-31", false),
        ("price_year", year, "2025-11-01", false),
        ("price_year", year, "2025-11-01T00:00:01Z", true),
        ("price_year", year, "2025-12-20", true),
    ] {
        let (_, lot) = granted(line("il_1", price, 2000, period), at(paid_at));
        let late = is_late.then_some(at(paid_at));
        assert_eq!(lot.paid_at, late, "{price} {paid_at}");
    }
}

#[test]
fn paid_time_rolls_over_as_its_plan_does_and_otherwise_ends_after_its_grace() {
    let kept = Rollover {
        months: 2,
        cap: credits("1000"),
    };
    for (price, rollover, end) in [
        ("price_pro", None, "2025-12-04"),
        ("price_team", Some(kept), "2026-02-08"),
    ] {
        let november = line("il_1", price, 2000, NOVEMBER);
        let (telling, lot) = granted(november, at(NOVEMBER.0));
        assert_eq!(lot.rollover, rollover, "{price}");
        let terms = &telling.lots()["sub:in_1:il_1"].terms;
        assert_eq!(terms.expires_at, Some(at(end)), "{price}");
    }
}
