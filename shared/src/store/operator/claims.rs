//! Claims in an operator's hands: whose an address, a customer or a subscription is,
//! what needs it, giving it to another user and releasing it.
//!
//! A claim that its owner needs is neither moved nor released. Each write is conditional
//! on the owner that was read.

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};

use crate::domain::billing::{OperatorNote, SubscriptionBook};
use crate::domain::{StripeId, UserId};
use crate::host::clock::Deadline;
use crate::store::client::transaction::{Transacted, put};
use crate::store::schema::billing_items::BillingItem;
use crate::store::schema::items::{key_attributes, read, stamp};
use crate::store::schema::keys::{self, Key};
use crate::store::schema::records::{CLAIM, Claim, Record};
use crate::store::{Consistency, Person, Store, StoreError};

/// What is claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimName {
    /// An e-mail address.
    Email(String),
    /// A Stripe customer.
    Customer(StripeId),
    /// A Stripe subscription.
    Subscription(StripeId),
}

/// A claim as found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundClaim {
    /// The owner.
    pub owner: UserId,
    /// The note of the operator who assigned or moved it, if one did.
    pub note: Option<OperatorNote>,
    /// The keys of the owner's items that need it.
    pub needed_by: Vec<String>,
    claim: Claim,
}

impl ClaimName {
    /// The key of its item.
    pub fn key(&self) -> Key {
        match self {
            ClaimName::Email(email) => keys::email_claim(email),
            ClaimName::Customer(id) => keys::stripe_customer_claim(id.as_str()),
            ClaimName::Subscription(id) => keys::stripe_subscription_claim(id.as_str()),
        }
    }
}

impl Store {
    /// Loads a claim and what needs it.
    pub async fn find_claim(&self, name: &ClaimName) -> Result<Option<FoundClaim>, StoreError> {
        let key = name.key();
        let Some(item) = self.get(&key, Consistency::Strong).await? else {
            return Ok(None);
        };
        let claim: Claim = read(&key, CLAIM, item)?;
        let owner = claim.user_id.clone();
        Ok(Some(FoundClaim {
            needed_by: self.needs_of(&owner, name).await?,
            note: claim.operator.clone(),
            owner,
            claim,
        }))
    }

    /// The keys of a user's items that need a claim.
    pub async fn needs_of(
        &self,
        user_id: &UserId,
        name: &ClaimName,
    ) -> Result<Vec<String>, StoreError> {
        let person = self.load_person(user_id).await?;
        let mut needs = records_with(&person, &name.key());
        if let ClaimName::Subscription(id) = name {
            let book = keys::book(id.as_str());
            let item = self.get(&book, Consistency::Strong).await?;
            let item =
                item.map(|item| read::<SubscriptionBook>(&book, SubscriptionBook::ENTITY, item));
            if item
                .transpose()?
                .is_some_and(|book| book.user_id == *user_id)
            {
                needs.push(book.to_string());
            }
        }
        Ok(needs)
    }

    /// Deletes a claim. False if its owner is no longer the one that was read.
    pub async fn release_claim(
        &self,
        name: &ClaimName,
        found: &FoundClaim,
        deadline: Deadline,
    ) -> Result<bool, StoreError> {
        let key = name.key();
        let delete = Delete::builder()
            .table_name(self.tables.name(key.table))
            .set_key(Some(key_attributes(&key)))
            .condition_expression("user_id = :owner")
            .expression_attribute_values(":owner", owner(found))
            .build()
            .map_err(|error| StoreError::Rejected(error.to_string()))?;
        let part = TransactWriteItem::builder().delete(delete).build();
        self.is_written(part, deadline).await
    }

    /// Gives a claim to a user, with a note of who did it and why. False if its owner is
    /// no longer the one that was read.
    pub async fn move_claim(
        &self,
        name: &ClaimName,
        found: Option<&FoundClaim>,
        to: (&UserId, &OperatorNote),
        deadline: Deadline,
    ) -> Result<bool, StoreError> {
        let key = name.key();
        let (user_id, note) = to;
        let claim = Claim {
            user_id: user_id.clone(),
            deleted_at: found.and_then(|found| found.claim.deleted_at),
            operator: Some(note.clone()),
        };
        let item = stamp(&key, CLAIM, claim)?;
        let part = match found {
            None => self.put_new(&key, item)?,
            Some(found) => {
                let still_theirs = Put::builder()
                    .condition_expression("user_id = :owner")
                    .expression_attribute_values(":owner", owner(found));
                put(self.tables.name(key.table), still_theirs, item)?
            }
        };
        self.is_written(part, deadline).await
    }

    async fn is_written(
        &self,
        part: TransactWriteItem,
        deadline: Deadline,
    ) -> Result<bool, StoreError> {
        Ok(match self.transact(&[part], None, deadline).await? {
            Transacted::Committed => true,
            Transacted::Refused(_) => false,
        })
    }
}

fn owner(found: &FoundClaim) -> AttributeValue {
    AttributeValue::S(found.owner.to_string())
}

/// The keys of a person's records that claim this.
fn records_with(person: &Person, claim: &Key) -> Vec<String> {
    fn key_of<T: Record>(record: &T, claim: &Key) -> Option<String> {
        let (_, claims) = record.claims()?;
        claims.contains(claim).then(|| record.key().to_string())
    }
    let user = person.user.iter().filter_map(|user| key_of(user, claim));
    let subscriptions = person.subscriptions.iter();
    let subscriptions = subscriptions.filter_map(|record| key_of(record, claim));
    user.chain(subscriptions).collect()
}
