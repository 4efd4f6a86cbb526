//! The response bodies of this function. Fields are only ever added, because installed
//! apps read them.

use serde::{Serialize, Serializer};
use shared::domain::{
    Plan, Preferences, Price, Redacted, Timestamp, UserId, managed_customer, plan_in_force,
};
use shared::http::{ApiError, PriceBody};
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
    billing: BillingBody,
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
    /// The price of the catalogue at which it renews; null for the free tier, and for a
    /// plan that was not bought at a price of the catalogue.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    price: Option<PriceBody>,
}

/// Whether the caller can buy, and change what they bought.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = Billing))]
struct BillingBody {
    /// Whether `POST /api/user/checkout` serves this token and user: it has the scope
    /// `billing.manage`, and the user is active and has an e-mail address.
    can_manage: bool,
    /// Whether `POST /api/user/portal` has something to show: there is a customer at
    /// Stripe.
    portal_available: bool,
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
    /// The body for a person at `now`; 404 if the person was erased. Whoever has a valid
    /// token is a user: one of whom the tables know nothing has the free tier and the
    /// default preferences, and like one who only subscribed no e-mail, name and date.
    pub(crate) fn of(
        user_id: &UserId,
        (person, price): (Person, Option<Price>),
        may_buy: bool,
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        if person.erased {
            return Err(ApiError::NotFound);
        }
        let billing = BillingBody::of(&person, may_buy);
        let preferences = person
            .preferences
            .unwrap_or_else(|| Preferences::default_of(user_id.clone()));
        let plan = plan_in_force(&person.subscriptions, now);
        let user = person.user;
        Ok(ProfileBody {
            user_id: user_id.clone(),
            email: user.as_ref().and_then(|user| user.email.clone()),
            display_name: user.as_ref().and_then(|user| user.display_name.clone()),
            subscription: SubscriptionBody::of(&plan, price.as_ref()),
            preferences: NoticesBody {
                default_model: preferences.default_model,
                email_notifications: preferences.email_notifications,
                usage_alerts: preferences.usage_alerts,
            },
            account_created_at: user.as_ref().map(|user| user.created_at),
            last_login_at: user.and_then(|user| user.last_login_at),
            billing,
        })
    }
}

impl SubscriptionBody {
    fn of(plan: &Plan, price: Option<&Price>) -> Self {
        SubscriptionBody {
            tier: plan.tier.as_str(),
            status: plan.status.as_str(),
            current_period_start: plan.current_period_start,
            current_period_end: plan.current_period_end,
            cancel_at_period_end: plan.cancel_at_period_end,
            cancel_at: plan.cancel_at,
            price: price.map(PriceBody::of),
        }
    }
}

impl BillingBody {
    fn of(person: &Person, may_buy: bool) -> Self {
        let user = person.user.as_ref();
        let is_able = user.is_some_and(|user| user.active && user.address().is_some());
        let customer = managed_customer(person.customer.as_ref(), &person.subscriptions);
        BillingBody {
            can_manage: may_buy && is_able,
            portal_available: customer.is_some(),
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
    /// A number with at most two decimal places.
    #[serde(serialize_with = "as_number")]
    #[cfg_attr(feature = "openapi", schema(value_type = f64, minimum = 0, maximum = 2))]
    temperature: Hundredths,
}

impl From<Preferences> for PreferencesBody {
    fn from(preferences: Preferences) -> Self {
        PreferencesBody {
            default_model: preferences.default_model,
            email_notifications: preferences.email_notifications,
            usage_alerts: preferences.usage_alerts,
            enable_streaming: preferences.enable_streaming,
            max_tokens: preferences.max_tokens,
            temperature: Hundredths(preferences.temperature_hundredths),
        }
    }
}

/// Hundredths, shown as the number they are in the shortest form: `0.7`, and `1`.
#[derive(Clone, Copy, Debug)]
struct Hundredths(u32);

/// The quotient is the float nearest to the decimal, and a float is written as the
/// shortest decimal that is nearest to it: the same one.
fn as_number<S: Serializer>(hundredths: &Hundredths, serializer: S) -> Result<S::Ok, S::Error> {
    let Hundredths(hundredths) = *hundredths;
    if hundredths % 100 == 0 {
        serializer.serialize_u32(hundredths / 100)
    } else {
        serializer.serialize_f64(f64::from(hundredths) / 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Shown {
        #[serde(serialize_with = "as_number")]
        it: Hundredths,
    }

    fn shown(hundredths: u32) -> String {
        let it = Hundredths(hundredths);
        serde_json::to_string(&Shown { it }).unwrap()
    }

    #[test]
    fn every_temperature_is_shown_as_the_shortest_number_that_it_is() {
        for hundredths in 0..=200 {
            let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
            let text = text.trim_end_matches('0').trim_end_matches('.');
            assert_eq!(shown(hundredths), format!("{{\"it\":{text}}}"));
        }
        for (hundredths, text) in [
            (0, "0"),
            (1, "0.01"),
            (70, "0.7"),
            (100, "1"),
            (125, "1.25"),
        ] {
            assert_eq!(shown(hundredths), format!("{{\"it\":{text}}}"));
        }
    }
}
