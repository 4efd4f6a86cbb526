//! What each kind of event comes to, in both shapes.

use super::*;

/// An example reads to the same in both shapes, but for what only the old one tells.
#[track_caller]
fn check(name: &str, expected: Fact) {
    for shape in [UNTIL_ACACIA, SINCE_BASIL] {
        let mut fact = fact_of(&example(shape, name));
        if shape == UNTIL_ACACIA {
            match &mut fact {
                Fact::InvoicePaid(invoice) => {
                    assert_eq!(invoice.payment.take(), Some(id("pi_1")));
                }
                Fact::ChargeRefunded(charge) => {
                    assert_eq!(charge.invoice.take(), Some(id("in_1")));
                }
                _ => {}
            }
        }
        assert_eq!(fact, expected, "{name}");
    }
}

fn pack(user: &str) -> PackBought {
    PackBought {
        parties: parties_of(Some(user), None),
        session: id("cs_test_1"),
        payment: Some(id("pi_2")),
        pack: PackName::Unnamed,
        quantity: 1,
        subtotal_minor: 2000,
        paid_minor: 1800,
        currency: "usd".to_string(),
    }
}

#[test]
fn checkouts_tell_who_bought_what() {
    check(
        "subscription_bought",
        Fact::SubscriptionBought(parties_of(Some("user-1"), Some("sub_1"))),
    );
    check(
        "pack_bought",
        Fact::PackBought(PackBought {
            pack: PackName::Price(id("price_pack")),
            quantity: 3,
            ..pack("user-1")
        }),
    );
    check(
        "pack_by_link",
        Fact::PackBought(PackBought {
            pack: PackName::PaymentLink(id("plink_1")),
            payment: None,
            paid_minor: 0,
            ..pack("user-of-link")
        }),
    );
    check("pack_unpaid", Fact::Noted);
    check("pack_paid_later", Fact::PackBought(pack("user-of-link")));
}

#[test]
fn a_checkout_of_an_unknown_kind_means_nothing() {
    let bought = example(SINCE_BASIL, "pack_bought");
    for (name, value, expected) in [
        ("mode", "setup", Fact::Ignored),
        ("mode", "of_2030", Fact::Ignored),
        ("payment_status", "of_2030", Fact::Noted),
    ] {
        assert_eq!(fact_of(&with(bought.clone(), name, json!(value))), expected);
    }
    let later = example(SINCE_BASIL, "pack_paid_later");
    assert_eq!(fact_of(&with(later, "mode", json!("setup"))), Fact::Ignored);
    let mut later = example(SINCE_BASIL, "subscription_bought");
    later["type"] = json!("checkout.session.async_payment_succeeded");
    let buyer = parties_of(Some("user-1"), Some("sub_1"));
    assert_eq!(fact_of(&later), Fact::SubscriptionBought(buyer));
}

#[test]
fn a_text_that_is_no_user_id_names_nobody() {
    let bought = example(SINCE_BASIL, "pack_bought");
    for (by_metadata, by_link, expected) in [
        (json!("user-1"), json!("user-2"), Some("user-1")),
        (json!("user 1"), json!("user-2"), Some("user-2")),
        (json!("a#b"), json!("a/b"), None),
        (json!(""), json!(null), None),
        (json!(null), json!("user-2"), Some("user-2")),
        (json!("x".repeat(129)), json!(".."), None),
    ] {
        let event = with(bought.clone(), "metadata.user_id", by_metadata);
        let event = with(event, "client_reference_id", by_link);
        let Fact::PackBought(pack) = fact_of(&event) else {
            panic!("{event}");
        };
        assert_eq!(pack.parties, parties_of(expected, None), "{event}");
    }
}

#[test]
fn a_quantity_is_a_whole_number_from_one() {
    let bought = example(SINCE_BASIL, "pack_bought");
    for bad in ["", "0", "-1", "+1", "1.0", "4294967296", "x"] {
        let event = with(bought.clone(), "metadata.quantity", json!(bad));
        let path = "$.data.object.metadata.quantity".to_string();
        assert_eq!(problem_of(&event), (path, "must be a whole number from 1"));
    }
}

fn state(status: SubscriptionStatus) -> SubscriptionState {
    SubscriptionState {
        status,
        period_start: moment(START),
        period_end: moment(START + PERIOD),
        cancel_at_period_end: false,
        prices: vec![id("price_plus")],
    }
}

fn snapshot(state: SubscriptionState, previous: PreviousState) -> Fact {
    Fact::Subscription(SubscriptionSnapshot {
        parties: parties_of(Some("user-1"), Some("sub_1")),
        id: id("sub_1"),
        creation: false,
        state,
        previous,
    })
}

