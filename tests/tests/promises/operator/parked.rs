//! `creditsctl parked` and `event`: what waits is listed, explained and settled,
//! with who did it on record; a dry run writes nothing.

mod chain;
mod fetched;
mod lost;

use std::path::PathBuf;
use std::time::Duration;

use local::stripe::{ApiVersion, Cast, Scenario, Story};
use serde_json::{Value, json};
use shared::domain::billing::{BillingTerms, EventOutcome};
use shared::domain::{Timestamp, view};
use shared::host::clock::Deadline;
use shared::store::{CatalogueCache, Consistency, SettleRequest};
use tests::{at, dump, user};

use super::ground::{Ground, LATER};

const USER: &str = "free-user";
const WHY: [&str; 4] = ["--reason", "ticket 512", "--actor", "ada"];

/// The events of a story whose checkout alone names the user, by what they end in.
fn story(suffix: &str) -> Vec<Value> {
    let cast = Cast::new(USER, suffix, at("2026-03-10T00:00:00Z"));
    let events = Story::render(Scenario::Subscribe, &cast, ApiVersion::Dahlia);
    events.into_iter().map(|event| event.body).collect()
}

#[track_caller]
fn the(event_type: &str, events: &[Value]) -> Value {
    let found = events.iter().find(|event| event["type"] == event_type);
    found.unwrap().clone()
}

fn id(event: &Value) -> &str {
    event["id"].as_str().unwrap()
}

/// An invoice of twelve lines that names its user, as its event carries it: ten
/// of them.
fn long_invoice() -> (Value, Value) {
    let mut event = the("invoice.paid", &story("L"));
    let mut whole = event["data"]["object"].take();
    let line = whole["lines"]["data"][0].clone();
    let lines = (1..=12).map(|number| {
        let mut line = line.clone();
        line["id"] = json!(format!("il_L_{number}"));
        line
    });
    whole["lines"]["data"] = lines.collect();
    whole["metadata"] = json!({"user_id": USER});
    let mut part = whole.clone();
    part["lines"]["data"].as_array_mut().unwrap().truncate(10);
    part["lines"]["has_more"] = json!(true);
    event["data"]["object"] = part;
    (event, whole)
}

/// A file with some JSON; it goes when it is dropped.
pub(super) struct Paper(PathBuf);

impl Paper {
    pub(super) fn with(name: &str, json: &Value) -> Self {
        let name = format!("creditsctl-{}-{name}.json", std::process::id());
        let file = std::env::temp_dir().join(name);
        std::fs::write(&file, json.to_string()).unwrap();
        Paper(file)
    }

