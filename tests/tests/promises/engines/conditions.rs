//! Conditions and updates of one item.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::{TABLE, client, code, n, put, s, version};

#[tokio::test]
async fn a_failed_condition_writes_nothing_and_returns_the_item_as_it_is() {
    let client = client().await;
    put(&client, "a", "1").send().await.unwrap();
    let again = put(&client, "a", "2").condition_expression("attribute_not_exists(pk)");
    let again =
        again.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let error = again.send().await.unwrap_err().into_service_error();
    let failed = match error {
        aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(
            failed,
        ) => failed,
        other => panic!("{other:?}"),
    };
    assert_eq!(failed.item().unwrap()["version"], n("1"));
    assert_eq!(version(&client, "a").await.as_deref(), Some("1"));
}

#[tokio::test]
async fn a_comparison_with_what_is_not_there_is_false() {
    let client = client().await;
    for (condition, is_met) in [
        ("version = :it", false),
        ("attribute_not_exists(pk)", true),
        ("attribute_not_exists(pk) OR version = :it", true),
        ("version = :it OR attribute_not_exists(pk)", true),
        ("version < :it", false),
        ("version <> :it", true),
        ("NOT version = :it", true),
    ] {
        let put = put(&client, "absent", "1").condition_expression(condition);
        let put = match condition.contains(":it") {
            true => put.expression_attribute_values(":it", n("1")),
            false => put,
        };
        let answer = put.send().await;
        assert_eq!(answer.is_ok(), is_met, "{condition}: {answer:?}");
        if is_met {
            let gone = client.delete_item().table_name(TABLE);
            let gone = gone.key("pk", s("X")).key("sk", s("absent"));
            gone.send().await.unwrap();
        }
    }
}

#[tokio::test]
async fn numbers_are_compared_as_numbers_and_keep_38_digits() {
    let client = client().await;
    let long = "99999999999999999999999999999999999999";
    for (kept, same) in [("1", "1.0"), ("1.50", "1.5"), ("100", "1E2"), (long, long)] {
        put(&client, "n", kept).send().await.unwrap();
        let check = put(&client, "n", kept).condition_expression("version = :seen");
        let check = check.expression_attribute_values(":seen", n(same));
        check
            .send()
            .await
            .unwrap_or_else(|_| panic!("{kept} is {same}"));
    }
    assert_eq!(version(&client, "n").await.as_deref(), Some(long));
    let longer = put(&client, "n", &format!("{long}9")).send().await;
    assert_eq!(code(longer), "ValidationException");
    // A text is no number.
    let check = put(&client, "n", "1").condition_expression("version = :seen");
    let check = check.expression_attribute_values(":seen", s(long));
    assert_eq!(code(check.send().await), "ConditionalCheckFailedException");
}

#[tokio::test]
async fn an_addition_begins_at_zero_and_is_returned() {
    let client = client().await;
    for expected in ["1", "2"] {
        let update = client.update_item().table_name(TABLE);
        let update = update.key("pk", s("X")).key("sk", s("count"));
        let update = update
            .update_expression("ADD calls :one SET expires_at = :end")
            .expression_attribute_values(":one", n("1"))
            .expression_attribute_values(":end", n("2000000000"))
            .return_values(ReturnValue::UpdatedNew);
        let counted = update.send().await.unwrap().attributes.unwrap();
        assert_eq!(counted["calls"], n(expected));
    }
}

#[tokio::test]
async fn a_place_in_a_map_that_is_not_there_cannot_be_set() {
    let client = client().await;
    put(&client, "flat", "1").send().await.unwrap();
    let update = |expression: &str, value: AttributeValue| {
        let update = client.update_item().table_name(TABLE);
        let update = update.key("pk", s("X")).key("sk", s("flat"));
        let update = update.update_expression(expression);
        update.expression_attribute_values(":it", value).send()
    };
    let nowhere = update("SET note.reason = :it", s("x")).await;
    assert_eq!(code(nowhere), "ValidationException");
    update("SET note = :it", AttributeValue::M([].into()))
        .await
        .unwrap();
    update("SET note.reason = :it", s("x")).await.unwrap();
}

#[tokio::test]
async fn a_reserved_word_is_no_name_and_an_unused_value_is_an_error() {
    let client = client().await;
    let reserved = put(&client, "r", "1").condition_expression("status = :it");
    let reserved = reserved.expression_attribute_values(":it", s("x"));
    assert_eq!(code(reserved.send().await), "ValidationException");
    let unused = put(&client, "r", "1").condition_expression("attribute_not_exists(pk)");
    let unused = unused.expression_attribute_values(":it", s("x"));
    assert_eq!(code(unused.send().await), "ValidationException");
    let undefined = put(&client, "r", "1").condition_expression("version = :it");
    assert_eq!(code(undefined.send().await), "ValidationException");
    assert_eq!(version(&client, "r").await, None);
}
