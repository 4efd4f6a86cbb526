//! What an operator mends by hand: an account from its ledger, and whose a claim is.

use aws_sdk_dynamodb::types::AttributeValue::{self, N, S};
use tests::{Said, Tables, dump};

use super::ground::{Ground, RICH};

/// Sets attributes of an item behind everybody's back.
async fn set(ground: &Ground, (table, pk, sk): (&str, &str, &str), name: &str, to: AttributeValue) {
    let client = ground.world.dynamodb.client();
    let update = client.update_item().table_name(table);
    let update = update.key("pk", S(pk.into())).key("sk", S(sk.into()));
    let update = update.update_expression("SET #name = :to");
    let update = update.expression_attribute_names("#name", name);
    let update = update.expression_attribute_values(":to", to);
    update.send().await.unwrap();
}

async fn delete(ground: &Ground, (table, pk, sk): (&str, &str, &str)) {
    let client = ground.world.dynamodb.client();
    let delete = client.delete_item().table_name(table);
    let delete = delete.key("pk", S(pk.into())).key("sk", S(sk.into()));
    delete.send().await.unwrap();
}

async fn rebuild(ground: &Ground, user: &str, more: &[&str]) -> Said {
    let words = ["account", "rebuild", user, "--reason", "ticket 512"];
    let words: Vec<&str> = words.iter().chain(more).copied().collect();
    ground.operator.run(&words).await
}

const ACCOUNT: (&str, &str, &str) = ("credits", "USER#rich-user", "ACCOUNT");

/// A past credit of the rich user.
async fn past_credit(ground: &Ground) -> String {
    let tables = dump(&ground.world.dynamodb.client()).await;
    let keys = tables.keys_under("credits USER#rich-user/CREDIT#");
    format!("CREDIT#{}", keys.first().unwrap())
}

#[tokio::test]
async fn an_account_is_rebuilt_from_its_ledger_after_its_differences_were_shown() {
    let ground = Ground::rich().await;
    let client = ground.world.dynamodb.client();
    let whole = dump(&client).await;
    let said = rebuild(&ground, RICH, &[]).await;
    assert_eq!(said.code, 0, "{}", said.text);
    assert!(said.text.contains("nothing to do"), "{}", said.text);

    let past = past_credit(&ground).await;
    set(
        &ground,
        ACCOUNT,
        "monthly_allocation_milli",
        N("9000".into()),
    )
    .await;
    set(&ground, ACCOUNT, "archived_pro_used_milli", N("1".into())).await;
    delete(&ground, ("credits", "USER#rich-user", &past)).await;
    let wrong = dump(&client).await;
    let said = rebuild(&ground, RICH, &["--dry-run", "--json"]).await;
    assert_eq!(said.code, 0, "{}", said.text);
    assert_eq!(dump(&client).await, wrong, "a dry run wrote something");
    let lines = said.json();
    assert_eq!(
        lines.iter().filter(|it| it["finding"].is_object()).count(),
        3
    );
    let rebuilt = &lines.last().unwrap()["rebuilt"];
    assert_eq!(rebuilt["writes"].as_array().unwrap().len(), 2, "{rebuilt}");
    assert_eq!(rebuilt["reason"], "ticket 512");

    assert_eq!(rebuild(&ground, RICH, &[]).await.code, 0);
    is_rebuilt(&ground, &whole).await;
    // Again, of another difference and for the same reason, under a key of its own.
    set(&ground, ACCOUNT, "version", N("3".into())).await;
    let wrong = dump(&client).await;
    let key = ["--key", "by-hand"];
    assert_eq!(rebuild(&ground, RICH, &key).await.code, 0);
    set(&ground, ACCOUNT, "version", N("3".into())).await;
    let said = rebuild(&ground, RICH, &key).await;
    assert_eq!(said.code, 2, "{}", said.text);
    assert_eq!(rebuild(&ground, RICH, &[]).await.code, 0);
    let entries = |tables: &Tables| tables.keys_under("credits USER#rich-user/ENTRY#").len();
    assert_eq!(entries(&dump(&client).await), entries(&wrong) + 2);
}

