//! Where each shape puts its fields.

use serde_json::{Value, json};

use super::*;
use crate::act::{NoteBy, NoteTo};
use crate::render::{Shape, render};

/// The n-th event of a kind, as posted.
fn event(world: &World, kind: &str, n: usize, shape: Shape) -> Value {
    let mut found = world.events.iter().filter(|event| event.kind == kind);
    render(found.nth(n).unwrap(), shape)
}

fn object(world: &World, kind: &str, n: usize, shape: Shape) -> Value {
    event(world, kind, n, shape)["data"]["object"].clone()
}

fn upgraded() -> World {
    run(vec![
        at(0, subscribe(0)),
        at(15, to(1)),
        at(
            1,
            Act::Refund {
                payment: 1,
                percent: 40,
            },
        ),
    ])
}

#[test]
fn the_envelope_is_that_of_an_event() {
    let event = event(&upgraded(), "invoice.paid", 0, Shape::Basil);
    assert_eq!(event["id"], "evt_2");
    assert_eq!(event["object"], "event");
    assert_eq!(event["created"], APRIL);
    assert_eq!(event["type"], "invoice.paid");
    assert_eq!(event["api_version"], "2025-06-30.basil");
    assert_eq!(event["data"].get("previous_attributes"), None);
}

#[test]
fn events_come_in_the_order_of_what_happened_with_ties() {
    let world = upgraded();
    let expected = [
        "customer.subscription.created",
        "invoice.paid",
        "invoice_payment.paid",
        "customer.subscription.updated",
        "invoice.paid",
        "invoice_payment.paid",
        "refund.created",
        "charge.refunded",
    ];
    assert_eq!(kinds(&world), expected);
    assert_eq!(world.events[3].created, world.events[4].created);
    let posted = world
        .events
        .iter()
        .filter(|event| Shape::Acacia.posts(event));
    assert_eq!(
        posted.count(),
        6,
        "acacia has no events of invoice payments"
    );
}

#[test]
fn periods_stand_at_the_subscription_until_acacia_and_at_its_items_since_basil() {
    let end = APRIL + i64::from(30 * DAY);
    let old = object(
        &upgraded(),
        "customer.subscription.created",
        0,
        Shape::Acacia,
    );
    assert_eq!(old["current_period_end"], end);
    assert_eq!(old["items"]["data"][0].get("current_period_end"), None);
    let new = object(
        &upgraded(),
        "customer.subscription.created",
        0,
        Shape::Basil,
    );
    assert_eq!(new.get("current_period_end"), None);
    let item = &new["items"]["data"][0];
    assert_eq!(
        (&item["current_period_start"], &item["current_period_end"]),
        (&json!(APRIL), &json!(end))
    );
    for sub in [old, new] {
        assert_eq!(sub["metadata"]["user_id"], "user-1");
        assert_eq!(
            (&sub["id"], &sub["customer"]),
            (&json!("sub_1"), &json!("cus_1"))
        );
        assert_eq!(
            (&sub["status"], &sub["billing_cycle_anchor"]),
            (&json!("active"), &json!(APRIL))
        );
        assert_eq!(sub["items"]["data"][0]["price"]["id"], "a");
    }
}

#[test]
fn an_update_reports_what_was_before() {
    let event = event(
        &upgraded(),
        "customer.subscription.updated",
        0,
        Shape::Basil,
    );
    let previous = &event["data"]["previous_attributes"];
    assert_eq!(
        Vec::from_iter(previous.as_object().unwrap().keys()),
        ["items"]
    );
    assert_eq!(previous["items"]["data"][0]["price"]["id"], "a");
    assert_eq!(
        event["data"]["object"]["items"]["data"][0]["price"]["id"],
        "b"
    );
}

#[test]
fn invoices_name_subscription_user_and_payment_where_their_shape_has_them() {
    let old = object(&upgraded(), "invoice.paid", 1, Shape::Acacia);
    assert_eq!(
        (&old["subscription"], &old["paid"]),
        (&json!("sub_1"), &json!(true))
    );
    assert_eq!(
        (&old["payment_intent"], &old["charge"]),
        (&json!("pi_2"), &json!("ch_2"))
    );
    assert_eq!(old["subscription_details"]["metadata"]["user_id"], "user-1");
    let new = object(&upgraded(), "invoice.paid", 1, Shape::Basil);
    let details = &new["parent"]["subscription_details"];
    assert_eq!(
        (&details["subscription"], &details["metadata"]["user_id"]),
        (&json!("sub_1"), &json!("user-1"))
    );
    for gone in [
        "subscription",
        "payment_intent",
        "charge",
        "paid",
        "subscription_details",
    ] {
        assert_eq!(new.get(gone), None, "{gone}");
    }
    for invoice in [old, new] {
        assert_eq!(
            (&invoice["id"], &invoice["status"]),
            (&json!("in_2"), &json!("paid"))
        );
        assert_eq!(
            (&invoice["total"], &invoice["amount_paid"]),
            (&json!(500), &json!(500))
        );
        assert_eq!(
            invoice["status_transitions"]["paid_at"],
            APRIL + i64::from(15 * DAY)
        );
        assert_eq!(invoice["lines"]["has_more"], false);
    }
    let payment = object(&upgraded(), "invoice_payment.paid", 1, Shape::Basil);
    assert_eq!(
        (&payment["invoice"], &payment["payment"]["payment_intent"]),
        (&json!("in_2"), &json!("pi_2"))
    );
}

