//! Holds: credits kept aside for a call whose price is not known yet.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{ClientId, Credits, IdempotencyKey, LotId, ParseIdentifierError, Timestamp};

/// A hold's name: the client that opened it and the key it opened it with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HoldId {
    /// Who opened it.
    pub client: ClientId,
    /// The idempotency key of the call that opened it; what the caller knows it by.
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

/// What becomes of a hold that nobody closes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnExpiry {
    /// Everything is given back.
    #[default]
    Release,
    /// What was reported last is charged, the rest given back.
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

/// Credits kept aside, and where from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Its name.
    pub id: HoldId,
    /// What was kept aside when it was opened.
    pub amount: Credits,
    /// From which lots, in the order they are spent; empty once it expired.
    pub allocation: Vec<Allocation>,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// What happens then.
    pub on_expiry: OnExpiry,
    /// What was used so far, by the largest report.
    pub reported: Credits,
    /// What was charged at its expiry, once it expired.
    pub expired_charge: Option<Credits>,
}

/// A part of one lot.
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

/// Where a hold stands after a command, as the caller is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldStatus {
    /// Its credits are kept aside.
    Open,
    /// It was charged.
    Committed,
    /// Everything was given back.
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

/// What an entry remembers of the hold it was about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldSummary {
    /// Its name.
    pub id: HoldId,
    /// Where it stands.
    pub status: HoldStatus,
    /// When it ends, or would have ended, by itself.
    pub expires_at: Timestamp,
}
