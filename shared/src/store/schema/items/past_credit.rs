//! The past-credit item: a lot that has left the account. Its sort key is credit type
//! and end, so it is never read with the current account.

use serde::{Deserialize, Serialize};

use super::account::LotItem;
use super::{Item, ItemError, read, stamp};
use crate::domain::{CreditType, Decision, Lot, LotTerms, PastLot, Timestamp, UserId};
use crate::store::schema::keys::{self, Key};

pub(crate) const ENTITY: &str = "PastCredit";
/// The entity of the mark at the old key of a lot whose end was moved.
const MOVED: &str = "MovedCredit";
/// A mark carries no information and expires by itself, after this many seconds.
const KEPT_SECONDS: i64 = 86_400;

#[derive(Serialize, Deserialize)]
struct PastCreditItem {
    user_id: UserId,
    credit_type: CreditType,
    /// Always false: current lots are in the account item.
    is_current: bool,
    ended_at: Timestamp,
    lot: LotItem,
}

/// A mark in place of a lot: nothing lies here any more. No function may delete items
/// of the credits table, so the table's time to live removes the mark.
#[derive(Serialize)]
struct MovedCreditItem<'a> {
    user_id: &'a UserId,
    credit_type: CreditType,
    expires_at: i64,
}

/// The mark at the old key of a lot with these terms, whose end was moved at `at`.
pub(crate) fn moved_credit_to_item(
    user_id: &UserId,
    terms: &LotTerms,
    at: Timestamp,
) -> Result<Item, ItemError> {
    let item = MovedCreditItem {
        user_id,
        credit_type: terms.kind.credit_type(),
        expires_at: at.plus_seconds(KEPT_SECONDS).unix_seconds(),
    };
    stamp(&keys::past_credit(user_id, terms), MOVED, item)
}

pub(crate) fn past_credit_to_item(user_id: &UserId, past: &PastLot) -> Result<Item, ItemError> {
    let credit_type = past.lot.credit_type();
    let key = keys::past_credit(user_id, &past.lot.terms);
    let item = PastCreditItem {
        user_id: user_id.clone(),
        credit_type,
        is_current: false,
        ended_at: past.ended_at,
        lot: LotItem::from(&past.lot),
    };
    stamp(&key, ENTITY, item)
}

/// The past lot under the key; none if its end was moved since, so that it lies
/// elsewhere.
pub(crate) fn past_credit_from_item(key: &Key, item: Item) -> Result<Option<PastLot>, ItemError> {
    let entity = item.get("entity").and_then(|entity| entity.as_s().ok());
    if entity.is_some_and(|entity| entity == MOVED) {
        return Ok(None);
    }
    let item: PastCreditItem = read(key, ENTITY, item)?;
    Ok(Some(PastLot {
        lot: Lot::from(item.lot),
        ended_at: item.ended_at,
    }))
}

/// The past credits that a decision writes, by key; a mark where a lot lay whose end
/// was moved.
pub(crate) fn past_of(decision: &Decision) -> Result<Vec<(Key, Item)>, ItemError> {
    let user_id = &decision.account.user_id;
    let mut places = Vec::new();
    for past in &decision.archived {
        let item = past_credit_to_item(user_id, past)?;
        places.push((keys::past_credit(user_id, &past.lot.terms), item));
    }
    for terms in &decision.vacated {
        let mark = moved_credit_to_item(user_id, terms, decision.entry.at)?;
        places.push((keys::past_credit(user_id, terms), mark));
    }
    Ok(places)
}