    pub(super) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Paper {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Ground {
    /// Stripe delivers an event at a moment.
    async fn deliver_at(&self, event: &Value, now: Timestamp) -> EventOutcome {
        let read = stripe_webhook::read(event.to_string().as_bytes()).unwrap();
        let request = SettleRequest {
            event: &read,
            terms: &BillingTerms::default(),
            catalogue: &CatalogueCache::default(),
            now,
            deadline: Deadline::after(Duration::from_secs(60)),
        };
        let settled = self.world.store.settle(request).await;
        settled.unwrap().event.outcome
    }

    async fn deliver(&self, event: &Value) -> EventOutcome {
        self.deliver_at(event, at("2026-03-15T00:00:00Z")).await
    }

    /// What the user may spend of what was paid for.
    async fn pro(&self) -> i64 {
        let store = &self.world.store;
        let account = store.load_account(&user(USER), Consistency::Strong).await;
        view(&account.unwrap(), at(LATER)).unwrap().pro.remaining
    }

    /// Runs a command, which must end with this code.
    async fn reported(&self, words: &[&str], code: u8) -> String {
        // Boxed, or a test that runs many has too deep a future.
        let said = Box::pin(self.operator.run(words)).await;
        assert_eq!(said.code, code, "{words:?}: {}", said.text);
        said.text
    }

    /// Runs a command with `--dry-run`, which must write nothing.
    async fn on_trial(&self, words: &[&str], code: u8) -> String {
        let client = self.world.dynamodb.client();
        let before = dump(&client).await;
        let words = [words, &["--dry-run"]].concat();
        let said = self.reported(&words, code).await;
        assert_eq!(dump(&client).await, before, "{words:?} wrote something");
        assert!(said.contains("Nothing was written."), "{words:?}: {said}");
        said
    }

    /// All that is listed, as JSON.
    async fn listed(&self, words: &[&str]) -> Vec<Value> {
        let words = [&["parked", "list", "--json"], words].concat();
        let said = self.operator.run(&words).await;
        let lines = said.json().into_iter();
        lines.map(|line| line["parked"].clone()).collect()
    }

    /// The record of an event, as JSON.
    async fn shown(&self, event: &Value) -> Value {
        let words = ["event", "show", id(event), "--json"];
        self.operator.run(&words).await.json()[0]["event"].clone()
    }

    /// Nothing is wrong but, at most, that money waits.
    async fn verify(&self) {
        let words = ["verify", "--all", "--json"];
        let said = Box::pin(self.operator.run(&words)).await;
        for line in said.json() {
            let problem = line["finding"]["problem"].as_str();
            let is_waiting = problem.is_none_or(|it| it.starts_with("it carries money and waits"));
            assert!(is_waiting, "{}", said.text);
        }
    }
}

#[tokio::test]
async fn parked_events_are_listed_oldest_first_page_by_page() {
    let ground = Ground::seeded().await;
    let start = at("2026-03-11T00:00:00Z");
    let mut paid = the("invoice.paid", &story("M"));
    let mut names = Vec::new();
    for number in 0..230 {
        // Each other waits for a price, so two kinds are merged.
        let is_odd = number % 2 == 1;
        paid["id"] = json!(format!("evt_many_{number:03}"));
        let object = &mut paid["data"]["object"];
        object["id"] = json!(format!("in_many_{number}"));
        object["metadata"] = if is_odd {
            json!({"user_id": USER})
        } else {
            json!({})
        };
        object["customer"] = json!(if is_odd { "cus_known" } else { "cus_M" });
        let price = if is_odd {
            "price_new"
        } else {
            "price_test_pro"
        };
        object["lines"]["data"][0]["pricing"]["price_details"]["price"] = json!(price);
        let outcome = ground.deliver_at(&paid, start.plus_seconds(number)).await;
        assert_eq!(outcome, EventOutcome::Parked, "{number}");
        names.push(id(&paid).to_string());
    }
    let listed = ground.listed(&[]).await;
    let found: Vec<_> = listed.iter().map(id_of).collect();
    assert_eq!(found, names);
    assert_eq!(
        listed[0],
        json!({
            "event": "evt_many_000", "type": "invoice.paid", "waits_for": "customer:cus_M",
            "since": "2026-03-11T00:00:00Z", "money": true, "customer": "cus_M",
            "unclaimed": false,
        })
    );
    assert_eq!(listed[1]["waits_for"], "price:price_new");
    assert_eq!(listed[1]["user_id"], USER);
    assert_eq!(ground.listed(&["--kind", "price"]).await.len(), 115);
    assert_eq!(ground.listed(&["--kind", "lines"]).await.len(), 0);
    assert_eq!(
        ground.reported(&["parked", "list", "--kind", "x"], 2).await,
        ""
    );
    let said = ground.reported(&["parked", "list"], 0).await;
    assert!(said.ends_with("230 events are parked.\n"), "{said}");
}

fn id_of(line: &Value) -> String {
    line["event"].as_str().unwrap().to_string()
}

#[tokio::test]
async fn events_unclaimed_for_thirty_days_are_listed_only_with_all() {
    let ground = Ground::seeded().await;
    let paid = the("invoice.paid", &story("U"));
    ground.deliver_at(&paid, at("2026-02-01T00:00:00Z")).await;
    assert_eq!(ground.listed(&[]).await, [] as [Value; 0]);
    let listed = ground.listed(&["--all"]).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["unclaimed"], true, "{}", listed[0]);
    assert_eq!(
        ground.reported(&["parked", "list"], 0).await,
        "No event is parked.\n"
    );
}

#[tokio::test]
async fn a_customer_is_assigned_once_and_gets_what_waited() {
    let ground = Ground::seeded().await;
    let events = story("C");
    let paid = the("invoice.paid", &events);
    for event in events
        .iter()
        .filter(|event| event["type"] != "checkout.session.completed")
    {
        ground.deliver(event).await;
    }
    let said = ground.reported(&["parked", "show", id(&paid)], 0).await;
    assert!(said.contains("parked assign cus_C USER"), "{said}");
    let assign = |who| [&["parked", "assign", "cus_C", who][..], &WHY].concat();
    ground.reported(&assign("nobody-at-all"), 2).await;
    let said = ground.on_trial(&assign(USER), 0).await;
    assert!(said.contains("would become the customer of"), "{said}");
    assert!(said.contains("would be applied"), "{said}");
    assert!(said.contains("+10000 granted"), "{said}");
    assert_eq!(ground.pro().await, 0);
    let said = ground.reported(&assign(USER), 0).await;
    assert!(said.contains("is now the customer of"), "{said}");
    assert_eq!(ground.pro().await, 10_000);
    assert_eq!(ground.listed(&["--all"]).await, [] as [Value; 0]);
    let note = json!({"act": "assigned", "actor": "ada", "reason": "ticket 512", "at": LATER});
    assert_eq!(ground.shown(&paid).await["operator"], note);
    // Again it changes nothing, and nobody else gets the customer.
    let said = ground.reported(&assign(USER), 0).await;
    assert!(said.contains("is already the customer of"), "{said}");
    ground.reported(&assign("pro-user"), 1).await;
    assert_eq!(ground.pro().await, 10_000);
    ground.verify().await;
}

#[tokio::test]
async fn an_invoice_of_twelve_lines_is_settled_with_its_object() {
    let ground = Ground::seeded().await;
    let (event, whole) = long_invoice();
    assert_eq!(ground.deliver(&event).await, EventOutcome::Parked);
    let said = ground.reported(&["parked", "show", id(&event)], 0).await;
    assert!(said.contains("review:in_L_1"), "{said}");
    assert!(
        said.contains(&format!("parked settle {}", id(&event))),
        "{said}"
    );
    let settle = |file| {
        [
            &["parked", "settle", id(&event), "--object", file][..],
            &WHY,
        ]
        .concat()
    };
    let other = Paper::with("other", &json!({"object": "invoice", "id": "in_other"}));
    ground.reported(&settle(other.path()), 2).await;
    ground.reported(&settle("/nowhere/at/all.json"), 2).await;
    let part = Paper::with("part", &event["data"]["object"]);
    ground.reported(&settle(part.path()), 3).await;
    let file = Paper::with("whole", &whole);
    let said = ground.on_trial(&settle(file.path()), 0).await;
    assert!(said.contains("would be applied"), "{said}");
    assert!(said.contains("writes billing BOOK#sub_L/BOOK"), "{said}");
    let said = ground.reported(&settle(file.path()), 0).await;
    assert!(said.contains("is applied"), "{said}");
    assert_eq!(ground.pro().await, 120_000);
    let shown = ground.shown(&event).await;
    assert_eq!(
        (&shown["outcome"], &shown["operator"]["act"]),
        (&json!("applied"), &json!("supplied"))
    );
    // Stripe delivers what it always did, and the operator tries again.
    assert_eq!(ground.deliver(&event).await, EventOutcome::Applied);
    ground.reported(&settle(file.path()), 1).await;
    assert_eq!(ground.pro().await, 120_000);
    ground.verify().await;
}

#[tokio::test]
async fn an_object_that_names_its_user_leaves_nothing_where_its_event_waited() {
    let ground = Ground::seeded().await;
    let paid = the("invoice.paid", &story("N"));
    assert_eq!(ground.deliver(&paid).await, EventOutcome::Parked);
    let mut object = paid["data"]["object"].clone();
    object["metadata"] = json!({"user_id": USER});
    object["lines"]["data"][0]["pricing"]["price_details"]["price"] = json!("price_new");
    let file = Paper::with("named", &object);
    let settle = ["parked", "settle", id(&paid), "--object", file.path()];
    // It waits on, for something else.
    ground.reported(&[&settle[..], &WHY].concat(), 3).await;
    let listed = ground.listed(&["--all"]).await;
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!(listed[0]["waits_for"], "price:price_new");
    assert_eq!(ground.deliver(&paid).await, EventOutcome::Parked);
    assert_eq!(ground.listed(&["--all"]).await, listed);
    ground.verify().await;
}

#[tokio::test]
async fn a_dismissed_event_stays_dismissed_whatever_stripe_delivers() {
    let ground = Ground::seeded().await;
    let paid = the("invoice.paid", &story("D"));
    ground.deliver(&paid).await;
    let dismiss = [&["parked", "dismiss", id(&paid)][..], &WHY].concat();
    let said = ground.on_trial(&dismiss, 0).await;
    assert!(said.contains("would be dismissed"), "{said}");
    ground.reported(&dismiss, 0).await;
    assert_eq!(ground.listed(&["--all"]).await, [] as [Value; 0]);
    assert_eq!(ground.deliver(&paid).await, EventOutcome::Dismissed);
    let shown = ground.shown(&paid).await;
    assert_eq!(shown["outcome"], "dismissed");
    assert_eq!(shown["operator"]["reason"], "ticket 512");
    ground.reported(&dismiss, 1).await;
    ground.reported(&["event", "replay", id(&paid)], 1).await;
    ground.verify().await;
    // By mistake, as it turns out.
    let mut named = paid.clone();
    named["data"]["object"]["metadata"] = json!({"user_id": USER});
    let file = Paper::with("dismissed", &named);
    let words = ["event", "replay", id(&paid), "--file", file.path()];
    ground.reported(&words, 0).await;
    assert_eq!(ground.pro().await, 10_000);
    ground.verify().await;
}

#[tokio::test]
async fn a_refused_or_unknown_event_is_replayed() {
    let ground = Ground::seeded().await;
    let mut paid = the("invoice.paid", &story("R"));
    paid["data"]["object"]["metadata"] = json!({"user_id": USER});
    paid["livemode"] = json!(true);
    assert_eq!(ground.deliver(&paid).await, EventOutcome::Refused);
    let replay = ["event", "replay", id(&paid)];
    ground.reported(&replay, 3).await;
    let live = [&replay[..], &["--livemode", "true"]].concat();
    let said = ground.on_trial(&live, 0).await;
    assert!(said.contains("would be applied"), "{said}");
    ground.reported(&live, 0).await;
    assert_eq!(ground.pro().await, 10_000);
    ground.reported(&live, 1).await;

    let mut unknown = the("invoice.paid", &story("X"));
    unknown["data"]["object"]["metadata"] = json!({"user_id": USER});
    ground.reported(&["event", "show", id(&unknown)], 2).await;
    ground.reported(&["event", "replay", id(&unknown)], 2).await;
    let file = Paper::with("unknown", &unknown);
    ground
        .reported(&["event", "replay", "evt_other", "--file", file.path()], 2)
        .await;
    let words = ["event", "replay", id(&unknown), "--file", file.path()];
    ground.on_trial(&words, 0).await;
    ground.reported(&words, 0).await;
    assert_eq!(ground.pro().await, 20_000);
    ground.reported(&words, 0).await;
    assert_eq!(ground.pro().await, 20_000);
    ground.verify().await;
}

#[tokio::test]
async fn whoever_ends_it_finds_nothing_half_done() {
    let ground = Ground::seeded().await;
    let paid = the("invoice.paid", &story("I"));
    ground.deliver(&paid).await;
    let before = dump(&ground.world.dynamodb.client()).await;
    ground.operator.stop.ask();
    for words in [
        &["parked", "list"][..],
        &["parked", "show", id(&paid)],
        &["event", "replay", id(&paid)],
        &["parked", "dismiss", id(&paid), "--reason", "x"],
        &["parked", "assign", "cus_I", USER, "--reason", "x"],
    ] {
        ground.reported(words, 130).await;
    }
    assert_eq!(dump(&ground.world.dynamodb.client()).await, before);
}
