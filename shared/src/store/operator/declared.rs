//! Whether a deployed table is as `infra/data.yaml` declares it: key, indexes, stream and
//! expiry. It reads descriptions, never an item.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::types::{
    IndexStatus, KeySchemaElement, StreamViewType, TableDescription, TableStatus, TimeToLiveStatus,
};

use crate::store::client::failure::classify;
use crate::store::schema::keys::{EXPIRES_AT, INDEXES, PRIMARY_KEY, STREAMED, Table};
use crate::store::{Store, StoreError};

/// How a table was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundTable {
    /// Its name in this deployment.
    pub name: String,
    /// What is not as declared, each a phrase; empty if nothing is.
    pub problems: Vec<String>,
    /// The `Date` header of DynamoDB's answer; none from an engine in process.
    pub date: Option<String>,
}

impl Store {
    /// Compares a table with its declaration, in two requests.
    ///
    /// # Errors
    ///
    /// [`StoreError::Rejected`] if there is no such table, or it may not be described.
    pub async fn check_declared(&self, table: Table) -> Result<FoundTable, StoreError> {
        let name = self.tables.name(table);
        let seen = DateSeen::default();
        let described = self.client.describe_table().table_name(name).customize();
        let described = described.interceptor(seen.clone()).send().await;
        let described = described.map_err(|error| classify(&self.work, &error))?;
        let mut problems = match described.table() {
            Some(found) => differences(table, found),
            None => vec!["is not described".to_string()],
        };
        let expiry = self.client.describe_time_to_live().table_name(name).send();
        let expiry = expiry.await.map_err(|error| classify(&self.work, &error))?;
        let is_expiring = expiry.time_to_live_description().is_some_and(|found| {
            let status = found.time_to_live_status();
            found.attribute_name() == Some(EXPIRES_AT)
                && status.is_some_and(|it| {
                    matches!(it, TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)
                })
        });
        if !is_expiring {
            problems.push(format!("has no expiry by {EXPIRES_AT}"));
        }
        Ok(FoundTable {
            name: name.to_string(),
            problems,
            date: seen.taken(),
        })
    }
}

fn differences(table: Table, found: &TableDescription) -> Vec<String> {
    let mut problems = Vec::new();
    match found.table_status() {
        Some(TableStatus::Active | TableStatus::Updating) => {}
        other => problems.push(format!("is {}", other.map_or("?", TableStatus::as_str))),
    }
    if keys_of(found.key_schema()) != PRIMARY_KEY {
        problems.push("has another primary key".to_string());
    }
    for index in INDEXES.iter().filter(|index| index.table == table) {
        let mut all = found.global_secondary_indexes().iter();
        let Some(there) = all.find(|it| it.index_name() == Some(index.name)) else {
            problems.push(format!("lacks the index {}", index.name));
            continue;
        };
        // An emulator may state none; DynamoDB always does.
        match there.index_status() {
            Some(IndexStatus::Active | IndexStatus::Updating) | None => {}
            Some(other) => problems.push(format!("its index {} is {}", index.name, other.as_str())),
        }
        if keys_of(there.key_schema()) != index.keys {
            problems.push(format!("its index {} has other keys", index.name));
        }
    }
    let stream = found.stream_specification();
    let has_images = stream.is_some_and(|stream| {
        stream.stream_enabled() && stream.stream_view_type() == Some(&StreamViewType::NewImage)
    });
    if STREAMED.contains(&table) && !has_images {
        problems.push("has no stream of new images".to_string());
    }
    problems
}

fn keys_of(schema: &[KeySchemaElement]) -> Vec<&str> {
    schema
        .iter()
        .map(KeySchemaElement::attribute_name)
        .collect()
}

/// The `Date` header of the answer to a request.
#[derive(Clone, Debug, Default)]
struct DateSeen(Arc<Mutex<Option<String>>>);

impl DateSeen {
    fn taken(&self) -> Option<String> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.take()
    }
}

impl Intercept for DateSeen {
    fn name(&self) -> &'static str {
        "DateSeen"
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = date.map(str::to_string);
        Ok(())
    }
}
