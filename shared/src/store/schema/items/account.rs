//! The account item: the current state of a user's credits.
//!
//! Zero amounts and absent ends are omitted, which keeps an account with three lots and
//! two holds within the 1 KB that one write unit covers.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::schedule::{ScheduleItem, check_schedule, schedule_from_item};
use super::{Item, ItemError, fixed_bytes, read, stamp};
use crate::domain::{
    AccountPlan, AccountState, Allocation, CreditAccount, Credits, CreditsOverflow, Digest,
    GrantSchedule, Hold, HoldId, Lot, LotId, LotKind, LotRollover, LotTerms, OnExpiry, ResetDay,
    Timestamp, UserId,
};
use crate::store::schema::keys::{self, Key};

pub(crate) const ENTITY: &str = "Account";

#[derive(Serialize, Deserialize)]
struct AccountItem {
    version: u64,
    as_of: Timestamp,
    #[serde(default = "yes")]
    active: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    erased: bool,
    monthly_allocation_milli: Credits,
    reset_day_of_month: ResetDay,
    #[serde(default)]
    lots: Vec<LotItem>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    holds: Vec<HoldItem>,
    #[serde(default, rename = "drips", skip_serializing_if = "Vec::is_empty")]
    schedules: Vec<ScheduleItem>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    plans: Vec<AccountPlan>,
    #[serde(default, skip_serializing_if = "Credits::is_zero")]
    archived_pro_used_milli: Credits,
    head_hash: ByteBuf,
}

