//! Whatever Stripe's events leave behind, in whatever order they came, is as it must
//! be; and money that waits is something to look at.

use std::time::Duration;

use local::stripe::{ApiVersion, Cast, Scenario, Story, shuffle};
use serde_json::Value;
use shared::domain::billing::{
    BillingEvent, BillingTerms, Fact, InvoiceLine, InvoicePayment, LineKind, PaidInvoice, Parties,
};
use shared::host::clock::Deadline;
use shared::store::{CatalogueCache, SettleRequest};
use tests::{Operator, at};

use super::super::ground::{Ground, LATER};

#[tokio::test]
async fn every_story_in_any_order_leaves_tables_without_findings() {
    let ground = Ground::seeded().await;
    let catalogue = CatalogueCache::default();
    for (number, scenario) in Scenario::ALL.iter().enumerate() {
        for seed in 0..3_u64 {
            let suffix = format!("s{number}x{seed}");
            let user = format!("story-user-{number}-{seed}");
            let cast = Cast::new(&user, &suffix, at("2025-11-06T14:30:00Z"));
            let mut events = Story::render(*scenario, &cast, ApiVersion::Dahlia);
            if seed > 0 {
                events = shuffle(events, seed);
            }
            for event in &events {
                let event = stripe_webhook::read(event.payload().as_bytes()).unwrap();
                settle(&ground, &event, &catalogue).await;
            }
        }
    }
    no_findings(&ground).await;
}

async fn settle(ground: &Ground, event: &BillingEvent, catalogue: &CatalogueCache) {
    let request = SettleRequest {
        event,
        terms: &BillingTerms::default(),
        catalogue,
        now: at(LATER),
        deadline: Deadline::after(Duration::from_secs(60)),
    };
    ground.world.store.settle(request).await.unwrap();
}

async fn no_findings(ground: &Ground) {
    let said = ground.operator.run(&["verify", "--all", "--json"]).await;
    let found = said.json();
    let found: Vec<&Value> = found
        .iter()
        .map(|line| &line["finding"])
        .filter(|finding| finding.is_object())
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

/// An operator's invoice of one pack of 1,000 credits.
fn pack_invoice() -> PaidInvoice {
    PaidInvoice {
        parties: Parties {
            user: Some("pack-user".parse().unwrap()),
            customer: Some("cus_1".parse().unwrap()),
            subscription: None,
        },
        id: "in_1".parse().unwrap(),
        payment: None,
        paid_minor: 1000,
        total_minor: 1000,
        currency: "usd".to_string(),
        paid_at: Some(at(LATER)),
        lines: vec![InvoiceLine {
            id: "il_1".parse().unwrap(),
            kind: LineKind::Other,
            subscription: None,
            price: Some("price_test_pack_1000".parse().unwrap()),
            quantity: Some(1),
            amount_minor: Some(1000),
            period: None,
            credited: Vec::new(),
        }],
        complete: true,
    }
}

#[tokio::test]
async fn a_pack_of_an_invoice_leaves_no_findings_whenever_its_payment_is_told() {
    let event = |name: &str, fact| BillingEvent {
        id: name.parse().unwrap(),
        event_type: "some.thing".to_string(),
        created: at(LATER),
        livemode: false,
        account: None,
        fact,
    };
    let payment = InvoicePayment {
        invoice: "in_1".parse().unwrap(),
        payment: Some("pi_1".parse().unwrap()),
    };
    let mut events = [
        event("evt_invoice", Fact::InvoicePaid(pack_invoice())),
        event("evt_payment", Fact::InvoicePayment(payment)),
    ];
    for _ in 0..2 {
        let ground = Ground::seeded().await;
        for event in &events {
            settle(&ground, event, &CatalogueCache::default()).await;
        }
        let explain = ["explain", "--user", "pack-user", "--json"];
        let explained = ground.operator.run(&explain).await.json();
        let shown = &explained.last().unwrap()["shown"];
        assert_eq!(shown["proCredits"]["remaining"], 1000, "{shown}");
        no_findings(&ground).await;
        events.reverse();
    }
}

#[tokio::test]
async fn an_event_with_money_that_waits_for_over_an_hour_is_a_finding() {
    let ground = Ground::seeded().await;
    let start = "2026-03-02T00:00:00Z";
    for only in ["customer.subscription.created", "invoice.paid"] {
        ground
            .report("nobody", only, Scenario::Subscribe, start, Some(only))
            .await;
    }
    for (now, code) in [
        ("2026-03-02T00:59:00Z", 0),
        ("2026-03-02T02:00:00Z", 3),
        ("2026-03-31T00:00:00Z", 3),
        // By then it is another product's.
        ("2026-04-02T00:00:00Z", 0),
    ] {
        let operator = Operator::at(&ground.operator.url, now);
        let said = operator.run(&["verify", "--all"]).await;
        assert_eq!(said.code, code, "{now}: {}", said.text);
        let findings = said.text.matches("carries money").count();
        assert_eq!(findings, usize::from(code == 3), "{now}: {}", said.text);
    }
}
