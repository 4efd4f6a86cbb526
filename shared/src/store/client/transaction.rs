//! Transactions: building their parts, and sending one until DynamoDB confirms or
//! refuses it.

#[cfg(feature = "operator")]
use std::collections::HashMap;

#[cfg(feature = "operator")]
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::builders::{ConditionCheckBuilder, PutBuilder, UpdateBuilder};
use aws_sdk_dynamodb::types::{
    CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem,
};

use crate::host::clock::Deadline;
use crate::store::client::attempts::Attempts;
use crate::store::client::failure::{Cancelled, classify_transaction};
use crate::store::client::work::{Kind, WITH_CAPACITY};
use crate::store::schema::items::{Item, key_attributes};
use crate::store::schema::keys::Key;
use crate::store::{Store, StoreError};

/// If a condition fails, DynamoDB returns the existing item. That is the answer and
/// saves a read.
const OLD_ITEM: ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure::AllOld;

/// A put with the condition that `put` carries.
pub(crate) fn put(
    table: &str,
    put: PutBuilder,
    item: Item,
) -> Result<TransactWriteItem, StoreError> {
    let put = put
        .table_name(table)
        .set_item(Some(item))
        .return_values_on_condition_check_failure(OLD_ITEM)
        .build()
        .map_err(|error| StoreError::Rejected(error.to_string()))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

/// The condition that an item still is exactly as it was read.
#[cfg(feature = "operator")]
#[derive(Debug)]
pub(crate) struct AsRead {
    pub(crate) condition: String,
    pub(crate) names: HashMap<String, String>,
    pub(crate) values: HashMap<String, AttributeValue>,
}

#[cfg(feature = "operator")]
impl AsRead {
    /// Of this item.
    pub(crate) fn of(item: &Item) -> Self {
        let (mut names, mut values) = (HashMap::new(), HashMap::new());
        let mut conditions = Vec::new();
        for (number, (name, value)) in item.iter().enumerate() {
            names.insert(format!("#a{number}"), name.clone());
            values.insert(format!(":a{number}"), value.clone());
            conditions.push(format!("#a{number} = :a{number}"));
        }
        AsRead {
            condition: conditions.join(" AND "),
            names,
            values,
        }
    }
}

/// The outcome of a transaction.
#[derive(Debug)]
pub(crate) enum Transacted {
    /// All parts are written.
    Committed,
    /// A condition failed and nothing is written; one reason per part, in order.
    Refused(Vec<CancellationReason>),
}

impl Store {
    /// Sends a transaction until its outcome is known. With a `token`, a repeat after a
    /// lost reply succeeds; without one, the transaction's own conditions refuse the
    /// repeat.
    pub(crate) async fn transact(
        &self,
        parts: &[TransactWriteItem],
        token: Option<String>,
        deadline: Deadline,
    ) -> Result<Transacted, StoreError> {
        let mut attempts = Attempts::until(deadline);
        loop {
            let request = self.client.transact_write_items();
            let request = request
                .set_transact_items(Some(parts.to_vec()))
                .set_client_request_token(token.clone())
                .return_consumed_capacity(WITH_CAPACITY);
            self.work.asked();
            let error = match request.send().await {
                Ok(output) => {
                    self.work.consumed(Kind::Write, output.consumed_capacity());
                    return Ok(Transacted::Committed);
                }
                Err(error) => error,
            };
            match classify_transaction(&self.work, error) {
                Cancelled::Conditions(reasons) => return Ok(Transacted::Refused(reasons)),
                Cancelled::Failed(failure) => attempts.pause(self, failure).await?,
            }
        }
    }

    /// A put that requires the item to be absent.
    pub(crate) fn put_new(&self, key: &Key, item: Item) -> Result<TransactWriteItem, StoreError> {
        let condition = Put::builder().condition_expression("attribute_not_exists(pk)");
        put(self.tables.name(key.table), condition, item)
    }

    /// A condition check, without a write.
    pub(crate) fn check(
        &self,
        key: &Key,
        check: ConditionCheckBuilder,
    ) -> Result<TransactWriteItem, StoreError> {
        let check = check
            .table_name(self.tables.name(key.table))
            .set_key(Some(key_attributes(key)))
            .return_values_on_condition_check_failure(OLD_ITEM)
            .build()
            .map_err(|error| StoreError::Rejected(error.to_string()))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// An update with the condition that `update` carries.
    pub(crate) fn update(
        &self,
        key: &Key,
        update: UpdateBuilder,
    ) -> Result<TransactWriteItem, StoreError> {
        let update = update
            .table_name(self.tables.name(key.table))
            .set_key(Some(key_attributes(key)))
            .return_values_on_condition_check_failure(OLD_ITEM)
            .build()
            .map_err(|error| StoreError::Rejected(error.to_string()))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}
