//! The owner of a Stripe object, as the object names it.
//!
//! Plain data: who owns it in the end is decided by the claims.

use serde::{Deserialize, Serialize};

use crate::{StripeId, UserId};

/// The user, customer and subscription that an object names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parties {
    /// The user it names: `metadata.user_id` of the object or of its subscription,
    /// which only the holder of the secret key can set, else `client_reference_id`.
    /// None if that is not a valid user id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// Stripe's customer, `cus_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<StripeId>,
    /// Stripe's subscription, `sub_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<StripeId>,
}
