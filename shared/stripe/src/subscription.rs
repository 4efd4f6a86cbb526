//! Subscriptions as events show them, and their previous state. Source:
//! <https://docs.stripe.com/api/subscriptions/object>.

use domain::billing::{
    Fact, PreviousState, SubscriptionItem, SubscriptionSnapshot, SubscriptionState,
};
use domain::{StripeId, SubscriptionStatus, Timestamp};

use crate::error::Problem;
use crate::node::{Node, first};
use crate::parties::{in_metadata, parties};

/// The fields of a period: on the subscription until acacia, on its items since basil.
const PERIOD: [&str; 2] = ["current_period_start", "current_period_end"];

/// Whether the subscription ends with its period.
const FLAG: &str = "cancel_at_period_end";
/// When the subscription ends, if a time is set.
const END: &str = "cancel_at";

/// `customer.subscription.created`: there is no previous state.
pub(crate) fn created(subscription: &Node<'_>) -> Result<Fact, Problem> {
    snapshot(subscription, true, PreviousState::default())
}

/// A change of an existing subscription; `previous` holds the old values of changed
/// fields.
pub(crate) fn changed(subscription: &Node<'_>, previous: &Node<'_>) -> Result<Fact, Problem> {
    snapshot(subscription, false, before(previous, subscription))
}

fn snapshot(
    subscription: &Node<'_>,
    creation: bool,
    previous: PreviousState,
) -> Result<Fact, Problem> {
    let id = subscription.field("id")?.id()?;
    let named = [in_metadata(subscription)?];
    let moment = |name| subscription.look(name).time().ok();
    Ok(Fact::Subscription(SubscriptionSnapshot {
        parties: parties(subscription, Some(id.clone()), &named)?,
        id,
        creation,
        state: SubscriptionState {
            status: status(subscription.field("status")?.text()?),
            items: items(subscription)?,
            cancel_at_period_end: subscription.look(FLAG).flag() == Ok(true),
            cancel_at: moment(END),
            billing_cycle_anchor: moment("billing_cycle_anchor"),
            trial_start: moment("trial_start"),
            trial_end: moment("trial_end"),
        },
        previous,
    }))
}

/// The start and the end of a period.
type Bounds = (Timestamp, Timestamp);

/// An item without its own period has the subscription's, else the widest of the other
/// items. If there is none at all, the error names the current place of the field.
fn items(subscription: &Node<'_>) -> Result<Vec<SubscriptionItem>, Problem> {
    let members = subscription.at("items.data")?.present()?.members()?;
    let own: Vec<_> = members.iter().map(bounds).collect();
    let reported = own.iter().filter_map(|bounds| bounds.as_ref().ok());
    let instead = bounds(subscription).ok().or_else(|| widest(reported));
    let mut items = Vec::new();
    for (member, own) in members.iter().zip(own) {
        let (period_start, period_end) = own.or_else(|problem| instead.ok_or(problem))?;
        items.push(SubscriptionItem {
            price: price(member)?.id()?,
            period_start,
            period_end,
        });
    }
    items.sort();
    Ok(items)
}

/// The period of an item or a subscription; an incomplete one is none.
fn bounds(place: &Node<'_>) -> Result<Bounds, Problem> {
    let [start, end] = PERIOD;
    Ok((place.field(start)?.time()?, place.field(end)?.time()?))
}

fn widest<'a>(periods: impl Iterator<Item = &'a Bounds>) -> Option<Bounds> {
    periods.copied().reduce(|one, other| {
        let ((start, end), (other_start, other_end)) = (one, other);
        (start.min(other_start), end.max(other_end))
    })
}

/// The price of an item; items older than prices have a plan, whose id is the price's
/// (<https://docs.stripe.com/api/plans>).
fn price<'a>(item: &Node<'a>) -> Result<Node<'a>, Problem> {
    Ok(first(item.field("price")?, item.field("plan")?))
}

/// The previous state, as far as `previous_attributes` states it.
fn before(previous: &Node<'_>, now: &Node<'_>) -> PreviousState {
    let items = previous.look("items.data").members().unwrap_or_default();
    let moments = |name: &str| -> Vec<Timestamp> {
        let places = items.iter().map(|item| item.look(name));
        places.filter_map(|place| place.time().ok()).collect()
    };
    let at_top = |name: &str| previous.look(name).time().ok();
    let [start, end] = PERIOD;
    PreviousState {
        status: previous.look("status").text().ok().map(status),
        period_start: moments(start).into_iter().min().or_else(|| at_top(start)),
        period_end: moments(end).into_iter().max().or_else(|| at_top(end)),
        cancel_at_period_end: ending_before(previous, now),
        prices: prices_before(&items),
    }
}

/// Two fields decide it; a field that did not change has its current value.
fn ending_before(previous: &Node<'_>, now: &Node<'_>) -> Option<bool> {
    let flag = reported(&previous.look(FLAG), Node::flag);
    let end = reported(&previous.look(END), Node::time);
    if flag.is_none() && end.is_none() {
        return None;
    }
    let flag = flag.unwrap_or_else(|| now.look(FLAG).flag().ok());
    let end = end.unwrap_or_else(|| now.look(END).time().ok());
    Some(flag == Some(true) || end.is_some())
}

/// The value at a place: none if it is absent or unreadable, some none if it is null.
fn reported<'a, T>(
    place: &Node<'a>,
    read: impl Fn(&Node<'a>) -> Result<T, Problem>,
) -> Option<Option<T>> {
    if place.is_some() {
        read(place).ok().map(Some)
    } else {
        place.is_reported().then_some(None)
    }
}

/// Only if every item names its price: a partial list would look like a change.
fn prices_before(items: &[Node<'_>]) -> Option<Vec<StripeId>> {
    let places: &[&str] = &["price", "plan"];
    let prices = items
        .iter()
        .map(|item| item.first_readable(places, Node::id));
    let mut prices: Vec<StripeId> = prices.collect::<Option<_>>()?;
    prices.sort();
    prices.dedup();
    (!prices.is_empty()).then_some(prices)
}

/// Stripe's subscription status. An unknown status entitles to nothing and ends nothing
/// until a release knows it.
fn status(word: &str) -> SubscriptionStatus {
    match word {
        "incomplete" => SubscriptionStatus::Incomplete,
        "incomplete_expired" => SubscriptionStatus::IncompleteExpired,
        "trialing" => SubscriptionStatus::Trialing,
        "active" => SubscriptionStatus::Active,
        "past_due" => SubscriptionStatus::PastDue,
        "canceled" => SubscriptionStatus::Cancelled,
        "paused" => SubscriptionStatus::Paused,
        // Includes "unpaid".
        _ => SubscriptionStatus::Unpaid,
    }
}
