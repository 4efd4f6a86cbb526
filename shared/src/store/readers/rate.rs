//! The rate counter: how many points of a limit a user took within one minute.
//!
//! The only item written outside a transaction. It guards no money, so it gets one
//! short attempt, and callers must let the call through on an error.

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use crate::domain::{Timestamp, UserId};
use crate::store::client::failure::classify;
use crate::store::client::work::{Kind, WITH_CAPACITY};
use crate::store::schema::items::{ItemError, key_attributes};
use crate::store::schema::keys;
use crate::store::{Store, StoreError};

/// A counter is useless once its minute is over; it expires an hour later.
const KEPT_SECONDS: i64 = 3600;
const SECONDS_PER_MINUTE: i64 = 60;
/// A rate limiter slower than this would dominate the latency of a call.
const MAX_WAIT: Duration = Duration::from_millis(500);

/// A user's count within the current minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateCount {
    /// Points taken in this minute, with those of this call.
    pub points: u64,
    /// Seconds until the next minute, 1 to 60.
    pub resets_in_seconds: i64,
}

impl Store {
    /// Counts a call of so many points by a user at `now` under `counter`, a fixed short
    /// name.
    pub async fn count_points(
        &self,
        user_id: &UserId,
        counter: &str,
        points: u64,
        now: Timestamp,
    ) -> Result<RateCount, StoreError> {
        let minute = now.unix_seconds().div_euclid(SECONDS_PER_MINUTE);
        let expires_at = now.unix_seconds() + KEPT_SECONDS;
        let key = keys::rate_counter(user_id, counter, minute);
        self.work.asked();
        let request = self
            .client
            .update_item()
            .table_name(self.tables.name(key.table))
            .set_key(Some(key_attributes(&key)))
            .update_expression("ADD points :points SET expires_at = :expires_at")
            .expression_attribute_values(":points", AttributeValue::N(points.to_string()))
            .expression_attribute_values(":expires_at", AttributeValue::N(expires_at.to_string()))
            .return_values(ReturnValue::UpdatedNew)
            .return_consumed_capacity(WITH_CAPACITY)
            .send();
        let output = tokio::time::timeout(MAX_WAIT, request)
            .await
            .map_err(|_| StoreError::Unavailable("the rate counter did not answer".into()))?
            .map_err(|error| classify(&self.work, &error))?;
        self.work.consumed(Kind::Write, output.consumed_capacity());
        let points = output
            .attributes
            .as_ref()
            .and_then(|attributes| attributes.get("points"))
            .and_then(|points| points.as_n().ok())
            .and_then(|points| points.parse().ok())
            .ok_or_else(|| ItemError::new(&key, "its points attribute is not a number"))?;
        Ok(RateCount {
            points,
            resets_in_seconds: SECONDS_PER_MINUTE
                - now.unix_seconds().rem_euclid(SECONDS_PER_MINUTE),
        })
    }
}
