//! Values of the users table that are created once, each under its own key, with the
//! claims that make them unique.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::item::Item;
use super::keys::{self, Key};
pub(crate) use crate::domain::billing::Claim;
use crate::domain::rating::RateCard;
use crate::domain::{
    Model, OAuthClient, Preferences, Price, StripeCustomer, Subscription, User, UserId,
};

/// A value of the users table that is created once under its own key.
pub trait Record: Serialize + DeserializeOwned + Send + Sync {
    /// The entity name in the stamp of its items.
    const ENTITY: &'static str;
    /// Its key.
    fn key(&self) -> Key;
    /// Marks written with it, which say that something it names is known.
    fn marks(&self) -> Vec<Key> {
        Vec::new()
    }
    /// Its owner and the unique values it claims.
    fn claims(&self) -> Option<(&UserId, Vec<Key>)> {
        None
    }
}

impl Record for User {
    const ENTITY: &'static str = "User";
    fn key(&self) -> Key {
        keys::profile(&self.user_id)
    }
    fn claims(&self) -> Option<(&UserId, Vec<Key>)> {
        let claim = self.address().map(keys::email_claim);
        Some((&self.user_id, claim.into_iter().collect()))
    }
}

impl Record for Preferences {
    const ENTITY: &'static str = "Preferences";
    fn key(&self) -> Key {
        keys::preferences(&self.user_id)
    }
}

impl Record for Subscription {
    const ENTITY: &'static str = "Subscription";
    fn key(&self) -> Key {
        keys::subscription(&self.user_id, self.stripe_subscription_id.as_deref())
    }
    fn claims(&self) -> Option<(&UserId, Vec<Key>)> {
        let customer = self.stripe_customer_id.as_deref();
        let subscription = self.stripe_subscription_id.as_deref();
        let claims = customer
            .map(keys::stripe_customer_claim)
            .into_iter()
            .chain(subscription.map(keys::stripe_subscription_claim))
            .collect();
        Some((&self.user_id, claims))
    }
}

impl Record for StripeCustomer {
    const ENTITY: &'static str = "StripeCustomer";
    fn key(&self) -> Key {
        keys::stripe_customer(&self.user_id)
    }
}

impl Record for OAuthClient {
    const ENTITY: &'static str = "OAuthClient";
    fn key(&self) -> Key {
        keys::oauth_client(self.client_id.as_str())
    }
}

impl Record for Model {
    const ENTITY: &'static str = "Model";
    fn key(&self) -> Key {
        keys::model(&self.id)
    }
}

impl Record for RateCard {
    const ENTITY: &'static str = "RateCard";
    fn key(&self) -> Key {
        keys::rate_card(self.id.as_str())
    }
}

impl Record for Price {
    const ENTITY: &'static str = "Price";
    fn key(&self) -> Key {
        keys::price(&self.price_id)
    }
    fn marks(&self) -> Vec<Key> {
        let link = self.payment_link.as_deref();
        link.map(keys::payment_link).into_iter().collect()
    }
}

pub(crate) const CLAIM: &str = "Claim";

/// What is left of the profile of an erased user: the id, so that nobody else becomes
/// this user.
#[cfg(feature = "operator")]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Tombstone {
    /// The user.
    pub(crate) user_id: UserId,
}

pub(crate) const TOMBSTONE: &str = "ErasedUser";

/// Whether an item is a tombstone.
pub(crate) fn is_tombstone(item: &Item) -> bool {
    let entity = item.get("entity").and_then(|entity| entity.as_s().ok());
    entity.is_some_and(|entity| entity == TOMBSTONE)
}

/// A mark: something that a record names is known. It holds nothing else.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Mark {}

pub(crate) const MARK: &str = "Mark";