/// Everything is as it was, but for an entry more that says who rebuilt the account and
/// why, and the account that follows from it.
async fn is_rebuilt(ground: &Ground, whole: &Tables) {
    let mut now = dump(&ground.world.dynamodb.client()).await;
    let added: Vec<String> = now.keys_under("credits USER#rich-user/ENTRY#ops#rebuild-");
    assert_eq!(added.len(), 1, "{added:?}");
    now.0.retain(|key, _| whole.0.contains_key(key));
    let is_other = |key: &&String| now.0.get(*key) != whole.0.get(*key);
    let others: Vec<&String> = whole.0.keys().filter(is_other).collect();
    assert_eq!(others, ["credits USER#rich-user/ACCOUNT"]);
    let verified = ground.operator.run(&["verify", "--all"]).await;
    assert_eq!(verified.code, 0, "{}", verified.text);
    let shown = ground.operator.run(&["explain", "--user", RICH]).await.text;
    let reason = "account rebuilt from its ledger: ticket 512";
    assert!(shown.contains(reason), "{shown}");
    assert!(shown.contains("adjust of 0"), "{shown}");
}

#[tokio::test]
async fn an_account_that_is_missing_or_unreadable_is_rebuilt_too() {
    for what in ["missing", "unreadable", "behind"] {
        let ground = Ground::rich().await;
        let whole = dump(&ground.world.dynamodb.client()).await;
        match what {
            "missing" => delete(&ground, ACCOUNT).await,
            "unreadable" => set(&ground, ACCOUNT, "version", S("many".into())).await,
            _ => set(&ground, ACCOUNT, "version", N("3".into())).await,
        }
        let said = rebuild(&ground, RICH, &[]).await;
        assert_eq!(said.code, 0, "{what}: {}", said.text);
        is_rebuilt(&ground, &whole).await;
    }
}

#[tokio::test]
async fn nothing_is_rebuilt_from_a_ledger_that_is_not_whole_or_not_there() {
    let ground = Ground::rich().await;
    let client = ground.world.dynamodb.client();
    set(
        &ground,
        ACCOUNT,
        "monthly_allocation_milli",
        N("9000".into()),
    )
    .await;
    let entry = "ENTRY#api#inference-service#charge-1";
    delete(&ground, ("credits", "USER#rich-user", entry)).await;
    let wrong = dump(&client).await;
    let said = rebuild(&ground, RICH, &[]).await;
    assert_eq!(said.code, 1, "{}", said.text);
    assert!(said.text.contains("is missing"), "{}", said.text);
    assert_eq!(rebuild(&ground, "nobody-at-all", &[]).await.code, 2);
    assert_eq!(dump(&client).await, wrong);
    let words = ["account", "rebuild", RICH];
    assert_eq!(
        ground.operator.run(&words).await.code,
        2,
        "without a reason"
    );
}

async fn claim(ground: &Ground, words: &[&str]) -> Said {
    let more = ["--reason", "ticket 7", "--actor", "ann"];
    let words: Vec<&str> = ["claim"]
        .iter()
        .chain(words)
        .chain(&more)
        .copied()
        .collect();
    ground.operator.run(&words).await
}

#[tokio::test]
async fn a_claim_that_its_owner_needs_is_neither_moved_nor_released() {
    let ground = Ground::rich().await;
    let client = ground.world.dynamodb.client();
    let before = dump(&client).await;
    for name in [
        &["customer", "cus_a"][..],
        &["subscription", "sub_a"],
        &["email", "free@example.com"],
    ] {
        let release = [&["release"], name].concat();
        let said = claim(&ground, &release).await;
        assert_eq!(said.code, 1, "{name:?}: {}", said.text);
        let give = [&["move"], name, &["pro-user"]].concat();
        let said = claim(&ground, &give).await;
        assert_eq!(said.code, 1, "{name:?}: {}", said.text);
        let show = [&["claim", "show"], name].concat();
        let said = ground.operator.run(&show).await;
        assert_eq!(said.code, 0, "{}", said.text);
        assert!(said.text.contains("needs it"), "{}", said.text);
    }
    for words in [
        &["release", "customer", "cus_unheard_of"][..],
        &["move", "customer", "cus_unheard_of", "pro-user"],
        &["move", "subscription", "sub_unheard_of", "nobody-at-all"],
        &["move", "email", "new@example.com", "pro-user"],
        &["release", "email", "no address"],
        &["release", "customer", "no id"],
    ] {
        let said = claim(&ground, words).await;
        assert_eq!(said.code, 2, "{words:?}: {}", said.text);
    }
    assert_eq!(dump(&client).await, before);
}

/// Makes a claim of a user who needs it not.
async fn forge(ground: &Ground, pk: &str, owner: &str) {
    let client = ground.world.dynamodb.client();
    let from = client.get_item().table_name("users");
    let from = from.key("pk", S("STRIPE_CUSTOMER#cus_a".into()));
    let from = from.key("sk", S("CLAIM".into()));
    let mut item = from.send().await.unwrap().item.unwrap();
    item.insert("pk".into(), S(pk.into()));
    item.insert("user_id".into(), S(owner.into()));
    let put = client.put_item().table_name("users");
    put.set_item(Some(item)).send().await.unwrap();
}