#[test]
fn lines_have_price_and_proration_where_their_shape_has_them() {
    let named = json!({"invoice": "in_1", "invoice_line_items": ["il_1"]});
    let old = object(&upgraded(), "invoice.paid", 1, Shape::Acacia);
    let credit = &old["lines"]["data"][0];
    assert_eq!(
        (&credit["type"], &credit["proration"]),
        (&json!("invoiceitem"), &json!(true))
    );
    assert_eq!(
        (&credit["price"]["id"], &credit["subscription"]),
        (&json!("a"), &json!("sub_1"))
    );
    assert_eq!(credit["proration_details"]["credited_items"], named);
    let new = object(&upgraded(), "invoice.paid", 1, Shape::Basil);
    let credit = &new["lines"]["data"][0];
    let parent = &credit["parent"]["invoice_item_details"];
    assert_eq!(
        (&parent["proration"], &parent["subscription"]),
        (&json!(true), &json!("sub_1"))
    );
    assert_eq!(parent["proration_details"]["credited_items"], named);
    assert_eq!(credit["pricing"]["price_details"]["price"], "a");
    let first = object(&upgraded(), "invoice.paid", 0, Shape::Basil);
    let parent = &first["lines"]["data"][0]["parent"];
    assert_eq!(parent["type"], "subscription_item_details");
    assert_eq!(
        parent["subscription_item_details"]["subscription_item"],
        "si_1"
    );
}

#[test]
fn refunds_and_charges_name_their_payment() {
    let refund = object(&upgraded(), "refund.created", 0, Shape::Basil);
    assert_eq!(
        (&refund["id"], &refund["amount"]),
        (&json!("re_1"), &json!(200))
    );
    assert_eq!(
        (&refund["payment_intent"], &refund["status"]),
        (&json!("pi_2"), &json!("succeeded"))
    );
    let charge = event(&upgraded(), "charge.refunded", 0, Shape::Acacia);
    let object = &charge["data"]["object"];
    assert_eq!(
        (&object["amount_refunded"], &object["refunded"]),
        (&json!(200), &json!(false))
    );
    assert_eq!(
        (&object["invoice"], &object["payment_intent"]),
        (&json!("in_2"), &json!("pi_2"))
    );
    assert_eq!(charge["data"]["previous_attributes"]["amount_refunded"], 0);
}

#[test]
fn credit_notes_report_where_the_money_went() {
    let note = |to, by| {
        at(
            0,
            Act::CreditNote {
                invoice: 0,
                percent: 30,
                by,
                to,
            },
        )
    };
    let world = run(vec![
        at(0, subscribe(0)),
        note(NoteTo::Card, NoteBy::Line(0)),
        note(NoteTo::Balance, NoteBy::Amount),
        note(NoteTo::OutOfBand, NoteBy::Amount),
    ]);
    let card = object(&world, "credit_note.created", 0, Shape::Basil);
    assert_eq!(
        card["refunds"],
        json!([{"amount_refunded": 300, "refund": "re_1", "type": "refund"}])
    );
    let line = &card["lines"]["data"][0];
    assert_eq!(
        (&line["type"], &line["invoice_line_item"]),
        (&json!("invoice_line_item"), &json!("il_1"))
    );
    assert_eq!(
        object(&world, "credit_note.created", 0, Shape::Acacia)["refund"],
        "re_1"
    );
    let balance = object(&world, "credit_note.created", 1, Shape::Basil);
    assert_eq!(
        (&balance["customer_balance_transaction"], &balance["total"]),
        (&json!("cbtxn_cn_2"), &json!(210))
    );
    let outside = object(&world, "credit_note.created", 2, Shape::Basil);
    assert_eq!(
        (&outside["out_of_band_amount"], &outside["invoice"]),
        (&json!(147), &json!("in_1"))
    );
}

#[test]
fn disputes_carry_their_movements_of_money() {
    let dispute = at(
        0,
        Act::Dispute {
            payment: 0,
            percent: 100,
            foreign: true,
        },
    );
    let won = Act::CloseDispute {
        dispute: 0,
        end: crate::DisputeEnd::Won,
    };
    let world = run(vec![at(0, subscribe(0)), dispute, at(9, won)]);
    let opened = object(&world, "charge.dispute.created", 0, Shape::Basil);
    assert_eq!(opened["balance_transactions"], json!([]));
    let closed = object(&world, "charge.dispute.closed", 0, Shape::Basil);
    let moved = closed["balance_transactions"].as_array().unwrap();
    let moved: Vec<_> = moved
        .iter()
        .map(|it| (&it["id"], &it["amount"], &it["currency"]))
        .collect();
    assert_eq!(moved[0], (&json!("txn_1"), &json!(-800), &json!("gbp")));
    assert_eq!(moved[1], (&json!("txn_2"), &json!(800), &json!("gbp")));
    assert_eq!(
        (&closed["amount"], &closed["status"]),
        (&json!(1_000), &json!("won"))
    );
    assert_eq!(
        (&closed["currency"], &closed["payment_intent"]),
        (&json!("usd"), &json!("pi_1"))
    );
}

#[test]
fn an_object_can_be_looked_up_as_it_is_now() {
    let world = upgraded();
    for (id, kind) in [
        ("sub_1", "subscription"),
        ("in_2", "invoice"),
        ("ch_2", "charge"),
        ("re_1", "refund"),
    ] {
        let found = crate::look_up(&world, id, Shape::Basil).unwrap();
        assert_eq!((&found["id"], &found["object"]), (&json!(id), &json!(kind)));
    }
    for unknown in ["sub_2", "in_0", "cn_1", "dp_1", "x_1", "in", "in_x"] {
        assert_eq!(
            crate::look_up(&world, unknown, Shape::Acacia),
            None,
            "{unknown}"
        );
    }
}
