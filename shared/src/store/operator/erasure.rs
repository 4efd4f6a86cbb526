//! Erasing a user: what tells who they are goes, what accounting needs stays.
//!
//! | goes | stays |
//! |---|---|
//! | profile and preferences; a tombstone with the id is left | subscriptions, by Stripe's ids |
//! | the claim of the e-mail address | the claims of Stripe's ids, so that a refund still finds the ledger |
//! | actor, label and session of every entry, with their salts | the entries; their hashes hold salted digests only |
//! | who acted on an event or a claim, and why | that it was done, and when |
//! | deliveries and e-mails of a day | that mail to an address bounces or is unwanted, by the address's digest |
//! | checkouts, with the addresses of their pages | the customer's id at Stripe |
//!
//! Each step may be repeated, so an erasure that was interrupted is started again.

use std::time::Duration;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem, Update};

use crate::domain::{Digest, Entry, Erasable, UserId};
use crate::host::clock::Deadline;
use crate::store::client::pages::{Page, Partition, Segment, Wanted};
use crate::store::client::transaction::{Transacted, put};
use crate::store::operator::walk::LedgerRow;
use crate::store::schema::item::key_of;
use crate::store::schema::items::{Item, ItemError, key_attributes, stamp};
use crate::store::schema::keys::{self, ENTRY_PREFIX, Key, KeyKind, Table};
use crate::store::schema::records::{TOMBSTONE, Tombstone, is_tombstone};
use crate::store::{Consistency, Store, StoreError};

/// Stands for an operator's name and words once they are erased.
const ERASED: &str = "erased";
/// The actor of what Stripe caused is no person, and sealed with a salt of zeros.
const NOBODYS_SALT: [u8; 16] = [0; 16];
/// How many items one page reads.
const PAGE: i32 = 100;
/// The deadline of one write.
const PATIENCE: Duration = Duration::from_secs(60);

/// How far a step of an erasure has come.
#[derive(Debug, Default)]
pub struct ErasedPage {
    /// The number of items that lost something on this page.
    pub erased: u64,
    /// Items that cannot be read, so that nothing of them was erased.
    pub damaged: Vec<ItemError>,
    /// Where the next page begins; none if this was the last.
    pub next: Option<Item>,
}

impl Store {
    /// Whether a user's profile was replaced by a tombstone.
    pub async fn is_erased(&self, user_id: &UserId) -> Result<bool, StoreError> {
        let key = keys::profile(user_id);
        let item = self.get(&key, Consistency::Strong).await?;
        Ok(item.as_ref().is_some_and(is_tombstone))
    }

    /// Replaces the profile by a tombstone, frees the e-mail address and deletes the
    /// preferences, in one transaction. Returns whether there was anything to do.
    pub async fn erase_person(&self, user_id: &UserId) -> Result<bool, StoreError> {
        let key = keys::profile(user_id);
        let deadline = Deadline::after(PATIENCE);
        loop {
            let item = self.get(&key, Consistency::Strong).await?;
            let preferences = keys::preferences(user_id);
            let had = self.get(&preferences, Consistency::Strong).await?.is_some();
            let stands = item.as_ref().is_some_and(is_tombstone);
            if stands && !had {
                return Ok(false);
            }
            let mut parts = vec![self.put_tombstone(user_id, item.as_ref())?];
            // Also if there were none: they may have been created meanwhile, and a
            // change of preferences relies on there being none beside a tombstone.
            parts.push(self.delete(&preferences, Delete::builder())?);
            let email = item.and_then(|mut item| item.remove("email"));
            if let Some(AttributeValue::S(email)) = email {
                parts.push(self.delete_own(&keys::email_claim(&email), user_id)?);
            }
            match self.transact(&parts, None, deadline).await? {
                Transacted::Committed => return Ok(true),
                Transacted::Refused(_) if deadline.has_passed() => {
                    return Err(StoreError::Unavailable(format!("{key} keeps changing")));
                }
                Transacted::Refused(_) => {}
            }
        }
    }

