//! Events about what another backend granted before the cutover.

use super::harness::*;
use crate::billing::fixtures::{id, period};
use crate::billing::{
    BookLine, EventOutcome, Fact, FactKey, FactValue, ParkReason, SubscriptionBook,
};
use crate::fixtures::{at, credits};

const END: &str = "2025-12-01";

/// November of the plan `pro`, imported as the lot `import:c2`.
fn imported() -> Telling {
    let mut account = reported(&[first_month()]).account();
    let lots = &mut account.lots;
    let lot = lots
        .iter_mut()
        .find(|lot| lot.terms.id.as_str() == "sub:in_1:il_1");
    let lot = lot.unwrap();
    lot.terms.id = "import:c2".parse().unwrap();
    lot.terms.expires_at = Some(at("2025-12-01T00:00:00Z"));
    let given = (lot.terms.id.clone(), credits("2000"));
    let line = BookLine::imported((id("price_pro"), 1), period("2025-11-01", END), given);
    let mut book = SubscriptionBook::new(user());
    book.note_line(line.unwrap());
    let mut telling = Telling::new();
    let world = &mut telling.world;
    world.insert(
        FactKey::Account(user()),
        FactValue::Account(Box::new(account)),
    );
    world.insert(FactKey::Book(id("sub_1")), FactValue::Book(book));
    telling
}

#[test]
fn a_credit_takes_back_from_an_imported_lot_whatever_invoice_it_names() {
    for named in [true, false] {
        let half = line("il_a", "price_pro", -1000, ("2025-11-16", END)).prorated();
        let half = if named {
            half.of("in_of_before", "il_9")
        } else {
            half
        };
        let event = paid("in_2", vec![half]);
        let mut telling = imported();
        assert_eq!(telling.report(&event), EventOutcome::Applied);
        check_gone(&telling, "import:c2", "1000");
    }
}

#[test]
fn a_credit_of_another_price_than_that_of_the_import_waits_for_what_it_names() {
    let other = line("il_a", "price_team", -1000, ("2025-11-16", END)).prorated();
    let event = paid("in_2", vec![other.of("in_of_before", "il_9")]);
    let mut telling = imported();
    assert_eq!(telling.report(&event), EventOutcome::Parked);
    telling.check_waits(&event, &ParkReason::Invoice(id("in_of_before")));
    check_gone(&telling, "import:c2", "0");
}

#[test]
fn a_payment_before_the_cutover_is_recorded_and_gives_nothing() {
    let event = first_month();
    let Fact::InvoicePaid(invoice) = &event.fact else {
        panic!("{event:?}");
    };
    let paid_at = invoice.paid_at.unwrap_or(event.created);
    for (cutover, worth) in [(paid_at.plus_seconds(1), 0), (paid_at, 2_000_000)] {
        let mut telling = Telling::new();
        telling.catalogue = telling.catalogue.with_cutover(Some(cutover));
        assert_eq!(telling.report(&event), EventOutcome::Applied);
        assert_eq!(telling.worth(), worth);
        let reason = telling.record(&event).reason.as_deref();
        let before = (worth == 0).then_some("it was paid before the cutover");
        assert_eq!(reason, before);
    }
}
