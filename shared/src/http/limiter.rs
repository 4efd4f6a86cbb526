//! The rate limiter: a maximum of calls of a route per user and minute.
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
    route: &'static str,
    calls_per_minute: u64,
}

impl RateLimiter {
    /// A limiter that counts under `route`; the limit comes from an environment
    /// variable, 0 = no limit.
    pub fn read(
        route: &'static str,
        variables: &Variables,
        variable: &'static str,
        default: u64,
    ) -> Result<Self, VariableError> {
        let expected = "a number of calls per minute, or 0 for no limit";
        Ok(RateLimiter {
            route,
            calls_per_minute: variables.parsed(variable, default, expected)?,
        })
    }

    /// Counts a call. It runs beside the route's own read, so that it adds no latency;
    /// the read is discarded if this refuses.
    pub async fn count(
        &self,
        store: &Store,
        user_id: &UserId,
        now: Timestamp,
    ) -> Result<Option<Allowance>, ApiError> {
        if self.calls_per_minute == 0 {
            return Ok(None);
        }
        match store.count_call(user_id, self.route, now).await {
            Ok(count) => self.judge(count).map(Some),
            Err(failure) => {
                let trouble = format!("the rate limiter let the call through: {failure}");
                store.work().note(trouble);
                Ok(None)
            }
        }
    }

    fn judge(&self, count: RateCount) -> Result<Allowance, ApiError> {
        let allowance = Allowance {
            limit: self.calls_per_minute,
            remaining: self.calls_per_minute.saturating_sub(count.calls),
            resets_in_seconds: count.resets_in_seconds,
        };
        if count.calls > self.calls_per_minute {
            Err(ApiError::RateLimited(allowance))
        } else {
            Ok(allowance)
        }
    }
}
