//! The rate limiter: a maximum of points per user and minute. A call costs one point, or
//! as many as its route weighs; routes that count under one name share their points.
//!
//! It protects against a runaway client, not money, so it fails open: when its counter
//! is unavailable, the call goes through.

use super::allowance::Allowance;
use super::error::ApiError;
use crate::domain::{Timestamp, UserId};
use crate::host::environment::{VariableError, Variables};
use crate::store::{RateCount, Store};

/// Limits one route.
#[derive(Clone, Debug)]
pub struct RateLimiter {
    counter: &'static str,
    points_per_minute: u64,
    /// At least 1.
    points_per_call: u64,
}

impl RateLimiter {
    /// A limiter of calls of one point that counts under `counter`; the points per minute
    /// come from an environment variable, 0 = no limit.
    pub fn read(
        counter: &'static str,
        variables: &Variables,
        variable: &'static str,
        default: u64,
    ) -> Result<Self, VariableError> {
        let expected = "a number of calls per minute, or 0 for no limit";
        Ok(RateLimiter {
            counter,
            points_per_minute: variables.parsed(variable, default, expected)?,
            points_per_call: 1,
        })
    }

    /// The same limiter for calls of so many points. A call passes while the points
    /// before it do not fill the minute, so that a low limit still lets one pass.
    #[must_use]
    pub fn weighing(self, points: u64) -> Self {
        RateLimiter {
            points_per_call: points.max(1),
            ..self
        }
    }

    /// Counts a call. It runs beside the route's own read, so that it adds no latency;
    /// the read is discarded if this refuses.
    pub async fn count(
        &self,
        store: &Store,
        user_id: &UserId,
        now: Timestamp,
    ) -> Result<Option<Allowance>, ApiError> {
        if self.points_per_minute == 0 {
            return Ok(None);
        }
        let counted = store.count_points(user_id, self.counter, self.points_per_call, now);
        match counted.await {
            Ok(count) => self.judge(count).map(Some),
            Err(failure) => {
                let trouble = format!("the rate limiter let the call through: {failure}");
                store.work().note(trouble);
                Ok(None)
            }
        }
    }

    fn judge(&self, count: RateCount) -> Result<Allowance, ApiError> {
        let (limit, weight) = (self.points_per_minute, self.points_per_call);
        // In calls of this route, which is what a client can use.
        let allowance = Allowance {
            limit: limit.div_ceil(weight),
            remaining: limit.saturating_sub(count.points).div_ceil(weight),
            resets_in_seconds: count.resets_in_seconds,
        };
        if count.points.saturating_sub(weight) >= limit {
            Err(ApiError::RateLimited(allowance))
        } else {
            Ok(allowance)
        }
    }
}
