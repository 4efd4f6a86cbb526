//! The item types of the billing table, and the owner of each. How an item is read and
//! written is not decided here.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::UserId;
use crate::domain::billing::{EventRecord, Invoice, Payment, SubscriptionBook};

/// A value that has an item in the billing table.
pub(crate) trait BillingItem: Serialize + DeserializeOwned {
    const ENTITY: &'static str;
    /// The owner, once known; indexes the item under that user.
    fn user_id(&self) -> Option<&UserId>;
}

impl BillingItem for EventRecord {
    const ENTITY: &'static str = "Event";
    fn user_id(&self) -> Option<&UserId> {
        self.user_id.as_ref()
    }
}

impl BillingItem for Payment {
    const ENTITY: &'static str = "Payment";
    fn user_id(&self) -> Option<&UserId> {
        Payment::user_id(self)
    }
}

impl BillingItem for Invoice {
    const ENTITY: &'static str = "Invoice";
    fn user_id(&self) -> Option<&UserId> {
        self.settled.as_ref().map(|settled| &settled.user_id)
    }
}

impl BillingItem for SubscriptionBook {
    const ENTITY: &'static str = "SubscriptionBook";
    fn user_id(&self) -> Option<&UserId> {
        Some(&self.user_id)
    }
}
