//! From an import to the events that Stripe sends after it, through the tables:
//! the tool imports from files with a cutover, and events are signed and posted.

use std::path::Path;

use local::stripe::{ApiVersion, Cast, Scenario, Story, StoryEvent, sign};
use ops::import::Source;
use serde_json::{Value, json};
use shared::host::clock::Clock;
use tests::{Operator, Served, WEBHOOK_SECRET, at};
use tokio::sync::oneshot;

use super::export::Export;
use super::old_user;
use crate::wire::expose;

const CUTOVER: &str = "2025-11-06T12:00:00Z";
/// When the subscription's period began, which the other backend granted.
const START: &str = "2025-11-01T00:00:00Z";
/// What the ids of Stripe's objects end in.
const SUFFIX: &str = "old";

/// A world with what was imported in it, and an operator.
struct Imported {
    served: Served,
    url: String,
    _stop: oneshot::Sender<()>,
}

/// A user with a month of pro, of which 500 were used.
fn export() -> Export {
    let user = old_user(1);
    let subscription = format!(
        "{user},2025-10-01,s1,pro,active,sub_old,cus_old,price_test_pro,1,{START},2025-12-01"
    );
    let month = format!("{user},2025-11-01,c2,s1,10000,500,2025-11-01,2025-12-01,t,pro");
    Export::default()
        .user(1, "one@old.example")
        .columns(
            Source::Subscriptions,
            "user_id,created_at,id,tier,status,stripe_subscription_id,stripe_customer_id,\
             stripe_price_id,quantity,current_period_start,current_period_end",
        )
        .columns(
            Source::Credits,
            "user_id,created_at,id,subscription_id,total_credits,used_credits,\
             billing_period_start,billing_period_end,is_current,credit_type",
        )
        .line(Source::Subscriptions, subscription)
        .line(Source::Credits, month)
}

fn story(scenario: Scenario) -> Vec<StoryEvent> {
    let cast = Cast::new(&old_user(1), SUFFIX, at(START));
    Story::render(scenario, &cast, ApiVersion::Dahlia)
}

/// What happened before the cutover, and what after it.
fn upgrade() -> (Vec<StoryEvent>, Vec<StoryEvent>) {
    let (before, after): (Vec<_>, Vec<_>) = story(Scenario::Upgrade)
        .into_iter()
        .partition(|event| event.created() < at(CUTOVER));
    assert!(
        before
            .iter()
            .any(|event| event.event_type == "invoice.paid")
    );
    assert!(after.iter().any(|event| event.event_type == "invoice.paid"));
    (before, after)
}

/// What reports the refund of the payment from before the cutover.
fn refund() -> Vec<StoryEvent> {
    let events = story(Scenario::RefundInvoice).into_iter();
    let about_it = |event: &StoryEvent| event.event_type.contains("refund");
    events.filter(about_it).collect()
}

impl Imported {
    async fn start() -> Self {
        let served = Served::start().await;
        let (url, stop) = expose(&served.world).await;
        let imported = Imported {
            served,
            url,
            _stop: stop,
        };
        let folder = export().write();
        let folder: &Path = &folder;
        let words = ["import", "--from", folder.to_str().unwrap()];
        let words = [&words[..], &["--cutover", CUTOVER]].concat();
        let said = imported.creditsctl(&words).await;
        assert!(
            said.ends_with("no difference between source and target\n"),
            "{said}"
        );
        assert_eq!(imported.shown().await, [9_500, 10_000, 0]);
        imported
    }

    /// Runs a command, which must find nothing wrong.
    async fn creditsctl(&self, words: &[&str]) -> String {
        let now = self.served.world.clock.now().to_string();
        let said = Operator::at(&self.url, &now).run(words).await;
        assert_eq!(said.code, 0, "{words:?}: {}", said.text);
        said.text
    }

    async fn verify(&self) {
        self.creditsctl(&["verify", "--all"]).await;
        self.creditsctl(&["verify", "--user", &old_user(1)]).await;
    }

    /// Delivers events, each when it happened unless that has passed.
    async fn deliver(&self, events: &[StoryEvent]) {
        for event in events {
            let clock = &self.served.world.clock;
            if event.created() > clock.now() {
                let order = json!({"now": event.created()});
                let moved = self.served.post("/_local/clock", &order).await;
                assert_eq!(moved.status, 200);
            }
            let body = event.payload();
            let signature = sign(WEBHOOK_SECRET, clock.now(), body.as_bytes());
            let headers = [("stripe-signature", signature.as_str())];
            let answer = self
                .served
                .send("POST", "/webhooks/stripe", &headers, Some(&body));
            assert_eq!(answer.await.status, 200, "{}", event.id);
        }
    }

    /// What the user is shown of pro credits: what is left, what was bought, debt.
    async fn shown(&self) -> [i64; 3] {
        let credits = self.served.credits(&old_user(1)).await.json();
        let pro = &credits["proCredits"];
        let numbers = [&pro["remaining"], &pro["purchasedTotal"], &credits["debt"]];
        numbers.map(|number| number.as_i64().unwrap())
    }

