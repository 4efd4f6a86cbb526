//! The account item: everything that is current about a user's credits.
//!
//! Amounts of zero and absent ends are left out, which keeps an account with
//! three lots and two holds within the 1 KB that one write unit pays for.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::{Item, ItemError, fixed_bytes, read, stamp};
use crate::domain::{
    CreditAccount, Credits, Digest, Lot, LotId, LotKind, LotTerms, ResetDay, Timestamp, UserId,
};
use crate::store::keys;

const ENTITY: &str = "Account";

#[derive(Serialize, Deserialize)]
struct AccountItem {
    version: u64,
    as_of: Timestamp,
    #[serde(default = "yes")]
    active: bool,
    monthly_allocation_milli: Credits,
    reset_day_of_month: ResetDay,
    #[serde(default)]
    lots: Vec<LotItem>,
    #[serde(default, skip_serializing_if = "Credits::is_zero")]
    archived_pro_used_milli: Credits,
    head_hash: ByteBuf,
}

fn yes() -> bool {
    true
}

/// A lot as it lies in the account and among the past credits.
#[derive(Serialize, Deserialize)]
pub(super) struct LotItem {
    id: LotId,
    kind: LotKind,
    starts_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Credits::is_zero")]
    monthly_allocation_milli: Credits,
    #[serde(default = "first", skip_serializing_if = "is_first")]
    reset_day_of_month: ResetDay,
    #[serde(default, skip_serializing_if = "Credits::is_zero")]
    granted_milli: Credits,
    #[serde(default, skip_serializing_if = "Credits::is_zero")]
    clawed_milli: Credits,
    #[serde(default, skip_serializing_if = "Credits::is_zero")]
    used_milli: Credits,
    #[serde(default, skip_serializing_if = "Credits::is_zero")]
    held_milli: Credits,
    #[serde(default, skip_serializing_if = "Credits::is_zero")]
    lapsed_milli: Credits,
}

pub(super) fn first() -> ResetDay {
    ResetDay::FIRST
}

pub(super) fn is_first(day: &ResetDay) -> bool {
    *day == ResetDay::FIRST
}

impl From<&Lot> for LotItem {
    fn from(lot: &Lot) -> Self {
        let terms = lot.terms.clone();
        LotItem {
            id: terms.id,
            kind: terms.kind,
            starts_at: terms.starts_at,
            expires_at: terms.expires_at,
            monthly_allocation_milli: terms.monthly_allocation,
            reset_day_of_month: terms.reset_day_of_month,
            granted_milli: lot.granted,
            clawed_milli: lot.clawed,
            used_milli: lot.used,
            held_milli: lot.held,
            lapsed_milli: lot.lapsed,
        }
    }
}

impl From<LotItem> for Lot {
    fn from(item: LotItem) -> Self {
        Lot {
            terms: LotTerms {
                id: item.id,
                kind: item.kind,
                starts_at: item.starts_at,
                expires_at: item.expires_at,
                monthly_allocation: item.monthly_allocation_milli,
                reset_day_of_month: item.reset_day_of_month,
            },
            granted: item.granted_milli,
            clawed: item.clawed_milli,
            used: item.used_milli,
            held: item.held_milli,
            lapsed: item.lapsed_milli,
        }
    }
}

pub(crate) fn account_to_item(account: &CreditAccount) -> Result<Item, ItemError> {
    let key = keys::account(&account.user_id);
    let item = AccountItem {
        version: account.version,
        as_of: account.as_of,
        active: account.active,
        monthly_allocation_milli: account.monthly_allocation,
        reset_day_of_month: account.reset_day_of_month,
        lots: account.lots.iter().map(LotItem::from).collect(),
        archived_pro_used_milli: account.archived_pro_used,
        head_hash: ByteBuf::from(account.head_hash.as_bytes().to_vec()),
    };
    stamp(&key, ENTITY, item)
}

pub(crate) fn account_from_item(user_id: &UserId, item: Item) -> Result<CreditAccount, ItemError> {
    let key = keys::account(user_id);
    let item: AccountItem = read(&key, ENTITY, item)?;
    let head_hash = fixed_bytes(&key, "head_hash", &item.head_hash)?;
    let account = CreditAccount {
        user_id: user_id.clone(),
        version: item.version,
        as_of: item.as_of,
        active: item.active,
        monthly_allocation: item.monthly_allocation_milli,
        reset_day_of_month: item.reset_day_of_month,
        lots: item.lots.into_iter().map(Lot::from).collect(),
        archived_pro_used: item.archived_pro_used_milli,
        head_hash: Digest::from_bytes(head_hash),
    };
    check_amounts(&account).map_err(|problem| ItemError::new(&key, problem))?;
    Ok(account)
}

/// What no posting can have led to was not written by us.
fn check_amounts(account: &CreditAccount) -> Result<(), String> {
    if account.version == 0 {
        return Err("its version is 0".to_string());
    }
    if account.monthly_allocation.is_negative() || account.archived_pro_used.is_negative() {
        return Err("its allocation or its archived use is a negative amount".to_string());
    }
    for lot in &account.lots {
        let amounts = [
            lot.terms.monthly_allocation,
            lot.granted,
            lot.clawed,
            lot.used,
            lot.held,
            lot.lapsed,
        ];
        if amounts.iter().any(|amount| amount.is_negative()) {
            return Err(format!("lot {} has a negative amount", lot.terms.id));
        }
        if amounts.iter().any(|amount| *amount > Credits::MAX_AMOUNT) {
            return Err(format!("lot {} has an amount above 10^12", lot.terms.id));
        }
    }
    let mut ids: Vec<&LotId> = account.lots.iter().map(|lot| &lot.terms.id).collect();
    ids.sort();
    match ids.windows(2).find(|pair| pair.first() == pair.last()) {
        Some(pair) => Err(format!("a lot is there twice: {pair:?}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
