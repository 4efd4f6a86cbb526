//! People and reference data in the users table.
//!
//! Unique values (an e-mail address, a Stripe id) are claimed in the transaction that
//! creates their owner, so two owners cannot both get one.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};

use crate::domain::UserId;
use crate::host::clock::Deadline;
use crate::store::Consistency;
use crate::store::client::transaction::{Transacted, put};
use crate::store::schema::items::{Item, read, stamp};
use crate::store::schema::keys::{self, Key};
use crate::store::schema::records::{CLAIM, Claim, MARK, Mark, Record, is_tombstone};
use crate::store::{Store, StoreError};

/// The outcome of a creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created<T> {
    /// Created by this call.
    New,
    /// It existed before; the existing record.
    Existing(Box<T>),
    /// Its user was erased, and nothing may take their place.
    Erased,
    /// A unique value it needs is claimed by another user.
    Taken {
        /// The key of the claim.
        claim: String,
        /// The owner of the claim.
        owner: UserId,
    },
}

impl Store {
    /// Creates a record with its claims, all or nothing. An existing record is returned
    /// unchanged.
    pub async fn create<T: Record>(
        &self,
        record: &T,
        deadline: Deadline,
    ) -> Result<Created<T>, StoreError> {
        let transaction = self.parts_of_new(record)?;
        match self.transact(&transaction, None, deadline).await? {
            Transacted::Committed => Ok(Created::New),
            Transacted::Refused(reasons) => {
                let stands = reasons.into_iter().map(|reason| reason.item).collect();
                let claims = record.claims().map(|(_, claims)| claims);
                what_stands(&record.key(), &claims.unwrap_or_default(), stands)
            }
        }
    }

    /// The parts of a transaction that creates a record: the record first, if it is
    /// absent (a tombstone is not), then its claims, then its marks.
    pub(in crate::store) fn parts_of_new<T: Record>(
        &self,
        record: &T,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let key = record.key();
        let mut parts = vec![self.put_new(&key, stamp(&key, T::ENTITY, record)?)?];
        if let Some((owner, claims)) = record.claims() {
            for claim in claims {
                parts.push(self.put_claim(&claim, owner)?);
            }
        }
        for mark in record.marks() {
            parts.push(self.put_mark(&mark)?);
        }
        Ok(parts)
    }

    /// Creates the missing claims and marks of an existing record and returns whether
    /// any was missing. A claim of another user is left alone.
    pub async fn restore_claims<T: Record>(
        &self,
        record: &T,
        deadline: Deadline,
    ) -> Result<bool, StoreError> {
        let mut missing = Vec::new();
        if let Some((owner, claims)) = record.claims() {
            for claim in claims {
                if self.load_claim(&claim).await?.is_none() {
                    missing.push(self.put_claim(&claim, owner)?);
                }
            }
        }
        for mark in record.marks() {
            if !self.has_mark(&mark).await? {
                missing.push(self.put_mark(&mark)?);
            }
        }
        if missing.is_empty() {
            return Ok(false);
        }
        match self.transact(&missing, None, deadline).await? {
            Transacted::Committed => Ok(true),
            // Another user took a claim meanwhile; the next read shows it.
            Transacted::Refused(_) => Ok(false),
        }
    }

    /// Several prices may share a payment link over time, so an existing mark is no
    /// error.
    pub(in crate::store) fn put_mark(&self, key: &Key) -> Result<TransactWriteItem, StoreError> {
        let item = stamp(key, MARK, Mark {})?;
        put(self.tables.name(key.table), Put::builder(), item)
    }

    /// A claim may exist already if its owner is the same: one customer can have
    /// several subscriptions.
    pub(in crate::store) fn put_claim(
        &self,
        key: &Key,
        owner: &UserId,
    ) -> Result<TransactWriteItem, StoreError> {
        let item = stamp(key, CLAIM, Claim::of(owner.clone()))?;
        let condition = Put::builder()
            .condition_expression("attribute_not_exists(pk) OR user_id = :owner")
            .expression_attribute_values(":owner", AttributeValue::S(owner.to_string()));
        put(self.tables.name(key.table), condition, item)
    }

    /// Loads a record by its key; none for an erased user.
    pub async fn load<T: Record>(&self, key: &Key) -> Result<Option<T>, StoreError> {
        match self.get(key, Consistency::Strong).await? {
            Some(item) if is_tombstone(&item) => Ok(None),
            Some(item) => Ok(Some(read(key, T::ENTITY, item)?)),
            None => Ok(None),
        }
    }

    /// The user who owns an e-mail address.
    pub async fn find_user_by_email(&self, email: &str) -> Result<Option<UserId>, StoreError> {
        self.load_claim(&keys::email_claim(email)).await
    }

    /// Whether a mark exists.
    pub async fn has_mark(&self, mark: &Key) -> Result<bool, StoreError> {
        Ok(self.get(mark, Consistency::Strong).await?.is_some())
    }

    /// The owner of a claim.
    pub async fn load_claim(&self, claim: &Key) -> Result<Option<UserId>, StoreError> {
        match self.get(claim, Consistency::Strong).await? {
            Some(item) => Ok(Some(read::<Claim>(claim, CLAIM, item)?.user_id)),
            None => Ok(None),
        }
    }
}

/// Reads the items that failed conditions returned: the record first, then its claims.
fn what_stands<T: Record>(
    key: &Key,
    claims: &[Key],
    stands: Vec<Option<Item>>,
) -> Result<Created<T>, StoreError> {
    let mut stands = stands.into_iter();
    if let Some(item) = stands.next().flatten() {
        if is_tombstone(&item) {
            return Ok(Created::Erased);
        }
        return Ok(Created::Existing(Box::new(read(key, T::ENTITY, item)?)));
    }
    for (claim, item) in claims.iter().zip(stands) {
        if let Some(item) = item {
            let owner = read::<Claim>(claim, CLAIM, item)?.user_id;
            return Ok(Created::Taken {
                claim: claim.to_string(),
                owner,
            });
        }
    }
    Err(StoreError::Rejected(
        "a failed condition returned no item".into(),
    ))
}
