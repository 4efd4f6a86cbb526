//! What is settled again once an event made known what it waited for, also when the
//! delivery that made it known was cut short.

use super::harness::*;
use super::repeats::planned;
use super::ways_out::{invoice_of, way_out};
use crate::billing::{
    BillingEvent, EventOutcome, Fact, InvoiceLine, LineKind, PackBought, ParkReason, Plan, Planned,
    settle_cut,
};

impl Telling {
    #[track_caller]
    fn new_plan(&self, event: &BillingEvent) -> Plan {
        match planned(self, event) {
            Planned::Plan(plan) => *plan,
            other => panic!("{}: {other:?}", event.id),
        }
    }

    /// The event is written, and what waits for it is not settled again.
    #[track_caller]
    fn cut_short(&mut self, event: &BillingEvent) {
        let plan = self.new_plan(event);
        self.world.apply(event, &plan);
    }

    /// What has to be settled again when this event, settled before, is delivered again.
    #[track_caller]
    fn left_by(&self, event: &BillingEvent) -> Vec<ParkReason> {
        match planned(self, event) {
            Planned::Settled { drains, .. } => drains,
            other => panic!("{}: {other:?}", event.id),
        }
    }
}

fn link() -> BillingEvent {
    event("link", Fact::SubscriptionBought(parties()))
}

fn pack_invoice() -> BillingEvent {
    let pack = InvoiceLine {
        kind: LineKind::Other,
        ..line("il_1", "price_pack", 500, NOVEMBER)
    };
    paid("in_1", vec![pack])
}

#[test]
fn an_event_for_which_nothing_waits_leaves_nothing_to_settle_again() {
    let mut telling = Telling::new();
    for event in [
        link(),
        first_month(),
        payment("in_1", Some("pi_1")),
        snapshot("a", "2025-11-01", crate::SubscriptionStatus::Active, None),
    ] {
        assert_eq!(telling.new_plan(&event).drains, [], "{}", event.id);
        telling.report(&event);
        assert_eq!(telling.left_by(&event), [], "{}", event.id);
    }
}

#[test]
fn an_event_settles_again_what_waited_for_it_and_nothing_else() {
    let subscription = || ParkReason::Subscription(id("sub_1"));
    let (lines, invoice) = (
        || ParkReason::Lines(id("sub_1")),
        || ParkReason::Invoice(id("in_1")),
    );
    let payment_of = || ParkReason::Payment(id("in_1"));
    let snapshot = || snapshot("a", "2025-11-01", crate::SubscriptionStatus::Active, None);
    let drains = |reason: ParkReason, event: BillingEvent, expected: &[ParkReason]| {
        let (mut telling, waits, _) = way_out(&reason);
        telling.report(&waits);
        telling.check_waits(&waits, &reason);
        let plan = telling.new_plan(&event);
        assert_eq!(plan.drains, expected, "{reason:?}, {}", event.id);
    };
    let customer = ParkReason::Customer(id("cus_1"));
    drains(customer.clone(), link(), &[customer]);
    // A line tells what was bought, a snapshot when its periods begin.
    drains(lines(), snapshot(), &[subscription()]);
    drains(subscription(), snapshot(), &[subscription()]);
    drains(lines(), first_month(), &[lines()]);
    drains(invoice(), first_month(), &[invoice()]);
    // That the invoice is settled may have been told to nobody, because it waited itself.
    let both = [invoice(), payment_of()];
    drains(payment_of(), payment("in_1", Some("pi_1")), &both);
    drains(payment_of(), payment("in_1", None), &both);
}

