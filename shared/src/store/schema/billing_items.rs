//! What the billing table has an item for, and whose each is.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::UserId;
use crate::domain::billing::{EventRecord, Invoice, Payment, SubscriptionBook};

/// What an item of the billing table is.
pub(crate) trait BillingItem: Serialize + DeserializeOwned {
    const ENTITY: &'static str;
    /// Whose it is, once that is known; puts it into the index of that user.
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
