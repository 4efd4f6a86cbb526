//! `creditsctl user`: who somebody is, everything about them on one screen, everybody in
//! a list, and a new user with all that belongs to one.

use aws_sdk_dynamodb::types::AttributeValue::S;
use local::stripe::{ApiVersion, Cast, Scenario, Story};
use serde_json::{Value, json};
use shared::domain::billing::{BillingTerms, EventOutcome};
use shared::domain::{Action, OnExpiry};
use shared::host::clock::Deadline;
use shared::store::{CatalogueCache, SettleRequest};
use std::time::Duration;
use tests::{at, credits, dump};

use super::ground::{Ground, LATER, RICH};

const WHY: [&str; 4] = ["--reason", "ticket 512", "--actor", "ada"];

impl Ground {
    /// Runs a command, which must end with this code.
    pub(super) async fn says(&self, words: &[&str], code: u8) -> String {
        // Boxed, or a test that runs many has too deep a future.
        let said = Box::pin(self.operator.run(words)).await;
        assert_eq!(said.code, code, "{words:?}: {}", said.text);
        said.text
    }

    /// The one JSON object that a command prints.
    pub(super) async fn tells(&self, words: &[&str], code: u8) -> Value {
        let words = [words, &["--json"]].concat();
        let said = self.says(&words, code).await;
        assert_eq!(said.lines().count(), 1, "{words:?}: {said}");
        serde_json::from_str(&said).unwrap()
    }

    /// Runs a command that must leave all tables as they were.
    pub(super) async fn leaves_all(&self, words: &[&str], code: u8) -> String {
        let client = self.world.dynamodb.client();
        let before = dump(&client).await;
        let said = self.says(words, code).await;
        assert_eq!(dump(&client).await, before, "{words:?} wrote something");
        said
    }

    /// An attribute of an item becomes another text.
    async fn set(&self, table: &str, pk: &str, sk: &str, name: &str, value: &str) {
        let update = self.world.dynamodb.client().update_item().table_name(table);
        let update = update.key("pk", S(pk.into())).key("sk", S(sk.into()));
        let update = update.update_expression("SET #name = :value");
        let update = update.expression_attribute_names("#name", name);
        let update = update.expression_attribute_values(":value", S(value.into()));
        update.send().await.unwrap();
    }
}

#[tokio::test]
async fn a_user_is_found_by_everything_that_is_theirs_alone() {
    let ground = Ground::seeded().await;
    for (what, by) in [
        ("pro-user", "id"),
        ("pro@example.com", "email"),
        ("PRO@Example.COM", "email"),
        ("cus_test_pro_user", "customer"),
        ("sub_test_pro_user", "subscription"),
    ] {
        let found = ground.tells(&["user", "find", what], 0).await;
        let expected = json!({"found": {
            "user_id": "pro-user",
            "by": [by],
            "email": "pro@example.com",
            "display_name": "Pro User",
            "problems": [],
        }});
        assert_eq!(found, expected, "{what}");
        let said = ground.leaves_all(&["user", "find", what], 0).await;
        let line = format!("pro-user  pro@example.com  Pro User  by {by}\n");
        assert_eq!(said, line, "{what}");
    }
    let long = "x".repeat(3_000);
    for nobody in ["pro", "nobody@example.com", "cus_other", "a b", "#", &long] {
        assert_eq!(ground.says(&["user", "find", nobody], 2).await, "");
    }
    assert_eq!(ground.says(&["user", "find", ""], 2).await, "");
}

#[tokio::test]
async fn a_claim_and_a_profile_that_disagree_are_reported_together() {
    let ground = Ground::seeded().await;
    let claim = "EMAIL#free@example.com";
    ground
        .set("users", claim, "CLAIM", "user_id", "pro-user")
        .await;
    let said = ground.says(&["user", "find", "free@example.com"], 3).await;
    assert!(said.starts_with("pro-user  pro@example.com"), "{said}");
    assert!(said.contains("whose profile has another"), "{said}");
    let said = ground.says(&["user", "find", "free-user"], 3).await;
    assert!(said.contains("claimed for pro-user"), "{said}");
    let said = ground.says(&["user", "show", "free-user"], 3).await;
    assert!(said.contains("! claimed for pro-user"), "{said}");
    // An id may look like another user's address.
    ground
        .command("pro@example.com", "ops#opened", at(LATER), charge("0"))
        .await;
    let said = ground.says(&["user", "find", "pro@example.com"], 3).await;
    assert_eq!(said.matches("by id").count(), 1, "{said}");
    assert_eq!(said.matches("by email").count(), 1, "{said}");
}

