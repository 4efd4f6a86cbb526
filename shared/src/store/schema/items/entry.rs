//! The entry item: one row of the ledger, which never changes and never expires.
//!
//! Names of binary attributes are short: an entry of a charge with a label stays within
//! the 1 KB that two transactional write units cover.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::parts::{Derived, PackedParts, rating_of};
use super::posting::PostingItem;
use super::{Item, ItemError, fixed_bytes, read, stamp};
use crate::domain::rating::RateCardId;
use crate::domain::{
    Alert, Balance, Credits, Digest, Entry, EntryKey, EntryKind, Erasable, HoldId, HoldStatus,
    HoldSummary, Operation, Outcome, Posting, ShownBalance, Timestamp, Usage, UserId,
};
use crate::store::schema::keys::{self, Key};

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
    #[serde(default, skip_serializing_if = "Credits::is_zero")]
    amount_milli: Credits,
    #[serde(default, skip_serializing_if = "Credits::is_zero")]
    free_delta_milli: Credits,
    #[serde(default, skip_serializing_if = "Credits::is_zero")]
    pro_delta_milli: Credits,
    /// The total that was used; derived from the postings, for sums over the index.
    #[serde(default, skip_serializing_if = "Credits::is_zero")]
    used_milli: Credits,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hold: Option<HoldId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hold_status: Option<HoldStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hold_expires_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operation: Option<Operation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input_tokens: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    output_tokens: Option<u32>,
    /// The id of the rate card. Model and tokens follow from it and the parts, so they
    /// are left out where they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    card: Option<RateCardId>,
    #[serde(default, skip_serializing_if = "PackedParts::is_empty")]
    parts: PackedParts,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    alerts: Vec<Alert>,
    #[serde(default, skip_serializing_if = "Credits::is_zero")]
    free_available_milli: Credits,
    #[serde(default, skip_serializing_if = "Credits::is_zero")]
    pro_available_milli: Credits,
    #[serde(default, skip_serializing_if = "Credits::is_zero")]
    held_milli: Credits,
    #[serde(default, skip_serializing_if = "Credits::is_zero")]
    debt_milli: Credits,
    /// The next three in whole credits, as shown to the user.
    total_available: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    held: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    debt: i64,
    at: Timestamp,
    /// Whether it has something to tell, derived from the entry: the stream's filter
    /// lets only such entries through.
    #[serde(default, skip_serializing_if = "is_false")]
    tells: bool,
    /// The text with its salt or, after erasure, only its digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor_salt: Option<ByteBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor_digest: Option<ByteBuf>,
    /// The same for the label, which is optional.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label_salt: Option<ByteBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label_digest: Option<ByteBuf>,
    /// The same for the session, which is optional.
    #[serde(default, rename = "sess", skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    #[serde(default, rename = "sess_salt", skip_serializing_if = "Option::is_none")]
    session_salt: Option<ByteBuf>,
    #[serde(
        default,
        rename = "sess_digest",
        skip_serializing_if = "Option::is_none"
    )]
    session_digest: Option<ByteBuf>,
    #[serde(rename = "prev")]
    previous_hash: ByteBuf,
    hash: ByteBuf,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn bytes(digest: &Digest) -> ByteBuf {
    ByteBuf::from(digest.as_bytes().to_vec())
}

/// Text, salt and digest of an erasable text as attributes.
type Sealed = (Option<String>, Option<ByteBuf>, Option<ByteBuf>);

fn seal(erasable: Option<&Erasable>) -> Sealed {
    match erasable {
        None => (None, None, None),
        Some(Erasable {
            text: Some((text, salt)),
            ..
        }) => (Some(text.clone()), Some(ByteBuf::from(salt.to_vec())), None),
        Some(Erasable { digest, text: None }) => (None, None, Some(bytes(digest))),
    }
}

fn unseal(key: &Key, name: &str, sealed: Sealed) -> Result<Option<Erasable>, ItemError> {
    match sealed {
        (None, None, None) => Ok(None),
        (Some(text), Some(salt), None) => {
            let salt = fixed_bytes(key, name, &salt)?;
            Ok(Some(Erasable::new(&text, salt)))
        }
        (None, None, Some(digest)) => Ok(Some(Erasable {
            digest: Digest::from_bytes(fixed_bytes(key, name, &digest)?),
            text: None,
        })),
        _ => {
            let problem = format!("{name} is neither a text with its salt nor a digest");
            Err(ItemError::new(key, problem))
        }
    }
}

