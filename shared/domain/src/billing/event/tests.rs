//! Every fact survives writing and reading, because parked events are stored.

use super::super::fixtures::{id, invoice, line};
use super::*;
use crate::SubscriptionStatus;
use crate::fixtures::at;

fn parties() -> Parties {
    Parties {
        user: Some("user-1".parse().unwrap()),
        customer: Some(id("cus_1")),
        subscription: Some(id("sub_1")),
    }
}

fn pack(pack: PackName) -> Fact {
    Fact::PackBought(PackBought {
        parties: parties(),
        session: id("cs_1"),
        payment: Some(id("pi_1")),
        invoice: Some(id("in_1")),
        pack,
        quantity: Some(2),
        items: vec![BoughtItem {
            price: id("price_pack"),
            quantity: 2,
        }],
        subtotal_minor: 1000,
        paid_minor: 900,
        currency: "usd".to_string(),
    })
}

fn snapshot(status: SubscriptionStatus, previous: PreviousState) -> Fact {
    Fact::Subscription(SubscriptionSnapshot {
        parties: parties(),
        id: id("sub_1"),
        creation: false,
        state: SubscriptionState {
            status,
            items: ["price_pro", "price_team"]
                .map(|price| SubscriptionItem {
                    price: id(price),
                    period_start: at("2025-11-01"),
                    period_end: at("2025-12-01"),
                })
                .to_vec(),
            cancel_at_period_end: true,
            cancel_at: Some(at("2026-02-01")),
            billing_cycle_anchor: Some(at("2025-11-01")),
            trial_start: Some(at("2025-10-01")),
            trial_end: Some(at("2025-11-01")),
        },
        previous,
    })
}

fn refund(status: RefundStatus) -> Fact {
    Fact::Refund(RefundSnapshot {
        id: id("re_1"),
        payment: id("pi_1"),
        amount_minor: u64::MAX,
        status,
    })
}

fn dispute(transactions: &[(&str, i64)]) -> Fact {
    let moved = transactions.iter().map(|(txn, amount)| (id(txn), *amount));
    Fact::Dispute(DisputeSnapshot {
        id: id("dp_1"),
        payment: id("pi_1"),
        amount_minor: 1,
        transactions: moved.collect(),
        moved: !transactions.is_empty(),
    })
}

fn credit_note(lines: Vec<CreditNoteLine>) -> Fact {
    Fact::CreditNote(CreditNoteSnapshot {
        id: id("cn_1"),
        invoice: id("in_1"),
        parties: parties(),
        voided: lines.is_empty(),
        total_minor: 500,
        lines,
        complete: true,
        refunds: [(id("re_1"), 500)].into(),
    })
}

fn charge(invoice: Option<StripeId>) -> Fact {
    Fact::ChargeRefunded(ChargeRefunded {
        charge: id("ch_1"),
        payment: id("pi_1"),
        invoice,
        refunded_minor: 5,
    })
}

