//! The past-credit item: a lot that has left the account. It sorts by credit
//! type and end, so that it never lies in the way of what is current.

use serde::{Deserialize, Serialize};

use super::account::LotItem;
use super::{Item, ItemError, read, stamp};
use crate::domain::{CreditType, Lot, PastLot, Timestamp, UserId};
use crate::store::keys::{self, Key};

const ENTITY: &str = "PastCredit";

#[derive(Serialize, Deserialize)]
struct PastCreditItem {
    user_id: UserId,
    credit_type: CreditType,
    /// Always false here: what is current lies in the account.
    is_current: bool,
    ended_at: Timestamp,
    lot: LotItem,
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

/// A past lot as it lies under the key it was looked for.
pub(crate) fn past_credit_from_item(key: &Key, item: Item) -> Result<PastLot, ItemError> {
    let item: PastCreditItem = read(key, ENTITY, item)?;
    Ok(PastLot {
        lot: Lot::from(item.lot),
        ended_at: item.ended_at,
    })
}