#[tokio::test]
async fn a_claim_without_need_is_moved_with_a_note_and_its_release_stands_in_a_ledger() {
    let ground = Ground::rich().await;
    let client = ground.world.dynamodb.client();
    for (pk, name) in [
        ("STRIPE_CUSTOMER#cus_x", &["customer", "cus_x"]),
        ("STRIPE_SUBSCRIPTION#sub_x", &["subscription", "sub_x"]),
    ] {
        forge(&ground, pk, "free-user").await;
        let forged = dump(&client).await;
        let give = [&["move"], &name[..], &["pro-user"]].concat();
        let dry = claim(&ground, &[&give[..], &["--dry-run"]].concat()).await;
        assert_eq!(dry.code, 0, "{}", dry.text);
        assert_eq!(dump(&client).await, forged, "a dry run wrote something");
        assert_eq!(claim(&ground, &give).await.code, 0);
        assert_eq!(claim(&ground, &give).await.code, 0, "again");
        let show = [&["claim", "show"], &name[..], &["--json"]].concat();
        let shown = ground.operator.run(&show).await.json().remove(0);
        assert_eq!(shown["claim"]["owner"], "pro-user");
        let note = &shown["claim"]["note"];
        assert_eq!(
            (&note["actor"], &note["reason"]),
            (&"ann".into(), &"ticket 7".into())
        );
        assert_eq!(note["act"], "moved");
        let verified = ground.operator.run(&["verify", "--all"]).await;
        assert_eq!(verified.code, 0, "{}", verified.text);

        let release = [&["release"], &name[..]].concat();
        let moved = dump(&client).await;
        let dry = claim(&ground, &[&release[..], &["--dry-run"]].concat()).await;
        assert_eq!(dry.code, 0, "{}", dry.text);
        assert_eq!(dump(&client).await, moved, "a dry run wrote something");
        assert_eq!(claim(&ground, &release).await.code, 0);
        let released = dump(&client).await;
        assert!(!released.0.contains_key(&format!("users {pk}/CLAIM")));
        let shown = ground
            .operator
            .run(&["explain", "--user", "pro-user"])
            .await;
        let reason = format!("claim of {} released: ticket 7", name[1]);
        assert!(shown.text.contains(&reason), "{}", shown.text);
        let said = claim(&ground, &release).await;
        assert_eq!(said.code, 2, "{}", said.text);
        assert_eq!(dump(&client).await, released);
        let verified = ground.operator.run(&["verify", "--all"]).await;
        assert_eq!(verified.code, 0, "{}", verified.text);
    }
}

#[tokio::test]
async fn a_claim_of_a_user_whom_nobody_knows_is_released_without_a_ledger() {
    let ground = Ground::seeded().await;
    let client = ground.world.dynamodb.client();
    let before = dump(&client).await;
    put_claim(&ground, "STRIPE_CUSTOMER#cus_x", "nobody-at-all").await;
    let said = claim(&ground, &["release", "customer", "cus_x"]).await;
    assert_eq!(said.code, 0, "{}", said.text);
    assert_eq!(dump(&client).await, before);
}

#[tokio::test]
async fn a_claim_that_cannot_be_read_is_shown_and_released_as_it_is() {
    let ground = Ground::rich().await;
    let client = ground.world.dynamodb.client();
    let before = dump(&client).await;
    forge(&ground, "STRIPE_CUSTOMER#cus_x", "free-user").await;
    let item = ("users", "STRIPE_CUSTOMER#cus_x", "CLAIM");
    set(&ground, item, "user_id", N("17".into())).await;
    let damaged = dump(&client).await;
    let name = ["customer", "cus_x"];
    let release = [&["release"], &name[..]].concat();
    assert_eq!(claim(&ground, &release).await.code, 1);
    let release = [&release[..], &["--damaged"]].concat();
    let dry = claim(&ground, &[&release[..], &["--dry-run"]].concat()).await;
    assert_eq!(dry.code, 0, "{}", dry.text);
    for told in ["cannot be read", "\"user_id\":17", "Nothing was written."] {
        assert!(dry.text.contains(told), "{told}: {}", dry.text);
    }
    assert_eq!(dump(&client).await, damaged);
    assert_eq!(claim(&ground, &release).await.code, 0);
    // Who did it, and why, stands in a record of its own: the item named nobody.
    let mut after = dump(&client).await;
    let records = after.keys_under("users RELEASES/RELEASE#customer#cus_x#");
    assert_eq!(records.len(), 1, "{records:?}");
    let shown = ground
        .operator
        .run(&["claim", "show", "customer", "cus_x", "--json"])
        .await;
    let note = &shown.json()[0]["claim"]["releases"][0];
    assert_eq!(
        (&note["act"], &note["actor"], &note["reason"]),
        (&"released".into(), &"ann".into(), &"ticket 7".into())
    );
    let is_record = |key: &String| key.starts_with("users RELEASES/");
    after.0.retain(|key, _| !is_record(key));
    assert_eq!(after, before);
    ground.says(&["verify", "--all"], 0).await;
    // What can be read is not deleted so.
    let after = dump(&client).await;
    let whole = ["release", "customer", "cus_a", "--damaged"];
    assert_eq!(claim(&ground, &whole).await.code, 2);
    assert_eq!(dump(&client).await, after);
}

