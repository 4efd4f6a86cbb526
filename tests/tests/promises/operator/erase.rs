//! `creditsctl erase` and `export`: a user's data is handed out whole, and what tells
//! who they are is removed for ever, while the ledger stays whole.

use std::time::Duration;

use local::stripe::{ApiVersion, Cast, Scenario, Story};
use serde_json::{Value, json};
use shared::domain::billing::{BillingTerms, EventOutcome};
use shared::domain::{Action, HoldId, OnExpiry, Preferences, Redacted, Usage, User, UserId, view};
use shared::host::clock::Deadline;
use shared::store::{CatalogueCache, Created, SettleRequest};
use tests::{at, credits, dump, user};

use super::ground::{Ground, LATER, RICH};

/// Part of each text that may tell who the user is.
const CANARY: &str = "canary";
const USER: &str = "leaving-user";
const START: &str = "2026-02-01T00:00:00Z";

fn person(id: UserId) -> User {
    User {
        user_id: id,
        email: Some(Redacted::new("Canary@example.com".to_string())),
        display_name: Some(Redacted::new("The Canary".to_string())),
        created_at: at(START),
        last_login_at: None,
        active: true,
    }
}

fn deadline() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

fn pack(scenario: Scenario, suffix: &str) -> Vec<Value> {
    let cast = Cast::new(USER, suffix, at(START));
    let events = Story::render(scenario, &cast, ApiVersion::Dahlia);
    events.into_iter().map(|event| event.body).collect()
}

