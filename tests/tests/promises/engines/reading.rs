//! Queries, indexes, pages and batches.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::KeysAndAttributes;

use super::{TABLE, client, code, put, s};

const INDEX: &str = "entries-by-time";

/// Items with the keys of the index, and one that has but one of them.
async fn entries(client: &Client) {
    for (sk, at) in [("c", "3"), ("a", "1"), ("b", "2"), ("d", "4")] {
        let put = put(client, sk, at).item("user_id", s("u"));
        let put = put.item("at_seq", s(at)).item("kind", s("charge"));
        put.item("private", s("not projected"))
            .send()
            .await
            .unwrap();
    }
    put(client, "e", "5")
        .item("user_id", s("u"))
        .send()
        .await
        .unwrap();
}

fn of_user(client: &Client) -> QueryFluentBuilder {
    let query = client.query().table_name(TABLE).index_name(INDEX);
    let query = query.key_condition_expression("user_id = :user");
    query.expression_attribute_values(":user", s("u"))
}

/// The sort keys that a query finds, page by page, and how many pages.
async fn found(query: QueryFluentBuilder) -> (Vec<String>, usize) {
    let (mut all, mut pages, mut from) = (Vec::new(), 0, None);
    loop {
        let page = query.clone().set_exclusive_start_key(from).send().await;
        let page = page.unwrap();
        let items = page.items.unwrap_or_default();
        all.extend(items.iter().map(|item| item["sk"].as_s().unwrap().clone()));
        (pages, from) = (pages + 1, page.last_evaluated_key);
        if from.is_none() {
            return (all, pages);
        }
    }
}

#[tokio::test]
async fn an_index_has_the_items_with_both_its_keys_in_the_order_of_the_second() {
    let client = client().await;
    entries(&client).await;
    let (forwards, _) = found(of_user(&client)).await;
    assert_eq!(forwards, ["a", "b", "c", "d"]);
    let (backwards, _) = found(of_user(&client).scan_index_forward(false)).await;
    assert_eq!(backwards, ["d", "c", "b", "a"]);
    let items = of_user(&client).send().await.unwrap().items.unwrap();
    assert!(items[0].contains_key("kind"));
    assert!(!items[0].contains_key("private"));
    let consistent = of_user(&client).consistent_read(true).send().await;
    assert_eq!(code(consistent), "ValidationException");
}

#[tokio::test]
async fn pages_continue_where_they_ended_and_a_filter_comes_after_the_limit() {
    let client = client().await;
    entries(&client).await;
    for limit in 1..=3 {
        let (all, pages) = found(of_user(&client).limit(limit)).await;
        assert_eq!(all, ["a", "b", "c", "d"], "{limit}");
        // A full last page names one more, which is empty.
        let full = 4 / limit as usize + 1;
        assert_eq!(pages, full, "{limit}");
    }
    let filtered = of_user(&client)
        .limit(2)
        .filter_expression("kind = :it")
        .expression_attribute_values(":it", s("grant"));
    let first = filtered.clone().send().await.unwrap();
    assert_eq!((first.count, first.scanned_count), (0, 2));
    assert!(first.last_evaluated_key.is_some());
}

#[tokio::test]
async fn keys_are_ordered_by_their_bytes_and_ranges_include_their_ends() {
    let client = client().await;
    for sk in ["B", "a", "Z", "é", "a#", "aa"] {
        put(&client, sk, "1").send().await.unwrap();
    }
    let query = |condition: &str, values: &[(&str, &str)]| {
        let query = client.query().table_name(TABLE);
        let query = query.key_condition_expression(format!("pk = :pk{condition}"));
        let query = query.expression_attribute_values(":pk", s("X"));
        values.iter().fold(query, |query, (name, value)| {
            query.expression_attribute_values(*name, s(*value))
        })
    };
    let (all, _) = found(query("", &[])).await;
    assert_eq!(all, ["B", "Z", "a", "a#", "aa", "é"]);
    let (between, _) = found(query(
        " AND sk BETWEEN :a AND :b",
        &[(":a", "Z"), (":b", "a#")],
    ))
    .await;
    assert_eq!(between, ["Z", "a", "a#"]);
    let (prefixed, _) = found(query(" AND begins_with(sk, :a)", &[(":a", "a")])).await;
    assert_eq!(prefixed, ["a", "a#", "aa"]);
}

#[tokio::test]
async fn a_batch_finds_what_is_there_and_takes_each_key_once() {
    let client = client().await;
    put(&client, "there", "1").send().await.unwrap();
    let batch = |keys: &[&str]| {
        let keys = keys.iter().map(|sk| {
            let key = [("pk", s("X")), ("sk", s(*sk))];
            key.map(|(name, value)| (name.to_string(), value)).into()
        });
        let asked = KeysAndAttributes::builder().set_keys(Some(keys.collect()));
        let asked = asked.consistent_read(true).build().unwrap();
        client.batch_get_item().request_items(TABLE, asked).send()
    };
    let got = batch(&["there", "absent"]).await.unwrap();
    assert_eq!(got.responses.unwrap()[TABLE].len(), 1);
    assert!(got.unprocessed_keys.unwrap_or_default().is_empty());
    assert_eq!(
        code(batch(&["there", "there"]).await),
        "ValidationException"
    );
    let many: Vec<String> = (0..101).map(|number| number.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    batch(&many[..100]).await.unwrap();
    assert_eq!(code(batch(&many).await), "ValidationException");
}
