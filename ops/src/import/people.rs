//! Users, their preferences and their subscriptions.

use shared::domain::{
    Preferences, Subscription, SubscriptionStatus, Tier, Timestamp, User, UserId,
};

use super::catalogue_names::ModelNames;
use super::file::Row;
use super::reading::Reading;
use super::remark::Remark;
use super::text::{self, Nano};

/// Three days, the catalogue's default.
const GRACE_SECONDS: i64 = 3 * 86_400;

/// Creation time of a user whose row has none.
const LONG_AGO: &str = "1970-01-01T00:00:00Z";

/// The placeholder address of a user without one. Nothing is ever sent there:
/// the domain is reserved (RFC 2606).
pub(crate) fn stand_in_address(user_id: &UserId, why: &str) -> String {
    format!("{user_id}@{why}.invalid")
}

/// Whether the row of `users` lets its user spend; none if that is unreadable.
pub(crate) fn may_spend(row: &Row) -> Option<bool> {
    let is_active = match row.get("is_active") {
        Some(text) => text::flag(text)?,
        None => true,
    };
    let is_deleted = match row.get("deleted_at") {
        Some(text) => text::time(text).map(|_| true)?,
        None => false,
    };
    Some(is_active && !is_deleted)
}

/// A row of `users`; none if it is refused.
pub(crate) fn user(user_id: &UserId, row: &Row, remarks: &mut Vec<Remark>) -> Option<User> {
    let mut row = Reading::of(row, remarks);
    let email = match row.text("email") {
        Some(email) => email.to_string(),
        None => {
            let email = stand_in_address(user_id, "unknown");
            row.mend(format!("it has no email: kept as {email}"));
            email
        }
    };
    let names = [row.words("first_name"), row.words("last_name")];
    let names: Vec<&str> = names.into_iter().flatten().map(str::trim).collect();
    let display_name = match names.join(" ").trim() {
        "" => row.words("username").unwrap_or_default().to_string(),
        names => names.to_string(),
    };
    let created_at = row.time("created_at").or_else(|| row.time("updated_at"));
    let created_at = created_at.unwrap_or_else(|| {
        row.mend(format!("it has no created_at: kept as {LONG_AGO}"));
        LONG_AGO.parse().unwrap_or(Timestamp::MIN)
    });
    let is_deleted = row.time("deleted_at").is_some();
    let last_login_at = row.time("last_login_at");
    let active = row.flag("is_active", true) && !is_deleted;
    row.finish(User {
        user_id: user_id.clone(),
        email: Some(email.into()),
        display_name: Some(display_name.into()),
        created_at,
        last_login_at,
        active,
    })
}

/// One hundredth, in billionths.
const NANO_PER_HUNDREDTH: Nano = 10_000_000;

/// A row of `user_preferences`; none if it is refused.
pub(crate) fn preferences(
    user_id: &UserId,
    models: &ModelNames,
    row: &Row,
    remarks: &mut Vec<Remark>,
) -> Option<Preferences> {
    let mut row = Reading::of(row, remarks);
    let default = Preferences::default_of(user_id.clone());
    let temperature = row.nano("temperature").map(|nano| {
        let hundredths = (nano + NANO_PER_HUNDREDTH / 2).div_euclid(NANO_PER_HUNDREDTH);
        let kept = u32::try_from(hundredths.max(0)).unwrap_or(u32::MAX);
        if Nano::from(kept) * NANO_PER_HUNDREDTH != nano {
            let text = row.words("temperature").unwrap_or_default();
            row.mend(format!("temperature is {text}: kept as {kept} hundredths"));
        }
        kept
    });
    let metadata = row
        .words("preferences_metadata")
        .filter(|text| *text != "{}");
    if metadata.is_some_and(|text| serde_json::from_str::<serde_json::Value>(text).is_err()) {
        row.mend("preferences_metadata is not JSON: kept unchanged");
    }
    let preferences = Preferences {
        user_id: user_id.clone(),
        default_model: row.text("default_model_id").map(|id| models.name_of(id)),
        email_notifications: row.flag("email_notifications", default.email_notifications),
        email_notifications_since: None,
        usage_alerts_since: None,
        usage_alerts: row.flag("usage_alerts", default.usage_alerts),
        enable_streaming: row.flag("enable_streaming", default.enable_streaming),
        max_tokens: row.number("max_tokens").unwrap_or(default.max_tokens),
        temperature_hundredths: temperature.unwrap_or(default.temperature_hundredths),
        metadata: metadata.map(|text| text.to_string().into()),
    };
    row.finish(preferences)
}

/// The tier that a row names.
fn tier_called(text: &str) -> Option<Tier> {
    match text {
        "free" => Some(Tier::Free),
        "pro" => Some(Tier::Pro),
        "enterprise" => Some(Tier::Enterprise),
        _ => None,
    }
}

