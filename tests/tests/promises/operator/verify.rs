//! `creditsctl verify`: what is as it must be has no findings, whoever is asked
//! about, and whatever is looked at writes nothing.

mod beside;
mod stories;

use aws_sdk_dynamodb::types::AttributeValue::{self, S};
use tests::{dump, user};

use super::ground::{Ground, RICH};

#[tokio::test]
async fn tables_with_a_bit_of_everything_have_no_findings() {
    let ground = Ground::rich().await;
    let client = ground.world.dynamodb.client();
    let before = dump(&client).await;
    let said = ground.operator.run(&["verify", "--all"]).await;
    assert_eq!(said.code, 0, "{}", said.text);
    assert!(said.text.starts_with("No findings: "), "{}", said.text);
    let said = ground
        .operator
        .run(&["verify", "--all", "--json", "--segments", "7"])
        .await;
    let verified = &said.json()[0]["verified"];
    for (what, at_least) in [
        ("accounts", 9),
        ("entries", 40),
        ("past_credits", 8),
        ("other_items", 80),
    ] {
        assert!(
            verified[what].as_u64() >= Some(at_least),
            "{what}: {verified}"
        );
    }
    assert_eq!(said.code, 0);
    for who in [RICH, "annual-user", "gone-user", "free-user", "pro-user"] {
        let said = ground.operator.run(&["verify", "--user", who]).await;
        assert_eq!(said.code, 0, "{who}: {}", said.text);
    }
    assert_eq!(dump(&client).await, before, "verifying wrote something");
}

#[tokio::test]
async fn a_ledger_of_any_length_is_walked_as_one_that_is_held() {
    let ground = Ground::rich().await;
    let store = &ground.world.store;
    for who in [RICH, "annual-user", "trial-user"] {
        let held = store.audit_account(&user(who)).await.unwrap();
        let walked = store.audit_account_holding(&user(who), 1).await.unwrap();
        assert_eq!(held, walked, "{who}");
        assert!(held.findings.is_empty() && held.entries > 2, "{held:?}");
    }
}

#[tokio::test]
async fn an_entry_that_the_index_does_not_have_is_looked_for_before_it_is_missed() {
    let ground = Ground::rich().await;
    let client = ground.world.dynamodb.client();
    let keys = [
        "ENTRY#api#inference-service#charge-1",
        "ENTRY#api#inference-service#hold-3",
    ];
    for sk in keys {
        let update = client.update_item().table_name("credits");
        let update = update
            .key("pk", S(format!("USER#{RICH}")))
            .key("sk", S(sk.into()));
        update
            .update_expression("REMOVE at_seq")
            .send()
            .await
            .unwrap();
    }
    let walked = ground
        .world
        .store
        .audit_account_holding(&user(RICH), 1)
        .await
        .unwrap();
    let found: Vec<String> = walked
        .findings
        .iter()
        .map(|found| found.key.clone())
        .collect();
    let expected = keys.map(|sk| format!("credits USER#{RICH}/{sk}"));
    assert_eq!(found, expected, "{:?}", walked.findings);
}

#[tokio::test]
async fn a_line_must_say_whom_to_verify_and_a_user_must_be_known() {
    let ground = Ground::seeded().await;
    for words in [&["verify"][..], &["verify", "--all", "--user", "free-user"]] {
        assert_eq!(ground.operator.run(words).await.code, 2, "{words:?}");
    }
    let said = ground.operator.run(&["verify", "--user", "nobody"]).await;
    assert_eq!(said.code, 2, "{}", said.text);
}

#[tokio::test]
async fn whoever_ends_it_gets_the_code_of_an_interrupt() {
    let ground = Ground::seeded().await;
    ground.operator.stop.ask();
    assert_eq!(ground.operator.run(&["verify", "--all"]).await.code, 130);
}

#[tokio::test]
async fn only_users_written_since_a_moment_are_verified_and_a_run_goes_on_where_it_stopped() {
    let ground = Ground::rich().await;
    let verified = async |words: &[&str], code: u8| {
        let said = ground.operator.run(&[words, &["--json"]].concat()).await;
        assert_eq!(said.code, code, "{words:?}: {}", said.text);
        let last = said.json().pop().unwrap();
        last["verified"]["accounts"].as_u64().unwrap()
    };
    let all = verified(&["verify", "--all"], 0).await;
    let always = ["verify", "--since", "2000-01-01T00:00:00Z"];
    assert_eq!(verified(&always, 0).await, all);
    let lately = ["verify", "--since", "2026-03-19T00:00:00Z"];
    let few = verified(&lately, 0).await;
    assert!(0 < few && few < all, "{few} of {all}");
    assert_eq!(verified(&["verify", "--sample", "3"], 0).await, 3);
    assert_eq!(verified(&["verify", "--sample", "1000"], 0).await, all);

    // Who was written since is found to be wrong; the others are not looked at.
    let table = |item: &str| ("credits", format!("USER#{item}"), "ACCOUNT".to_string());
    let (name, pk, sk) = table(RICH);
    let update = ground
        .world
        .dynamodb
        .client()
        .update_item()
        .table_name(name);
    let update = update.key("pk", S(pk)).key("sk", S(sk));
    let update = update.update_expression("SET active = :no");
    let update = update.expression_attribute_values(":no", AttributeValue::Bool(false));
    update.send().await.unwrap();
    verified(&lately, 3).await;

    ground.operator.stop.ask();
    let said = ground.operator.run(&always).await;
    assert_eq!(said.code, 130, "{}", said.text);
    assert!(
        said.text.contains(r#"--resume '["start"]'"#),
        "{}",
        said.text
    );
    let ground = Ground::rich().await;
    let at_end = [&always[..], &["--resume", r#"["end"]"#]].concat();
    let said = ground.operator.run(&at_end).await;
    assert!(said.text.contains("0 accounts"), "{}", said.text);
    for wrong in [
        &["verify", "--resume", r#"["end"]"#][..],
        &["verify", "--since", "2000-01-01T00:00:00Z", "--resume", "x"],
        &["verify", "--all", "--sample", "3"],
        &["verify", "--sample", "0"],
    ] {
        assert_eq!(ground.operator.run(wrong).await.code, 2, "{wrong:?}");
    }
}
