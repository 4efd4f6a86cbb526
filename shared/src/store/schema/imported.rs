//! What an import from another backend leaves for Stripe's events: the cutover, the
//! trials granted there, and the credits that came with each subscription.

use serde::{Deserialize, Serialize};

use super::billing_items::BillingItem;
use crate::domain::billing::SubscriptionBook;
use crate::domain::{Timestamp, UserId};
use crate::store::schema::keys::{self, Key};
use crate::store::schema::records::Record;

/// The cutover: payments at Stripe before it were granted by the other backend and came
/// with the import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cutover {
    /// The first second from which this backend grants.
    pub at: Timestamp,
}

impl Record for Cutover {
    const ENTITY: &'static str = "Cutover";
    fn key(&self) -> Key {
        keys::cutover()
    }
}

/// A user had the trial of a plan at the other backend. The item has the key of an
/// invoice's trial, so the trial is granted once only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedTrial {
    /// The plan, as named in the catalogue.
    pub plan: String,
    /// The user who had it.
    pub user_id: UserId,
    /// The id of the subscription that it began.
    pub imported_from: String,
}

impl Record for ImportedTrial {
    const ENTITY: &'static str = "Trial";
    fn key(&self) -> Key {
        keys::trial(&self.plan, &self.user_id)
    }
}

/// The book of an imported subscription: a later credit for unused time claws back from
/// its lots. Stripe's events extend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedBook {
    /// Stripe's subscription. The key says it, so it is empty once read.
    #[serde(default, skip_serializing)]
    pub subscription: String,
    /// Its lines.
    #[serde(flatten)]
    pub book: SubscriptionBook,
}

impl Record for ImportedBook {
    const ENTITY: &'static str = SubscriptionBook::ENTITY;
    fn key(&self) -> Key {
        keys::book(&self.subscription)
    }
}