/// Among several in force the higher tier wins, until a Stripe event names the
/// price, whose rank the catalogue has.
fn rank(tier: Tier) -> u32 {
    match tier {
        Tier::Free => 0,
        Tier::Pro => 1,
        Tier::Enterprise => 2,
    }
}

/// The id of a subscription that has none at Stripe. No Stripe id has this form.
pub(crate) fn own_name(row: &Row) -> String {
    let id: String = row
        .id()
        .chars()
        .map(|letter| match letter {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '.' => letter,
            _ => '_',
        })
        .collect();
    format!("import_{id}")
}

/// Whether a row of `subscriptions` is a paid one. An unknown tier counts as pro.
pub(crate) fn is_paid(row: &Row) -> bool {
    let tier = row.get("tier").unwrap_or_default().trim().to_lowercase();
    tier_called(&tier) != Some(Tier::Free)
}

/// The quantity of a subscription's price; one if the row has none or an
/// invalid one.
pub(crate) fn quantity(row: &Row) -> u32 {
    let said = row.get("quantity").and_then(text::decimal);
    let whole = said.map(|(nano, _)| nano.div_euclid(text::NANO_PER_CREDIT));
    whole
        .and_then(|whole| u32::try_from(whole).ok())
        .filter(|it| *it > 0)
        .unwrap_or(1)
}

/// A row of `subscriptions`; none if it is refused. `others` are the user's
/// earlier ones.
pub(crate) fn subscription(
    user_id: &UserId,
    others: &[&Subscription],
    row: &Row,
    remarks: &mut Vec<Remark>,
) -> Option<Subscription> {
    let mut row = Reading::of(row, remarks);
    let word = row.word("tier").unwrap_or_default();
    let tier = tier_called(&word).unwrap_or_else(|| {
        row.mend(format!("tier {word:?} is unknown: kept as pro"));
        Tier::Pro
    });
    let period_start = row.time("current_period_start");
    let period_end = row.time("current_period_end");
    let trial_end = row.time("trial_end");
    let cancelled_at = row.time("cancelled_at");
    let status = status(&mut row, period_end, trial_end);
    if row.number("quantity") == Some(0) {
        row.mend("quantity is 0: kept as 1");
    }
    let live = !status.is_terminal();
    let lapses_at = match status {
        _ if !live => None,
        // It no longer entitles to anything.
        SubscriptionStatus::Unpaid
        | SubscriptionStatus::Paused
        | SubscriptionStatus::Incomplete => period_start.or(row.time("created_at")),
        _ => period_end.map(|end| end.plus_seconds(GRACE_SECONDS)),
    };
    // A cancelled one that is still active ends with its period, whatever value
    // the migration filled in.
    let cancels = row.flag("cancel_at_period_end", false) || cancelled_at.is_some();
    let mut stripe_subscription_id = row.stripe_id("stripe_subscription_id");
    let is_known = |id: &Option<String>| {
        others
            .iter()
            .any(|other| other.stripe_subscription_id == *id)
    };
    if stripe_subscription_id.is_some() && is_known(&stripe_subscription_id) {
        let id = stripe_subscription_id.take().unwrap_or_default();
        row.mend(format!(
            "the Stripe subscription {id} occurs twice for user {user_id}: kept as {}",
            own_name(row.row)
        ));
    }
    // A free subscription without a Stripe id is the free one.
    if stripe_subscription_id.is_none() && (tier != Tier::Free || is_known(&None)) {
        stripe_subscription_id = Some(own_name(row.row));
    }
    let subscription = Subscription {
        user_id: user_id.clone(),
        tier,
        rank: rank(tier),
        status,
        current_period_start: period_start,
        current_period_end: period_end,
        lapses_at,
        stripe_customer_id: row.stripe_id("stripe_customer_id"),
        stripe_subscription_id,
        stripe_price_id: row.stripe_id("stripe_price_id"),
        cancel_at_period_end: cancels && live,
        cancel_at: None,
    };
    row.finish(subscription)
}

fn status(
    row: &mut Reading<'_>,
    period_end: Option<Timestamp>,
    trial_end: Option<Timestamp>,
) -> SubscriptionStatus {
    let word = row.word("status").unwrap_or_default();
    match word.as_str() {
        // The period of a trial ends with the trial.
        "active" if trial_end.is_some() && trial_end >= period_end => SubscriptionStatus::Trialing,
        "active" => SubscriptionStatus::Active,
        "trialing" => SubscriptionStatus::Trialing,
        "past_due" => SubscriptionStatus::PastDue,
        "incomplete" => SubscriptionStatus::Incomplete,
        "incomplete_expired" => SubscriptionStatus::IncompleteExpired,
        "paused" => SubscriptionStatus::Paused,
        "cancelled" | "canceled" => SubscriptionStatus::Cancelled,
        "expired" => SubscriptionStatus::Expired,
        "suspended" | "unpaid" => SubscriptionStatus::Unpaid,
        _ => {
            row.mend(format!("status {word:?} is unknown: kept as expired"));
            SubscriptionStatus::Expired
        }
    }
}