impl Ground {
    /// A user with a name in everything that may have one.
    async fn with_leaving_user() -> Self {
        let ground = Ground::selling().await;
        let store = &ground.world.store;
        let created = store.create(&person(user(USER)), deadline()).await;
        assert_eq!(created.unwrap(), Created::New);
        let preferences = Preferences {
            metadata: Some(Redacted::new(r#"{"nick":"canary"}"#.to_string())),
            ..Preferences::default_of(user(USER))
        };
        store.create(&preferences, deadline()).await.unwrap();
        for event in pack(Scenario::BuyPack, "P") {
            ground.settle(&event).await;
        }
        let mut now = at(START).plus_seconds(86_400);
        for number in 0..120 {
            now = now.plus_seconds(60);
            let key = format!("api#inference-service#charge-{number}");
            ground.labelled(&key, now).await;
        }
        // Someone bought without naming the user; the words say who.
        let unnamed = pack(Scenario::BuyPackByPrice, "Q").into_iter();
        let mut unnamed = unnamed.filter(|event| event["type"] == "checkout.session.completed");
        let mut unnamed = unnamed.next().unwrap();
        unnamed["data"]["object"]["client_reference_id"] = Value::Null;
        unnamed["data"]["object"]["customer"] = json!("cus_Q");
        unnamed["data"]["object"]["metadata"]["user_id"] = json!("");
        assert_eq!(ground.settle(&unnamed).await, EventOutcome::Parked);
        let why = ["--reason", "canary called", "--actor", "friend of canary"];
        let assign = [&["parked", "assign", "cus_Q", USER][..], &why].concat();
        ground.says(&assign, 0).await;
        // Where the pages of Stripe's lead back to may say who bought.
        let back = "https://app.example.com/?for=canary";
        ground.begins_to_buy(USER, back).await;
        // Notices are told, and one e-mail has bounced.
        ground.world.notices.pump().await.unwrap();
        let address = "Canary@example.com";
        store.suppress(address, at(START)).await.unwrap();
        ground
    }

    async fn labelled(&self, key: &str, now: shared::domain::Timestamp) {
        use shared::domain::{Command, Digester, Erasable};
        let mut digester = Digester::new("erase");
        digester.text("key", key);
        let command = Command {
            key: key.parse().unwrap(),
            request_hash: digester.finish(),
            actor: Erasable::new("canary's service", [5; 16]),
            label: Some(Erasable::new("canary's chat", [6; 16])),
            action: Action::Charge {
                amount: credits("1.5"),
                usage: Usage::default(),
            },
        };
        let request = shared::store::CommitRequest {
            user_id: &user(USER),
            command: &command,
            guess: None,
            now,
            deadline: deadline(),
        };
        self.world.store.commit(request).await.unwrap();
    }

    async fn settle(&self, event: &Value) -> EventOutcome {
        let read = stripe_webhook::read(event.to_string().as_bytes()).unwrap();
        let request = SettleRequest {
            event: &read,
            terms: &BillingTerms::default(),
            catalogue: &CatalogueCache::default(),
            now: at("2026-03-10T00:00:00Z"),
            deadline: deadline(),
        };
        self.world
            .store
            .settle(request)
            .await
            .unwrap()
            .event
            .outcome
    }

    async fn exported(&self, id: &str) -> Value {
        let text = self.says(&["export", id], 0).await;
        serde_json::from_str(&text).unwrap()
    }

    async fn has_canary(&self) -> Vec<String> {
        let tables = dump(&self.world.dynamodb.client()).await;
        let tables = tables.0.into_iter();
        let named =
            tables.filter(|(key, item)| format!("{key} {item}").to_lowercase().contains(CANARY));
        named.map(|(key, _)| key).collect()
    }
}

/// The items of one kind in a part of an export.
fn of_entity(document: &Value, part: &str, entity: &str) -> Vec<Value> {
    let items = document[part].as_array().unwrap().iter();
    let items = items.filter(|item| item["entity"] == entity);
    items.cloned().collect()
}

#[tokio::test]
async fn an_export_has_what_a_buyer_was_sold_and_under_which_customer() {
    let ground = Ground::with_leaving_user().await;
    let document = ground.exported(USER).await;
    let customers = of_entity(&document, "person", "StripeCustomer");
    assert_eq!(customers.len(), 1, "{customers:?}");
    let customer = &customers[0]["customer_id"];
    let claims = of_entity(&document, "claims", "Claim").into_iter();
    let mut claims = claims.map(|claim| claim["pk"].clone());
    let own = format!("STRIPE_CUSTOMER#{}", customer.as_str().unwrap());
    assert!(claims.any(|pk| pk == own.as_str()), "{own}");
    let mut checkouts = of_entity(&document, "billing", "Checkout");
    checkouts.sort_by_key(|checkout| checkout["order"]["price_id"].to_string());
    assert_eq!(checkouts.len(), 2);
    for (checkout, price) in checkouts
        .iter()
        .zip(["price_test_pack_1000", "price_test_pro"])
    {
        assert_eq!(checkout["order"]["price_id"], price);
        assert_eq!(&checkout["customer"], customer);
        let back = checkout["order"]["return_url"].as_str().unwrap();
        assert!(back.contains(CANARY), "{back}");
        let page = checkout["state"]["made"]["url"].as_str().unwrap();
        assert!(page.starts_with("http"), "{page}");
    }
}

#[tokio::test]
async fn after_an_erasure_nothing_tells_who_the_user_was_and_the_ledger_is_whole() {
    let ground = Ground::with_leaving_user().await;
    let before = ground.exported(USER).await;
    assert!(ground.has_canary().await.len() > 120);
    ground.says(&["verify", "--all"], 0).await;
    let said = ground.says(&["erase", USER, "--yes"], 0).await;
    assert!(said.contains("is erased"), "{said}");
    assert_eq!(ground.has_canary().await, [] as [String; 0]);
    ground.says(&["verify", "--all"], 0).await;
    let said = ground.says(&["explain", "--user", USER], 0).await;
    assert!(said.contains("was erased"), "{said}");

    let after = ground.exported(USER).await;
    assert!(!after.to_string().to_lowercase().contains(CANARY));
    let number = |document: &Value, part: &str| document[part].as_array().unwrap().len();
    assert_eq!(number(&after, "credits"), number(&before, "credits") + 1);
    assert_eq!(number(&after, "billing") + 2, number(&before, "billing"));
    assert!(number(&before, "notices") > 2, "{}", before["notices"]);
    assert!(before["notices"].to_string().contains("SUPPRESSED#"));
    assert_eq!(number(&after, "notices"), 0);
    let is_kept = ground.world.store.is_suppressed("canary@example.com").await;
    assert!(is_kept.unwrap(), "the address gets no more, by its digest");
    let tombstone = json!({
        "entity": "ErasedUser", "pk": format!("USER#{USER}"), "sk": "PROFILE",
        "schema_version": 1, "user_id": USER,
    });
    // Accounting needs the customer's id at Stripe.
    let customer = of_entity(&before, "person", "StripeCustomer");
    assert_eq!(customer.len(), 1);
    assert_eq!(after["person"], json!([customer[0], tombstone]));
    assert_eq!(of_entity(&before, "billing", "Checkout").len(), 2);
    assert_eq!(of_entity(&after, "billing", "Checkout"), [] as [Value; 0]);

    // What was begun twice is done once.
    let tables = dump(&ground.world.dynamodb.client()).await;
    let said = ground.says(&["erase", USER, "--yes"], 0).await;
    assert!(said.contains("profile gone before"), "{said}");
    assert_eq!(dump(&ground.world.dynamodb.client()).await, tables);
}

#[tokio::test]
async fn whoever_is_erased_gets_nothing_any_more_and_refunds_still_arrive() {
    let ground = Ground::with_leaving_user().await;
    ground.says(&["erase", USER, "--yes"], 0).await;
    let store = &ground.world.store;
    let again = store.create(&person(user(USER)), deadline()).await;
    assert_eq!(again.unwrap(), Created::Erased);
    let person = store.load_person(&user(USER)).await.unwrap();
    assert!(person.erased && !person.is_known(), "{person:?}");

    for event in pack(Scenario::BuyPack, "R") {
        if event["type"] == "checkout.session.completed" {
            assert_eq!(ground.settle(&event).await, EventOutcome::NeedsOperator);
        }
    }
    let of_the_old_one = pack(Scenario::RefundFull, "P").into_iter();
    let mut of_the_old_one = of_the_old_one.filter(|event| event["type"] == "refund.created");
    let refund = of_the_old_one.next().unwrap();
    assert_eq!(ground.settle(&refund).await, EventOutcome::Applied);
    let account = tests::account(&ground.world, USER).await.unwrap();
    let shown = view(&account, at(LATER)).unwrap();
    assert_eq!(
        shown.pro.remaining, 3_000,
        "of two purchases one is refunded"
    );
    ground.says(&["verify", "--user", USER], 0).await;
}

#[tokio::test]
async fn nobody_is_erased_by_mistake() {
    let ground = Ground::rich().await;
    let hold = Action::Hold {
        hold: HoldId {
            client: "inference-service".parse().unwrap(),
            key: "open".parse().unwrap(),
        },
        amount: credits("5"),
        ttl_seconds: 3_600,
        on_expiry: OnExpiry::Release,
    };
    let key = "api#inference-service#open";
    let now = at("2026-03-20T07:59:00Z");
    ground.command("past-user", key, now, hold).await;
    let tables = dump(&ground.world.dynamodb.client()).await;
    for (words, code) in [
        (&["erase", RICH, "--yes"][..], 1),
        (&["erase", "past-user", "--yes"], 1),
        (&["erase", "nobody-at-all", "--yes"], 2),
        (&["erase", "gone-user"], 2),
        (&["export", "nobody-at-all"], 2),
    ] {
        ground.says(words, code).await;
    }
    let said = ground.says(&["erase", "gone-user", "--dry-run"], 0).await;
    assert!(said.contains("Nothing was written."), "{said}");
    assert_eq!(dump(&ground.world.dynamodb.client()).await, tables);
}

#[tokio::test]
async fn an_export_holds_every_item_of_the_user_and_of_nobody_else() {
    let ground = Ground::rich().await;
    ground.world.notices.pump().await.unwrap();
    let document = ground.exported(RICH).await;
    let tables = dump(&ground.world.dynamodb.client()).await;
    let of_user = format!("\"{RICH}\"");
    let theirs = tables.without_rate_counters().0.into_iter();
    let theirs = theirs.filter(|(key, item)| {
        key.contains(&format!("USER#{RICH}/"))
            || item.contains(&format!("\"user_id\":{{\"S\":{of_user}}}"))
    });
    let expected: Vec<String> = theirs.map(|(key, _)| key).collect();
    let mut found = Vec::new();
    for (part, table) in [
        ("person", "users"),
        ("claims", "users"),
        ("credits", "credits"),
        ("billing", "billing"),
        ("notices", "notices"),
    ] {
        for item in document[part].as_array().unwrap() {
            let text = |name: &str| item[name].as_str().unwrap().to_string();
            found.push(format!("{table} {}/{}", text("pk"), text("sk")));
        }
    }
    found.sort();
    assert_eq!(found, expected);
    assert_eq!(document["user_id"], RICH);

    let file = std::env::temp_dir().join(format!("creditsctl-export-{}.json", std::process::id()));
    let path = file.to_str().unwrap();
    ground.says(&["export", RICH, "--file", path], 0).await;
    let written: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(written, document);
    ground.says(&["export", RICH, "--file", path], 1).await;
    std::fs::remove_file(&file).unwrap();
}
