//! The entry item: one row of the ledger, which never changes and never expires.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::account::{first, is_first};
use super::{Item, ItemError, fixed_bytes, read, stamp};
use crate::domain::{
    Balance, Credits, Digest, Entry, EntryKey, EntryKind, Erasable, LotAmount, LotId, LotKind,
    LotTerms, Posting, PostingCause, ResetDay, Timestamp, UserId,
};
use crate::store::keys::{self, Key};

const ENTITY: &str = "Entry";

#[derive(Serialize, Deserialize)]
struct EntryItem {
    user_id: UserId,
    seq: u64,
    /// Sort key of the index by time; derived from `at` and `seq`.
    at_seq: String,
    kind: EntryKind,
    request_hash: ByteBuf,
    postings: Vec<PostingItem>,
    free_available_milli: Credits,
    pro_available_milli: Credits,
    /// Derived, for what renders history from the index alone.
    total_available_milli: Credits,
    #[serde(default, skip_serializing_if = "Credits::is_zero")]
    held_milli: Credits,
    #[serde(default, skip_serializing_if = "Credits::is_zero")]
    debt_milli: Credits,
    at: Timestamp,
    actor_digest: ByteBuf,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor_salt: Option<ByteBuf>,
    previous_hash: ByteBuf,
    hash: ByteBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "posting", rename_all = "snake_case")]
enum PostingItem {
    FreeTerms {
        monthly_allocation_milli: Credits,
        reset_day_of_month: ResetDay,
    },
    Opened {
        lot: LotId,
        kind: LotKind,
        starts_at: Timestamp,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
        #[serde(default, skip_serializing_if = "Credits::is_zero")]
        monthly_allocation_milli: Credits,
        #[serde(default = "first", skip_serializing_if = "is_first")]
        reset_day_of_month: ResetDay,
    },
    Moved {
        lot: LotId,
        amount: LotAmount,
        delta_milli: Credits,
        cause: PostingCause,
    },
    Archived {
        lot: LotId,
    },
    PeriodsSkipped {
        periods: u32,
    },
}

impl From<&Posting> for PostingItem {
    fn from(posting: &Posting) -> Self {
        match posting.clone() {
            Posting::FreeTerms {
                monthly_allocation,
                reset_day_of_month,
            } => PostingItem::FreeTerms {
                monthly_allocation_milli: monthly_allocation,
                reset_day_of_month,
            },
            Posting::Opened(terms) => PostingItem::Opened {
                lot: terms.id,
                kind: terms.kind,
                starts_at: terms.starts_at,
                expires_at: terms.expires_at,
                monthly_allocation_milli: terms.monthly_allocation,
                reset_day_of_month: terms.reset_day_of_month,
            },
            Posting::Moved {
                lot,
                amount,
                delta,
                cause,
            } => PostingItem::Moved {
                lot,
                amount,
                delta_milli: delta,
                cause,
            },
            Posting::Archived { lot } => PostingItem::Archived { lot },
            Posting::PeriodsSkipped { periods } => PostingItem::PeriodsSkipped { periods },
        }
    }
}

impl From<PostingItem> for Posting {
    fn from(item: PostingItem) -> Self {
        match item {
            PostingItem::FreeTerms {
                monthly_allocation_milli,
                reset_day_of_month,
            } => Posting::FreeTerms {
                monthly_allocation: monthly_allocation_milli,
                reset_day_of_month,
            },
            PostingItem::Opened {
                lot,
                kind,
                starts_at,
                expires_at,
                monthly_allocation_milli,
                reset_day_of_month,
            } => Posting::Opened(LotTerms {
                id: lot,
                kind,
                starts_at,
                expires_at,
                monthly_allocation: monthly_allocation_milli,
                reset_day_of_month,
            }),
            PostingItem::Moved {
                lot,
                amount,
                delta_milli,
                cause,
            } => Posting::Moved {
                lot,
                amount,
                delta: delta_milli,
                cause,
            },
            PostingItem::Archived { lot } => Posting::Archived { lot },
            PostingItem::PeriodsSkipped { periods } => Posting::PeriodsSkipped { periods },
        }
    }
}

fn bytes(digest: &Digest) -> ByteBuf {
    ByteBuf::from(digest.as_bytes().to_vec())
}

pub(crate) fn entry_to_item(entry: &Entry) -> Result<Item, ItemError> {
    let key = keys::entry(&entry.user_id, &entry.key);
    let total = entry
        .balance_after
        .total_available()
        .map_err(|error| ItemError::new(&key, error))?;
    let (actor, actor_salt) = match &entry.actor.text {
        Some((text, salt)) => (Some(text.clone()), Some(ByteBuf::from(salt.to_vec()))),
        None => (None, None),
    };
    let item = EntryItem {
        user_id: entry.user_id.clone(),
        seq: entry.seq,
        at_seq: keys::at_seq(entry.at, entry.seq),
        kind: entry.kind,
        request_hash: bytes(&entry.request_hash),
        postings: entry.postings.iter().map(PostingItem::from).collect(),
        free_available_milli: entry.balance_after.free_available,
        pro_available_milli: entry.balance_after.pro_available,
        total_available_milli: total,
        held_milli: entry.balance_after.held,
        debt_milli: entry.balance_after.debt,
        at: entry.at,
        actor_digest: bytes(&entry.actor.digest),
        actor,
        actor_salt,
        previous_hash: bytes(&entry.previous_hash),
        hash: bytes(&entry.hash),
    };
    stamp(&key, ENTITY, item)
}

pub(crate) fn entry_from_item(
    user_id: &UserId,
    entry_key: &EntryKey,
    item: Item,
) -> Result<Entry, ItemError> {
    let key = keys::entry(user_id, entry_key);
    let item: EntryItem = read(&key, ENTITY, item)?;
    let digest = |name: &str, bytes: &ByteBuf| digest(&key, name, bytes);
    let text = match (item.actor, item.actor_salt) {
        (Some(text), Some(salt)) => Some((text, fixed_bytes(&key, "actor_salt", &salt)?)),
        (None, None) => None,
        _ => return Err(ItemError::new(&key, "actor and actor_salt belong together")),
    };
    Ok(Entry {
        user_id: item.user_id,
        key: entry_key.clone(),
        seq: item.seq,
        kind: item.kind,
        request_hash: digest("request_hash", &item.request_hash)?,
        postings: item.postings.into_iter().map(Posting::from).collect(),
        balance_after: Balance {
            free_available: item.free_available_milli,
            pro_available: item.pro_available_milli,
            held: item.held_milli,
            debt: item.debt_milli,
        },
        at: item.at,
        actor: Erasable {
            digest: digest("actor_digest", &item.actor_digest)?,
            text,
        },
        previous_hash: digest("previous_hash", &item.previous_hash)?,
        hash: digest("hash", &item.hash)?,
    })
}

fn digest(key: &Key, name: &str, bytes: &ByteBuf) -> Result<Digest, ItemError> {
    fixed_bytes(key, name, bytes).map(Digest::from_bytes)
}

#[cfg(test)]
mod tests;
