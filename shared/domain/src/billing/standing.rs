//! What a subscription's latest snapshot means: the record that the profile shows,
//! and the plan that the account stores.

use super::{Catalogue, DatedSnapshot};
use crate::{
    AccountPlan, Price, PriceKind, StripeId, Subscription, SubscriptionStatus, Tier, Timestamp,
    UserId,
};

/// Seconds in a day of grace.
const DAY_SECONDS: i64 = 86_400;

/// The record of a subscription at its latest snapshot. Of several plans, the one
/// with the highest rank sets the tier, and the period of its item is shown. Fails
/// with the price that is missing from the catalogue.
pub fn subscription_record(
    user_id: &UserId,
    id: &StripeId,
    customer: Option<&StripeId>,
    latest: &DatedSnapshot,
    catalogue: &Catalogue,
) -> Result<Subscription, StripeId> {
    let state = &latest.state;
    let mut plans = Vec::new();
    for item in &state.items {
        match catalogue.price(&item.price) {
            Some(price) if price.kind == PriceKind::Subscription => plans.push((item, price)),
            Some(_) => {}
            // An ended subscription entitles to nothing, whatever its price was.
            None if state.status.is_terminal() => {}
            None => return Err(item.price.clone()),
        }
    }
    let best = plans
        .into_iter()
        .max_by_key(|(item, price)| (price.rank, price.price_id.clone(), item.period_end));
    let period = best.map_or((state.period_start(), state.period_end()), |(item, _)| {
        (item.period_start, item.period_end)
    });
    let best = best.map(|(_, price)| price);
    let ends_with_it = state.cancel_at.is_some_and(|at| at <= period.1);
    let paid_tier = |price: &Price| price.tier;
    Ok(Subscription {
        user_id: user_id.clone(),
        tier: best.and_then(paid_tier).unwrap_or(Tier::Free),
        rank: best.map_or(0, |price| price.rank),
        status: state.status,
        current_period_start: Some(period.0),
        current_period_end: Some(period.1),
        lapses_at: best.and_then(|price| lapses_at(latest, price, period)),
        stripe_customer_id: customer.map(StripeId::to_string),
        stripe_subscription_id: Some(id.to_string()),
        stripe_price_id: best.map(|price| price.price_id.clone()),
        cancel_at_period_end: state.cancel_at_period_end || ends_with_it,
        cancel_at: state.cancel_at,
    })
}

/// The plan that the account stores for a subscription; none if it was never paid
/// or has ended.
pub fn account_plan(subscription: &Subscription) -> Option<AccountPlan> {
    let begun = subscription.status != SubscriptionStatus::Incomplete;
    let id = subscription.stripe_subscription_id.clone()?;
    (begun && !subscription.status.is_terminal()).then_some(AccountPlan {
        subscription_id: id,
        tier: subscription.tier,
        rank: subscription.rank,
        period_end: subscription.current_period_end,
        lapses_at: subscription.lapses_at,
        payment_due: subscription.status.is_payment_due(),
    })
}

/// When it stops counting unless a newer snapshot arrives: at the end of the period
/// and its grace. Once past due: when the grace has passed since it became so, or,
/// if that moment is unknown, since this snapshot. Unpaid or paused: at once.
fn lapses_at(
    latest: &DatedSnapshot,
    price: &Price,
    (period_start, period_end): (Timestamp, Timestamp),
) -> Option<Timestamp> {
    let state = &latest.state;
    let grace_seconds = i64::from(price.grace_days).saturating_mul(DAY_SECONDS);
    match state.status {
        SubscriptionStatus::Active | SubscriptionStatus::Trialing => {
            Some(period_end.plus_seconds(grace_seconds))
        }
        SubscriptionStatus::PastDue => {
            let reported = latest.created.max(period_start).min(period_end);
            let since = latest.past_due_since.unwrap_or(reported);
            Some(since.plus_seconds(grace_seconds))
        }
        SubscriptionStatus::Unpaid | SubscriptionStatus::Paused => Some(latest.created),
        SubscriptionStatus::Incomplete
        | SubscriptionStatus::IncompleteExpired
        | SubscriptionStatus::Cancelled
        | SubscriptionStatus::Expired => None,
    }
}

#[cfg(test)]
mod tests;
