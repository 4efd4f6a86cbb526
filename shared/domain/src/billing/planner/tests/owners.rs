//! Whom an event is about, and what becomes of the claim of a customer.

use super::harness::*;
use super::repeats::planned;
use super::ways_out::{invoice_of, without};
use crate::StripeId;
use crate::SubscriptionStatus::Active;
use crate::billing::{
    BillingEvent, Claim, EventOutcome, Fact, FactKey, FactValue, Parties, Planned, RefundStatus,
};

fn link() -> BillingEvent {
    event("link", Fact::SubscriptionBought(parties()))
}

fn gone(name: &str, created: &str) -> BillingEvent {
    BillingEvent {
        created: at(created),
        ..event(name, Fact::CustomerDeleted(id("cus_1")))
    }
}

fn pack() -> BillingEvent {
    event("pack", Fact::PackBought(pack_bought()))
}

#[test]
fn an_event_tells_the_customer_and_the_parties_that_its_object_names() {
    let of_pack = pack_bought().parties;
    let back = refund("re_1", "pi_1", 5, RefundStatus::Pending);
    let told: [(BillingEvent, Option<&str>, Option<Parties>); 6] = [
        (link(), Some("cus_1"), Some(parties())),
        (first_month(), Some("cus_1"), Some(parties())),
        (pack(), Some("cus_1"), Some(of_pack)),
        (gone("gone", "2025-11-20"), Some("cus_1"), None),
        (back, None, None),
        (event("noted", Fact::Noted), None, None),
    ];
    for (event, customer, parties) in told {
        assert_eq!(event.customer().map(StripeId::as_str), customer);
        assert_eq!(event.parties(), parties.as_ref(), "{}", event.id);
    }
}

#[test]
fn the_record_of_an_event_names_its_user_whether_it_is_applied_or_waits() {
    let plan = snapshot("a", NOVEMBER.0, Active, None);
    let cases = [
        (link(), EventOutcome::Applied),
        (first_month(), EventOutcome::Applied),
        (plan, EventOutcome::Applied),
        (pack(), EventOutcome::Parked),
    ];
    for (event, outcome) in cases {
        let mut telling = Telling::knowing(without("price_pack"));
        assert_eq!(telling.report(&event), outcome, "{}", event.id);
        let record = telling.record(&event);
        assert_eq!(record.user_id, Some(user()), "{}", event.id);
    }
}

#[test]
fn an_event_that_claims_a_customer_is_written_only_if_none_began_to_wait_for_it_meanwhile() {
    let checks = |telling: &Telling| match planned(telling, &first_month()) {
        Planned::Plan(plan) => plan.checks,
        other => panic!("{other:?}"),
    };
    let mut telling = Telling::new();
    assert_eq!(checks(&telling), [FactKey::CustomerQueue(id("cus_1"))]);
    telling.report(&link());
    assert_eq!(checks(&telling), []);
}

#[test]
fn a_deleted_customer_keeps_its_user_and_the_time_of_its_first_deletion() {
    let deletions = [gone("gone", "2025-11-21"), gone("again", "2025-11-22")];
    let mut telling = reported_by(reported(&[link()]), &deletions);
    let claim = Claim {
        deleted_at: Some(at("2025-11-21")),
        ..Claim::of(user())
    };
    let known = telling.world.get(&FactKey::CustomerClaim(id("cus_1")));
    assert_eq!(known, Some(&FactValue::Claim(claim)));
    for deletion in &deletions {
        assert_eq!(telling.record(deletion).user_id, Some(user()));
    }
    // An invoice that names the customer alone still finds its user.
    telling.report(&invoice_of(true, true));
    check_worth(&telling, 2_000_000, 0);
}
