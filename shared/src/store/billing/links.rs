//! Events that only say whose a customer is, or that it is gone.

use aws_sdk_dynamodb::types::{AttributeValue, Put};

use super::owner::Owner;
use super::plan::{Plan, Task};
use super::sight::Sight;
use crate::domain::StripeId;
use crate::domain::billing::{ParkReason, Parties};
use crate::store::items::stamp;
use crate::store::keys;
use crate::store::transaction::put;
use crate::store::users::{CLAIM, Claim};
use crate::store::{Store, StoreError};

impl Store {
    /// A checkout of a subscription: customer and subscription are claimed.
    pub(super) fn plan_link(&self, parties: &Parties, sight: &Sight) -> Result<Plan, StoreError> {
        Ok(match self.owner(parties, sight, true)? {
            Owner::Known { user_id, parts } => Plan::applied(Some(user_id), parts),
            Owner::Otherwise(plan) => *plan,
        })
    }

    /// A deleted customer: the claim is marked and stays, so that what is still
    /// to come about the customer finds its user.
    pub(super) fn plan_deleted(
        &self,
        task: &Task<'_>,
        sight: &Sight,
        customer: &StripeId,
    ) -> Result<Plan, StoreError> {
        let Some(claim) = &sight.customer else {
            return Ok(Plan::parked(ParkReason::Customer(customer.clone())));
        };
        let user_id = claim.user_id.clone();
        if claim.deleted_at.is_some() {
            return Ok(Plan::applied(Some(user_id), Vec::new()));
        }
        let key = keys::stripe_customer_claim(customer.as_str());
        let marked = Claim {
            user_id: user_id.clone(),
            deleted_at: Some(task.event.created),
        };
        let still_theirs = Put::builder()
            .condition_expression("user_id = :owner")
            .expression_attribute_values(":owner", AttributeValue::S(user_id.to_string()));
        let table = self.tables.name(key.table);
        let part = put(table, still_theirs, stamp(&key, CLAIM, marked)?)?;
        Ok(Plan::applied(Some(user_id), vec![part]))
    }
}
