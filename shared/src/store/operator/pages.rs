//! Pages that only audits read: a user's entries by time, and a user's items of the
//! billing table.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::domain::UserId;
use crate::store::client::pages::{Page, QueryBuilder};
use crate::store::client::work::WITH_CAPACITY;
use crate::store::schema::item::Item;
use crate::store::schema::keys::{ENTRIES_BY_TIME, Table};
use crate::store::{Store, StoreError};

impl Store {
    /// A page of the keys of a user's entries, in order of time. The index is
    /// eventually consistent.
    pub(crate) async fn entry_keys_by_time(
        &self,
        user_id: &UserId,
        limit: i32,
        start: Option<Item>,
    ) -> Result<Page, StoreError> {
        let request = self
            .client
            .query()
            .table_name(self.tables.name(Table::Credits))
            .index_name(ENTRIES_BY_TIME.name)
            .key_condition_expression("user_id = :user")
            .expression_attribute_values(":user", AttributeValue::S(user_id.to_string()))
            .projection_expression("pk, sk")
            .limit(limit)
            .set_exclusive_start_key(start)
            .return_consumed_capacity(WITH_CAPACITY);
        self.send_query(request).await
    }

    /// Whether the index of billing by user has any item of a user.
    pub(crate) async fn has_billing(&self, user_id: &UserId) -> Result<bool, StoreError> {
        let request = self.billing_query(user_id, None).limit(1);
        Ok(!self.send_query(request).await?.items.is_empty())
    }

    /// A page of a user's items of the billing table.
    pub(crate) async fn billing_page(
        &self,
        user_id: &UserId,
        limit: i32,
        start: Option<Item>,
    ) -> Result<Page, StoreError> {
        let request = self.billing_query(user_id, start).limit(limit);
        self.send_query(request).await
    }

    fn billing_query(&self, user_id: &UserId, start: Option<Item>) -> QueryBuilder {
        self.client
            .query()
            .table_name(self.tables.name(Table::Billing))
            .index_name("billing-by-user")
            .key_condition_expression("user_id = :user")
            .expression_attribute_values(":user", AttributeValue::S(user_id.to_string()))
            .set_exclusive_start_key(start)
            .return_consumed_capacity(WITH_CAPACITY)
    }
}
