//! What is being sold: the checkout of a user in each slot, and the customer of Stripe's
//! that the user is. Both are written before Stripe is asked for more, each on what was
//! seen, so that of parallel requests one goes ahead and the others follow it.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem};

use crate::domain::{
    Checkout, CheckoutSlot, CheckoutState, StripeCustomer, StripeId, Timestamp, UserId,
};
use crate::host::clock::Deadline;
use crate::store::client::transaction::{Transacted, put};
use crate::store::schema::items::{Item, ItemError, read, stamp};
use crate::store::schema::keys::{self, Key};
use crate::store::schema::records::{CLAIM, Claim, Record};
use crate::store::{Store, StoreError};

pub(in crate::store) const CHECKOUT: &str = "Checkout";

/// A checkout is kept for thirty days after its session's end, in seconds: longer than
/// Stripe delivers what came of it.
const KEPT_SECONDS: i64 = 30 * 86_400;
/// As many keys as one request may read, and as many customers as a page of Stripe's has.
const MAX_LOOKED_AT: usize = 100;

/// A checkout that was read, on which the next write is conditional.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownCheckout(Checkout);

impl KnownCheckout {
    /// The checkout.
    pub fn checkout(&self) -> &Checkout {
        &self.0
    }
}

/// The outcome of naming a user's customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// This is the user's customer now.
    Own(StripeCustomer),
    /// Another request was faster: this one is.
    Other(StripeCustomer),
    /// The customer is another user's.
    Taken,
}

impl Store {
    /// The checkout of a user in a slot, read strongly.
    pub async fn load_checkout(
        &self,
        user_id: &UserId,
        slot: &CheckoutSlot,
        deadline: Deadline,
    ) -> Result<Option<KnownCheckout>, StoreError> {
        let key = keys::checkout(user_id, slot);
        let mut found = self.get_many(std::slice::from_ref(&key), deadline).await?;
        let item = found.take(&key);
        let checkout = item.map(|item| read::<Checkout>(&key, CHECKOUT, item));
        Ok(checkout.transpose()?.map(KnownCheckout))
    }

    /// Writes a checkout in the place of the one that was seen. None if another request
    /// has written since; a write whose reply was lost counts as written.
    pub async fn save_checkout(
        &self,
        checkout: &Checkout,
        seen: Option<&KnownCheckout>,
        deadline: Deadline,
    ) -> Result<Option<KnownCheckout>, StoreError> {
        let key = keys::checkout(&checkout.user_id, &checkout.order.slot());
        let item = checkout_item(&key, checkout)?;
        let condition = match seen {
            None => Put::builder().condition_expression("attribute_not_exists(pk)"),
            Some(KnownCheckout(seen)) => Put::builder()
                .condition_expression("nonce = :nonce AND step = :step")
                .expression_attribute_values(":nonce", AttributeValue::S(seen.nonce.clone()))
                .expression_attribute_values(":step", AttributeValue::S(step(&seen.state).into())),
        };
        let parts = [put(self.tables.name(key.table), condition, item)?];
        match self.transact(&parts, None, deadline).await? {
            Transacted::Committed => Ok(Some(KnownCheckout(checkout.clone()))),
            Transacted::Refused(reasons) => {
                let stands = reasons.into_iter().next().and_then(|reason| reason.item);
                let stands = stands.map(|item| read::<Checkout>(&key, CHECKOUT, item));
                let stands = stands.transpose()?;
                Ok(stands.filter(|it| it == checkout).map(KnownCheckout))
            }
        }
    }

