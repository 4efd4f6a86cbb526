//! Holds: credits kept aside for a call whose price is not known yet.
//!
//! Plain data: the commands about holds are in `holds`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{ClientId, Credits, IdempotencyKey, LotId, ParseIdentifierError, Timestamp};

/// A hold's name: the client that opened it and the key of the call that did.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HoldId {
    /// The client that opened it.
    pub client: ClientId,
    /// The idempotency key of the call that opened it; the caller's name for the hold.
    pub key: IdempotencyKey,
}

/// `<client>#<key>`.
impl fmt::Display for HoldId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}#{}", self.client, self.key)
    }
}

impl FromStr for HoldId {
    type Err = ParseIdentifierError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (client, key) = text.split_once('#').unwrap_or((text, ""));
        Ok(HoldId {
            client: client.parse()?,
            key: key.parse()?,
        })
    }
}

impl TryFrom<String> for HoldId {
    type Error = ParseIdentifierError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<HoldId> for String {
    fn from(id: HoldId) -> Self {
        id.to_string()
    }
}

/// What happens to a hold that nobody closes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnExpiry {
    /// Everything is released.
    #[default]
    Release,
    /// The last reported use is charged and the rest released.
    Settle,
}

impl OnExpiry {
    /// Its name in items, requests and digests.
    pub fn as_str(self) -> &'static str {
        match self {
            OnExpiry::Release => "release",
            OnExpiry::Settle => "settle",
        }
    }
}

/// Credits kept aside, and the lots they are taken from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Its name.
    pub id: HoldId,
    /// The amount kept aside when it was opened.
    pub amount: Credits,
    /// The lots it takes them from, in burn order; empty once it has expired.
    pub allocation: Vec<Allocation>,
    /// When it was opened; none if a release opened it that did not note it.
    pub opened_at: Option<Timestamp>,
    /// When it expires.
    pub expires_at: Timestamp,
    /// What happens when it expires.
    pub on_expiry: OnExpiry,
    /// The use so far: the largest report.
    pub reported: Credits,
    /// The amount charged at its expiry; none = not expired.
    pub expired_charge: Option<Credits>,
}

/// A part of a lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// The lot.
    pub lot: LotId,
    /// How much of it.
    pub amount: Credits,
}

impl Hold {
    /// Whether its credits are still kept aside.
    pub fn is_open(&self) -> bool {
        self.expired_charge.is_none()
    }
}

/// The state of a hold after a command, as returned to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldStatus {
    /// Its credits are kept aside.
    Open,
    /// It was charged.
    Committed,
    /// Everything was released.
    Released,
}

impl HoldStatus {
    /// Its name in items, answers and digests.
    pub fn as_str(self) -> &'static str {
        match self {
            HoldStatus::Open => "open",
            HoldStatus::Committed => "committed",
            HoldStatus::Released => "released",
        }
    }
}

/// What an entry records of the hold it was about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldSummary {
    /// Its name.
    pub id: HoldId,
    /// Its state.
    pub status: HoldStatus,
    /// When it expires, or would have expired.
    pub expires_at: Timestamp,
}
