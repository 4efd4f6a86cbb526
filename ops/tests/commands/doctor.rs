//! `doctor` against a world that is well, and against one fault at a time: the check that
//! is about it fails, says what to do, and stops no other.

use local::stripe::{Effect, Shapes};
use local::stripe_api::WEBHOOK_ENDPOINT;
use serde_json::{Value, json};
use tests::WEBHOOK_SECRET;
use tokio::process::Command;

use crate::shop::Shop;

/// What a world is told by its clock; `--now` of the program says the same.
const CLOCK: &str = r#"{"now":"2026-04-08T20:00:00Z"}"#;
const NAMES: [&str; 15] = [
    "table of users",
    "table of credits",
    "table of billing",
    "table of notices",
    "migrations",
    "clock of DynamoDB",
    "api",
    "no token",
    "token",
    "dry charge",
    "webhook, signed",
    "webhook, not signed",
    "key of Stripe",
    "endpoint at Stripe",
    "clock of Stripe",
];

/// A world at the program's time, with all migrations recorded, and a service's token.
pub(crate) async fn well() -> (Shop, String) {
    let shop = Shop::seeded().await;
    let clock: Value = serde_json::from_str(CLOCK).unwrap();
    let answer = shop.served.post("/_local/clock", &clock).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let migrated = shop.run("migrate up --yes").await;
    assert_eq!(migrated.code, Some(0), "{}", migrated.err);
    let token = json!({"client": "inference-service", "scope": "credits.charge"});
    let token = shop.served.token_of(token).await;
    (shop, token)
}

pub(crate) fn doctor(shop: &Shop, token: &str, words: &str) -> Command {
    let mut command = shop.command(&format!("doctor {words}"));
    command.env("API_TOKEN", token);
    command.env("STRIPE_WEBHOOK_SECRETS", WEBHOOK_SECRET);
    command.env("API_URL", &shop.served.world.base_url);
    command.env("STRIPE_LIVEMODE", "false");
    command
}

/// The exit code, and for each check its name, result and text.
async fn found(mut command: Command) -> (Option<i32>, Vec<(String, String, String)>) {
    let output = command.output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    for secret in [WEBHOOK_SECRET, local::stripe_api::STRIPE_API_KEY] {
        assert!(
            !text.contains(secret) && !said.contains(secret),
            "{text}{said}"
        );
    }
    let lines = text.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| line["check"][name].as_str().unwrap().to_string();
        (text("name"), text("result"), text("said"))
    });
    (output.status.code(), lines.collect())
}

/// Fails unless one check failed, with these words, and all others are well, but for
/// those that are skipped.
#[track_caller]
fn check_fault(
    (code, lines): (Option<i32>, Vec<(String, String, String)>),
    fault: (&str, &str),
    skipped: &[&str],
) {
    let names: Vec<&str> = lines.iter().map(|line| line.0.as_str()).collect();
    assert_eq!(names, NAMES, "{fault:?}");
    for (name, result, said) in &lines {
        let expected = match name.as_str() {
            name if name == fault.0 => "failed",
            // An emulator's clock is not asked.
            "clock of DynamoDB" => "skipped",
            name if skipped.contains(&name) => "skipped",
            _ => "ok",
        };
        assert_eq!(result, expected, "{fault:?}: {name}: {said}");
        if name == fault.0 {
            assert!(said.contains(fault.1), "{name}: {said}");
        }
    }
    assert_eq!(code, Some(3), "{fault:?}");
}

#[tokio::test]
async fn a_world_that_is_well_passes_every_check_and_is_left_as_it_was() {
    let (shop, token) = well().await;
    let (code, lines) = found(doctor(&shop, &token, "")).await;
    let names: Vec<&str> = lines.iter().map(|line| line.0.as_str()).collect();
    assert_eq!(names, NAMES);
    for (name, result, said) in &lines {
        let expected = if name == "clock of DynamoDB" {
            "skipped"
        } else {
            "ok"
        };
        assert_eq!(result, expected, "{name}: {said}");
        assert!(!said.contains(&token), "{name}: {said}");
    }
    assert_eq!(code, Some(0));
    // The first time leaves the record of an ignored event, and no other anything.
    let before = shop.dump().await;
    let (code, _) = found(doctor(&shop, &token, "")).await;
    assert_eq!(code, Some(0));
    assert_eq!(shop.dump().await, before);
    let shown = shop.run("event show evt_creditsctl_doctor").await;
    assert!(shown.out.contains("ignored"), "{}", shown.out);
}

