//! What selling keeps besides the objects.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::domain::Price;

use super::engine::Engine;
use crate::stripe::ApiVersion;

/// How many portal sessions are kept; the oldest go first.
const MAX_PORTALS: usize = 1_000;

/// The events of selling that the webhook's endpoint has enabled, as docs/deploy.md
/// says. No other is delivered.
const DELIVERED: [&str; 10] = [
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.updated",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice_payment.paid",
];

/// One line of a checkout, as it was asked for.
#[derive(Clone, Debug)]
pub(in crate::stripe_api) struct Line {
    pub(super) price: Price,
    pub(super) quantity: i64,
    /// Of one, in the smallest unit of the session's currency.
    pub(super) unit_amount: i64,
}

/// What a session does not show.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) lines: Vec<Line>,
    /// For the subscription, or for the payment intent.
    pub(super) metadata: Value,
}

/// A session of the customer portal.
#[derive(Clone, Debug)]
pub(super) struct Portal {
    pub(super) customer: String,
    pub(super) return_url: Option<String>,
    pub(super) expires_at: i64,
    /// What it is about, if it is not about everything.
    pub(super) flow: Option<Flow>,
}

/// The one thing that a portal session is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// Another card.
    Card,
    /// The end of this subscription.
    Cancel(String),
    /// Another plan for this subscription.
    Update(String),
    /// This plan for this subscription.
    Confirm(String, String),
}

/// Everything.
#[derive(Debug, Default)]
pub(in crate::stripe_api) struct Selling {
    pub(super) prices: Vec<Price>,
    /// Where the pages are.
    pub(super) url: String,
    /// The version of the webhook's endpoint.
    pub(in crate::stripe_api) version: ApiVersion,
    /// By customer.
    pub(super) engines: BTreeMap<String, Engine>,
    /// By session.
    pub(super) drafts: BTreeMap<String, Draft>,
    /// Sessions whose payment waits for its confirmation.
    pub(super) to_confirm: BTreeSet<String>,
    /// Open sessions.
    pub(super) open: BTreeSet<String>,
    /// By the secret part of its address; what was added first goes first.
    portals: Vec<(String, Portal)>,
    /// Events that were not delivered yet.
    outbox: Vec<Value>,
}

impl Selling {
    pub(in crate::stripe_api) fn new(prices: &[Price], url: &str, version: ApiVersion) -> Self {
        Selling {
            prices: prices.to_vec(),
            url: url.to_string(),
            version,
            ..Selling::default()
        }
    }

    /// Where the pages are.
    pub(in crate::stripe_api) fn url(&self) -> &str {
        &self.url
    }

    /// A price of the catalogue.
    pub(super) fn price(&self, id: &str) -> Option<&Price> {
        self.prices.iter().find(|price| price.price_id == id)
    }

    pub(super) fn add_portal(&mut self, secret: String, portal: Portal) {
        self.portals.push((secret, portal));
        if self.portals.len() > MAX_PORTALS {
            self.portals.remove(0);
        }
    }

    /// A portal session that has not ended.
    pub(super) fn portal(&self, secret: &str, now: i64) -> Option<&Portal> {
        let mut all = self.portals.iter();
        let (_, portal) = all.find(|(known, _)| known == secret)?;
        (now < portal.expires_at).then_some(portal)
    }

    /// Whether anything happens here as time passes.
    pub(in crate::stripe_api) fn is_idle(&self) -> bool {
        self.engines.is_empty() && self.open.is_empty()
    }

    /// Takes an event on for delivery, if the endpoint wants its type.
    pub(super) fn send(&mut self, event: &Value) {
        let kind = event.get("type").and_then(Value::as_str);
        if kind.is_some_and(|kind| DELIVERED.contains(&kind)) {
            self.outbox.push(event.clone());
        }
    }

    /// The events that were not delivered yet, the oldest first.
    pub(in crate::stripe_api) fn undelivered(&self) -> Vec<Value> {
        self.outbox.clone()
    }

    /// An event was delivered.
    pub(in crate::stripe_api) fn delivered(&mut self, id: &str) {
        self.outbox
            .retain(|event| event.get("id").and_then(Value::as_str) != Some(id));
    }
}
