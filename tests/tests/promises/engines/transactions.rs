//! Transactions: all or nothing, why not, and once.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::transact_write_items::builders::TransactWriteItemsFluentBuilder;
use aws_sdk_dynamodb::types::{
    CancellationReason, ConditionCheck, Get, Put, ReturnValuesOnConditionCheckFailure,
    TransactGetItem, TransactWriteItem, Update,
};

use super::{TABLE, client, code, n, put, s, version};

const OLD: ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure::AllOld;

/// A put with a condition: on the version, or that there is nothing.
fn part(sk: &str, new: &str, seen: Option<&str>) -> TransactWriteItem {
    let put = Put::builder().table_name(TABLE);
    let put = put.item("pk", s("X")).item("sk", s(sk));
    let put = put.item("version", n(new));
    let put = match seen {
        None => put.condition_expression("attribute_not_exists(pk)"),
        Some(seen) => put
            .condition_expression("version = :seen")
            .expression_attribute_values(":seen", n(seen)),
    };
    let put = put.return_values_on_condition_check_failure(OLD);
    TransactWriteItem::builder()
        .put(put.build().unwrap())
        .build()
}

fn transaction(client: &Client, parts: Vec<TransactWriteItem>) -> TransactWriteItemsFluentBuilder {
    client
        .transact_write_items()
        .set_transact_items(Some(parts))
}

/// Why a transaction was cancelled.
async fn reasons(client: &Client, parts: Vec<TransactWriteItem>) -> Vec<CancellationReason> {
    let error = transaction(client, parts).send().await.unwrap_err();
    match error.into_service_error() {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
            cancelled.cancellation_reasons().to_vec()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_cancelled_transaction_names_each_part_that_failed_and_returns_its_item() {
    let client = client().await;
    put(&client, "there", "7").send().await.unwrap();
    let parts = vec![
        part("new", "1", None),
        part("there", "8", None),
        part("absent", "2", Some("1")),
        part("there-not", "1", None),
    ];
    let reasons = reasons(&client, parts).await;
    let codes: Vec<_> = reasons.iter().map(|it| it.code().unwrap_or("")).collect();
    let failed = "ConditionalCheckFailed";
    assert_eq!(codes, ["None", failed, failed, "None"]);
    assert_eq!(reasons[1].item().unwrap()["version"], n("7"));
    for without in [0, 2, 3] {
        let item = reasons[without].item();
        assert!(
            item.is_none_or(|item| item.is_empty()),
            "{without}: {item:?}"
        );
    }
    for sk in ["new", "absent", "there-not"] {
        assert_eq!(version(&client, sk).await, None, "{sk}");
    }
    assert_eq!(version(&client, "there").await.as_deref(), Some("7"));
}

#[tokio::test]
async fn a_check_alone_cancels_the_writes_beside_it() {
    let client = client().await;
    let check = ConditionCheck::builder().table_name("users");
    let check = check.key("pk", s("X")).key("sk", s("x"));
    let check = check.condition_expression("attribute_exists(pk)").build();
    let check = TransactWriteItem::builder().condition_check(check.unwrap());
    let parts = vec![part("beside", "1", None), check.build()];
    let reasons = reasons(&client, parts).await;
    assert_eq!(reasons[0].code(), Some("None"));
    assert_eq!(reasons[1].code(), Some("ConditionalCheckFailed"));
    assert_eq!(version(&client, "beside").await, None);
}

#[tokio::test]
async fn a_token_makes_a_transaction_once_and_belongs_to_its_parts() {
    let client = client().await;
    let add = |by: &str| {
        let update = Update::builder().table_name(TABLE);
        let update = update.key("pk", s("X")).key("sk", s("sum"));
        let update = update.update_expression("ADD version :by");
        let update = update.expression_attribute_values(":by", n(by)).build();
        vec![TransactWriteItem::builder().update(update.unwrap()).build()]
    };
    for _ in 0..3 {
        let add = transaction(&client, add("1")).client_request_token("once");
        add.send().await.unwrap();
    }
    assert_eq!(version(&client, "sum").await.as_deref(), Some("1"));
    let other = transaction(&client, add("2")).client_request_token("once");
    assert_eq!(
        code(other.send().await),
        "IdempotentParameterMismatchException"
    );
    let twice = transaction(&client, add("2")).client_request_token("twice");
    twice.send().await.unwrap();
    assert_eq!(version(&client, "sum").await.as_deref(), Some("3"));
}

#[tokio::test]
async fn a_token_does_not_keep_a_cancelled_transaction() {
    let client = client().await;
    put(&client, "there", "1").send().await.unwrap();
    let parts = || vec![part("there", "2", Some("9"))];
    let first = transaction(&client, parts()).client_request_token("t");
    assert_eq!(code(first.send().await), "TransactionCanceledException");
    put(&client, "there", "9").send().await.unwrap();
    let again = transaction(&client, parts()).client_request_token("t");
    again.send().await.unwrap();
    assert_eq!(version(&client, "there").await.as_deref(), Some("2"));
}

#[tokio::test]
async fn two_parts_on_one_item_are_refused() {
    let client = client().await;
    let parts = vec![part("one", "1", None), part("one", "2", None)];
    let twice = transaction(&client, parts).send().await;
    // The documentation says that it is refused, and not how: engines differ.
    let codes = ["ValidationException", "TransactionCanceledException"];
    let code = code(twice);
    assert!(codes.contains(&code.as_str()), "{code}");
    assert_eq!(version(&client, "one").await, None);
}

#[tokio::test]
async fn a_transaction_reads_what_is_there_and_what_is_not() {
    let client = client().await;
    put(&client, "there", "7").send().await.unwrap();
    let get = |sk: &str| {
        let get = Get::builder().table_name(TABLE);
        let get = get.key("pk", s("X")).key("sk", s(sk)).build().unwrap();
        TransactGetItem::builder().get(get).build()
    };
    let got = client.transact_get_items();
    let got = got
        .transact_items(get("there"))
        .transact_items(get("absent"));
    let got = got.send().await.unwrap().responses.unwrap();
    assert_eq!(got[0].item().unwrap()["version"], n("7"));
    assert!(got[1].item().is_none_or(|item| item.is_empty()));
}
