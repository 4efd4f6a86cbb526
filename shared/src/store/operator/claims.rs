//! Claims in an operator's hands: whose an address, a customer or a subscription is,
//! what needs it, giving it to another user and releasing it.
//!
//! A claim that its owner needs is neither moved nor released. Each write is conditional
//! on the owner that was read; who released a claim, and why, stands in the ledger of its
//! owner. `releases` has those that cannot be read.

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};

use crate::domain::billing::{OperatorNote, SubscriptionBook};
use crate::domain::{Command, StripeId, Timestamp, UserId, decide};
use crate::host::clock::Deadline;
use crate::store::client::attempts::LostRaces;
use crate::store::client::transaction::{Transacted, put};
use crate::store::commit::CommittedWith;
use crate::store::schema::billing_items::BillingItem;
use crate::store::schema::items::{Item, key_attributes, read, stamp};
use crate::store::schema::keys::{self, Key};
use crate::store::schema::records::{CLAIM, Claim, Record};
use crate::store::{CommitError, Consistency, Person, Store, StoreError};

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

/// A claim that is being released.
pub(super) struct Releasing<'a> {
    /// The delete of its item, as it was read.
    pub(super) delete: TransactWriteItem,
    /// Its owner.
    pub(super) owner: &'a UserId,
    /// What the owner's ledger gets.
    pub(super) note: Option<(&'a Command, Timestamp)>,
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

    /// Deletes a claim, and commits in the same transaction a command to its owner's
    /// ledger that says who did it and why, unless the owner was erased. False if the
    /// owner is no longer the one that was read.
    pub async fn release_claim(
        &self,
        name: &ClaimName,
        found: &FoundClaim,
        note: Option<(&Command, Timestamp)>,
        deadline: Deadline,
    ) -> Result<bool, CommitError> {
        let key = name.key();
        let releasing = Releasing {
            delete: self.delete_of(name, found)?,
            owner: &found.owner,
            note,
        };
        let still = |item| Ok(read::<Claim>(&key, CLAIM, item)?.user_id == found.owner);
        self.release(&key, &releasing, still, deadline).await
    }

    /// Deletes a claim as long as it is `still` as it was read. False if it is not.
    pub(super) async fn release(
        &self,
        key: &Key,
        releasing: &Releasing<'_>,
        still: impl Fn(Item) -> Result<bool, StoreError>,
        deadline: Deadline,
    ) -> Result<bool, CommitError> {
        let mut lost_races = LostRaces::default();
        let mut sent = None;
        loop {
            let mut decision = None;
            if let Some((command, now)) = releasing.note {
                let loading = self.load_account_with_entry(releasing.owner, &command.key);
                match loading.await? {
                    // The transaction was committed and its reply was lost.
                    (_, Some(entry)) if sent == Some(entry.hash) => return Ok(true),
                    (_, Some(_)) => return Err(CommitError::KeyReused),
                    (account, None) if account.erased => {}
                    (account, None) => decision = Some(decide(&account, command, now)?),
                }
            }
            let claim = self.get(key, Consistency::Strong).await?;
            if !claim.map(&still).transpose()?.unwrap_or_default() {
                return Ok(false);
            }
            let parts = vec![releasing.delete.clone()];
            match self.commit_with(decision.as_ref(), parts, deadline).await? {
                CommittedWith::Committed => return Ok(true),
                CommittedWith::EntryExists | CommittedWith::Moved => {
                    sent = decision.map(|decision| decision.entry.hash);
                }
            }
            if deadline.has_passed() {
                return Err(CommitError::Contended);
            }
            lost_races.another(self, deadline).await;
        }
    }

    /// The delete of a claim, if its owner is the one that was read.
    fn delete_of(
        &self,
        name: &ClaimName,
        found: &FoundClaim,
    ) -> Result<TransactWriteItem, StoreError> {
        let key = name.key();
        let delete = Delete::builder()
            .table_name(self.tables.name(key.table))
            .set_key(Some(key_attributes(&key)))
            .condition_expression("user_id = :owner")
            .expression_attribute_values(":owner", owner(found))
            .build()
            .map_err(|error| StoreError::Rejected(error.to_string()))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
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
