//! `creditsctl catalogue` and `models`: a file is compared with the tables and
//! applied; what waited for a price is settled, what was granted stays.

use std::path::PathBuf;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue::S;
use local::stripe::{ApiVersion, Cast, Scenario, Story};
use serde_json::{Value, json};
use shared::domain::billing::{BillingTerms, EventOutcome};
use shared::domain::{Timestamp, view};
use shared::host::clock::Deadline;
use shared::store::{CatalogueCache, Consistency, ModelCache, SettleRequest};
use tests::{at, dump, user};

use super::ground::{Ground, LATER};

const USER: &str = "free-user";
const CATALOGUE: &str = include_str!("../../../../seeds/data/catalogue.toml");
pub(super) const MODELS: &str = include_str!("../../../../seeds/data/models.toml");

/// A price that the tables do not have yet.
const NEW_PRICE: &str = r#"
[[prices]]
price_id = "price_new"
kind = "subscription"
plan = "new"
tier = "pro"
rank = 5
credits_milli = 7000000
amount_minor = 2000
currency = "usd"
"#;

/// A file of this text; it goes when it is dropped.
pub(super) struct File(PathBuf);

impl File {
    pub(super) fn with(name: &str, text: &str) -> Self {
        let name = format!("creditsctl-{}-{name}.toml", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        File(path)
    }

    pub(super) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A paid invoice of this price that names its user.
fn invoice_of(price: &str, suffix: &str) -> Value {
    let cast = Cast::new(USER, suffix, at("2026-03-10T00:00:00Z"));
    let events = Story::render(Scenario::Subscribe, &cast, ApiVersion::Dahlia);
    let mut events = events.into_iter().map(|event| event.body);
    let mut paid = events
        .find(|event| event["type"] == "invoice.paid")
        .unwrap();
    let invoice = &mut paid["data"]["object"];
    invoice["metadata"] = json!({"user_id": USER});
    invoice["lines"]["data"][0]["pricing"]["price_details"]["price"] = json!(price);
    paid
}

impl Ground {
    async fn pays(&self, event: &Value) -> EventOutcome {
        let read = stripe_webhook::read(event.to_string().as_bytes()).unwrap();
        let request = SettleRequest {
            event: &read,
            terms: &BillingTerms::default(),
            catalogue: &CatalogueCache::default(),
            now: at("2026-03-15T00:00:00Z"),
            deadline: Deadline::after(Duration::from_secs(60)),
        };
        let settled = self.world.store.settle(request).await;
        settled.unwrap().event.outcome
    }

    async fn pro_of_user(&self) -> i64 {
        let store = &self.world.store;
        let account = store.load_account(&user(USER), Consistency::Strong).await;
        view(&account.unwrap(), at(LATER)).unwrap().pro.remaining
    }

    pub(super) async fn writes_nothing(&self, words: &[&str], code: u8) -> String {
        let client = self.world.dynamodb.client();
        let before = dump(&client).await;
        let said = self.says(words, code).await;
        assert_eq!(dump(&client).await, before, "{words:?} wrote something");
        said
    }
}

#[tokio::test]
async fn a_catalogue_is_applied_and_what_waited_for_a_price_is_settled() {
    let ground = Ground::seeded().await;
    assert_eq!(
        ground.pays(&invoice_of("price_test_pro", "A")).await,
        EventOutcome::Applied
    );
    let before = ground.pro_of_user().await;
    assert_eq!(
        ground.pays(&invoice_of("price_new", "B")).await,
        EventOutcome::Parked
    );
    let same = File::with("same", CATALOGUE);
    let said = ground
        .writes_nothing(&["catalogue", "diff", same.path()], 0)
        .await;
    assert!(
        said.contains("price price_test_pro is as in the file"),
        "{said}"
    );

    let cheaper = CATALOGUE.replacen("credits_milli = 10000000", "credits_milli = 8000000", 1);
    let file = File::with("changed", &format!("{cheaper}{NEW_PRICE}"));
    for words in [
        ["catalogue", "diff", file.path()].as_slice(),
        &["catalogue", "apply", file.path(), "--dry-run"],
    ] {
        let code = if words[1] == "diff" { 3 } else { 0 };
        let said = ground.writes_nothing(words, code).await;
        for told in [
            "price price_test_pro would be changed",
            "credits_milli: 10000000 -> 8000000",
            "price price_new would be created",
            "1 event waits for it",
            "Nothing was written.",
        ] {
            assert!(said.contains(told), "{told}: {said}");
        }
    }
    let apply = ["catalogue", "apply", file.path()];
    let said = ground.says(&apply, 0).await;
    assert!(said.contains("price price_new is created"), "{said}");
    assert_eq!(ground.pro_of_user().await, before + 7_000);
    ground.writes_nothing(&apply, 0).await;
    ground
        .writes_nothing(&["catalogue", "diff", file.path()], 0)
        .await;
    // What is paid for from now on counts as the catalogue says now.
    assert_eq!(
        ground.pays(&invoice_of("price_test_pro", "C")).await,
        EventOutcome::Applied
    );
    assert_eq!(ground.pro_of_user().await, before + 15_000);

    let few = File::with("few", NEW_PRICE);
    let said = ground
        .writes_nothing(&["catalogue", "apply", few.path()], 0)
        .await;
    assert!(
        said.contains("price price_test_pro is in the tables alone, and left"),
        "{said}"
    );
    ground.says(&["verify", "--all"], 0).await;
}

#[tokio::test]
async fn a_price_that_cannot_be_read_is_replaced() {
    let ground = Ground::seeded().await;
    let client = ground.world.dynamodb.client();
    let update = client.update_item().table_name("users");
    let update = update.key("pk", S("CATALOGUE".into()));
    let update = update.key("sk", S("PRICE#price_test_pro".into()));
    let update = update.update_expression("SET kind = :kind");
    let update = update.expression_attribute_values(":kind", S("lottery".into()));
    update.send().await.unwrap();
    let file = File::with("mended", CATALOGUE);
    let said = ground
        .writes_nothing(&["catalogue", "diff", file.path()], 3)
        .await;
    assert!(
        said.contains("price price_test_pro cannot be read and would be replaced"),
        "{said}"
    );
    ground.says(&["catalogue", "apply", file.path()], 0).await;
    ground
        .writes_nothing(&["catalogue", "diff", file.path()], 0)
        .await;
}

#[tokio::test]
async fn a_file_that_cannot_be_right_is_refused_as_a_whole() {
    let ground = Ground::seeded().await;
    let doubled = format!("{CATALOGUE}{NEW_PRICE}{NEW_PRICE}");
    for (name, text) in [
        ("unknown", CATALOGUE.replacen("rank", "rnak", 1)),
        ("negative", CATALOGUE.replacen("= 10000000", "= -1", 1)),
        ("twice", doubled),
        ("nothing", "prices = 5".to_string()),
    ] {
        let file = File::with(name, &text);
        for act in ["diff", "apply"] {
            ground
                .writes_nothing(&["catalogue", act, file.path()], 2)
                .await;
        }
    }
    ground
        .writes_nothing(&["catalogue", "apply", "/nowhere.toml"], 2)
        .await;
}

#[tokio::test]
async fn a_model_leaves_the_list_when_the_file_says_so() {
    let ground = Ground::seeded().await;
    let store = &ground.world.store;
    let on_offer = async |now: Timestamp| {
        let models = ModelCache::default().list(store, now).await.unwrap();
        models.models.len()
    };
    let before = on_offer(at(LATER)).await;
    let file = File::with(
        "models",
        &MODELS.replacen("[[models]]", "[[models]]\navailable = false", 1),
    );
    let said = ground
        .writes_nothing(&["models", "diff", file.path()], 3)
        .await;
    assert!(said.contains("available"), "{said}");
    ground.says(&["models", "apply", file.path()], 0).await;
    assert_eq!(on_offer(at(LATER)).await, before - 1);
    ground
        .writes_nothing(&["models", "diff", file.path(), "--json"], 0)
        .await;
    ground.says(&["verify", "--all"], 0).await;
}