/// Each kind of fact by its name; those with variants in each variant.
fn facts() -> Vec<(&'static str, Fact)> {
    let previous = PreviousState {
        status: Some(SubscriptionStatus::Trialing),
        period_start: Some(at("2025-10-01")),
        period_end: Some(at("2025-11-01")),
        cancel_at_period_end: Some(false),
        prices: Some(vec![id("price_pro")]),
    };
    let mut paid = invoice(vec![
        line(LineKind::Subscription, "il_1", "price_pro", 2000),
        line(LineKind::Proration, "il_2", "price_pro", i64::MIN),
        line(LineKind::Other, "il_3", "-", 0),
    ]);
    let unpaid = Fact::InvoicePaid(paid.clone());
    paid.payment = Some(id("pi_1"));
    paid.complete = false;
    let payment = InvoicePayment {
        invoice: id("in_1"),
        payment: Some(id("pi_1")),
    };
    let otherwise = InvoicePayment {
        payment: None,
        ..payment.clone()
    };
    let named = [Some(id("il_1")), None].map(|line| CreditNoteLine {
        line,
        amount_minor: 250,
    });
    let none = PreviousState::default();
    vec![
        ("subscription_bought", Fact::SubscriptionBought(parties())),
        (
            "subscription_bought",
            Fact::SubscriptionBought(Parties::default()),
        ),
        ("pack_bought", pack(PackName::Price(id("price_pack")))),
        ("pack_bought", pack(PackName::PaymentLink(id("plink_1")))),
        ("pack_bought", pack(PackName::Unnamed)),
        ("subscription", snapshot(SubscriptionStatus::PastDue, none)),
        (
            "subscription",
            snapshot(SubscriptionStatus::Active, previous),
        ),
        ("invoice_paid", unpaid),
        ("invoice_paid", Fact::InvoicePaid(paid)),
        ("invoice_payment", Fact::InvoicePayment(payment)),
        ("invoice_payment", Fact::InvoicePayment(otherwise)),
        ("refund", refund(RefundStatus::Pending)),
        ("refund", refund(RefundStatus::Succeeded)),
        ("refund", refund(RefundStatus::Failed)),
        ("charge_refunded", charge(None)),
        ("charge_refunded", charge(Some(id("in_1")))),
        ("dispute", dispute(&[])),
        ("dispute", dispute(&[("txn_1", -1), ("txn_2", 1)])),
        ("credit_note", credit_note(Vec::new())),
        ("credit_note", credit_note(named.to_vec())),
        ("customer_deleted", Fact::CustomerDeleted(id("cus_1"))),
        ("noted", Fact::Noted),
        ("ignored", Fact::Ignored),
    ]
}

#[test]
fn every_fact_is_read_back_as_it_was_written() {
    for (kind, fact) in facts() {
        let event = BillingEvent {
            id: id("evt_1"),
            event_type: "some.thing".to_string(),
            created: at("2025-11-06T14:30:00Z"),
            livemode: true,
            account: Some(id("acct_1")),
            fact,
        };
        let written = crate::written::written(&event);
        let read: BillingEvent = crate::written::read_back(&written);
        assert_eq!(read, event, "{written}");
        assert!(
            written.contains(&format!(r#""kind":"{kind}""#)),
            "{written}"
        );
    }
}

#[test]
fn what_is_not_known_is_not_written() {
    let event = BillingEvent {
        id: id("evt_1"),
        event_type: "checkout.session.completed".to_string(),
        created: at("2025-11-06T14:30:00Z"),
        livemode: false,
        account: None,
        fact: Fact::SubscriptionBought(Parties::default()),
    };
    assert_eq!(
        crate::written::written(&event),
        concat!(
            r#"{"id":"evt_1","event_type":"checkout.session.completed","#,
            r#""created":"2025-11-06T14:30:00Z","livemode":false,"#,
            r#""fact":{"kind":"subscription_bought","of":{}}}"#,
        )
    );
}

#[test]
fn only_what_is_bought_and_what_stands_needs_the_catalogue() {
    let needing = ["pack_bought", "subscription", "invoice_paid"];
    for (kind, fact) in facts() {
        assert_eq!(fact.needs_catalogue(), needing.contains(&kind), "{kind}");
    }
}

#[test]
fn a_refund_goes_from_pending_over_succeeded_to_failed() {
    let in_order = [
        RefundStatus::Pending,
        RefundStatus::Succeeded,
        RefundStatus::Failed,
    ];
    assert!(in_order.is_sorted());
    let names = in_order.map(RefundStatus::as_str);
    assert_eq!(names, ["pending", "succeeded", "failed"]);
}

#[test]
fn the_names_in_causes_are_those_that_are_written() {
    for status in [
        RefundStatus::Pending,
        RefundStatus::Succeeded,
        RefundStatus::Failed,
    ] {
        let name = format!("\"{}\"", status.as_str());
        assert_eq!(crate::written::written(&status), name);
    }
}
