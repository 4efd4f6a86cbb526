//! The facts of paid invoices, their lines and their payments, in both shapes: until
//! acacia and since basil.

use super::damaged::without;
use super::*;

/// The only line of an invoice, read from an example with this line.
#[track_caller]
fn line_of(shape: &str, line: &Value) -> InvoiceLine {
    let event = example(shape, "invoice_paid");
    let event = with(event, "lines.data", json!([line]));
    invoice_of(&event).lines.remove(0)
}

fn line(name: &str, kind: LineKind, amount: i64, from: i64, to: i64) -> InvoiceLine {
    InvoiceLine {
        id: id(name),
        kind,
        subscription: Some(id("sub_1")),
        price: Some(id("price_plus")),
        quantity: Some(1),
        amount_minor: Some(amount),
        period: Some(LinePeriod {
            start: moment(from),
            end: moment(to),
        }),
        credited: vec![],
    }
}

fn credited(name: &str) -> CreditedLine {
    CreditedLine {
        invoice: id("in_0"),
        line: id(name),
    }
}

#[test]
fn invoices_report_their_lines() {
    let (before, end) = (START - PERIOD, START + PERIOD);
    check(
        "invoice_paid",
        Fact::InvoicePaid(PaidInvoice {
            parties: parties_of(Some("user-1"), Some("sub_1")),
            id: id("in_1"),
            payment: None,
            paid_minor: 1500,
            total_minor: 1500,
            currency: "usd".to_string(),
            paid_at: Some(moment(START + 9)),
            lines: vec![
                line("il_1", LineKind::Subscription, 2000, START, end),
                InvoiceLine {
                    credited: vec![credited("il_01"), credited("il_02")],
                    ..line("il_2", LineKind::Proration, -1000, before, START)
                },
                InvoiceLine {
                    price: None,
                    ..line("il_3", LineKind::Other, 500, START, START)
                },
            ],
            complete: true,
        }),
    );
}

#[test]
fn an_invoice_may_have_more_lines_than_its_event_shows() {
    for shape in [UNTIL_ACACIA, SINCE_BASIL] {
        for (has_more, complete) in [
            (json!(true), false),
            (json!(false), true),
            (json!(null), true),
            // An unreadable flag: the list may be incomplete.
            (json!("no"), false),
        ] {
            let event = with(example(shape, "invoice_paid"), "lines.has_more", has_more);
            let invoice = invoice_of(&event);
            assert_eq!(invoice.complete, complete);
        }
        let path = "$.data.object.lines.has_more";
        let silent = without(example(shape, "invoice_paid"), path);
        assert!(invoice_of(&silent).complete);
    }
}

#[test]
fn a_total_may_be_less_than_nothing() {
    for shape in [UNTIL_ACACIA, SINCE_BASIL] {
        let event = with(example(shape, "invoice_paid"), "total", json!(-700));
        let invoice = invoice_of(&event);
        assert_eq!(invoice.total_minor, -700);
    }
}

#[test]
fn an_invoice_names_its_subscription_by_its_lines_if_nowhere_else() {
    for (shape, place) in [(UNTIL_ACACIA, "subscription"), (SINCE_BASIL, "parent")] {
        let event = with(example(shape, "invoice_paid"), place, json!(null));
        let invoice = invoice_of(&event);
        assert_eq!(invoice.parties.subscription, Some(id("sub_1")), "{place}");
    }
}

#[test]
fn a_line_of_time_bills_the_subscription_of_its_invoice_unless_it_names_one() {
    let old = |kind: &str, proration: bool, subscription: Value| {
        let mut line = json!({"id": "il_1", "type": kind, "proration": proration});
        line["subscription"] = subscription;
        line
    };
    let new = |kind: &str, proration: bool, subscription: Value| {
        let details = json!({"proration": proration, "subscription": subscription});
        let mut parent = json!({"type": kind});
        parent[kind] = details;
        json!({"id": "il_1", "parent": parent})
    };
    let (none, other) = (json!(null), json!("sub_2"));
    let (item, extra) = ("subscription_item_details", "invoice_item_details");
    for (shape, line, expected) in [
        (
            UNTIL_ACACIA,
            old("subscription", false, none.clone()),
            Some("sub_1"),
        ),
        (
            UNTIL_ACACIA,
            old("invoiceitem", true, none.clone()),
            Some("sub_1"),
        ),
        (UNTIL_ACACIA, old("invoiceitem", false, none.clone()), None),
        (
            UNTIL_ACACIA,
            old("subscription", false, other.clone()),
            Some("sub_2"),
        ),
        (
            UNTIL_ACACIA,
            old("invoiceitem", false, other.clone()),
            Some("sub_2"),
        ),
        (SINCE_BASIL, new(item, false, none.clone()), Some("sub_1")),
        (SINCE_BASIL, new(extra, true, none.clone()), Some("sub_1")),
        (SINCE_BASIL, new(extra, false, none), None),
        (SINCE_BASIL, new(item, true, other.clone()), Some("sub_2")),
        (SINCE_BASIL, new(extra, false, other), Some("sub_2")),
    ] {
        let read = line_of(shape, &line);
        assert_eq!(read.subscription, expected.map(id), "{line}");
    }
}

