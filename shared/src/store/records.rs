//! People and reference data in the users table.
//!
//! What must be unique (an e-mail address, a Stripe id) is claimed in the same
//! transaction that creates its owner, so two owners cannot both get it.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};

use crate::domain::UserId;
use crate::host::clock::Deadline;
use crate::store::Consistency;
use crate::store::client::transaction::{Transacted, put};
use crate::store::schema::items::{Item, read, stamp};
use crate::store::schema::keys::{self, Key};
use crate::store::schema::records::{CLAIM, Claim, MARK, Mark, Record};
use crate::store::{Store, StoreError};

/// What became of an attempt to create something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created<T> {
    /// It is there now.
    New,
    /// It was there before; this is what stands.
    Existing(Box<T>),
    /// Something it needs for itself alone belongs to another user.
    Taken {
        /// What, as its key.
        claim: String,
        /// Whose it is.
        owner: UserId,
    },
}

impl Store {
    /// Creates a record with its claims, all or nothing; what is there already
    /// is left as it is and given back.
    pub async fn create<T: Record>(
        &self,
        record: &T,
        deadline: Deadline,
    ) -> Result<Created<T>, StoreError> {
        let key = record.key();
        let mut transaction = vec![self.put_new(&key, stamp(&key, T::ENTITY, record)?)?];
        let claims = record.claims();
        for (owner, claim) in claims
            .iter()
            .flat_map(|(owner, claims)| claims.iter().map(move |claim| (*owner, claim)))
        {
            transaction.push(self.put_claim(claim, owner)?);
        }
        for mark in record.marks() {
            transaction.push(self.put_mark(&mark)?);
        }
        match self.transact(&transaction, None, deadline).await? {
            Transacted::Committed => Ok(Created::New),
            Transacted::Refused(reasons) => {
                let stands = reasons.into_iter().map(|reason| reason.item).collect();
                let claims = claims.map(|(_, claims)| claims).unwrap_or_default();
                what_stands(&key, &claims, stands)
            }
        }
    }

    /// Makes the claims and marks of a record that stands without them; whether
    /// any was missing. A claim of somebody else is left to them.
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
            // Somebody took one of them meanwhile; what stands is reported by the next look.
            Transacted::Refused(_) => Ok(false),
        }
    }

    /// Several prices may have one payment link in the course of time.
    pub(in crate::store) fn put_mark(&self, key: &Key) -> Result<TransactWriteItem, StoreError> {
        let item = stamp(key, MARK, Mark {})?;
        put(self.tables.name(key.table), Put::builder(), item)
    }

    /// A claim may be there already if its owner is the same: one customer can
    /// have several subscriptions.
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

    /// Reads a record again by its key.
    pub async fn load<T: Record>(&self, key: &Key) -> Result<Option<T>, StoreError> {
        match self.get(key, Consistency::Strong).await? {
            Some(item) => Ok(Some(read(key, T::ENTITY, item)?)),
            None => Ok(None),
        }
    }

    /// The user an e-mail address belongs to.
    pub async fn find_user_by_email(&self, email: &str) -> Result<Option<UserId>, StoreError> {
        self.load_claim(&keys::email_claim(email)).await
    }

    /// Whether what a record names is marked as known.
    pub async fn has_mark(&self, mark: &Key) -> Result<bool, StoreError> {
        Ok(self.get(mark, Consistency::Strong).await?.is_some())
    }

    /// Whose a claimed thing is.
    pub async fn load_claim(&self, claim: &Key) -> Result<Option<UserId>, StoreError> {
        match self.get(claim, Consistency::Strong).await? {
            Some(item) => Ok(Some(read::<Claim>(claim, CLAIM, item)?.user_id)),
            None => Ok(None),
        }
    }
}

/// Reads what the failed conditions returned: the record first, then its claims.
fn what_stands<T: Record>(
    key: &Key,
    claims: &[Key],
    stands: Vec<Option<Item>>,
) -> Result<Created<T>, StoreError> {
    let mut stands = stands.into_iter();
    if let Some(item) = stands.next().flatten() {
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
        "a failed condition came back without its item".into(),
    ))
}
