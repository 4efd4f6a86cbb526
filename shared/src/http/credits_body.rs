//! The body of an answer about credits, in the form the desktop app has always read;
//! fields are only ever added.

use serde::Serialize;

use super::ApiError;
use crate::domain::{CreditAccount, CreditsView, Timestamp, view};

/// The credits a user may spend, in whole credits.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = Credits))]
pub struct CreditsBody {
    free_credits: FreeCredits,
    pro_credits: ProCredits,
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    total_available: i64,
    /// The time of the answer; not part of the state.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::http::openapi::Moment, required = true))]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_updated: Option<Timestamp>,
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    held: i64,
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    debt: i64,
    version: u64,
    lots: Vec<LotBody>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = FreeCredits))]
struct FreeCredits {
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    remaining: i64,
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    monthly_allocation: i64,
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    used: i64,
    #[cfg_attr(feature = "openapi", schema(value_type = crate::http::openapi::Moment))]
    reset_date: Timestamp,
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    days_until_reset: i64,
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    held: i64,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = ProCredits))]
struct ProCredits {
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    remaining: i64,
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    purchased_total: i64,
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    lifetime_used: i64,
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    held: i64,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = Lot))]
struct LotBody {
    id: String,
    #[cfg_attr(feature = "openapi", schema(value_type = crate::http::openapi::CreditTypeText))]
    credit_type: &'static str,
    #[cfg_attr(feature = "openapi", schema(value_type = crate::http::openapi::LotKindText))]
    kind: &'static str,
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    remaining: i64,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::http::openapi::Moment>, required = true))]
    expires_at: Option<Timestamp>,
}

impl CreditsBody {
    /// The body for an account at `now`.
    pub fn of(account: &CreditAccount, now: Timestamp) -> Result<Self, ApiError> {
        let CreditsView {
            free,
            pro,
            total_available,
            held,
            debt,
            version,
            lots,
        } = view(account, now)?;
        Ok(CreditsBody {
            free_credits: FreeCredits {
                remaining: free.remaining,
                monthly_allocation: free.monthly_allocation,
                used: free.used,
                reset_date: free.reset_at,
                days_until_reset: free.days_until_reset,
                held: free.held,
            },
            pro_credits: ProCredits {
                remaining: pro.remaining,
                purchased_total: pro.purchased_total,
                lifetime_used: pro.lifetime_used,
                held: pro.held,
            },
            total_available,
            last_updated: None,
            held,
            debt,
            version,
            lots: lots
                .into_iter()
                .map(|lot| LotBody {
                    id: lot.id.into(),
                    credit_type: lot.kind.credit_type().as_str(),
                    kind: lot.kind.as_str(),
                    remaining: lot.remaining,
                    expires_at: lot.expires_at,
                })
                .collect(),
        })
    }

    /// The same, with the time of the answer. The body without it is the state that
    /// distinguishes two answers.
    #[must_use]
    pub fn answered_at(mut self, now: Timestamp) -> Self {
        self.last_updated = Some(now);
        self
    }
}
