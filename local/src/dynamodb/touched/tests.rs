//! What requests touch, on a table with an index that is sparse.

use super::*;
use crate::dynamodb::InProcessDynamoDb;
use aws_sdk_dynamodb::types::AttributeValue;

fn world() -> InProcessDynamoDb {
    let engine = Engine::from(super::super::open(None).unwrap());
    let text = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
    let schema = |hash: &str, range: &str| {
        json!([
            {"AttributeName": hash, "KeyType": "HASH"},
            {"AttributeName": range, "KeyType": "RANGE"},
        ])
    };
    let attributes = ["pk", "sk", "state", "at"].map(text);
    let request = json!({
        "TableName": "things",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes,
        "KeySchema": schema("pk", "sk"),
        "GlobalSecondaryIndexes": [{
            "IndexName": "by-state",
            "KeySchema": schema("state", "at"),
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["shown"]},
        }],
    });
    let created = engine.run("CreateTable", request);
    assert_eq!(created.status, 200, "{}", created.body);
    InProcessDynamoDb::new(engine)
}

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// Puts the item `a` with these attributes; the writes, as `index/key count`.
async fn put(dynamodb: &InProcessDynamoDb, attributes: &[(&str, &str)]) -> Vec<String> {
    dynamodb.touched().start();
    let request = dynamodb.client().put_item().table_name("things");
    let mut request = request.item("pk", s("a")).item("sk", s("x"));
    for (name, value) in attributes {
        request = request.item(*name, s(value));
    }
    request.send().await.unwrap();
    lines(&dynamodb.touched().stop().writes)
}

fn lines(counts: &BTreeMap<Partition, u64>) -> Vec<String> {
    let line = |(partition, count): (&Partition, &u64)| {
        let index = partition.index.as_deref().unwrap_or_default();
        format!("{index}/{} {count}", partition.key)
    };
    counts.iter().map(line).collect()
}

#[tokio::test]
async fn a_write_touches_the_rows_of_indexes_that_it_changes_and_no_others() {
    let dynamodb = world();
    assert_eq!(put(&dynamodb, &[("other", "1")]).await, ["/a 1"]);
    let open = [("state", "open"), ("at", "1")];
    assert_eq!(put(&dynamodb, &open).await, ["/a 1", "by-state/open 1"]);
    let hidden = [&open[..], &[("other", "2")]].concat();
    assert_eq!(put(&dynamodb, &hidden).await, ["/a 1"]);
    let shown = [&open[..], &[("shown", "2")]].concat();
    assert_eq!(put(&dynamodb, &shown).await, ["/a 1", "by-state/open 1"]);
    let later = [("state", "open"), ("at", "2")];
    assert_eq!(put(&dynamodb, &later).await, ["/a 1", "by-state/open 2"]);
    let shut = [("state", "shut"), ("at", "2")];
    let moved = ["/a 1", "by-state/open 1", "by-state/shut 1"];
    assert_eq!(put(&dynamodb, &shut).await, moved);
    assert_eq!(put(&dynamodb, &[]).await, ["/a 1", "by-state/shut 1"]);
}

#[tokio::test]
async fn reads_are_counted_by_item_and_queries_by_what_they_ask() {
    let dynamodb = world();
    put(&dynamodb, &[("state", "open"), ("at", "1")]).await;
    let client = dynamodb.client();
    dynamodb.touched().start();
    let get = client.get_item().table_name("things");
    get.key("pk", s("a"))
        .key("sk", s("x"))
        .send()
        .await
        .unwrap();
    let query = client.query().table_name("things").index_name("by-state");
    let query = query.key_condition_expression("#state = :state");
    let query = query.expression_attribute_names("#state", "state");
    let query = query.expression_attribute_values(":state", s("open"));
    query.send().await.unwrap();
    client.scan().table_name("things").send().await.unwrap();
    let touched = dynamodb.touched().stop();
    assert_eq!(lines(&touched.reads), ["/a 1", "by-state/open 1"]);
    assert!(touched.writes.is_empty());
    let get = client.get_item().table_name("things");
    get.key("pk", s("a"))
        .key("sk", s("x"))
        .send()
        .await
        .unwrap();
    assert_eq!(dynamodb.touched().stop(), TouchedSnapshot::default());
}