pub(crate) fn entry_to_item(entry: &Entry) -> Result<Item, ItemError> {
    let key = keys::entry(&entry.user_id, &entry.key);
    let outcome = &entry.outcome;
    let hold = outcome.hold.as_ref();
    let used = entry.used_in_all();
    let rating = outcome.rating.as_ref();
    let derived = Derived::of(rating);
    let parts = rating.map_or(&[][..], |rating| &rating.breakdown);
    let (actor, actor_salt, actor_digest) = seal(Some(&entry.actor));
    let (label, label_salt, label_digest) = seal(entry.label.as_ref());
    let (session, session_salt, session_digest) = seal(outcome.usage.session.as_ref());
    let item = EntryItem {
        user_id: entry.user_id.clone(),
        seq: entry.seq,
        at_seq: keys::at_seq(entry.at, entry.seq),
        kind: entry.kind,
        request_hash: bytes(&entry.request_hash),
        postings: entry.postings.iter().map(PostingItem::from).collect(),
        amount_milli: outcome.amount,
        free_delta_milli: outcome.free_delta,
        pro_delta_milli: outcome.pro_delta,
        used_milli: used.map_err(|error| ItemError::quoting(&key, error))?,
        hold: hold.map(|hold| hold.id.clone()),
        hold_status: hold.map(|hold| hold.status),
        hold_expires_at: hold.map(|hold| hold.expires_at),
        model_id: unless(&derived.model_id, &outcome.usage.model_id),
        operation: outcome.usage.operation,
        input_tokens: unless(&derived.input_tokens, &outcome.usage.input_tokens),
        output_tokens: unless(&derived.output_tokens, &outcome.usage.output_tokens),
        card: rating.map(|rating| rating.card.clone()),
        parts: PackedParts::of(parts),
        alerts: outcome.alerts.clone(),
        free_available_milli: entry.balance_after.free_available,
        pro_available_milli: entry.balance_after.pro_available,
        held_milli: entry.balance_after.held,
        debt_milli: entry.balance_after.debt,
        total_available: entry.shown_after.total_available,
        held: entry.shown_after.held,
        debt: entry.shown_after.debt,
        at: entry.at,
        tells: entry.has_notices(),
        actor,
        actor_salt,
        actor_digest,
        label,
        label_salt,
        label_digest,
        session,
        session_salt,
        session_digest,
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
    let digest = |name: &str, bytes: &ByteBuf| -> Result<Digest, ItemError> {
        fixed_bytes(&key, name, bytes).map(Digest::from_bytes)
    };
    let actor = (item.actor, item.actor_salt, item.actor_digest);
    let label = (item.label, item.label_salt, item.label_digest);
    let session = (item.session, item.session_salt, item.session_digest);
    let rating = rating_of(&key, item.card, &item.parts)?;
    let derived = Derived::of(rating.as_ref());
    let hold = match (item.hold, item.hold_status, item.hold_expires_at) {
        (Some(id), Some(status), Some(expires_at)) => Some(HoldSummary {
            id,
            status,
            expires_at,
        }),
        (None, None, None) => None,
        _ => return Err(ItemError::new(&key, "a part of its hold is missing")),
    };
    let entry = Entry {
        user_id: item.user_id,
        key: entry_key.clone(),
        seq: item.seq,
        kind: item.kind,
        request_hash: digest("request_hash", &item.request_hash)?,
        postings: item.postings.into_iter().map(Posting::from).collect(),
        outcome: Outcome {
            amount: item.amount_milli,
            free_delta: item.free_delta_milli,
            pro_delta: item.pro_delta_milli,
            hold,
            usage: Usage {
                model_id: item.model_id.or(derived.model_id),
                operation: item.operation,
                input_tokens: item.input_tokens.or(derived.input_tokens),
                output_tokens: item.output_tokens.or(derived.output_tokens),
                session: unseal(&key, "session", session)?,
            },
            rating,
            alerts: item.alerts,
        },
        balance_after: Balance {
            free_available: item.free_available_milli,
            pro_available: item.pro_available_milli,
            held: item.held_milli,
            debt: item.debt_milli,
        },
        shown_after: ShownBalance {
            total_available: item.total_available,
            held: item.held,
            debt: item.debt,
        },
        at: item.at,
        actor: unseal(&key, "actor", actor)?
            .ok_or_else(|| ItemError::new(&key, "it has no actor"))?,
        label: unseal(&key, "label", label)?,
        previous_hash: digest("prev", &item.previous_hash)?,
        hash: digest("hash", &item.hash)?,
    };
    check_derived(&key, user_id, &entry, &item.at_seq, item.used_milli)?;
    // Entries of before there was a sender do not have it.
    if item.tells && !entry.has_notices() {
        return Err(ItemError::new(
            &key,
            "its tells does not follow from its postings",
        ));
    }
    Ok(entry)
}

/// What an entry says, unless it follows from its rating.
fn unless<T: Clone + PartialEq>(derived: &Option<T>, says: &Option<T>) -> Option<T> {
    says.clone().filter(|_| says != derived)
}

/// The hash covers the entry; the attributes added for the index must follow from it.
fn check_derived(
    key: &Key,
    user_id: &UserId,
    entry: &Entry,
    at_seq: &str,
    used: Credits,
) -> Result<(), ItemError> {
    let problem = if entry.user_id != *user_id {
        "it is of another user"
    } else if at_seq != keys::at_seq(entry.at, entry.seq) {
        "its at_seq does not follow from at and seq"
    } else if entry.used_in_all() != Ok(used) {
        "its used_milli does not follow from its postings"
    } else {
        return Ok(());
    };
    Err(ItemError::new(key, problem))
}

#[cfg(test)]
mod tests;
