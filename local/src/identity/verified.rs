//! Caches tokens with a verified signature, because RSA takes more time than
//! the rest of a local answer.
//!
//! Only the signature is cached. Expiry, audience and scopes are checked on
//! every request.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};

/// Maximum cached tokens; then the cache is cleared.
const MOST: usize = 1024;

/// The claims of verified tokens.
pub(super) type Payload = Arc<Map<String, Value>>;

/// The cache of one authorizer. Clones share it.
#[derive(Clone, Default)]
pub(super) struct VerifiedTokens(Arc<Mutex<HashMap<String, Payload>>>);

impl VerifiedTokens {
    /// The claims of a token, if exactly this token was verified before.
    pub(super) fn get(&self, token: &str) -> Option<Payload> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(token).cloned()
    }

    /// Caches a verified token.
    pub(super) fn keep(&self, token: &str, payload: &Payload) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(token.to_owned(), payload.clone());
    }
}

/// Shows only their number: tokens are secrets.
impl fmt::Debug for VerifiedTokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        write!(formatter, "VerifiedTokens({})", known.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_to_the_letter_and_the_memory_stays_small() {
        let tokens = VerifiedTokens::default();
        let payload = Payload::default();
        for number in 0..3 * MOST {
            tokens.keep(&format!("token-{number}"), &payload);
        }
        let last = format!("token-{}", 3 * MOST - 1);
        assert!(tokens.get(&last).is_some());
        assert!(tokens.get(&format!("{last} ")).is_none());
        assert!(tokens.0.lock().unwrap().len() <= MOST);
        assert!(!format!("{tokens:?}").contains("token-"));
    }
}
