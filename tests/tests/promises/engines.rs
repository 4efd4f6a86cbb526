//! What the store relies on of DynamoDB, asked of whatever engine has the tables: the
//! embedded one, or with TABLES_AT another (`outside::dynamodb_local`). Each rule is one of
//! AWS's documentation, so that no promise depends on one engine's reading of it.

mod conditions;
mod limits;
mod reading;
mod transactions;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use tests::world;

/// The table that most rules are asked of.
const TABLE: &str = "credits";

/// Seeded tables.
async fn client() -> Client {
    world().await.dynamodb.client()
}

fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// A put of an item that has this number as its version.
fn put(client: &Client, sk: &str, version: &str) -> PutItemFluentBuilder {
    let put = client.put_item().table_name(TABLE);
    put.item("pk", s("X"))
        .item("sk", s(sk))
        .item("version", n(version))
}

/// The version of an item; none if there is no item.
async fn version(client: &Client, sk: &str) -> Option<String> {
    let get = client.get_item().table_name(TABLE).consistent_read(true);
    let got = get.key("pk", s("X")).key("sk", s(sk)).send().await;
    let item = got.unwrap().item?;
    Some(item["version"].as_n().unwrap().clone())
}

/// The code of an error that DynamoDB answered.
#[track_caller]
fn code<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(
    answer: Result<T, SdkError<E, R>>,
) -> String {
    let error = answer.unwrap_err();
    error.code().unwrap_or("no code").to_string()
}