    /// A put of the tombstone over the profile that was seen.
    fn put_tombstone(
        &self,
        user_id: &UserId,
        seen: Option<&Item>,
    ) -> Result<TransactWriteItem, StoreError> {
        let key = keys::profile(user_id);
        let tombstone = Tombstone {
            user_id: user_id.clone(),
        };
        let item = stamp(&key, TOMBSTONE, tombstone)?;
        let condition = aws_sdk_dynamodb::types::Put::builder();
        let condition = match seen.and_then(|item| item.get("email")) {
            Some(email) => condition
                .condition_expression("email = :email")
                .expression_attribute_values(":email", email.clone()),
            None => condition.condition_expression("attribute_not_exists(email)"),
        };
        put(self.tables.name(key.table), condition, item)
    }

    fn delete(
        &self,
        key: &Key,
        delete: aws_sdk_dynamodb::types::builders::DeleteBuilder,
    ) -> Result<TransactWriteItem, StoreError> {
        let delete = delete
            .table_name(self.tables.name(key.table))
            .set_key(Some(key_attributes(key)))
            .build()
            .map_err(|error| StoreError::Rejected(error.to_string()))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// A delete of a claim, unless it is another user's by now.
    fn delete_own(&self, claim: &Key, owner: &UserId) -> Result<TransactWriteItem, StoreError> {
        let condition = Delete::builder()
            .condition_expression("attribute_not_exists(pk) OR user_id = :owner")
            .expression_attribute_values(":owner", AttributeValue::S(owner.to_string()));
        self.delete(claim, condition)
    }

    /// A page of the whole users table: frees e-mail addresses that the user still
    /// claims, and erases who assigned them a customer, and why. No index has the
    /// claims of a user.
    pub async fn erase_claims(
        &self,
        user_id: &UserId,
        segment: Segment,
        start: Option<Item>,
    ) -> Result<ErasedPage, StoreError> {
        let page = self
            .scan_page(Table::Users, segment, Wanted::Items, PAGE, start)
            .await?;
        let mut erased = ErasedPage {
            next: page.next,
            ..ErasedPage::default()
        };
        for item in page.items {
            let owner = item.get("user_id").and_then(|value| value.as_s().ok());
            if owner.map(String::as_str) != Some(user_id.as_str()) {
                continue;
            }
            let key = key_of(Table::Users, &item);
            let part = match key.kind() {
                Some(KeyKind::EmailClaim) => self.delete_own(&key, user_id)?,
                Some(KeyKind::CustomerClaim | KeyKind::SubscriptionClaim)
                    if has_note_to_erase(&item) =>
                {
                    self.update(&key, without_note())?
                }
                _ => continue,
            };
            erased.erased += u64::from(self.erase_one(part).await?);
        }
        Ok(erased)
    }

    /// A page of a user's ledger: erases actors, labels and sessions, with their salts.
    pub async fn erase_entries(
        &self,
        user_id: &UserId,
        start: Option<Item>,
    ) -> Result<ErasedPage, StoreError> {
        let pk = keys::account(user_id).pk;
        let ledger = Partition {
            table: Table::Credits,
            pk: &pk,
            prefix: ENTRY_PREFIX,
            keys_only: false,
            seqs: None,
            limit: PAGE,
        };
        let Page { items, next } = self.partition_page(&ledger, start).await?;
        let mut erased = ErasedPage {
            next,
            ..ErasedPage::default()
        };
        for item in items {
            let row = LedgerRow::of(user_id, item);
            match row.entry {
                Ok(entry) if says_who(&entry) => {
                    let part = self.update(&row.key, without_texts(&entry))?;
                    erased.erased += u64::from(self.erase_one(part).await?);
                }
                Ok(_) => {}
                Err(damage) => erased.damaged.push(damage),
            }
        }
        Ok(erased)
    }

    /// A page of a user's items of the billing table: deletes checkouts, and erases who
    /// acted on an event, and why.
    pub async fn erase_notes(
        &self,
        user_id: &UserId,
        start: Option<Item>,
    ) -> Result<ErasedPage, StoreError> {
        let Page { items, next } = self.billing_page(user_id, PAGE, start).await?;
        let mut erased = ErasedPage {
            next,
            ..ErasedPage::default()
        };
        for item in &items {
            let key = key_of(Table::Billing, item);
            if key.kind() == Some(KeyKind::Checkout) {
                let part = self.delete(&key, Delete::builder())?;
                erased.erased += u64::from(self.erase_one(part).await?);
                continue;
            }
            if !has_note_to_erase(item) {
                continue;
            }
            // With another version, so that whoever has read the note cannot put it back.
            let update = without_note()
                .update_expression(
                    "SET #note.actor = :erased, #note.reason = :erased ADD version :one",
                )
                .expression_attribute_values(":one", AttributeValue::N("1".into()));
            let part = self.update(&key, update)?;
            erased.erased += u64::from(self.erase_one(part).await?);
        }
        Ok(erased)
    }

    /// A page of a user's items of the notices table: deletes deliveries and the e-mails
    /// of a day. What the streams begin later names the user's id alone, and is forgotten
    /// by itself.
    pub async fn erase_notices(
        &self,
        user_id: &UserId,
        start: Option<Item>,
    ) -> Result<ErasedPage, StoreError> {
        let pk = keys::user_partition(user_id);
        let all = Partition {
            table: Table::Notices,
            pk: &pk,
            prefix: "",
            keys_only: true,
            seqs: None,
            limit: PAGE,
        };
        let Page { items, next } = self.partition_page(&all, start).await?;
        let mut erased = ErasedPage {
            next,
            ..ErasedPage::default()
        };
        for item in &items {
            let part = self.delete(&key_of(Table::Notices, item), Delete::builder())?;
            erased.erased += u64::from(self.erase_one(part).await?);
        }
        Ok(erased)
    }

    /// Writes one change; false if the item has changed or is gone.
    async fn erase_one(&self, part: TransactWriteItem) -> Result<bool, StoreError> {
        let parts = [part];
        let written = self.transact(&parts, None, Deadline::after(PATIENCE));
        Ok(matches!(written.await?, Transacted::Committed))
    }
}

/// Whether an operator's name and words are still there.
fn has_note_to_erase(item: &Item) -> bool {
    let note = item.get("operator").and_then(|note| note.as_m().ok());
    let actor = note.and_then(|note| note.get("actor")?.as_s().ok());
    note.is_some() && actor.map(String::as_str) != Some(ERASED)
}

fn without_note() -> aws_sdk_dynamodb::types::builders::UpdateBuilder {
    Update::builder()
        .update_expression("SET #note.actor = :erased, #note.reason = :erased")
        .condition_expression("attribute_exists(#note)")
        .expression_attribute_names("#note", "operator")
        .expression_attribute_values(":erased", AttributeValue::S(ERASED.into()))
}

/// Whether an entry has a text that may tell who somebody is.
fn says_who(entry: &Entry) -> bool {
    let says = |text: &Erasable| {
        let salt = text.text.as_ref().map(|(_, salt)| salt);
        salt.is_some_and(|salt| *salt != NOBODYS_SALT)
    };
    says(&entry.actor) || names(entry).into_iter().any(|(_, text)| says(text))
}

/// The caller's own texts, by the names of their attributes.
fn names(entry: &Entry) -> impl Iterator<Item = (&'static str, &Erasable)> {
    let label = entry.label.as_ref().map(|text| ("label", text));
    let session = entry.outcome.usage.session.as_ref();
    label.into_iter().chain(session.map(|text| ("sess", text)))
}

/// The texts go; their digests, which the entry's hash covers, stay.
fn without_texts(entry: &Entry) -> aws_sdk_dynamodb::types::builders::UpdateBuilder {
    let binary = |digest: Digest| AttributeValue::B(Blob::new(digest.as_bytes().to_vec()));
    let mut set = vec!["actor_digest = :actor".to_string()];
    let mut remove = vec!["actor, actor_salt".to_string()];
    let mut update = Update::builder()
        .condition_expression("#hash = :hash")
        .expression_attribute_names("#hash", "hash")
        .expression_attribute_values(":hash", binary(entry.hash))
        .expression_attribute_values(":actor", binary(entry.actor.digest));
    for (name, text) in names(entry) {
        set.push(format!("#{name}_digest = :{name}"));
        remove.push(format!("#{name}, #{name}_salt"));
        for suffix in ["", "_salt", "_digest"] {
            let attribute = format!("{name}{suffix}");
            update = update.expression_attribute_names(format!("#{attribute}"), attribute);
        }
        update = update.expression_attribute_values(format!(":{name}"), binary(text.digest));
    }
    let (set, remove) = (set.join(", "), remove.join(", "));
    update.update_expression(format!("SET {set} REMOVE {remove}"))
}