#[test]
fn subscriptions_tell_what_they_are_and_were() {
    let mut created = state(SubscriptionStatus::Incomplete);
    created.prices = vec![id("price_addon"), id("price_plus")];
    let Fact::Subscription(mut expected) = snapshot(created, PreviousState::default()) else {
        unreachable!();
    };
    expected.creation = true;
    check("subscription_created", Fact::Subscription(expected));
    check(
        "subscription_renewed",
        snapshot(
            state(SubscriptionStatus::Active),
            PreviousState {
                period_start: Some(moment(START - PERIOD)),
                period_end: Some(moment(START)),
                prices: Some(vec![id("price_plus")]),
                ..PreviousState::default()
            },
        ),
    );
    let mut ending = state(SubscriptionStatus::Active);
    ending.cancel_at_period_end = true;
    let not_ending = PreviousState {
        cancel_at_period_end: Some(false),
        ..PreviousState::default()
    };
    check(
        "subscription_cancelled_at_end",
        snapshot(ending, not_ending),
    );
    check(
        "subscription_ended",
        snapshot(
            state(SubscriptionStatus::Cancelled),
            PreviousState::default(),
        ),
    );
}

#[test]
fn both_fields_of_an_end_are_taken_together_with_what_they_are_now() {
    // (flag, end) now, what is told of before, whether it ended before
    let end = json!(START + PERIOD);
    for (flag, cancel_at, previous, expected) in [
        (
            true,
            json!(null),
            json!({"cancel_at_period_end": false}),
            Some(false),
        ),
        (true, end.clone(), json!({"cancel_at": null}), Some(true)),
        (false, end.clone(), json!({"cancel_at": null}), Some(false)),
        (
            false,
            end.clone(),
            json!({"cancel_at_period_end": true}),
            Some(true),
        ),
        (false, json!(null), json!({"cancel_at": START}), Some(true)),
        (
            false,
            json!(null),
            json!({"cancel_at_period_end": true, "cancel_at": null}),
            Some(true),
        ),
        (true, end.clone(), json!({"status": "trialing"}), None),
        (true, end, json!(null), None),
    ] {
        let event = example(SINCE_BASIL, "subscription_ended");
        let event = with(event, "cancel_at_period_end", json!(flag));
        let mut event = with(event, "cancel_at", cancel_at);
        event["data"]["previous_attributes"] = previous;
        let Fact::Subscription(snapshot) = fact_of(&event) else {
            panic!("{event}");
        };
        assert_eq!(snapshot.previous.cancel_at_period_end, expected, "{event}");
    }
}

#[test]
fn every_word_for_a_status_has_its_meaning() {
    for (word, expected) in [
        ("incomplete", SubscriptionStatus::Incomplete),
        ("incomplete_expired", SubscriptionStatus::IncompleteExpired),
        ("trialing", SubscriptionStatus::Trialing),
        ("active", SubscriptionStatus::Active),
        ("past_due", SubscriptionStatus::PastDue),
        ("canceled", SubscriptionStatus::Cancelled),
        ("unpaid", SubscriptionStatus::Unpaid),
        ("paused", SubscriptionStatus::Paused),
        ("of_2030", SubscriptionStatus::Unpaid),
    ] {
        let mut event = with(
            example(SINCE_BASIL, "subscription_ended"),
            "status",
            json!(word),
        );
        event["data"]["previous_attributes"] = json!({"status": word});
        let previous = PreviousState {
            status: Some(expected),
            ..PreviousState::default()
        };
        assert_eq!(
            fact_of(&event),
            snapshot(state(expected), previous),
            "{word}"
        );
    }
}

#[test]
fn invoices_tell_their_lines() {
    let line = |name: &str, kind, price: Option<&str>, amount_minor, from, to| InvoiceLine {
        id: id(name),
        kind,
        price: price.map(id),
        quantity: 1,
        amount_minor,
        period_start: moment(from),
        period_end: moment(to),
    };
    let (before, end, plus) = (START - PERIOD, START + PERIOD, Some("price_plus"));
    check(
        "invoice_paid",
        Fact::InvoicePaid(PaidInvoice {
            parties: parties_of(Some("user-1"), Some("sub_1")),
            id: id("in_1"),
            payment: None,
            paid_minor: 1500,
            lines: vec![
                line("il_1", LineKind::Subscription, plus, 2000, START, end),
                line("il_2", LineKind::Proration, plus, -1000, before, START),
                line("il_3", LineKind::Other, None, 500, START, START),
            ],
            complete: true,
        }),
    );
    for shape in [UNTIL_ACACIA, SINCE_BASIL] {
        let event = with(
            example(shape, "invoice_paid"),
            "lines.has_more",
            json!(true),
        );
        let Fact::InvoicePaid(invoice) = fact_of(&event) else {
            panic!("{event}");
        };
        assert!(!invoice.complete);
    }
}