#[test]
fn a_line_is_what_its_type_or_its_parent_says() {
    let details = json!({"proration": false});
    for (line, expected) in [
        (json!({"type": "subscription"}), LineKind::Subscription),
        (
            json!({"type": "subscription", "proration": true}),
            LineKind::Proration,
        ),
        (json!({"type": "invoiceitem"}), LineKind::Other),
        (
            json!({"type": "invoiceitem", "proration": true}),
            LineKind::Proration,
        ),
        (json!({"type": "of_2030"}), LineKind::Other),
        (
            json!({"parent": {"type": "of_2030", "of_2030": details}}),
            LineKind::Other,
        ),
        (
            json!({"parent": {"subscription_item_details": details}}),
            LineKind::Subscription,
        ),
        (
            json!({"parent": {"invoice_item_details": details}}),
            LineKind::Other,
        ),
        (
            json!({"parent": {"type": "invoice_item_details",
                "invoice_item_details": {"proration": true}}}),
            LineKind::Proration,
        ),
        (json!({"parent": null, "type": null}), LineKind::Other),
        (json!({}), LineKind::Other),
    ] {
        for shape in [UNTIL_ACACIA, SINCE_BASIL] {
            let mut line = line.clone();
            line["id"] = json!("il_1");
            assert_eq!(line_of(shape, &line).kind, expected, "{line}");
        }
    }
}

#[test]
fn a_price_is_an_id_or_the_whole_price_or_a_plan_of_old() {
    let whole = json!({"id": "price_1", "object": "price"});
    let at = |price: &Value| json!({"price_details": {"price": price, "product": "prod_1"}});
    for (line, expected) in [
        (json!({"price": whole}), Some("price_1")),
        (json!({"price": "price_1"}), Some("price_1")),
        (
            json!({"price": null, "plan": {"id": "plan_1"}}),
            Some("plan_1"),
        ),
        (json!({"plan": "plan_1"}), Some("plan_1")),
        (json!({"pricing": at(&json!("price_1"))}), Some("price_1")),
        (json!({"pricing": at(&whole)}), Some("price_1")),
        (json!({"pricing": null, "price": null, "plan": null}), None),
        (json!({}), None),
    ] {
        let mut line = line.clone();
        line["id"] = json!("il_1");
        assert_eq!(
            line_of(SINCE_BASIL, &line).price,
            expected.map(id),
            "{line}"
        );
    }
}

#[test]
fn a_credit_names_each_line_whose_time_it_credits() {
    let items = |items: Value| json!({"credited_items": items});
    for (details, expected) in [
        (
            items(json!({"invoice": "in_0", "invoice_line_items": ["il_1"]})),
            vec!["il_1"],
        ),
        (
            items(
                json!({"invoice": {"id": "in_0"}, "invoice_line_items": ["il_1", {"id": "il_2"}]}),
            ),
            vec!["il_1", "il_2"],
        ),
        (
            items(json!({"invoice": "in_0", "invoice_line_items": []})),
            vec![],
        ),
        (items(json!(null)), vec![]),
        (json!(null), vec![]),
    ] {
        let old = json!({"id": "il_9", "proration": true, "proration_details": details});
        let mut lines = vec![(UNTIL_ACACIA, old)];
        for parent in ["subscription_item_details", "invoice_item_details"] {
            let mut new = json!({"id": "il_9", "parent": {"type": parent}});
            new["parent"][parent] = json!({"proration": true, "proration_details": details});
            lines.push((SINCE_BASIL, new));
        }
        for (shape, line) in lines {
            let read = line_of(shape, &line);
            let expected: Vec<_> = expected.iter().map(|name| credited(name)).collect();
            assert_eq!(
                (read.kind, read.credited),
                (LineKind::Proration, expected),
                "{line}"
            );
        }
    }
}

#[test]
fn an_invoice_payment_joins_invoice_and_payment() {
    let event = example(SINCE_BASIL, "invoice_payment");
    let payment = |payment: Option<&str>| {
        Fact::InvoicePayment(InvoicePayment {
            invoice: id("in_1"),
            payment: payment.map(id),
        })
    };
    assert_eq!(fact_of(&event), payment(Some("pi_1")));
    for (place, value) in [
        ("payment.type", json!("payment_record")),
        ("payment.type", json!("of_2030")),
        ("payment.payment_intent", json!(null)),
        ("payment.payment_intent", json!(7)),
        ("payment", json!({"type": "charge", "charge": "ch_1"})),
        ("payment", json!({})),
        ("payment", json!(null)),
        ("payment", json!("pi_1")),
    ] {
        let event = with(event.clone(), place, value);
        assert_eq!(fact_of(&event), payment(None), "{event}");
    }
    for untyped in [json!(null), json!(7)] {
        let event = with(event.clone(), "payment.type", untyped);
        assert_eq!(fact_of(&event), payment(Some("pi_1")));
    }
}

#[test]
fn an_id_may_be_the_whole_object() {
    for (name, place) in [
        ("invoice_paid", "customer"),
        ("invoice_paid", "parent.subscription_details.subscription"),
        ("invoice_paid", "lines.data.0.pricing.price_details.price"),
        ("pack_bought", "payment_intent"),
        ("pack_bought", "invoice"),
        ("subscription_bought", "subscription"),
        ("refund", "payment_intent"),
        ("dispute_withdrawn", "payment_intent"),
        ("invoice_payment", "invoice"),
        ("invoice_payment", "payment.payment_intent"),
        ("credit_note", "invoice"),
        ("credit_note", "customer"),
        ("credit_note", "refunds.0.refund"),
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
