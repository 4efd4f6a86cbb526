//! Subscriptions as events show them, and what they were before.
//! Source: <https://docs.stripe.com/api/subscriptions/object>.

use shared::domain::billing::{Fact, PreviousState, SubscriptionSnapshot, SubscriptionState};
use shared::domain::{StripeId, SubscriptionStatus, Timestamp};

use super::Problem;
use super::node::Node;
use super::parties::{in_metadata, parties};

/// The fields of a period. They stood at the subscription until acacia and
/// stand at its items since basil.
const PERIOD: [&str; 2] = ["current_period_start", "current_period_end"];

/// `customer.subscription.created`: before it there is nothing.
pub(super) fn created(subscription: &Node<'_>) -> Result<Fact, Problem> {
    snapshot(subscription, true, PreviousState::default())
}

/// What happens to a subscription that is there; `previous` holds the changed
/// fields as they were.
pub(super) fn changed(subscription: &Node<'_>, previous: &Node<'_>) -> Result<Fact, Problem> {
    snapshot(subscription, false, before(previous, subscription)?)
}

fn snapshot(
    subscription: &Node<'_>,
    creation: bool,
    previous: PreviousState,
) -> Result<Fact, Problem> {
    let items = subscription.at("items.data")?.present()?;
    let (period_start, period_end) = period(subscription, &items)?;
    let prices: Vec<StripeId> = items
        .members()?
        .iter()
        .map(|item| price(item)?.id())
        .collect::<Result<_, _>>()?;
    Ok(Fact::Subscription(SubscriptionSnapshot {
        parties: parties(subscription, subscription, &[in_metadata(subscription)?])?,
        id: subscription.field("id")?.id()?,
        creation,
        state: SubscriptionState {
            status: status(subscription.field("status")?.text()?),
            period_start,
            period_end,
            cancel_at_period_end: is_ending(subscription)?,
            prices: sorted(prices),
        },
        previous,
    }))
}

/// Whether it ends with the period, or at a moment that is set.
fn is_ending(subscription: &Node<'_>) -> Result<bool, Problem> {
    let flag = subscription.field("cancel_at_period_end")?;
    let end = subscription.field("cancel_at")?;
    let end = if flag.is_told() { end } else { end.told()? };
    Ok(flag_or_false(&flag)? || end.is_some())
}

/// The price of an item; items from before prices have a plan, whose id is
/// the price's (<https://docs.stripe.com/api/plans>).
fn price<'a>(item: &Node<'a>) -> Result<Node<'a>, Problem> {
    let price = item.field("price")?;
    Ok(match item.field("plan")?.optional() {
        Some(plan) if !price.is_some() => plan,
        _ => price,
    })
}

/// From the earliest start to the latest end of what the items say, else what
/// the subscription says.
fn period(subscription: &Node<'_>, items: &Node<'_>) -> Result<(Timestamp, Timestamp), Problem> {
    let members = items.members()?;
    let (starts, ends) = told_periods(&members)?;
    let or_at_top = |of_items: Option<Timestamp>, name: &str| {
        let top = subscription.field(name)?;
        match (of_items, members.first()) {
            (Some(moment), _) => Ok(moment),
            _ if top.is_some() => top.time(),
            // Neither says it: the error names the place where it stands today.
            (None, Some(item)) => item.field(name)?.time(),
            (None, None) => Err(items.problem("is empty")),
        }
    };
    let [start, end] = PERIOD;
    Ok((
        or_at_top(starts.into_iter().min(), start)?,
        or_at_top(ends.into_iter().max(), end)?,
    ))
}

/// All starts and ends that items tell.
fn told_periods(items: &[Node<'_>]) -> Result<(Vec<Timestamp>, Vec<Timestamp>), Problem> {
    let told = |name: &str| -> Result<Vec<Timestamp>, Problem> {
        let places: Vec<Node<'_>> = items
            .iter()
            .map(|item| item.field(name))
            .collect::<Result<_, _>>()?;
        let places = places.iter().filter(|place| place.is_some());
        places.map(Node::time).collect()
    };
    let [start, end] = PERIOD;
    Ok((told(start)?, told(end)?))
}

/// What `previous_attributes` tell, as far as they do.
fn before(previous: &Node<'_>, now: &Node<'_>) -> Result<PreviousState, Problem> {
    let items = previous.at("items.data")?;
    let members = items.members()?;
    let (starts, ends) = told_periods(&members)?;
    let or_at_top = |of_items: Option<Timestamp>, name: &str| match of_items {
        Some(moment) => Ok(Some(moment)),
        None => {
            let top = previous.field(name)?;
            top.optional().map(|place| place.time()).transpose()
        }
    };
    let [start, end] = PERIOD;
    let status_before = previous.field("status")?.optional();
    Ok(PreviousState {
        status: status_before
            .map(|place| place.text().map(status))
            .transpose()?,
        period_start: or_at_top(starts.into_iter().min(), start)?,
        period_end: or_at_top(ends.into_iter().max(), end)?,
        cancel_at_period_end: cancelled_before(previous, now)?,
        prices: prices_before(&members)?,
    })
}

/// Two fields tell it, and each that did not change is as it is now.
fn cancelled_before(previous: &Node<'_>, now: &Node<'_>) -> Result<Option<bool>, Problem> {
    let (flag, end) = ("cancel_at_period_end", "cancel_at");
    let told = |name| Ok(previous.field(name)?.is_told());
    if !told(flag)? && !told(end)? {
        return Ok(None);
    }
    let flag_of = if told(flag)? { previous } else { now };
    let end_of = if told(end)? { previous } else { now };
    let flag = flag_or_false(&flag_of.field(flag)?)?;
    Ok(Some(flag || end_of.field(end)?.is_some()))
}

/// Only if every item names its price: half a list would look like a change.
fn prices_before(items: &[Node<'_>]) -> Result<Option<Vec<StripeId>>, Problem> {
    let prices: Option<Vec<StripeId>> = items
        .iter()
        .map(|item| price(item)?.optional_id())
        .collect::<Result<_, _>>()?;
    let prices = prices.filter(|prices| !prices.is_empty());
    Ok(prices.map(sorted))
}

fn sorted(mut prices: Vec<StripeId>) -> Vec<StripeId> {
    prices.sort();
    prices.dedup();
    prices
}

fn flag_or_false(place: &Node<'_>) -> Result<bool, Problem> {
    if place.is_some() {
        place.flag()
    } else {
        Ok(false)
    }
}

/// Stripe's word for where a subscription stands. A new one entitles to
/// nothing and ends nothing until this release is followed by one that knows it.
fn status(word: &str) -> SubscriptionStatus {
    match word {
        "incomplete" => SubscriptionStatus::Incomplete,
        "incomplete_expired" => SubscriptionStatus::IncompleteExpired,
        "trialing" => SubscriptionStatus::Trialing,
        "active" => SubscriptionStatus::Active,
        "past_due" => SubscriptionStatus::PastDue,
        "canceled" => SubscriptionStatus::Cancelled,
        "paused" => SubscriptionStatus::Paused,
        // "unpaid" among them.
        _ => SubscriptionStatus::Unpaid,
    }
}
