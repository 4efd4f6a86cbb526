//! Parts of transactions.

use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, TransactWriteItem};

use super::StoreError;
use super::items::Item;

/// A put under the condition that `put` carries. If the condition fails,
/// DynamoDB returns what is there, which is the answer and saves a read.
pub(crate) fn put(
    table: &str,
    put: PutBuilder,
    item: Item,
) -> Result<TransactWriteItem, StoreError> {
    let put = put
        .table_name(table)
        .set_item(Some(item))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build()
        .map_err(|error| StoreError::Rejected(error.to_string()))?;
    Ok(TransactWriteItem::builder().put(put).build())
}