#[tokio::test]
async fn a_claim_that_cannot_be_read_and_names_a_user_is_released_in_their_ledger() {
    let ground = Ground::rich().await;
    let client = ground.world.dynamodb.client();
    forge(&ground, "STRIPE_CUSTOMER#cus_x", "free-user").await;
    let item = ("users", "STRIPE_CUSTOMER#cus_x", "CLAIM");
    set(&ground, item, "deleted_at", N("17".into())).await;
    let release = ["release", "customer", "cus_x", "--damaged"];
    let damaged = dump(&client).await;
    let dry = claim(&ground, &[&release[..], &["--dry-run"]].concat()).await;
    assert_eq!(dry.code, 0, "{}", dry.text);
    assert!(dry.text.contains("was free-user's"), "{}", dry.text);
    assert_eq!(dump(&client).await, damaged);
    assert_eq!(claim(&ground, &release).await.code, 0);
    let after = dump(&client).await;
    assert!(!after.0.contains_key("users STRIPE_CUSTOMER#cus_x/CLAIM"));
    assert_eq!(after.keys_under("users RELEASES"), Vec::<String>::new());
    let entries = after.keys_under("credits USER#free-user/ENTRY#ops#unclaim-");
    assert_eq!(entries.len(), 1, "{entries:?}");
    let shown = ground
        .operator
        .run(&["explain", "--user", "free-user"])
        .await;
    let reason = "claim of cus_x released: ticket 7";
    assert!(shown.text.contains(reason), "{}", shown.text);
    assert_eq!(claim(&ground, &release).await.code, 2);
    ground.says(&["verify", "--all"], 0).await;
}

#[tokio::test]
async fn a_released_address_is_in_no_record() {
    let ground = Ground::seeded().await;
    let client = ground.world.dynamodb.client();
    put_claim(&ground, "EMAIL#somebody@example.com", "nobody-at-all").await;
    let item = ("users", "EMAIL#somebody@example.com", "CLAIM");
    set(&ground, item, "user_id", N("17".into())).await;
    let release = ["release", "email", "somebody@example.com", "--damaged"];
    assert_eq!(claim(&ground, &release).await.code, 0);
    let after = dump(&client).await;
    assert_eq!(after.keys_under("users RELEASES/RELEASE#email#").len(), 1);
    let has_address =
        |(key, item): (&String, &String)| key.contains("somebody@") || item.contains("somebody@");
    assert!(!after.0.iter().any(has_address));
    ground.says(&["verify", "--all"], 0).await;
}

async fn put_claim(ground: &Ground, pk: &str, owner: &str) {
    let client = ground.world.dynamodb.client();
    let put = client.put_item().table_name("users");
    let put = put.item("pk", S(pk.into())).item("sk", S("CLAIM".into()));
    let put = put.item("entity", S("Claim".into()));
    let put = put.item("schema_version", N("1".into()));
    put.item("user_id", S(owner.into())).send().await.unwrap();
}

#[tokio::test]
async fn an_address_is_given_to_the_user_whose_profile_has_it() {
    let ground = Ground::rich().await;
    let email = ("users", "EMAIL#free@example.com", "CLAIM");
    let give = ["move", "email", "free@example.com", "free-user"];
    set(&ground, email, "user_id", S("pro-user".into())).await;
    assert_eq!(ground.operator.run(&["verify", "--all"]).await.code, 3);
    assert_eq!(claim(&ground, &give).await.code, 0);
    assert_eq!(ground.operator.run(&["verify", "--all"]).await.code, 0);
    delete(&ground, email).await;
    assert_eq!(claim(&ground, &give).await.code, 0);
    assert_eq!(ground.operator.run(&["verify", "--all"]).await.code, 0);
}
