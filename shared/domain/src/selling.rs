//! What is sold through Stripe's pages: what a user asks to buy, the checkout that was
//! made for it, and the customer of Stripe's that a user is.
//!
//! A checkout grants nothing. It exists so that one wish makes one session: who asks
//! again, in another tab or after a lost reply, gets the session that is open.

use serde::{Deserialize, Serialize};

use super::{Digest, Digester, PriceKind, Redacted, StripeId, Subscription, Timestamp, UserId};

/// What a user asks to buy; every field is valid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Stripe's price, `price_…`.
    pub price_id: StripeId,
    /// How it is billed; never [`PriceKind::None`].
    pub kind: PriceKind,
    /// How many units, from 1.
    pub quantity: u32,
    /// The currency, `usd`.
    pub currency: String,
    /// Where the buyer goes afterwards.
    pub return_url: Redacted<String>,
}

/// Which checkout of a user is meant: there is one for subscriptions, and one for each
/// different order of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckoutSlot {
    /// The only one for a subscription.
    Subscription,
    /// The one for an order of a pack, by the order's digest.
    Pack(Digest),
}

impl Order {
    /// The digest of the whole order: two requests with the same one want the same.
    pub fn digest(&self) -> Digest {
        let Order {
            price_id,
            kind,
            quantity,
            currency,
            return_url,
        } = self;
        let kind = match kind {
            PriceKind::Subscription => "subscription",
            PriceKind::Pack => "pack",
            PriceKind::None => "none",
        };
        let mut digester = Digester::new("order/1");
        digester
            .text("price_id", price_id.as_str())
            .text("kind", kind)
            .integer("quantity", *quantity)
            .text("currency", currency)
            .text("return_url", return_url.expose());
        digester.finish()
    }

    /// The checkout that the order belongs to.
    pub fn slot(&self) -> CheckoutSlot {
        match self.kind {
            PriceKind::Subscription => CheckoutSlot::Subscription,
            PriceKind::Pack | PriceKind::None => CheckoutSlot::Pack(self.digest()),
        }
    }
}

/// The checkout that was last made for a user in one slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkout {
    /// The user.
    pub user_id: UserId,
    /// How many were made in this slot, this one included.
    pub generation: u64,
    /// Random, and different for every generation: the idempotency key of the request
    /// to Stripe, and the mark by which its session is found again.
    pub nonce: String,
    /// What is bought.
    pub order: Order,
    /// The buyer at Stripe.
    pub customer: StripeId,
    /// When it was written down, before Stripe was asked.
    pub asked_at: Timestamp,
    /// When its session ends by itself.
    pub ends_at: Timestamp,
    /// How far it has come.
    pub state: CheckoutState,
}

/// How far a checkout has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckoutState {
    /// Stripe is or was asked for a session; whether it made one is not known here.
    Asked,
    /// Stripe made this session.
    Made {
        /// The session, `cs_…`.
        session: StripeId,
        /// Its page. Whoever has the address can use it.
        url: Redacted<String>,
    },
    /// There is no session: Stripe refused to make one.
    Refused,
}

/// The customer of Stripe's that a user is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StripeCustomer {
    /// The user.
    pub user_id: UserId,
    /// Stripe's customer, `cus_…`.
    pub customer_id: StripeId,
    /// How many customers the user has been, this one included: one that was deleted at
    /// Stripe is replaced.
    pub generation: u64,
    /// When it was written down.
    pub created_at: Timestamp,
}

/// The subscription that keeps a user from buying another: one that has not ended, or
/// one without Stripe that is in force. The oldest by id among several.
pub fn standing_subscription(
    subscriptions: &[Subscription],
    now: Timestamp,
) -> Option<&Subscription> {
    let stands = |it: &&Subscription| match &it.stripe_subscription_id {
        Some(_) => !it.status.is_terminal(),
        None => {
            let lapsed = it.lapses_at.is_some_and(|at| at <= now);
            it.tier != super::Tier::Free && it.status.is_in_force() && !lapsed
        }
    };
    let standing = subscriptions.iter().filter(stands);
    // One with a customer first: the portal needs it.
    standing.min_by_key(|it| (it.stripe_customer_id.is_none(), &it.stripe_subscription_id))
}

/// The customer under whom a user buys: the one that selling has written down, else the
/// one of a subscription.
pub fn buying_customer(
    known: Option<&StripeCustomer>,
    subscriptions: &[Subscription],
) -> Option<StripeId> {
    let known = known.map(|known| known.customer_id.clone());
    known.or_else(|| of_subscriptions(subscriptions, |_| true))
}

/// The customer whom a user can manage: the one of a subscription that has not ended,
/// else the one under whom they buy.
pub fn managed_customer(
    known: Option<&StripeCustomer>,
    subscriptions: &[Subscription],
) -> Option<StripeId> {
    let standing = of_subscriptions(subscriptions, |it| !it.status.is_terminal());
    standing.or_else(|| buying_customer(known, subscriptions))
}

/// The customer of the latest subscription among some.
fn of_subscriptions(
    subscriptions: &[Subscription],
    wanted: impl Fn(&Subscription) -> bool,
) -> Option<StripeId> {
    let named = subscriptions.iter().filter(|it| wanted(it));
    let named = named.filter_map(|it| {
        let customer: StripeId = it.stripe_customer_id.as_deref()?.parse().ok()?;
        Some((it.current_period_end, customer))
    });
    named.max().map(|(_, customer)| customer)
}

#[cfg(test)]
mod tests;
