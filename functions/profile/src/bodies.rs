//! The response bodies of this function. Fields are only ever added, because installed
//! apps read them.

use serde::Serialize;
use shared::domain::{
    Model, Plan, PlanStatus, Preferences, Redacted, Timestamp, UserId, plan_in_force,
};
use shared::http::ApiError;
use shared::store::Person;

/// A user's profile.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = Profile))]
pub(crate) struct ProfileBody {
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::UserIdText))]
    user_id: UserId,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, required = true))]
    email: Option<Redacted<String>>,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, required = true))]
    display_name: Option<Redacted<String>>,
    subscription: SubscriptionBody,
    preferences: NoticesBody,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<shared::http::openapi::Moment>, required = true))]
    account_created_at: Option<Timestamp>,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<shared::http::openapi::Moment>, required = true))]
    last_login_at: Option<Timestamp>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = Subscription))]
struct SubscriptionBody {
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::TierText))]
    tier: &'static str,
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::PlanStatusText))]
    status: &'static str,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<shared::http::openapi::Moment>, required = true))]
    current_period_start: Option<Timestamp>,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<shared::http::openapi::Moment>, required = true))]
    current_period_end: Option<Timestamp>,
    cancel_at_period_end: bool,
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Moment, required = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_at: Option<Timestamp>,
}

/// The preferences that are part of the profile.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = Notices))]
struct NoticesBody {
    #[cfg_attr(feature = "openapi", schema(required = true))]
    default_model: Option<String>,
    email_notifications: bool,
    usage_alerts: bool,
}

impl ProfileBody {
    /// The body for a person at `now`; 404 if the person is unknown. A person who only
    /// subscribed has no e-mail, name and date yet.
    pub(crate) fn of(user_id: &UserId, person: Person, now: Timestamp) -> Result<Self, ApiError> {
        if !person.is_known() {
            return Err(ApiError::NotFound);
        }
        let preferences = person
            .preferences
            .unwrap_or_else(|| Preferences::default_of(user_id.clone()));
        let plan = plan_in_force(&person.subscriptions, now);
        let user = person.user;
        Ok(ProfileBody {
            user_id: user_id.clone(),
            email: user.as_ref().map(|user| user.email.clone()),
            display_name: user.as_ref().map(|user| user.display_name.clone()),
            subscription: SubscriptionBody::of(&plan),
            preferences: NoticesBody {
                default_model: preferences.default_model,
                email_notifications: preferences.email_notifications,
                usage_alerts: preferences.usage_alerts,
            },
            account_created_at: user.as_ref().map(|user| user.created_at),
            last_login_at: user.and_then(|user| user.last_login_at),
        })
    }
}

impl SubscriptionBody {
    fn of(plan: &Plan) -> Self {
        SubscriptionBody {
            tier: plan.tier.as_str(),
            status: match plan.status {
                PlanStatus::Active => "active",
                PlanStatus::Trialing => "trialing",
                PlanStatus::Expired => "expired",
                PlanStatus::Cancelled => "cancelled",
            },
            current_period_start: plan.current_period_start,
            current_period_end: plan.current_period_end,
            cancel_at_period_end: plan.cancel_at_period_end,
            cancel_at: plan.cancel_at,
        }
    }
}

/// All preferences of a user.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = Preferences))]
pub(crate) struct PreferencesBody {
    #[cfg_attr(feature = "openapi", schema(required = true))]
    default_model: Option<String>,
    email_notifications: bool,
    usage_alerts: bool,
    enable_streaming: bool,
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1000000))]
    max_tokens: u32,
    /// Exact, as decimal text: `"0.7"`.
    #[cfg_attr(feature = "openapi", schema(pattern = "^(0|1|2|[01]\\.[0-9]{1,2})$"))]
    temperature: String,
}

impl From<Preferences> for PreferencesBody {
    fn from(preferences: Preferences) -> Self {
        PreferencesBody {
            default_model: preferences.default_model,
            email_notifications: preferences.email_notifications,
            usage_alerts: preferences.usage_alerts,
            enable_streaming: preferences.enable_streaming,
            max_tokens: preferences.max_tokens,
            temperature: hundredths_text(preferences.temperature_hundredths),
        }
    }
}

/// `70` as `0.7`.
fn hundredths_text(hundredths: u32) -> String {
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// The models on offer.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = Models))]
pub(crate) struct ModelsBody<'a> {
    models: Vec<ModelBody<'a>>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = Model))]
struct ModelBody<'a> {
    id: &'a str,
    name: &'a str,
    provider: &'a str,
    capabilities: &'a [String],
    context_length: u32,
    max_output_tokens: u32,
    /// Exact, as decimal text.
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Amount))]
    #[serde(rename = "creditsPer1kTokens")]
    credits_per_1k_tokens: String,
}

impl<'a> ModelsBody<'a> {
    pub(crate) fn of(models: &'a [Model]) -> Self {
        let models = models.iter().map(|model| ModelBody {
            id: &model.id,
            name: &model.name,
            provider: &model.provider,
            capabilities: &model.capabilities,
            context_length: model.context_length,
            max_output_tokens: model.max_output_tokens,
            credits_per_1k_tokens: model.credits_per_1k_tokens.to_string(),
        });
        ModelsBody {
            models: models.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hundredths_are_written_as_decimals() {
        for (hundredths, text) in [
            (0, "0"),
            (70, "0.7"),
            (1, "0.01"),
            (5, "0.05"),
            (10, "0.1"),
            (100, "1"),
            (199, "1.99"),
            (200, "2"),
        ] {
            assert_eq!(hundredths_text(hundredths), text);
        }
    }
}