#[test]
fn a_delivery_that_was_cut_short_is_resumed_by_the_same_event() {
    let left = |reason: ParkReason, event: BillingEvent, expected: &[ParkReason]| {
        let (mut telling, waits, _) = way_out(&reason);
        telling.report(&waits);
        telling.cut_short(&event);
        assert_eq!(telling.left_by(&event), expected, "{reason:?}");
    };
    let customer = ParkReason::Customer(id("cus_1"));
    left(customer.clone(), link(), &[customer]);
    let of_invoice = [
        ParkReason::Invoice(id("in_1")),
        ParkReason::Payment(id("in_1")),
    ];
    left(of_invoice[0].clone(), first_month(), &of_invoice[..1]);
    left(
        of_invoice[1].clone(),
        payment("in_1", Some("pi_1")),
        &of_invoice,
    );
    let of_book = [
        ParkReason::Subscription(id("sub_1")),
        ParkReason::Lines(id("sub_1")),
    ];
    left(of_book[1].clone(), first_month(), &of_book);
    // A checkout says which payment paid the invoice that it made.
    let checkout = event(
        "checkout",
        Fact::PackBought(PackBought {
            invoice: Some(id("in_1")),
            ..pack_bought()
        }),
    );
    left(of_invoice[1].clone(), checkout, &of_invoice);
}

#[test]
fn an_event_that_has_waited_keeps_its_place_until_what_it_opened_is_drained() {
    let credit = |id: &str, of: (&str, &str)| {
        line(id, "price_pro", -1, ("2025-11-16", "2025-12-01")).of(of.0, of.1)
    };
    let again = line("il_b", "price_pro", 1, ("2025-11-16", "2025-12-01")).prorated();
    let second = paid("in_2", vec![credit("il_a", ("in_1", "il_1")), again]);
    let third = paid("in_3", vec![credit("il_c", ("in_2", "il_b"))]);
    let of = |invoice: &str| ParkReason::Invoice(id(invoice));
    for plans in 1..=5 {
        let mut telling = Telling::new();
        let a_snapshot = snapshot("a", "2025-11-01", crate::SubscriptionStatus::Active, None);
        telling.report(&a_snapshot);
        telling.report(&third);
        telling.report(&second);
        assert_eq!(telling.world.reasons(), [of("in_1"), of("in_2")]);
        let cut = (telling.now, plans);
        let (catalogue, terms) = (telling.catalogue.clone(), telling.terms.clone());
        let settled = settle_cut(&mut telling.world, &first_month(), &catalogue, cut, &terms);
        // The first, the second, the third, and the second leaves.
        assert_eq!(settled.unwrap().is_some(), plans >= 4, "{plans}");
        let waits = |reason: ParkReason| telling.world.waiting(&reason).len();
        let expected = [(1, 1), (1, 1), (1, 0), (0, 0), (0, 0)];
        let found = (waits(of("in_1")), waits(of("in_2")));
        assert_eq!(
            found,
            expected[usize::try_from(plans).unwrap() - 1],
            "{plans}"
        );
        telling.report(&first_month());
        assert_eq!(telling.world.reasons(), [], "{plans}");
    }
}

#[test]
fn a_delivery_that_was_cut_short_is_resumed_by_the_next_event_of_the_customer() {
    let mut telling = Telling::new();
    telling.report(&invoice_of(true, true));
    telling.cut_short(&link());
    let customer = ParkReason::Customer(id("cus_1"));
    let next = event("next", Fact::SubscriptionBought(parties()));
    assert_eq!(telling.new_plan(&next).drains, [customer]);
}

#[test]
fn an_invoice_that_goes_on_waiting_is_not_written_again() {
    let credit = line("il_a", "price_pro", -1, ("2025-11-16", "2025-12-01")).prorated();
    let mut waits = invoice("in_2", vec![credit]);
    waits.payment = Some(id("pi_2"));
    let waits = event("in_2", Fact::InvoicePaid(waits));
    let mut telling = Telling::new();
    telling.report(&waits);
    telling.check_waits(&waits, &ParkReason::Lines(id("sub_1")));
    assert_eq!(telling.left_by(&waits), []);
    // Nor is one that waits for its payment.
    let mut telling = Telling::new();
    telling.report(&pack_invoice());
    assert_eq!(telling.left_by(&pack_invoice()), []);
}

#[test]
fn an_event_that_was_refused_is_not_written_again() {
    let real_money = BillingEvent {
        livemode: true,
        ..first_month()
    };
    let mut telling = Telling::new();
    assert_eq!(telling.report(&real_money), EventOutcome::Refused);
    assert_eq!(telling.left_by(&real_money), []);
}
