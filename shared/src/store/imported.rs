//! What an import from another backend leaves for Stripe's events: when the
//! other backend stopped granting, which trials were had there, and which
//! credits came with which subscription.

use serde::{Deserialize, Serialize};

use super::keys::{self, Key};
use super::users::Record;
use crate::domain::{Credits, LotId, Timestamp, UserId};

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

/// The lots of one subscription that came with the import and could still be
/// spent: what a later credit for unused time takes back from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedLots {
    /// Stripe's subscription.
    pub subscription: String,
    /// Whose it is.
    pub user_id: UserId,
    /// In the order in which they began.
    pub lots: Vec<ImportedLot>,
}

/// One lot of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedLot {
    /// The lot in the account.
    pub lot: LotId,
    /// Stripe's price; none if the other backend did not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<String>,
    /// How many of it were paid for.
    pub quantity: u32,
    /// The first second of what was paid for.
    pub starts_at: Timestamp,
    /// The second after the last; none if it has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// What it was given.
    pub granted: Credits,
}

impl Record for ImportedLots {
    const ENTITY: &'static str = "ImportedLots";
    fn key(&self) -> Key {
        keys::imported_lots(&self.subscription)
    }
}
