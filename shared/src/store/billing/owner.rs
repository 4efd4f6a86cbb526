//! Whose an event is, and the claims that it makes.
//!
//! Whoever names the user first writes the claim of the customer; an event
//! that names somebody else later is refused. An event that names nobody
//! belongs to whoever the claim says.

use aws_sdk_dynamodb::types::TransactWriteItem;

use super::plan::Plan;
use super::sight::Sight;
use crate::domain::UserId;
use crate::domain::billing::{ParkReason, Parties};
use crate::store::items::stamp;
use crate::store::keys::{self, Key};
use crate::store::users::{CLAIM, Claim};
use crate::store::{Store, StoreError};

/// Whose an event is.
pub(super) enum Owner {
    /// This user's; the parts claim what the event says is theirs.
    Known {
        user_id: UserId,
        parts: Vec<TransactWriteItem>,
    },
    /// Not known, or not possible: this is what becomes of the event.
    Otherwise(Box<Plan>),
}

impl Store {
    /// Whose an event with these parties is. With `claims_subscription` its
    /// subscription becomes theirs as well.
    pub(super) fn owner(
        &self,
        parties: &Parties,
        sight: &Sight,
        claims_subscription: bool,
    ) -> Result<Owner, StoreError> {
        let claims = [&sight.customer, &sight.subscription];
        let named = parties.user.as_ref();
        let Some(user_id) = named.or_else(|| sight.claimed_by()).cloned() else {
            let plan = match &parties.customer {
                Some(customer) => Plan::parked(ParkReason::Customer(customer.clone())),
                None => Plan::refused("it names neither a user nor a customer"),
            };
            return Ok(Owner::Otherwise(Box::new(plan)));
        };
        let mut owners = claims.into_iter().flatten().map(|claim| &claim.user_id);
        if owners.any(|owner| *owner != user_id) {
            let reason = "its customer or subscription belongs to another user";
            return Ok(Owner::Otherwise(Box::new(Plan::refused(reason))));
        }
        let mut parts = Vec::new();
        if let (Some(customer), Some(_), None) = (&parties.customer, named, &sight.customer) {
            let claim = keys::stripe_customer_claim(customer.as_str());
            parts.push(self.claim_new(&claim, &user_id)?);
            let reason = ParkReason::Customer(customer.clone());
            parts.push(self.queue_is_as_seen(&reason, sight.queue)?);
        }
        if let (Some(subscription), true, None) = (
            &parties.subscription,
            claims_subscription,
            &sight.subscription,
        ) {
            let claim = keys::stripe_subscription_claim(subscription.as_str());
            parts.push(self.claim_new(&claim, &user_id)?);
        }
        Ok(Owner::Known { user_id, parts })
    }

    fn claim_new(&self, key: &Key, user_id: &UserId) -> Result<TransactWriteItem, StoreError> {
        let claim = Claim {
            user_id: user_id.clone(),
            deleted_at: None,
        };
        self.put_new(key, stamp(key, CLAIM, claim)?)
    }
}

/// Whether the event made its customer's claim, so that what waits for it can go on.
pub(super) fn links_customer(parties: Option<&Parties>, sight: &Sight) -> bool {
    parties.is_some_and(|parties| parties.user.is_some() && parties.customer.is_some())
        && sight.customer.is_none()
}
