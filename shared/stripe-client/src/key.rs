//! An API key of Stripe's: a secret that no log, error or debug text shows.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Shorter texts are no key.
const MIN_LENGTH: usize = 16;
/// Longer texts are no key either.
const MAX_LENGTH: usize = 512;

/// A secret (`sk_…`) or restricted (`rk_…`) key.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(Arc<str>);

/// Why there is no key. The text never quotes one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text is not a key.
    #[error("it is no secret or restricted key of Stripe's: those begin with sk_ or rk_")]
    NotAKey,
    /// The key is one for tests where purchases are real, or the reverse.
    #[error("the key is of Stripe's other mode")]
    OtherMode,
    /// The secret in Secrets Manager holds no key: nobody has put one there yet.
    #[error("the secret holds no key of Stripe's yet")]
    NotSet,
    /// Secrets Manager did not give the secret; its code.
    #[error("Secrets Manager said {0}")]
    Refused(String),
}

impl ApiKey {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it moves real money: `sk_live_…`, `rk_live_…`.
    pub(crate) fn is_live(&self) -> bool {
        self.0
            .get(3..)
            .is_some_and(|rest| rest.starts_with("live_"))
    }
}

impl FromStr for ApiKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let is_kind = text.starts_with("sk_") || text.starts_with("rk_");
        let is_plain = text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if is_kind && is_plain && (MIN_LENGTH..=MAX_LENGTH).contains(&text.len()) {
            Ok(ApiKey(text.into()))
        } else {
            Err(KeyError::NotAKey)
        }
    }
}

/// Shows nothing of the key.
impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiKey(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_secret_or_restricted_and_never_shown() {
        for good in [
            "rk_test_0123456789",
            "sk_live_0123456789abc",
            " rk_live_0123456789\n",
        ] {
            let key: ApiKey = good.parse().unwrap();
            assert_eq!(key.as_str(), good.trim());
            assert_eq!(format!("{key:?}"), "ApiKey(hidden)");
        }
        for bad in [
            "",
            "sk_short",
            "pk_live_0123456789abc",
            "whsec_0123456789abcdef",
            "sk_live_0123 456789abc",
            "sk_live_0123456789\r\nx: y",
            "SEEdfAcR0nd0mOfTheTemplate01234567890abc",
        ] {
            let error = bad.parse::<ApiKey>().unwrap_err();
            assert!(bad.is_empty() || !error.to_string().contains(bad));
        }
    }
}