    /// What became of an event, and why.
    async fn record(&self, event: &StoryEvent) -> (String, Value) {
        let said = self
            .creditsctl(&["event", "show", &event.id, "--json"])
            .await;
        let line: Value = serde_json::from_str(&said).unwrap();
        let record = &line["event"];
        let outcome = record["outcome"].as_str().unwrap().to_string();
        (outcome, record["reason"].clone())
    }

    /// How many entries the user's ledger has.
    async fn entries(&self) -> u64 {
        let said = self
            .creditsctl(&["verify", "--user", &old_user(1), "--json"])
            .await;
        let line: Value = serde_json::from_str(&said).unwrap();
        line["verified"]["entries"].as_u64().unwrap()
    }
}

#[track_caller]
fn the<'a>(event_type: &str, events: &'a [StoryEvent]) -> &'a StoryEvent {
    let found = events.iter().find(|event| event.event_type == event_type);
    found.unwrap()
}

/// The same upgrade, whose credit names the line of the invoice from before.
fn naming_what_it_credits(mut events: Vec<StoryEvent>) -> Vec<StoryEvent> {
    let named = json!({"credited_items": {
        "invoice": "in_old_1",
        "invoice_line_items": ["il_old_1_1"],
    }});
    for event in &mut events {
        let lines = event.body.pointer_mut("/data/object/lines/data");
        for line in lines.and_then(Value::as_array_mut).into_iter().flatten() {
            if line["amount"].as_i64() < Some(0) {
                let details = &mut line["parent"]["subscription_item_details"];
                details["proration_details"] = named.clone();
            }
        }
    }
    events
}

#[tokio::test]
async fn a_payment_before_the_cutover_is_recorded_and_grants_nothing() {
    let imported = Imported::start().await;
    let entries = imported.entries().await;
    let (before, _) = upgrade();
    for _ in 0..2 {
        imported.deliver(&before).await;
        assert_eq!(imported.shown().await, [9_500, 10_000, 0]);
        let paid = imported.record(the("invoice.paid", &before)).await;
        let why = json!("it was paid before the cutover");
        assert_eq!(paid, ("applied".to_string(), why));
    }
    // Only the plan's snapshot may have moved the account.
    assert!(imported.entries().await <= entries + 1);
    imported.verify().await;
}

#[tokio::test]
async fn an_upgrade_after_the_cutover_takes_the_imported_time_back_and_gives_the_new() {
    let (before, after) = upgrade();
    let named = naming_what_it_credits(after.clone());
    assert_ne!(named, after);
    for (what, redelivered, after) in [
        ("names nothing", false, after.clone()),
        ("names nothing, and the old invoice is known", true, after),
        ("names the old invoice", false, named.clone()),
        ("names the old invoice, which is known", true, named),
    ] {
        let imported = Imported::start().await;
        if redelivered {
            imported.deliver(&before).await;
        }
        // Half of both months: 5,000 of the 10,000 go, and 15,000 of 30,000 come.
        for _ in 0..2 {
            imported.deliver(&after).await;
            assert_eq!(imported.shown().await, [19_500, 20_000, 0], "{what}");
        }
        // The invoice from before comes once more, when its time was clawed back.
        imported.deliver(&before).await;
        assert_eq!(imported.shown().await, [19_500, 20_000, 0], "{what}");
        imported.verify().await;
        // And when the imported lot has left the account.
        imported.served.advance("P2M").await;
        imported.deliver(&after).await;
        imported.verify().await;
    }
}

#[tokio::test]
async fn the_refund_of_what_was_paid_before_the_cutover_is_recorded_and_takes_nothing_twice() {
    let (before, after) = upgrade();
    let refund = refund();
    assert!(refund.len() > 1, "{refund:?}");
    let imported = Imported::start().await;
    // Heard of before its invoice, it waits with its payment.
    imported.deliver(&refund).await;
    assert_eq!(imported.shown().await, [9_500, 10_000, 0]);
    imported.verify().await;
    // Once its invoice is known it is on record there. What came with the import
    // has no invoice here, so nothing of it goes.
    imported.deliver(&before).await;
    let paid = imported.record(the("invoice.paid", &before)).await;
    assert_eq!(paid.1, "it was paid before the cutover");
    imported.deliver(&refund).await;
    assert_eq!(imported.shown().await, [9_500, 10_000, 0]);
    for event in &refund {
        assert_eq!(imported.record(event).await.0, "applied", "{}", event.id);
    }
    imported.verify().await;
    // The upgrade takes its time back once, as if there had been no refund.
    imported.deliver(&after).await;
    imported.deliver(&refund).await;
    assert_eq!(imported.shown().await, [19_500, 20_000, 0]);
    imported.verify().await;
}
