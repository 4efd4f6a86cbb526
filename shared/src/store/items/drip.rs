//! A drip as it lies in the account: one map of few bytes, as it lies there for
//! a year or longer and is written with every charge.

use serde::{Deserialize, Serialize};

use super::ItemError;
use crate::domain::{Credits, Drip, DripTerms, LotId, Rollover, Timestamp};
use crate::store::keys::Key;

#[derive(Serialize, Deserialize)]
pub(super) struct DripItem {
    id: LotId,
    /// When it starts, in seconds since 1970, as are the two ends.
    from: i64,
    to: i64,
    /// When its last lot ends.
    until: i64,
    total_milli: Credits,
    #[serde(default, skip_serializing_if = "is_none")]
    rollover: Rollover,
    #[serde(default, skip_serializing_if = "Credits::is_zero")]
    taken_back_milli: Credits,
    /// The month that begins next.
    #[serde(default, skip_serializing_if = "is_zero")]
    next: u32,
}

fn is_none(rollover: &Rollover) -> bool {
    *rollover == Rollover::default()
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl From<&Drip> for DripItem {
    fn from(drip: &Drip) -> Self {
        let terms = &drip.terms;
        DripItem {
            id: terms.id.clone(),
            from: terms.starts_at.unix_seconds(),
            to: terms.ends_at.unix_seconds(),
            until: terms.expires_at.unix_seconds(),
            total_milli: terms.total,
            rollover: terms.rollover,
            taken_back_milli: drip.taken_back,
            next: drip.next,
        }
    }
}

pub(super) fn drip_from_item(key: &Key, item: DripItem) -> Result<Drip, ItemError> {
    let moment = |seconds: i64| {
        Timestamp::from_unix_seconds(seconds).map_err(|error| {
            ItemError::quoting(key, format!("a moment of drip {} {error}", item.id))
        })
    };
    let terms = DripTerms {
        id: item.id.clone(),
        starts_at: moment(item.from)?,
        ends_at: moment(item.to)?,
        expires_at: moment(item.until)?,
        total: item.total_milli,
        rollover: item.rollover,
    };
    Ok(Drip {
        terms,
        taken_back: item.taken_back_milli,
        next: item.next,
    })
}

/// What no posting can have led to was not written by us.
pub(super) fn check_drip(drip: &Drip) -> Result<(), String> {
    let Drip {
        terms,
        taken_back,
        next,
    } = drip;
    let amounts = [terms.total, *taken_back, terms.rollover.cap];
    if !amounts.iter().all(|amount| amount.is_amount()) || *taken_back > terms.total {
        return Err(format!("drip {} has an impossible amount", terms.id));
    }
    match terms.month_count() {
        Some(months) if *next < months => Ok(()),
        _ => Err(format!("drip {} has no month to come", terms.id)),
    }
}