#[tokio::test]
async fn the_lines_for_people_say_ok_failed_or_skipped() {
    let (shop, _) = well().await;
    let mut command = shop.plain("doctor");
    command.env("API_URL", &shop.served.world.base_url);
    let output = command.output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "table of users: ok: users is as declared");
    assert!(
        lines.contains(&"token: skipped: no token in API_TOKEN"),
        "{text}"
    );
    assert_eq!(output.status.code(), Some(0), "{text}");
}

#[tokio::test]
async fn what_lacks_its_secret_is_skipped_and_nothing_else() {
    let (shop, token) = well().await;
    for (variable, skipped) in [
        ("API_TOKEN", &["token", "dry charge"][..]),
        ("STRIPE_WEBHOOK_SECRETS", &["webhook, signed"]),
        ("STRIPE_LIVEMODE", &["webhook, signed"]),
        (
            "STRIPE_API_KEY",
            &["key of Stripe", "endpoint at Stripe", "clock of Stripe"],
        ),
        (
            "API_URL",
            &[
                "api",
                "no token",
                "token",
                "dry charge",
                "webhook, signed",
                "webhook, not signed",
                "endpoint at Stripe",
            ],
        ),
    ] {
        let mut command = doctor(&shop, &token, "");
        command.env_remove(variable);
        let (code, lines) = found(command).await;
        for (name, result, said) in lines {
            let is_skipped = skipped.contains(&name.as_str()) || name == "clock of DynamoDB";
            let expected = if is_skipped { "skipped" } else { "ok" };
            assert_eq!(result, expected, "without {variable}: {name}: {said}");
        }
        assert_eq!(code, Some(0), "without {variable}");
    }
}

#[tokio::test]
async fn a_table_that_is_missing_or_lacks_a_part_is_named() {
    let (shop, token) = well().await;
    let mut command = doctor(&shop, &token, "");
    command.env("NOTICES_TABLE", "nobodys");
    let fault = ("table of notices", "name the tables of the stack");
    check_fault(found(command).await, fault, &[]);
    // A table without index, stream and expiry.
    let database = shop.served.world.dynamodb.database().unwrap();
    let keys = json!({
        "TableName": "bare", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    });
    let create = serde_json::from_value(keys).unwrap();
    database.create_table(create).unwrap();
    let mut command = doctor(&shop, &token, "");
    command.env("NOTICES_TABLE", "bare");
    let fault = (
        "table of notices",
        "bare lacks the index deliveries-by-shard, has no stream of new images, has no \
         expiry by expires_at",
    );
    check_fault(found(command).await, fault, &[]);
}

#[tokio::test]
async fn an_api_that_is_not_there_and_one_that_asks_for_no_token_fail() {
    let (shop, token) = well().await;
    let mut command = doctor(&shop, &token, "");
    command.env("API_URL", "http://127.0.0.1:1");
    let (code, lines) = found(command).await;
    let failed = lines.iter().filter(|line| line.1 == "failed");
    let failed: Vec<&str> = failed.map(|line| line.0.as_str()).collect();
    let all = [
        "api",
        "no token",
        "token",
        "dry charge",
        "webhook, signed",
        "webhook, not signed",
    ];
    assert!(failed.starts_with(&all), "{failed:?}");
    assert_eq!(code, Some(3));
    // Stripe's own address answers, and is no API of ours.
    let mut command = doctor(&shop, &token, "");
    command.env("API_URL", format!("{}/v1", shop.stripe_url));
    let (_, lines) = found(command).await;
    let token = lines.iter().find(|line| line.0 == "token").unwrap();
    assert_eq!(token.1, "failed", "{}", token.2);
}

#[tokio::test]
async fn a_token_that_is_bad_or_not_a_services_is_told_apart() {
    let (shop, _) = well().await;
    let fault = ("token", "expired, or not of the issuer");
    let (code, lines) = found(doctor(&shop, "not.a.token", "")).await;
    let token = lines.iter().find(|line| line.0 == fault.0).unwrap();
    assert_eq!((token.1.as_str(), code), ("failed", Some(3)));
    assert!(token.2.contains(fault.1), "{}", token.2);
    // A user's: the quote is answered, and no charge is tried.
    let users = shop.served.token("free-user", "models.read").await;
    let (code, lines) = found(doctor(&shop, &users, "")).await;
    let result = |name: &str| lines.iter().find(|line| line.0 == name).unwrap().1.clone();
    assert_eq!((result("token"), code), ("ok".to_string(), Some(0)));
    let poor = shop.served.token("free-user", "credits.read").await;
    let (code, lines) = found(doctor(&shop, &poor, "")).await;
    let token = lines.iter().find(|line| line.0 == "token").unwrap();
    assert!(token.2.contains("lacks models.read"), "{}", token.2);
    assert_eq!(code, Some(3));
}

