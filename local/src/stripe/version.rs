//! The supported Stripe API versions, each by one of its releases.

use std::fmt;
use std::str::FromStr;

/// An API version, by the name of its release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApiVersion {
    /// `2025-02-24.acacia`: periods on the subscription, `invoice.subscription`.
    Acacia,
    /// `2025-06-30.basil`: periods on the items, `invoice.parent`, invoice payments.
    Basil,
    /// `2025-10-29.clover`: flexible billing, a cancel time instead of the flag.
    Clover,
    /// `2026-03-25.dahlia`: as clover; here also with some ids as expanded objects.
    #[default]
    Dahlia,
}

impl ApiVersion {
    /// All of them, oldest first.
    pub const ALL: [ApiVersion; 4] = [
        ApiVersion::Acacia,
        ApiVersion::Basil,
        ApiVersion::Clover,
        ApiVersion::Dahlia,
    ];

    /// Its short name.
    pub fn name(self) -> &'static str {
        match self {
            ApiVersion::Acacia => "acacia",
            ApiVersion::Basil => "basil",
            ApiVersion::Clover => "clover",
            ApiVersion::Dahlia => "dahlia",
        }
    }

    /// The value of an event's `api_version`.
    pub fn api_version(self) -> &'static str {
        match self {
            ApiVersion::Acacia => "2025-02-24.acacia",
            ApiVersion::Basil => "2025-06-30.basil",
            ApiVersion::Clover => "2025-10-29.clover",
            ApiVersion::Dahlia => "2026-03-25.dahlia",
        }
    }
}

/// An unknown API version name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a supported API version: use acacia, basil, clover or dahlia")]
pub struct UnknownVersion(String);

impl FromStr for ApiVersion {
    type Err = UnknownVersion;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let mut all = ApiVersion::ALL.into_iter();
        all.find(|version| version.name() == name)
            .ok_or_else(|| UnknownVersion(name.to_string()))
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}
