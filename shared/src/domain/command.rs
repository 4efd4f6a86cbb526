//! Commands: everything that may be asked of an account.

use super::{Credits, Digest, EntryKey, EntryKind, Erasable, LotId, LotKind, ResetDay, Timestamp};

/// One thing asked of an account, by somebody, under a key that makes it
/// happen at most once.
#[derive(Clone, Debug)]
pub struct Command {
    /// Under which key it is remembered.
    pub key: EntryKey,
    /// Digest of what was asked: method, route, path ids and parsed body, or
    /// the business object. Tells a repeat from a key used for something else.
    pub request_hash: Digest,
    /// Who asks.
    pub actor: Erasable,
    /// What is asked.
    pub action: Action,
}

/// What is asked of an account.
#[derive(Clone, Debug)]
pub enum Action {
    /// Open the account with a balance it had elsewhere.
    Open(OpeningBalance),
}

impl Action {
    /// The kind of entry this leaves.
    pub fn kind(&self) -> EntryKind {
        match self {
            Action::Open(_) => EntryKind::Open,
        }
    }
}

/// A balance an account starts with, as it stood at one moment. Whatever ended
/// between that moment and now is closed by the same command.
#[derive(Clone, Debug)]
pub struct OpeningBalance {
    /// When the figures were true; not in the future.
    pub as_of: Timestamp,
    /// The free credits of the period that `as_of` lies in.
    pub free: OpeningFree,
    /// The other lots, at most 50.
    pub lots: Vec<OpeningLot>,
}

/// The free credits an account starts with.
#[derive(Clone, Debug)]
pub struct OpeningFree {
    /// Credits a month.
    pub monthly_allocation: Credits,
    /// The anchor day of the months.
    pub reset_day_of_month: ResetDay,
    /// What was used of this month's; at most the allocation.
    pub used: Credits,
}

/// A pro lot an account starts with.
#[derive(Clone, Debug)]
pub struct OpeningLot {
    /// Named by its cause.
    pub id: LotId,
    /// Where it came from; not free.
    pub kind: LotKind,
    /// From when on it counts.
    pub starts_at: Timestamp,
    /// Its end, if it has one.
    pub expires_at: Option<Timestamp>,
    /// What it was given.
    pub granted: Credits,
    /// What was used of it; at most what it was given.
    pub used: Credits,
}