#[tokio::test]
async fn tables_of_another_stack_are_found_out_by_the_dry_charge() {
    let (shop, token) = well().await;
    let (other, _) = well().await;
    let grant = "grant free-user 5 --expires 2026-12-01T00:00:00Z --reason why";
    assert_eq!(other.run(grant).await.code, Some(0));
    let command = doctor(&other, &token, "--user free-user");
    let mut command = command;
    command.env("API_URL", &shop.served.world.base_url);
    command.env(
        "STRIPE_WEBHOOK_URL",
        format!("{}/webhooks/stripe", other.served.world.base_url),
    );
    let (code, lines) = found(command).await;
    let charge = lines.iter().find(|line| line.0 == "dry charge").unwrap();
    assert_eq!((charge.1.as_str(), code), ("failed", Some(3)));
    assert!(charge.2.contains("belong to this API?"), "{}", charge.2);
    let webhook = lines
        .iter()
        .find(|line| line.0 == "webhook, signed")
        .unwrap();
    assert!(webhook.2.contains("no record of it"), "{}", webhook.2);
}

#[tokio::test]
async fn a_wrong_secret_of_the_webhook_fails() {
    let (shop, token) = well().await;
    let mut command = doctor(&shop, &token, "");
    command.env(
        "STRIPE_WEBHOOK_SECRETS",
        "whsec_of_another_endpoint_0123456789",
    );
    let fault = ("webhook, signed", "is not the one given here");
    check_fault(found(command).await, fault, &[]);
}

#[tokio::test]
async fn an_endpoint_at_stripe_that_is_disabled_misses_a_type_or_is_old_fails() {
    let (shop, token) = well().await;
    let stripe = &shop.served.world.stripe;
    let patched = |fields: Value| {
        let patch = Effect::Patch(WEBHOOK_ENDPOINT.to_string(), fields);
        stripe.apply([patch]).unwrap();
    };
    let all: Vec<&str> = stripe::wanted_types().collect();
    let most: Vec<&&str> = all
        .iter()
        .filter(|it| **it != "credit_note.voided")
        .collect();
    let url = format!("{}/webhooks/stripe", shop.served.world.base_url);
    for (fields, words) in [
        (json!({"status": "disabled"}), "is disabled: enable it"),
        (
            json!({"enabled_events": most}),
            "does not deliver credit_note.voided",
        ),
        (
            json!({"api_version": "2022-11-15"}),
            "2024-09-30 is the oldest that is read",
        ),
        (
            json!({"url": "https://elsewhere.example.com/"}),
            "register it",
        ),
    ] {
        patched(fields);
        let fault = ("endpoint at Stripe", words);
        check_fault(found(doctor(&shop, &token, "")).await, fault, &[]);
        patched(json!({
            "status": "enabled", "enabled_events": ["*"], "api_version": null, "url": url,
        }));
        let (code, _) = found(doctor(&shop, &token, "")).await;
        assert_eq!(code, Some(0), "{words}");
    }
    // One that is disabled may stand beside the one that works.
    let mut second = json!({
        "id": "we_older", "object": "webhook_endpoint", "created": 1, "livemode": false,
        "enabled_events": [], "status": "disabled", "api_version": null,
    });
    second["url"] = json!(url);
    stripe.apply([Effect::Put(Shapes::same(&second))]).unwrap();
    assert_eq!(found(doctor(&shop, &token, "")).await.0, Some(0));
}

#[tokio::test]
async fn a_key_that_stripe_refuses_or_of_the_other_mode_fails() {
    let (shop, token) = well().await;
    for (key, livemode, words) in [
        ("sk_live_0123456789abcdef", "false", "other mode"),
        ("not a key", "false", "unusable"),
    ] {
        let mut command = doctor(&shop, &token, "");
        command
            .env("STRIPE_API_KEY", key)
            .env("STRIPE_LIVEMODE", livemode);
        let (code, lines) = found(command).await;
        let line = lines.iter().find(|line| line.0 == "key of Stripe").unwrap();
        assert_eq!((line.1.as_str(), code), ("failed", Some(3)), "{}", line.2);
        assert!(line.2.contains(words), "{}", line.2);
    }
}

#[tokio::test]
async fn clocks_that_are_apart_fail_and_say_how_far() {
    let (shop, token) = well().await;
    shop.served.advance("PT2M").await;
    let (code, lines) = found(doctor(&shop, &token, "")).await;
    for name in ["api", "clock of Stripe"] {
        let line = lines.iter().find(|line| line.0 == name).unwrap();
        assert_eq!(line.1, "failed", "{name}");
        assert!(
            line.2.contains("1") && line.2.contains("s apart: set"),
            "{}",
            line.2
        );
    }
    assert_eq!(code, Some(3));
}
