//! What is added to tokens: whole credits, as the app shows them everywhere else. Fields
//! are only ever added, because installed apps read them.

use serde::Serialize;
use shared::domain::{ApplyError, CreditAccount, Plan, Redacted, Timestamp, User, UserId, view};

/// `user`, beside the tokens of a code.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = SignedInUser))]
pub(crate) struct UserData {
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::UserIdText))]
    user_id: UserId,
    #[cfg_attr(feature = "openapi", schema(required = true, value_type = Option<String>))]
    email: Option<Redacted<String>>,
    #[cfg_attr(feature = "openapi", schema(required = true, value_type = Option<String>))]
    display_name: Option<Redacted<String>>,
    subscription: SubscriptionData,
    credits: CreditsData,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = SignedInSubscription))]
struct SubscriptionData {
    tier: &'static str,
    status: &'static str,
}

/// `credits`, beside refreshed tokens.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = SignedInCredits))]
pub(crate) struct CreditsData {
    free_credits: FreeData,
    pro_credits: ProData,
    total_available: i64,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = SignedInFreeCredits))]
struct FreeData {
    remaining: i64,
    monthly_allocation: i64,
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Moment))]
    reset_date: Timestamp,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = SignedInProCredits))]
struct ProData {
    remaining: i64,
    purchased_total: i64,
}

impl UserData {
    pub(crate) fn of(user: User, plan: &Plan, credits: CreditsData) -> Self {
        UserData {
            user_id: user.user_id,
            email: user.email,
            display_name: user.display_name,
            subscription: SubscriptionData {
                tier: plan.tier.as_str(),
                status: plan.status.as_str(),
            },
            credits,
        }
    }
}

impl CreditsData {
    /// The balances at `now`.
    pub(crate) fn of(account: &CreditAccount, now: Timestamp) -> Result<Self, ApplyError> {
        let view = view(account, now)?;
        Ok(CreditsData {
            free_credits: FreeData {
                remaining: view.free.remaining,
                monthly_allocation: view.free.monthly_allocation,
                reset_date: view.free.reset_at,
            },
            pro_credits: ProData {
                remaining: view.pro.remaining,
                purchased_total: view.pro.purchased_total,
            },
            total_available: view.total_available,
        })
    }
}