#[test]
fn an_invoice_names_its_subscription_by_its_lines_if_nowhere_else() {
    for (shape, place) in [(UNTIL_ACACIA, "subscription"), (SINCE_BASIL, "parent")] {
        let event = with(example(shape, "invoice_paid"), place, json!(null));
        let Fact::InvoicePaid(invoice) = fact_of(&event) else {
            panic!("{event}");
        };
        assert_eq!(invoice.parties.subscription, Some(id("sub_1")), "{place}");
    }
}

#[test]
fn an_id_may_be_the_whole_object() {
    for (name, place) in [
        ("invoice_paid", "customer"),
        ("invoice_paid", "parent.subscription_details.subscription"),
        ("invoice_paid", "lines.data.0.pricing.price_details.price"),
        ("pack_bought", "payment_intent"),
        ("subscription_bought", "subscription"),
        ("refund", "payment_intent"),
        ("invoice_payment", "invoice"),
        ("invoice_payment", "payment.payment_intent"),
    ] {
        let event = example(SINCE_BASIL, name);
        let pointer = format!("/data/object/{}", place.replace('.', "/"));
        let plain = event.pointer(&pointer).unwrap().clone();
        let whole = json!({"id": plain, "object": "x", "deleted": true});
        assert_eq!(
            fact_of(&with(event.clone(), place, whole)),
            fact_of(&event),
            "{place}"
        );
    }
}

#[test]
fn money_that_goes_back_is_told_by_its_payment() {
    let refund = |status| {
        Fact::Refund(RefundSnapshot {
            id: id("re_1"),
            payment: id("pi_1"),
            amount_minor: 700,
            status,
        })
    };
    check("refund", refund(RefundStatus::Succeeded));
    for (status, expected) in [
        (json!("pending"), RefundStatus::Pending),
        (json!("requires_action"), RefundStatus::Pending),
        (json!("of_2030"), RefundStatus::Pending),
        (json!(null), RefundStatus::Pending),
        (json!("failed"), RefundStatus::Failed),
        (json!("canceled"), RefundStatus::Failed),
    ] {
        for name in ["refund.updated", "refund.failed", "charge.refund.updated"] {
            let mut event = with(example(SINCE_BASIL, "refund"), "status", status.clone());
            event["type"] = json!(name);
            assert_eq!(fact_of(&event), refund(expected), "{name} {status}");
        }
    }
    check(
        "charge_refunded",
        Fact::ChargeRefunded(ChargeRefunded {
            charge: id("ch_1"),
            payment: id("pi_1"),
            invoice: None,
            refunded_minor: 700,
        }),
    );
    let dispute = |phase| {
        Fact::Dispute(DisputeFunds {
            id: id("du_1"),
            payment: id("pi_1"),
            amount_minor: 1500,
            phase,
        })
    };
    check("dispute_withdrawn", dispute(DisputePhase::Withdrawn));
    check("dispute_reinstated", dispute(DisputePhase::Reinstated));
    check("customer_deleted", Fact::CustomerDeleted(id("cus_1")));
}

#[test]
fn what_names_no_payment_intent_and_what_moves_no_money_is_noted() {
    for name in [
        "refund",
        "charge_refunded",
        "dispute_withdrawn",
        "dispute_reinstated",
    ] {
        let event = with(example(SINCE_BASIL, name), "payment_intent", json!(null));
        assert_eq!(fact_of(&event), Fact::Noted, "{name}");
    }
    let inquiry = example(SINCE_BASIL, "dispute_withdrawn");
    let inquiry = with(inquiry, "status", json!("warning_needs_response"));
    assert_eq!(fact_of(&inquiry), Fact::Noted);
}

#[test]
fn an_invoice_payment_joins_invoice_and_payment() {
    let event = example(SINCE_BASIL, "invoice_payment");
    assert_eq!(
        fact_of(&event),
        Fact::InvoicePayment(InvoicePayment {
            invoice: id("in_1"),
            payment: id("pi_1"),
        })
    );
    for (place, value) in [
        ("payment.type", json!("payment_record")),
        ("payment.payment_intent", json!(null)),
        ("payment", json!({"type": "charge", "charge": "ch_1"})),
    ] {
        assert_eq!(fact_of(&with(event.clone(), place, value)), Fact::Noted);
    }
}