fn charge(amount: &str) -> Action {
    Action::Charge {
        amount: credits(amount),
        usage: shared::domain::Usage::default(),
    }
}

/// An invoice that shows only a part of its lines, so that it waits for a person.
async fn an_invoice_is_parked(ground: &Ground) {
    let cast = Cast::new(RICH, "p", at("2026-03-10T00:00:00Z"));
    let events = Story::render(Scenario::Subscribe, &cast, ApiVersion::Dahlia);
    let event = events.iter().find(|it| it.event_type == "invoice.paid");
    let mut body = event.unwrap().body.clone();
    body["data"]["object"]["lines"]["has_more"] = json!(true);
    body["data"]["object"]["metadata"] = json!({"user_id": RICH});
    let read = stripe_webhook::read(body.to_string().as_bytes()).unwrap();
    let request = SettleRequest {
        event: &read,
        terms: &BillingTerms::default(),
        catalogue: &CatalogueCache::default(),
        now: at("2026-03-15T00:00:00Z"),
        deadline: Deadline::after(Duration::from_secs(60)),
    };
    let settled = ground.world.store.settle(request).await.unwrap();
    assert_eq!(settled.event.outcome, EventOutcome::Parked);
}

#[tokio::test]
async fn everything_about_a_user_is_on_one_screen() {
    let ground = Ground::rich().await;
    an_invoice_is_parked(&ground).await;
    let hold = Action::Hold {
        hold: "inference-service#open".parse().unwrap(),
        amount: credits("12.5"),
        ttl_seconds: 7_200,
        on_expiry: OnExpiry::Release,
    };
    let opened = at("2026-03-20T07:00:00Z");
    ground
        .command(RICH, "api#inference-service#open", opened, hold)
        .await;
    let words = ["grant", RICH, "7", "--expires", "2026-05-01T00:00:00Z"];
    ground.says(&[&words[..], &WHY].concat(), 0).await;

    let said = ground.leaves_all(&["user", "show", RICH], 0).await;
    for part in [
        "rich-user\n  active, without a profile",
        "2500 free credits a month, on day 15",
        "sub_a: pro, ",
        "Balance at 2026-03-20T08:00:00Z: ",
        "inference-service#open  12.5 held, opened 2026-03-20T07:00:00Z (60 min ago), released at 2026-03-20T09:00:00Z",
        "customer cus_a\n",
        "subscription sub_a\n",
        "grant of 7 by ada: ticket 512 (ops#grant-",
        "hold of 12.5 by inference-service (api#inference-service#open)",
        "invoice.paid  parked, waits for review:",
        "until 2026-05-01T00:00:00Z",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    let told = ground.tells(&["user", "show", RICH], 0).await;
    let told = &told["user"];
    let explained = ["explain", "--user", RICH, "--json"];
    let explained = ground.operator.run(&explained).await.json();
    let mut shown = explained.last().unwrap()["shown"].clone();
    shown.as_object_mut().unwrap().remove("lastUpdated");
    assert_eq!(told["balance"], shown);
    assert_eq!(told["entries"].as_array().unwrap().len(), 10);
    assert_eq!(told["entries"][0]["label"], "ticket 512");
    assert_eq!(told["holds"][0]["age_seconds"], 3_600);
    assert_eq!(told["open_events"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn of_a_user_with_a_profile_name_and_address_are_shown_and_of_a_stranger_nothing() {
    let ground = Ground::seeded().await;
    let said = ground.says(&["user", "show", "pro-user"], 0).await;
    let first = "pro-user  Pro User  pro@example.com\n  active, created ";
    assert!(said.starts_with(first), "{said}");
    assert!(said.contains("email pro@example.com\n"), "{said}");
    assert_eq!(ground.says(&["user", "show", "stranger"], 2).await, "");
}

#[tokio::test]
async fn everybody_has_a_line_and_a_status_chooses_among_them() {
    let ground = Ground::seeded().await;
    let lines = |said: &str| {
        let mut lines: Vec<String> = said.lines().map(str::to_string).collect();
        lines.sort();
        lines
    };
    let said = ground.leaves_all(&["user", "list"], 0).await;
    let free = "free-user  free@example.com  active  2025-11-06  Free User";
    let pro = "pro-user  pro@example.com  active  2025-11-06  Pro User";
    assert_eq!(lines(&said), [free, pro]);
    let one = ground.says(&["user", "list", "--limit", "1"], 0).await;
    assert_eq!(one.lines().count(), 1, "{one}");
    let words = ["user", "deactivate", "free-user"];
    ground.says(&[&words[..], &WHY].concat(), 0).await;
    let inactive = ["user", "list", "--status", "inactive"];
    let said = ground.says(&inactive, 0).await;
    assert_eq!(lines(&said), [free.replace("  active", "  inactive")]);
    let said = ground
        .says(&["user", "list", "--status", "active"], 0)
        .await;
    assert_eq!(lines(&said), [pro]);
    let told = ground.tells(&inactive, 0).await;
    assert_eq!(told["user"]["status"], "inactive");

    // More people than a page holds, and an item that cannot be read.
    for number in 0..150 {
        let (id, email) = (format!("u-{number}"), format!("u{number}@example.com"));
        let words = ["user", "create", &id, "--email", &email];
        ground.says(&[&words[..], &WHY].concat(), 0).await;
    }
    let said = ground.says(&["user", "list"], 0).await;
    assert_eq!(said.lines().count(), 152);
    ground
        .set("users", "USER#u-9", "PROFILE", "user_id", "a b")
        .await;
    let said = ground.says(&["user", "list"], 3).await;
    assert!(
        said.contains("  ! the item users USER#u-9/PROFILE cannot be read"),
        "{said}"
    );
}

#[tokio::test]
async fn a_user_is_created_once_with_an_address_and_the_first_month() {
    let ground = Ground::seeded().await;
    let words = ["user", "create", "new-user", "--email", "New@example.com"];
    let more = ["--allocation", "5000.5", "--reset-day", "15"];
    let words = [&words[..], &more, &WHY].concat();
    let trial = [&words[..], &["--dry-run"]].concat();
    let said = ground.leaves_all(&trial, 0).await;
    assert!(said.contains("would be created"), "{said}");
    assert!(said.contains("Nothing was written."), "{said}");
    let said = ground.says(&words, 0).await;
    assert_eq!(said, "new-user (New, New@example.com) is created\n");
    let said = ground.leaves_all(&words, 0).await;
    assert_eq!(said, "new-user (New, New@example.com) existed before\n");
    let told = ground.tells(&["user", "show", "new-user"], 0).await;
    assert_eq!(told["user"]["balance"]["totalAvailable"], 5_000);
    assert_eq!(told["user"]["entries"][0]["label"], "ticket 512");
    assert_eq!(told["user"]["reset_day_of_month"], 15);

    let another = ["user", "create", "other", "--email", "NEW@example.com"];
    let another = [&another[..], &WHY].concat();
    assert_eq!(ground.leaves_all(&another, 1).await, "");
    let renamed = ["user", "create", "new-user", "--email", "old@example.com"];
    assert_eq!(
        ground.leaves_all(&[&renamed[..], &WHY].concat(), 1).await,
        ""
    );
    // Whose account is in use keeps it, and gets a profile.
    ground
        .command("early", "ops#early", at(LATER), charge("1"))
        .await;
    let early = ["user", "create", "early", "--email", "early@example.com"];
    let with_terms = [&early[..], &["--allocation", "1"], &WHY].concat();
    assert_eq!(ground.leaves_all(&with_terms, 1).await, "");
    ground.says(&[&early[..], &WHY].concat(), 0).await;
    let told = ground.tells(&["user", "show", "early"], 0).await;
    assert_eq!(told["user"]["balance"]["totalAvailable"], 1_999);
    ground.says(&["verify", "--all"], 0).await;
}
