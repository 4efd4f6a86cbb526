//! Identifiers: users, clients, lots, and the keys of ledger entries.
//!
//! Each is validated once, at the edge. None may contain `#`, so each can be part
//! of a database key as it is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// A text that breaks the rule of its identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be 1 to {longest} characters of letters, digits and {punctuation}{not_dots}")]
pub struct ParseIdentifierError {
    what: &'static str,
    longest: usize,
    punctuation: &'static str,
    not_dots: &'static str,
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $what:literal, $longest:literal, $punctuation:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            fn check(text: &str) -> Result<(), ParseIdentifierError> {
                let allowed = |byte: u8| {
                    byte.is_ascii_alphanumeric() || $punctuation.as_bytes().contains(&byte)
                };
                let fits = (1..=$longest).contains(&text.len()) && text.bytes().all(allowed);
                // "." and ".." have a meaning of their own in a path.
                if fits && text != "." && text != ".." {
                    Ok(())
                } else {
                    Err(ParseIdentifierError {
                        what: $what,
                        longest: $longest,
                        punctuation: $punctuation,
                        not_dots: ", and not \".\" or \"..\"",
                    })
                }
            }
        }

        impl FromStr for $name {
            type Err = ParseIdentifierError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::check(text)?;
                Ok($name(text.to_string()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseIdentifierError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::check(&text)?;
                Ok($name(text))
            }
        }

        impl From<$name> for String {
            fn from(identifier: $name) -> Self {
                identifier.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

identifier!(
    /// A user: the `sub` of the token; opaque here.
    UserId, "a user id", 128, "_-.:|@+"
);
identifier!(
    /// An OAuth client.
    ClientId, "a client id", 128, "_-.:"
);
identifier!(
    /// What a caller sends as `Idempotency-Key`.
    IdempotencyKey, "an idempotency key", 64, "_-.:"
);
identifier!(
    /// A lot, named after its cause: `free:2025-11-01`, `buy:<payment intent>`. The
    /// longest is a month of an invoice line, `sub:<invoice>:<line>:<60>`.
    LotId, "a lot id", 208, "_-.:"
);
identifier!(
    /// A business event that changes credits once: `refund:<re>:<status>`,
    /// `seed:opening`.
    Cause, "a cause", 192, "_-.:"
);

identifier!(
    /// An endpoint that notices are sent to.
    EndpointId, "an endpoint id", 40, "_-"
);

identifier!(
    /// A Stripe id: of an event, a customer, an invoice, a price.
    StripeId, "a Stripe id", 100, "_-."
);

/// The prefix of the ids of free lots; no other lot may have it.
const FREE_LOT_PREFIX: &str = "free:";

impl LotId {
    /// `free:2025-11-01`: the date on which the month's free lot starts.
    pub(crate) fn free(starts_at: Timestamp) -> Self {
        LotId(format!("{FREE_LOT_PREFIX}{}", starts_at.date()))
    }

    /// The overdraft: the lot that is charged what no other lot covers.
    pub(crate) fn overdraft() -> Self {
        LotId("overdraft".to_string())
    }

    /// `sub:<invoice>:<line>:3`: a month of the schedule with this id. A schedule
    /// whose months would have too long an id is not granted.
    pub(crate) fn month(&self, number: u32) -> Self {
        LotId(format!("{self}:{number}"))
    }

    /// Whether an id that was built from parts is valid.
    pub(crate) fn is_proper(&self) -> bool {
        Self::check(&self.0).is_ok()
    }

    /// Whether it is the id of a month's free lot.
    pub fn is_free(&self) -> bool {
        self.0.starts_with(FREE_LOT_PREFIX)
    }
}

/// The key of a ledger entry, which makes a command idempotent. Keys of API
/// clients, business causes and operators never overlap.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryKey {
    /// A key of an API client; each client has its own key space.
    Api {
        /// The client.
        client: ClientId,
        /// The `Idempotency-Key` of the call.
        key: IdempotencyKey,
    },
    /// A business event, from any source and however often reported.
    Cause(Cause),
    /// An operator's command.
    Ops(IdempotencyKey),
}

/// Written as `api#<client>#<key>`, `cause#<cause>` or `ops#<key>`.
impl fmt::Display for EntryKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EntryKey::Api { client, key } => write!(formatter, "api#{client}#{key}"),
            EntryKey::Cause(cause) => write!(formatter, "cause#{cause}"),
            EntryKey::Ops(key) => write!(formatter, "ops#{key}"),
        }
    }
}

impl FromStr for EntryKey {
    type Err = ParseIdentifierError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unknown = ParseIdentifierError {
            what: "an entry key",
            longest: 256,
            punctuation: "# after api, cause or ops",
            not_dots: "",
        };
        match text.split_once('#') {
            Some(("api", rest)) => {
                let (client, key) = rest.split_once('#').ok_or(unknown)?;
                Ok(EntryKey::Api {
                    client: client.parse()?,
                    key: key.parse()?,
                })
            }
            Some(("cause", cause)) => Ok(EntryKey::Cause(cause.parse()?)),
            Some(("ops", key)) => Ok(EntryKey::Ops(key.parse()?)),
            _ => Err(unknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_ids_follow_their_pattern() {
        let longest = "a".repeat(128);
        for good in [
            "u",
            "auth0|5f7c",
            "user@example.com",
            "a.b-c_d:e+f",
            "...",
            longest.as_str(),
        ] {
            assert!(good.parse::<UserId>().is_ok(), "{good:?}");
        }
        let too_long = "a".repeat(129);
        for bad in [
            "",
            ".",
            "..",
            "a b",
            "a#b",
            "a/b",
            "ü",
            "a\n",
            "a\0",
            too_long.as_str(),
        ] {
            assert!(bad.parse::<UserId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_idempotency_key_has_at_most_64_characters_of_its_own_set() {
        assert!("k".repeat(64).parse::<IdempotencyKey>().is_ok());
        for bad in ["", "..", "a|b", "a@b"] {
            assert!(bad.parse::<IdempotencyKey>().is_err(), "{bad:?}");
        }
        assert!("k".repeat(65).parse::<IdempotencyKey>().is_err());
    }

    #[test]
    fn entry_keys_are_read_back_and_their_spaces_never_meet() {
        for text in [
            "api#inference-service#k1",
            "cause#seed:opening",
            "ops#grant-1",
        ] {
            assert_eq!(text.parse::<EntryKey>().unwrap().to_string(), text);
        }
        for bad in ["", "api#only-client", "cause#", "other#x", "cause#a#b"] {
            assert!(bad.parse::<EntryKey>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_refused_identifier_says_what_it_may_be() {
        assert_eq!(
            "a b".parse::<ClientId>().unwrap_err().to_string(),
            "a client id must be 1 to 128 characters of letters, digits and _-.:, and not \".\" or \"..\""
        );
    }
}
