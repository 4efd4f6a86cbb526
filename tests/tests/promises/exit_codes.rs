//! What an operator's script sees of `seeds`: 0 if it was done and all is as
//! seeded, 1 if not, 2 if the command line is wrong. `main` adds nothing to
//! what is run here.

use aws_sdk_dynamodb::types::AttributeValue::S;
use tests::{NOW, dump, world};
use tokio::net::TcpListener;

use crate::wire::expose;

/// The exit code of `seeds` with these words, at an address of tables.
async fn seeds(words: &[&str], url: &str) -> u8 {
    let at = ["--endpoint-url", url, "--region", "local", "--now", NOW];
    let line = ["seeds"].iter().chain(words).chain(&at);
    ::seeds::run(line.copied()).await
}

#[tokio::test]
async fn applying_and_verifying_what_is_there_ends_with_0() {
    let world = world().await;
    let (url, _stop) = expose(&world).await;
    assert_eq!(seeds(&["apply"], &url).await, 0);
    assert_eq!(seeds(&["verify"], &url).await, 0);
}

#[tokio::test]
async fn verifying_what_is_not_as_seeded_ends_with_1_until_it_is_applied_again() {
    let world = world().await;
    let (url, _stop) = expose(&world).await;
    let client = world.dynamodb.client();
    let model = client.delete_item().table_name("users");
    let model = model.key("pk", S("MODELS".into()));
    let gone = model.key("sk", S("MODEL#gpt-5".into())).send();
    gone.await.unwrap();
    let without = dump(&client).await;
    assert_eq!(seeds(&["verify"], &url).await, 1);
    assert_eq!(dump(&client).await, without, "verifying wrote something");
    assert_eq!(seeds(&["apply"], &url).await, 0);
    assert_eq!(seeds(&["verify"], &url).await, 0);
}

#[tokio::test]
async fn tables_that_cannot_be_reached_end_it_with_1() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for command in ["apply", "verify"] {
        assert_eq!(seeds(&[command], &url).await, 1, "{command}");
    }
}

#[tokio::test]
async fn a_line_that_asks_for_nothing_known_ends_it_with_2_and_one_for_the_version_with_0() {
    let nowhere = "http://127.0.0.1:1";
    for words in [&["apply", "--nonsense"][..], &["undo"], &[]] {
        assert_eq!(seeds(words, nowhere).await, 2, "{words:?}");
    }
    assert_eq!(seeds(&["--version"], nowhere).await, 0);
}

#[tokio::test]
async fn applying_what_differs_changes_nothing_and_ends_with_3() {
    let world = world().await;
    let (url, _stop) = expose(&world).await;
    let client = world.dynamodb.client();
    let model = client.update_item().table_name("users");
    let model = model.key("pk", S("MODELS".into()));
    let model = model.key("sk", S("MODEL#gpt-5".into()));
    let model = model.update_expression("SET #name = :other");
    let model = model.expression_attribute_names("#name", "name");
    let model = model.expression_attribute_values(":other", S("another name".into()));
    model.send().await.unwrap();
    let differs = dump(&client).await;
    assert_eq!(seeds(&["apply"], &url).await, 3);
    assert_eq!(dump(&client).await, differs);
    assert_eq!(seeds(&["verify"], &url).await, 1);
}

#[tokio::test]
async fn without_users_the_reference_data_alone_is_applied_and_verified() {
    let world = world().await;
    let (url, _stop) = expose(&world).await;
    let client = world.dynamodb.client();
    for key in dump(&client).await.0.keys() {
        let (table, rest) = key.split_once(' ').unwrap();
        let (pk, sk) = rest.split_once('/').unwrap();
        let delete = client.delete_item().table_name(table);
        let delete = delete.key("pk", S(pk.into())).key("sk", S(sk.into()));
        delete.send().await.unwrap();
    }
    assert_eq!(seeds(&["apply", "--without-users"], &url).await, 0);
    let tables = dump(&client).await;
    assert!(!tables.0.is_empty());
    let people = tables.0.keys().filter(|key| key.contains("USER#"));
    assert_eq!(people.count(), 0);
    assert_eq!(seeds(&["verify", "--without-users"], &url).await, 0);
    assert_eq!(seeds(&["verify"], &url).await, 1);
}

#[tokio::test]
async fn the_apps_client_goes_by_the_issuers_id_and_redirects() {
    let world = world().await;
    let (url, _stop) = expose(&world).await;
    let own = [
        "--without-users",
        "--client-id",
        "7h2k9m4p1q8r",
        "--callback-urls",
        "app://callback,http://localhost:9/",
    ];
    for command in ["apply", "verify"] {
        let words: Vec<&str> = [command].into_iter().chain(own).collect();
        assert_eq!(seeds(&words, &url).await, 0, "{command}");
    }
    let id = "7h2k9m4p1q8r".parse().unwrap();
    let client = world.store.load_client(&id).await.unwrap().unwrap();
    assert_eq!(
        client.redirect_uris,
        ["app://callback", "http://localhost:9/"]
    );
    assert!(client.public && client.active);
    assert_eq!(seeds(&["apply", "--client-id", "no id"], &url).await, 2);
}