/// A hold in compact form, as a busy user has several at a time.
#[derive(Serialize, Deserialize)]
struct HoldItem {
    id: HoldId,
    /// Pairs of lot and milli-credits, in burn order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    lots: Vec<(LotId, Credits)>,
    /// The amount held; while the hold is open, the sum of its lots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount_milli: Option<Credits>,
    /// When it expires, in seconds since 1970.
    until: i64,
    /// The seconds from its opening to that moment.
    #[serde(default, rename = "s", skip_serializing_if = "Option::is_none")]
    ttl: Option<i64>,
    /// Whether its last report is charged at expiry.
    #[serde(default, skip_serializing_if = "is_false")]
    settle: bool,
    #[serde(default, skip_serializing_if = "Credits::is_zero")]
    reported_milli: Credits,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expired_charge_milli: Option<Credits>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn sum(allocation: &[Allocation]) -> Result<Credits, CreditsOverflow> {
    Credits::sum(allocation.iter().map(|part| part.amount))
}

impl From<&Hold> for HoldItem {
    fn from(hold: &Hold) -> Self {
        let derived = sum(&hold.allocation) == Ok(hold.amount);
        HoldItem {
            id: hold.id.clone(),
            lots: allocation_to_pairs(&hold.allocation),
            amount_milli: (!derived).then_some(hold.amount),
            until: hold.expires_at.unix_seconds(),
            ttl: hold
                .opened_at
                .map(|opened_at| hold.expires_at.seconds_since(opened_at)),
            settle: hold.on_expiry == OnExpiry::Settle,
            reported_milli: hold.reported,
            expired_charge_milli: hold.expired_charge,
        }
    }
}

fn hold_from_item(key: &Key, item: HoldItem) -> Result<Hold, ItemError> {
    let allocation = allocation_from_pairs(item.lots);
    let amount = match item.amount_milli {
        Some(amount) => amount,
        None => sum(&allocation).map_err(|error| ItemError::quoting(key, error))?,
    };
    let expires_at = Timestamp::from_unix_seconds(item.until)
        .map_err(|error| ItemError::quoting(key, format!("until of a hold {error}")))?;
    Ok(Hold {
        id: item.id,
        amount,
        allocation,
        opened_at: item
            .ttl
            .map(|ttl| expires_at.plus_seconds(ttl.saturating_neg())),
        expires_at,
        on_expiry: if item.settle {
            OnExpiry::Settle
        } else {
            OnExpiry::Release
        },
        reported: item.reported_milli,
        expired_charge: item.expired_charge_milli,
    })
}

pub(super) fn allocation_to_pairs(allocation: &[Allocation]) -> Vec<(LotId, Credits)> {
    let pair = |part: &Allocation| (part.lot.clone(), part.amount);
    allocation.iter().map(pair).collect()
}

pub(super) fn allocation_from_pairs(pairs: Vec<(LotId, Credits)>) -> Vec<Allocation> {
    let part = |(lot, amount)| Allocation { lot, amount };
    pairs.into_iter().map(part).collect()
}

fn yes() -> bool {
    true
}

/// A lot as stored in the account and among the past credits.
#[derive(Serialize, Deserialize)]
pub(super) struct LotItem {
    id: LotId,
    kind: LotKind,
    starts_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// Omitted when it has the usual value: the whole grant for the free lot, nothing
    /// for the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    monthly_allocation_milli: Option<Credits>,
    #[serde(default = "first", skip_serializing_if = "is_first")]
    reset_day_of_month: ResetDay,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rollover: Option<LotRollover>,
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

fn usual_allocation(kind: LotKind, granted: Credits) -> Credits {
    match kind {
        LotKind::Free => granted,
        _ => Credits::ZERO,
    }
}

impl From<&Lot> for LotItem {
    fn from(lot: &Lot) -> Self {
        let terms = lot.terms.clone();
        LotItem {
            id: terms.id,
            kind: terms.kind,
            starts_at: terms.starts_at,
            expires_at: terms.expires_at,
            monthly_allocation_milli: (terms.monthly_allocation
                != usual_allocation(terms.kind, lot.granted))
            .then_some(terms.monthly_allocation),
            reset_day_of_month: terms.reset_day_of_month,
            rollover: terms.rollover,
            granted_milli: lot.granted,
            clawed_milli: lot.clawed_back,
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
                monthly_allocation: item
                    .monthly_allocation_milli
                    .unwrap_or_else(|| usual_allocation(item.kind, item.granted_milli)),
                reset_day_of_month: item.reset_day_of_month,
                rollover: item.rollover,
            },
            granted: item.granted_milli,
            clawed_back: item.clawed_milli,
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
        erased: account.erased,
        monthly_allocation_milli: account.monthly_allocation,
        reset_day_of_month: account.reset_day_of_month,
        lots: account.lots.iter().map(LotItem::from).collect(),
        holds: account.holds.iter().map(HoldItem::from).collect(),
        schedules: account.schedules.iter().map(ScheduleItem::from).collect(),
        plans: account.plans.clone(),
        archived_pro_used_milli: account.archived_pro_used,
        head_hash: ByteBuf::from(account.head_hash.as_bytes().to_vec()),
    };
    stamp(&key, ENTITY, item)
}

pub(crate) fn account_from_item(user_id: &UserId, item: Item) -> Result<CreditAccount, ItemError> {
    let key = keys::account(user_id);
    let item: AccountItem = read(&key, ENTITY, item)?;
    let head_hash = fixed_bytes(&key, "head_hash", &item.head_hash)?;
    let holds = item.holds.into_iter();
    let holds: Result<Vec<Hold>, ItemError> =
        holds.map(|hold| hold_from_item(&key, hold)).collect();
    let schedules = item.schedules.into_iter();
    let schedules: Result<Vec<GrantSchedule>, ItemError> = schedules
        .map(|schedule| schedule_from_item(&key, schedule))
        .collect();
    let account = CreditAccount::from_state(AccountState {
        user_id: user_id.clone(),
        version: item.version,
        as_of: item.as_of,
        active: item.active,
        erased: item.erased,
        monthly_allocation: item.monthly_allocation_milli,
        reset_day_of_month: item.reset_day_of_month,
        lots: item.lots.into_iter().map(Lot::from).collect(),
        holds: holds?,
        schedules: schedules?,
        plans: item.plans,
        archived_pro_used: item.archived_pro_used_milli,
        head_hash: Digest::from_bytes(head_hash),
    });
    check_amounts(&account).map_err(|problem| ItemError::quoting(&key, problem))?;
    Ok(account)
}

/// Refuses amounts that no posting can lead to: we did not write them.
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
            lot.terms.rollover.map_or(Credits::ZERO, |it| it.cap),
            lot.granted,
            lot.clawed_back,
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
    for hold in &account.holds {
        let parts = hold.allocation.iter().map(|part| part.amount);
        let amounts = [Some(hold.amount), Some(hold.reported), hold.expired_charge];
        if parts
            .chain(amounts.into_iter().flatten())
            .any(|amount| amount.is_negative())
        {
            return Err(format!("hold {} has a negative amount", hold.id));
        }
    }
    account.schedules.iter().try_for_each(check_schedule)?;
    none_twice("lot", account.lots.iter().map(|lot| &lot.terms.id))?;
    none_twice(
        "schedule",
        account.schedules.iter().map(|schedule| &schedule.terms.id),
    )
}

fn none_twice<'a>(what: &str, ids: impl Iterator<Item = &'a LotId>) -> Result<(), String> {
    let mut ids: Vec<&LotId> = ids.collect();
    ids.sort();
    match ids.windows(2).find(|pair| pair.first() == pair.last()) {
        Some(pair) => Err(format!("a {what} is there twice: {pair:?}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
