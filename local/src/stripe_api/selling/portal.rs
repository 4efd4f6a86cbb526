//! What is done on the page of the customer portal: cancelled, resumed, another
//! plan, another card.

use serde_json::Value;
use shared::domain::billing::IntervalUnit;
use shared::domain::{Price, PriceKind};
use stripe_billing::Proration;

use super::happen::{check_room, engine_of, publish, text};
use super::state::{Flow, Portal, Selling};
use crate::stripe::ApiVersion;
use crate::stripe_api::refusal::Refusal;
use crate::stripe_api::shelf::Shelf;
use crate::stripe_api::writer::Writer;

/// What a button of the page does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PortalAct {
    /// Ends this subscription with its period.
    Cancel(String),
    /// Takes that back.
    Resume(String),
    /// Another price for this subscription, billed at once.
    Change(String, String),
    /// Another card, which works or is declined.
    Card {
        /// Whether it works.
        works: bool,
    },
}

/// A plan that can be chosen; the amount in the currency's smallest unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShownPlan {
    pub(crate) price: String,
    pub(crate) name: String,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) every: String,
}

/// A subscription of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShownSubscription {
    pub(crate) id: String,
    pub(crate) plan: String,
    pub(crate) quantity: i64,
    pub(crate) status: String,
    /// In Unix seconds.
    pub(crate) period_end: i64,
    /// Whether it ends with its period.
    pub(crate) ends: bool,
    /// Whether the page may end or resume it.
    pub(crate) can_cancel: bool,
    /// The other plans of its currency that the page may change it to.
    pub(crate) plans: Vec<ShownPlan>,
}

/// The page of a portal session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PortalPage {
    pub(crate) email: Option<String>,
    /// Whether it is about everything that the customer has.
    pub(crate) is_whole: bool,
    pub(crate) subscriptions: Vec<ShownSubscription>,
    /// Whether the page may change the card.
    pub(crate) can_change_card: bool,
    pub(crate) card_works: bool,
    pub(crate) return_url: Option<String>,
}

/// How often a price is billed, in words.
pub(super) fn every(price: &Price) -> String {
    let unit = match price.interval {
        IntervalUnit::Day => "day",
        IntervalUnit::Week => "week",
        IntervalUnit::Month => "month",
        IntervalUnit::Year => "year",
    };
    match price.interval_count {
        0 | 1 => format!("every {unit}"),
        count => format!("every {count} {unit}s"),
    }
}

fn plan_of(price: &Price, currency: &str) -> Option<ShownPlan> {
    let amount = price.amount_in(currency)?;
    Some(ShownPlan {
        price: price.price_id.clone(),
        name: price.plan.clone(),
        amount: i64::try_from(amount).unwrap_or(i64::MAX),
        currency: currency.to_string(),
        every: every(price),
    })
}

fn number(object: &Value, place: &str) -> i64 {
    let number = object.pointer(place).and_then(Value::as_i64);
    number.unwrap_or_default()
}

/// The page of a session that has not ended; none if there is none.
pub(in crate::stripe_api) fn portal_page(
    shelf: &Shelf,
    selling: &Selling,
    (secret, now): (&str, i64),
) -> Option<PortalPage> {
    let portal = selling.portal(secret, now)?;
    let version = ApiVersion::default();
    let customer = shelf.get(&portal.customer, "customer", version)?;
    let theirs =
        |it: &&Value| text(it, "customer") == portal.customer && may_show(portal, &text(it, "id"));
    let live =
        |it: &&Value| ["active", "trialing", "past_due"].contains(&text(it, "status").as_str());
    let all = shelf.list("subscription", version);
    let shown = all.filter(theirs).filter(live);
    let engine = selling.engines.get(&portal.customer);
    let email = customer.get("email").and_then(Value::as_str);
    Some(PortalPage {
        email: email.map(str::to_string),
        is_whole: portal.flow.is_none(),
        subscriptions: shown.map(|it| shown_of(selling, portal, it)).collect(),
        can_change_card: matches!(portal.flow, None | Some(Flow::Card)),
        card_works: engine.is_none_or(super::engine::Engine::card_works),
        return_url: portal.return_url.clone(),
    })
}

fn may_show(portal: &Portal, id: &str) -> bool {
    match &portal.flow {
        None => true,
        Some(Flow::Card) => false,
        Some(Flow::Cancel(only) | Flow::Update(only) | Flow::Confirm(only, _)) => only == id,
    }
}

fn shown_of(selling: &Selling, portal: &Portal, subscription: &Value) -> ShownSubscription {
    let price = subscription.pointer("/items/data/0/price/id");
    let price = price.and_then(Value::as_str).unwrap_or_default();
    let currency = text(subscription, "currency");
    let is_offered = |it: &&Price| {
        it.kind == PriceKind::Subscription
            && it.price_id != price
            && match &portal.flow {
                None | Some(Flow::Update(_)) => true,
                Some(Flow::Card | Flow::Cancel(_)) => false,
                Some(Flow::Confirm(_, only)) => it.price_id == *only,
            }
    };
    let plans = selling.prices.iter().filter(is_offered);
    let known = selling.price(price);
    let period_end = number(subscription, "/items/data/0/current_period_end");
    ShownSubscription {
        id: text(subscription, "id"),
        plan: known.map_or_else(|| price.to_string(), |it| it.plan.clone()),
        quantity: number(subscription, "/items/data/0/quantity"),
        status: text(subscription, "status"),
        period_end,
        ends: is_ending(subscription),
        can_cancel: matches!(portal.flow, None | Some(Flow::Cancel(_))),
        plans: plans.filter_map(|it| plan_of(it, &currency)).collect(),
    }
}

fn is_ending(subscription: &Value) -> bool {
    let flagged = subscription.get("cancel_at_period_end") == Some(&Value::Bool(true));
    flagged || subscription.get("cancel_at").is_some_and(Value::is_i64)
}

/// Does what a button says. None if there is no such session; whether it could be done.
pub(in crate::stripe_api) fn act_in_portal(
    writer: &mut Writer<'_>,
    selling: &mut Selling,
    (secret, act): (&str, &PortalAct),
) -> Result<Option<bool>, Refusal> {
    let at = (secret, writer.now);
    let Some(page) = portal_page(writer.shelf, selling, at) else {
        return Ok(None);
    };
    let Some(portal) = selling.portal(secret, writer.now).cloned() else {
        return Ok(None);
    };
    let shown = |id: &str| page.subscriptions.iter().find(|it| it.id == id);
    let may = match act {
        PortalAct::Cancel(id) => shown(id).is_some_and(|it| it.can_cancel && !it.ends),
        PortalAct::Resume(id) => shown(id).is_some_and(|it| it.can_cancel && it.ends),
        PortalAct::Change(id, price) => {
            shown(id).is_some_and(|it| it.plans.iter().any(|plan| plan.price == *price))
        }
        PortalAct::Card { .. } => page.can_change_card,
    };
    if !may {
        return Ok(Some(false));
    }
    check_room(writer)?;
    let engine = engine_of(writer, selling, &portal.customer);
    engine.advance(writer.now);
    let done = match act {
        PortalAct::Cancel(id) => engine.cancel_at_period_end(id, true),
        PortalAct::Resume(id) => engine.resume(id),
        PortalAct::Change(id, price) => engine.change_price(id, price, Proration::InvoiceNow),
        PortalAct::Card { works } => {
            engine.set_card(*works);
            true
        }
    };
    publish(writer, selling, &portal.customer)?;
    Ok(Some(done))
}
