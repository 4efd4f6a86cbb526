//! Tests operations, faults and holds through the typed SDK client.

use super::{Fault, InProcessDynamoDb};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnConsumedCapacity, TransactWriteItem};
use serde_json::json;
use std::time::Duration;

const TABLE: &str = "things";

fn world() -> (InProcessDynamoDb, Client) {
    let dynamodb = InProcessDynamoDb::new(crate::dynamodb::open(None).unwrap());
    let created = dynamodb.engine().run(
        "CreateTable",
        json!({
            "TableName": TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        }),
    );
    assert_eq!(created.status, 200, "{created:?}");
    let client = dynamodb.client();
    (dynamodb, client)
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

async fn is_there(client: &Client, key: &str) -> bool {
    let found = client
        .get_item()
        .table_name(TABLE)
        .key("pk", text(key))
        .send()
        .await
        .unwrap();
    found.item.is_some()
}

fn put(key: &str) -> TransactWriteItem {
    let put = Put::builder().table_name(TABLE).item("pk", text(key));
    let put = put
        .condition_expression("attribute_not_exists(pk)")
        .build()
        .unwrap();
    TransactWriteItem::builder().put(put).build()
}

#[tokio::test]
async fn a_fault_does_what_it_is_named_for() {
    #[derive(Debug, PartialEq)]
    enum Seen {
        Connection,
        Code(u16, &'static str),
    }
    let throttled = "ProvisionedThroughputExceededException";
    let cases = [
        (Fault::NotSent, Seen::Connection, false, 0),
        (Fault::LostReply, Seen::Connection, true, 1),
        (
            Fault::ServerErrorAfterApply,
            Seen::Code(500, "InternalServerError"),
            true,
            1,
        ),
        (
            Fault::ServerError,
            Seen::Code(500, "InternalServerError"),
            false,
            1,
        ),
        (Fault::Throttled, Seen::Code(400, throttled), false, 1),
    ];
    for (fault, expected, applied, counted) in cases {
        let (dynamodb, client) = world();
        dynamodb.faults().push("PutItem", fault);
        let write = || client.put_item().table_name(TABLE).item("pk", text("a"));
        let error = write().send().await.unwrap_err();
        let seen = match &error {
            SdkError::DispatchFailure(failure) if failure.is_io() => Seen::Connection,
            SdkError::ServiceError(service) => {
                let code = match service.err().code() {
                    Some("InternalServerError") => "InternalServerError",
                    Some("ProvisionedThroughputExceededException") => throttled,
                    other => panic!("{fault:?}: {other:?}"),
                };
                Seen::Code(service.raw().status().as_u16(), code)
            }
            other => panic!("{fault:?}: {other:?}"),
        };
        assert_eq!(seen, expected, "{fault:?}");
        let requests = dynamodb.meter().snapshot().total.requests;
        assert_eq!(requests, counted, "{fault:?}");
        assert_eq!(is_there(&client, "a").await, applied, "{fault:?}");
        assert_eq!(dynamodb.faults().unused(), 0);
        write().send().await.unwrap();
    }
}

#[tokio::test]
async fn a_transaction_conflict_names_the_first_item_and_applies_nothing() {
    let (dynamodb, client) = world();
    dynamodb
        .faults()
        .push("TransactWriteItems", Fault::TransactionConflict);
    let write = || {
        client
            .transact_write_items()
            .transact_items(put("a"))
            .transact_items(put("b"))
    };
    let error = write().send().await.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError::TransactionCanceledException(
        cancelled,
    ) = error
    else {
        panic!("{error:?}");
    };
    let codes: Vec<_> = cancelled
        .cancellation_reasons()
        .iter()
        .map(|reason| reason.code().unwrap())
        .collect();
    assert_eq!(codes, ["TransactionConflict", "None"]);
    assert!(!is_there(&client, "a").await);
    write().send().await.unwrap();
    assert!(is_there(&client, "b").await);
}

#[tokio::test]
async fn a_transaction_repeated_with_its_token_after_a_lost_reply_applies_once() {
    let (dynamodb, client) = world();
    dynamodb
        .faults()
        .push("TransactWriteItems", Fault::LostReply);
    let write = || client.transact_write_items().transact_items(put("a"));
    assert!(write().client_request_token("token").send().await.is_err());
    write().client_request_token("token").send().await.unwrap();
    assert!(
        write()
            .client_request_token("another")
            .send()
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_real_refusal_carries_its_reasons_and_items() {
    let (dynamodb, client) = world();
    client
        .transact_write_items()
        .transact_items(put("a"))
        .send()
        .await
        .unwrap();
    dynamodb.meter().reset();
    let write = client
        .transact_write_items()
        .transact_items(put("b"))
        .transact_items(put("a"));
    let error = write.send().await.unwrap_err();
    assert_eq!(error.code(), Some("TransactionCanceledException"));
    assert!(!is_there(&client, "b").await);
    let counted = dynamodb.meter().snapshot().operations["TransactWriteItems"];
    assert_eq!((counted.requests, counted.write_units.half_units()), (1, 0));

    let write = client
        .put_item()
        .table_name(TABLE)
        .item("pk", text("a"))
        .item("n", text("new"));
    let write = write.condition_expression("attribute_not_exists(pk)");
    let write = write.return_values_on_condition_check_failure("ALL_OLD".into());
    let error = write.send().await.unwrap_err().into_service_error();
    let aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(
        failed,
    ) = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(failed.item.unwrap()["pk"], text("a"));
}

#[tokio::test]
async fn a_hanging_request_ends_with_the_callers_patience_and_applies_nothing() {
    let (dynamodb, client) = world();
    dynamodb.faults().push("PutItem", Fault::Hang);
    let write = client
        .put_item()
        .table_name(TABLE)
        .item("pk", text("a"))
        .send();
    assert!(
        tokio::time::timeout(Duration::from_millis(20), write)
            .await
            .is_err()
    );
    assert!(!is_there(&client, "a").await);
}

#[tokio::test]
async fn a_held_request_waits_before_it_is_applied_while_others_pass() {
    let (dynamodb, client) = world();
    let held = dynamodb.faults().hold("PutItem");
    let first = client
        .put_item()
        .table_name(TABLE)
        .item("pk", text("first"));
    let first = tokio::spawn(first.send());
    assert!(held.reached().await);
    client
        .put_item()
        .table_name(TABLE)
        .item("pk", text("second"))
        .send()
        .await
        .unwrap();
    assert!(!is_there(&client, "first").await);
    assert!(is_there(&client, "second").await);
    held.release();
    first.await.unwrap().unwrap();
    assert!(is_there(&client, "first").await);

    drop(dynamodb.faults().hold("PutItem"));
    client
        .put_item()
        .table_name(TABLE)
        .item("pk", text("third"))
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn the_meter_counts_without_the_caller_noticing() {
    let (dynamodb, client) = world();
    let reply = client
        .put_item()
        .table_name(TABLE)
        .item("pk", text("a"))
        .send()
        .await
        .unwrap();
    assert!(reply.consumed_capacity.is_none());
    let read = || client.get_item().table_name(TABLE).key("pk", text("a"));
    read().send().await.unwrap();
    read().consistent_read(true).send().await.unwrap();
    let asked = read()
        .return_consumed_capacity(ReturnConsumedCapacity::Total)
        .send()
        .await
        .unwrap();
    assert_eq!(asked.consumed_capacity.unwrap().capacity_units, Some(0.5));
    client
        .transact_write_items()
        .transact_items(put("b"))
        .send()
        .await
        .unwrap();
    client.list_tables().send().await.unwrap();
    assert_eq!(
        serde_json::to_value(dynamodb.meter().snapshot()).unwrap(),
        json!({
            "requests": 5, "readUnits": 2.0, "writeUnits": 3.0,
            "operations": {
                "GetItem": {"requests": 3, "readUnits": 2.0, "writeUnits": 0.0},
                "PutItem": {"requests": 1, "readUnits": 0.0, "writeUnits": 1.0},
                "TransactWriteItems": {"requests": 1, "readUnits": 0.0, "writeUnits": 2.0},
            },
        })
    );
}

#[tokio::test]
async fn batches_updates_and_transactional_reads_reach_the_database() {
    use aws_sdk_dynamodb::types::{
        Get, KeysAndAttributes, PutRequest, TransactGetItem, WriteRequest,
    };
    let (_, client) = world();
    let batch = PutRequest::builder().item("pk", text("a")).build().unwrap();
    let batch = WriteRequest::builder().put_request(batch).build();
    client
        .batch_write_item()
        .request_items(TABLE, vec![batch])
        .send()
        .await
        .unwrap();
    let update = client.update_item().table_name(TABLE).key("pk", text("a"));
    let update = update.update_expression("ADD n :one");
    let update = update.expression_attribute_values(":one", AttributeValue::N("1".to_owned()));
    update.send().await.unwrap();
    let keys = KeysAndAttributes::builder()
        .keys([("pk".to_owned(), text("a"))].into())
        .build()
        .unwrap();
    let got = client
        .batch_get_item()
        .request_items(TABLE, keys)
        .send()
        .await
        .unwrap();
    assert_eq!(got.responses.unwrap()[TABLE].len(), 1);
    let get = Get::builder()
        .table_name(TABLE)
        .key("pk", text("a"))
        .build()
        .unwrap();
    let get = TransactGetItem::builder().get(get).build();
    let got = client
        .transact_get_items()
        .transact_items(get)
        .send()
        .await
        .unwrap();
    assert_eq!(
        got.responses()[0].item().unwrap()["n"],
        AttributeValue::N("1".to_owned())
    );
}

#[tokio::test]
async fn queries_scans_and_deletions_reach_the_database() {
    let (_, client) = world();
    client
        .put_item()
        .table_name(TABLE)
        .item("pk", text("a"))
        .send()
        .await
        .unwrap();
    let query = client
        .query()
        .table_name(TABLE)
        .key_condition_expression("pk = :pk");
    let query = query.expression_attribute_values(":pk", text("a"));
    assert_eq!(query.send().await.unwrap().count, 1);
    assert_eq!(
        client.scan().table_name(TABLE).send().await.unwrap().count,
        1
    );
    client
        .delete_item()
        .table_name(TABLE)
        .key("pk", text("a"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        client.scan().table_name(TABLE).send().await.unwrap().count,
        0
    );
}

#[tokio::test]
async fn tables_can_be_described_and_mistakes_have_dynamodbs_names() {
    let (_, client) = world();
    let described = client
        .describe_table()
        .table_name(TABLE)
        .send()
        .await
        .unwrap();
    assert_eq!(described.table.unwrap().table_name.as_deref(), Some(TABLE));
    client
        .describe_time_to_live()
        .table_name(TABLE)
        .send()
        .await
        .unwrap();

    let unknown = client.list_backups().send().await.unwrap_err();
    assert_eq!(unknown.code(), Some("UnknownOperationException"));
    let wrong = client
        .describe_table()
        .table_name("x")
        .send()
        .await
        .unwrap_err();
    assert_eq!(wrong.code(), Some("ValidationException"));
    let missing = client
        .describe_table()
        .table_name("absent")
        .send()
        .await
        .unwrap_err();
    assert_eq!(missing.code(), Some("ResourceNotFoundException"));
}
