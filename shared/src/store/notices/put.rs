//! Puts of single items: if absent, or on the version seen. A repeat after a lost reply
//! finds what it put and counts as done.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use crate::host::clock::Deadline;
use crate::store::client::attempts::Attempts;
use crate::store::client::read::READ_DEADLINE;
use crate::store::client::work::{Kind, WITH_CAPACITY};
use crate::store::schema::item::Item;
use crate::store::schema::keys::Key;
use crate::store::{Store, StoreError};

/// What must stand under a key for a put to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Expected {
    /// Nothing.
    Absent,
    /// An item of this version.
    Version(u64),
}

impl Store {
    /// Puts an item. None if it stands now; otherwise what stands instead, which is
    /// empty if nothing does.
    pub(in crate::store) async fn put_alone(
        &self,
        key: &Key,
        item: Item,
        expected: Expected,
    ) -> Result<Option<Item>, StoreError> {
        let request = self
            .client
            .put_item()
            .table_name(self.tables.name(key.table))
            .set_item(Some(item.clone()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(WITH_CAPACITY);
        let request = match expected {
            Expected::Absent => request.condition_expression("attribute_not_exists(pk)"),
            Expected::Version(seen) => request
                .condition_expression("version = :seen")
                .expression_attribute_values(":seen", AttributeValue::N(seen.to_string())),
        };
        let mut attempts = Attempts::until(Deadline::after(READ_DEADLINE));
        let answered = attempts.until_answered(self, || {
            let request = request.clone();
            async move {
                match request.send().await {
                    Ok(output) => Ok(Ok(output)),
                    // A failed condition is an answer.
                    Err(error) => match error.as_service_error() {
                        Some(PutItemError::ConditionalCheckFailedException(stands)) => {
                            Ok(Err(stands.item.clone().unwrap_or_default()))
                        }
                        _ => Err(error),
                    },
                }
            }
        });
        match answered.await? {
            Ok(output) => {
                self.work.consumed(Kind::Write, output.consumed_capacity());
                Ok(None)
            }
            Err(stands) if stands == item => Ok(None),
            Err(stands) => Ok(Some(stands)),
        }
    }
}
