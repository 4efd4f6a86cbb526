//! What an import from another backend leaves for Stripe's events: when the
//! other backend stopped granting, which trials were had there, and which
//! credits came with which subscription.

use serde::{Deserialize, Serialize};

use super::billing_items::BillingItem;
use crate::domain::billing::SubscriptionBook;
use crate::domain::{Timestamp, UserId};
use crate::store::schema::keys::{self, Key};
use crate::store::schema::records::Record;

/// The moment of the cutover: what was paid at Stripe before it was granted by
/// the other backend and came with the import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cutover {
    /// The first second that is this backend's.
    pub at: Timestamp,
}

impl Record for Cutover {
    const ENTITY: &'static str = "Cutover";
    fn key(&self) -> Key {
        keys::cutover()
    }
}

/// That a user had the trial of a plan at the other backend. It lies where the
/// trial of an invoice does, so that neither comes after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedTrial {
    /// The plan, as the catalogue calls it.
    pub plan: String,
    /// Whose it was.
    pub user_id: UserId,
    /// The subscription that it began, as it is called here.
    pub imported_from: String,
}

impl Record for ImportedTrial {
    const ENTITY: &'static str = "Trial";
    fn key(&self) -> Key {
        keys::trial(&self.plan, &self.user_id)
    }
}

/// The book of a subscription whose lots came with the import: what a later
/// credit for unused time claws back from. Events of Stripe's go on with it.
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
