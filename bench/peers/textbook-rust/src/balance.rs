//! What a user has.

use chrono::{DateTime, SecondsFormat, Utc};
use lambda_http::Error;
use serde_json::{Value, json};

use crate::table::{Item, number, text};

const DAY_SECONDS: i64 = 86_400;

/// The item `BALANCE`.
pub struct Balance {
    pub free_remaining: i64,
    pub free_allocation: i64,
    pub free_used: i64,
    pub pro_remaining: i64,
    pub pro_total: i64,
    pub pro_used: i64,
    pub reset_date: String,
    pub version: i64,
}

impl Balance {
    pub fn from_item(item: &Item) -> Result<Self, Error> {
        Ok(Balance {
            free_remaining: number(item, "free_remaining_milli")?,
            free_allocation: number(item, "free_allocation_milli")?,
            free_used: number(item, "free_used_milli")?,
            pro_remaining: number(item, "pro_remaining_milli")?,
            pro_total: number(item, "pro_total_milli")?,
            pro_used: number(item, "pro_used_milli")?,
            reset_date: text(item, "reset_date")?,
            version: number(item, "version")?,
        })
    }

    /// The answer: whole credits, what is used rounded up.
    pub fn body(&self) -> Result<Value, Error> {
        let reset: DateTime<Utc> = self.reset_date.parse()?;
        let until_reset = (reset - Utc::now()).num_seconds().max(0);
        let remaining = self.free_remaining / 1000;
        let pro_remaining = self.pro_remaining / 1000;
        Ok(json!({
            "freeCredits": {
                "remaining": remaining,
                "monthlyAllocation": self.free_allocation / 1000,
                "used": rounded_up(self.free_used, 1000),
                "resetDate": self.reset_date,
                "daysUntilReset": rounded_up(until_reset, DAY_SECONDS),
                "held": 0,
            },
            "proCredits": {
                "remaining": pro_remaining,
                "purchasedTotal": self.pro_total / 1000,
                "lifetimeUsed": rounded_up(self.pro_used, 1000),
                "held": 0,
            },
            "totalAvailable": remaining + pro_remaining,
            "lastUpdated": now(),
        }))
    }
}

/// This moment in whole seconds.
pub fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn rounded_up(amount: i64, unit: i64) -> i64 {
    (amount + unit - 1) / unit
}