    /// Names the customer under whom a user buys, in the place of one that is gone, and
    /// claims it as an event would. If events wait for the customer, the claim is left
    /// to the next one that names the user, which lets them go on.
    pub async fn name_customer(
        &self,
        customer_id: &StripeId,
        (user_id, now): (&UserId, Timestamp),
        gone: Option<&StripeCustomer>,
        deadline: Deadline,
    ) -> Result<Claimed, StoreError> {
        let own = StripeCustomer {
            user_id: user_id.clone(),
            customer_id: customer_id.clone(),
            generation: gone.map_or(0, |gone| gone.generation).saturating_add(1),
            created_at: now,
        };
        let key = own.key();
        let item = stamp(&key, StripeCustomer::ENTITY, &own)?;
        let condition = match gone {
            None => Put::builder().condition_expression("attribute_not_exists(pk)"),
            Some(gone) => Put::builder()
                .condition_expression("customer_id = :gone")
                .expression_attribute_values(
                    ":gone",
                    AttributeValue::S(gone.customer_id.to_string()),
                ),
        };
        let mut parts = vec![put(self.tables.name(key.table), condition, item)?];
        let claim = keys::stripe_customer_claim(customer_id.as_str());
        parts.push(self.put_claim(&claim, user_id)?);
        parts.push(self.nothing_waits_for(customer_id)?);
        loop {
            let reasons = match self.transact(&parts, None, deadline).await? {
                Transacted::Committed => return Ok(Claimed::Own(own)),
                Transacted::Refused(reasons) => reasons,
            };
            let is_refused = |at: usize| {
                let reason = reasons.get(at).and_then(|reason| reason.code());
                reason == Some("ConditionalCheckFailed")
            };
            if is_refused(0) {
                let stands = reasons.into_iter().next().and_then(|reason| reason.item);
                let stands = stands.ok_or_else(|| {
                    StoreError::Unavailable("the customer of a user has just changed".into())
                })?;
                let stands: StripeCustomer = read(&key, StripeCustomer::ENTITY, stands)?;
                return Ok(if stands.customer_id == own.customer_id {
                    Claimed::Own(stands)
                } else {
                    Claimed::Other(stands)
                });
            }
            if is_refused(1) {
                return Ok(Claimed::Taken);
            }
            // Only the events that wait are in the way of the claim.
            parts.truncate(1);
        }
    }

    /// The first of some customers of Stripe's, at most a hundred, that events have
    /// linked to a user and that was not deleted since; read strongly in one request.
    pub async fn first_linked(
        &self,
        user_id: &UserId,
        customers: &[StripeId],
        deadline: Deadline,
    ) -> Result<Option<StripeId>, StoreError> {
        let claims = customers.iter().take(MAX_LOOKED_AT);
        let claims: Vec<_> = claims
            .map(|id| keys::stripe_customer_claim(id.as_str()))
            .collect();
        if claims.is_empty() {
            return Ok(None);
        }
        let mut found = self.get_many(&claims, deadline).await?;
        for (customer, key) in customers.iter().zip(&claims) {
            let Some(item) = found.take(key) else {
                continue;
            };
            let claim: Claim = read(key, CLAIM, item)?;
            if claim.user_id == *user_id && claim.deleted_at.is_none() {
                return Ok(Some(customer.clone()));
            }
        }
        Ok(None)
    }

    /// The condition that no event is parked for a customer.
    fn nothing_waits_for(&self, customer: &StripeId) -> Result<TransactWriteItem, StoreError> {
        let none = ConditionCheck::builder()
            .condition_expression("attribute_not_exists(pk) OR parked_count = drained_count");
        self.check(&keys::customer_queue(customer), none)
    }
}

/// The item of a checkout, under its key.
pub(in crate::store) fn checkout_item(key: &Key, checkout: &Checkout) -> Result<Item, ItemError> {
    let mut item = stamp(key, CHECKOUT, checkout)?;
    let kept_until = checkout.ends_at.plus_seconds(KEPT_SECONDS).unix_seconds();
    let kept_until = AttributeValue::N(kept_until.to_string());
    item.insert("expires_at".into(), kept_until);
    let step = AttributeValue::S(step(&checkout.state).into());
    item.insert("step".into(), step);
    Ok(item)
}

/// How far a checkout has come, as an attribute that conditions can name.
fn step(state: &CheckoutState) -> &'static str {
    match state {
        CheckoutState::Asked => "asked",
        CheckoutState::Made { .. } => "made",
        CheckoutState::Refused => "refused",
    }
}
