//! What the issuer remembers: codes and refresh tokens, in memory and bounded.
//!
//! A code is used up by its client's first attempt, right or wrong. A refresh
//! token belongs to a family, of which only the newest token is good. When a
//! code or an older refresh token comes again, the family ends: either the
//! client or a thief has used it already. Access tokens last until they
//! expire, as API Gateway asks nobody about them.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use shared::domain::{ClientId, Redacted, Timestamp, UserId};

use super::authorization::limited;
use super::refusal::{OAuthCode, OAuthError};

/// The life of a code.
const CODE_SECONDS: i64 = 60;
/// The life of a family since its sign-in, as a user pool's default.
const FAMILY_SECONDS: i64 = 30 * 86_400;
/// The most codes, and the most families; the oldest are forgotten.
const MAX_GRANTS: usize = 1000;

/// Who signed in, to which client, for what.
#[derive(Clone, Debug)]
pub(crate) struct SignIn {
    pub(crate) client_id: ClientId,
    pub(crate) user_id: UserId,
    pub(crate) email: Redacted<String>,
    pub(crate) name: Redacted<String>,
    /// The granted scopes, joined by spaces.
    pub(crate) scope: String,
    pub(crate) at: Timestamp,
}

/// What must be shown again to exchange a code.
#[derive(Clone, Debug)]
pub(crate) struct CodeBinding {
    pub(crate) redirect_uri: String,
    pub(crate) code_challenge: String,
    /// What the ID token repeats.
    pub(crate) nonce: Option<String>,
}

/// An attempt to exchange a code.
pub(crate) struct CodeAttempt<'a> {
    pub(crate) code: &'a str,
    pub(crate) client_id: &'a ClientId,
    pub(crate) redirect_uri: &'a str,
    pub(crate) code_verifier: &'a str,
    /// Whether the client may refresh.
    pub(crate) with_refresh: bool,
}

/// What an attempt gave.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) sign_in: SignIn,
    pub(crate) nonce: Option<String>,
    pub(crate) refresh_token: Option<Redacted<String>>,
}

enum Code {
    Open(SignIn, CodeBinding),
    /// Used; with the family that it gave.
    Used(Option<String>),
}

struct Family {
    sign_in: SignIn,
    /// The secret of its newest token; none once it has ended.
    newest: Option<String>,
}

/// A map that forgets its oldest entries.
struct Bounded<T> {
    entries: HashMap<String, T>,
    order: VecDeque<String>,
}

impl<T> Default for Bounded<T> {
    fn default() -> Self {
        Bounded {
            entries: HashMap::new(),
            order: VecDeque::new(),
        }
    }
}

impl<T> Bounded<T> {
    /// Adds an entry under a new key.
    fn add(&mut self, key: String, entry: T) {
        self.order.push_back(key.clone());
        self.entries.insert(key, entry);
        while self.order.len() > MAX_GRANTS {
            if let Some(oldest) = self.order.pop_front() {
                self.entries.remove(&oldest);
            }
        }
    }
}

#[derive(Default)]
struct Memory {
    codes: Bounded<Code>,
    families: Bounded<Family>,
}

/// The memory of one issuer. Clones share it.
#[derive(Clone, Default)]
pub struct Grants(Arc<Mutex<Memory>>);

/// Text of sixteen random bytes.
fn opaque(bytes: [u8; 16]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn matches(challenge: &str, verifier: &str) -> bool {
    let in_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&verifier.len())
        && verifier.bytes().all(in_alphabet)
        && URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) == challenge
}

impl Grants {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        // Every change is complete before the next can fail.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a code made of random bytes.
    pub(crate) fn give_code(
        &self,
        sign_in: SignIn,
        binding: CodeBinding,
        bytes: [u8; 16],
    ) -> String {
        let code = opaque(bytes);
        let open = Code::Open(sign_in, binding);
        self.memory().codes.add(code.clone(), open);
        code
    }

    /// Exchanges a code. The random bytes name a family and its first secret.
    pub(crate) fn exchange(
        &self,
        attempt: &CodeAttempt<'_>,
        now: Timestamp,
        random: [[u8; 16]; 2],
    ) -> Result<Given, OAuthError> {
        let refused = |text| Err(OAuthError::invalid_grant(text));
        let mut memory = self.memory();
        let Memory { codes, families } = &mut *memory;
        let Some(code) = codes.entries.get_mut(attempt.code) else {
            return refused("the code is not known: sign in again");
        };
        let (sign_in, binding) = match code {
            Code::Open(sign_in, binding) => (sign_in.clone(), binding.clone()),
            Code::Used(family) => {
                let family = family.as_ref().and_then(|id| families.entries.get_mut(id));
                if let Some(family) = family {
                    family.newest = None;
                }
                return refused("the code was used before; its refresh token no longer works");
            }
        };
        if sign_in.client_id != *attempt.client_id {
            // A stranger cannot use up what is another client's.
            return refused("the code was given to another client");
        }
        *code = Code::Used(None);
        if now.seconds_since(sign_in.at) >= CODE_SECONDS {
            return refused("the code has expired: exchange it within 60 seconds");
        }
        if binding.redirect_uri != attempt.redirect_uri {
            return refused("redirect_uri is not the one that the code was sent to");
        }
        if !matches(&binding.code_challenge, attempt.code_verifier) {
            return refused("code_verifier does not fit the code_challenge");
        }
        let refresh_token = attempt.with_refresh.then(|| {
            let [id, secret] = random.map(opaque);
            let token = format!("{id}.{secret}");
            *code = Code::Used(Some(id.clone()));
            let family = Family {
                sign_in: sign_in.clone(),
                newest: Some(secret),
            };
            families.add(id, family);
            Redacted::new(token)
        });
        Ok(Given {
            sign_in,
            nonce: binding.nonce,
            refresh_token,
        })
    }

    /// Exchanges a refresh token for the next one of its family. A scope narrows what
    /// the access token may do, this once.
    pub(crate) fn rotate(
        &self,
        refresh_token: &str,
        client_id: &ClientId,
        scope: Option<&str>,
        now: Timestamp,
        random: [u8; 16],
    ) -> Result<Given, OAuthError> {
        let refused = |text| Err(OAuthError::invalid_grant(text));
        let mut memory = self.memory();
        let (id, secret) = refresh_token.split_once('.').unwrap_or_default();
        let Some(family) = memory.families.entries.get_mut(id) else {
            return refused("the refresh token is not known: sign in again");
        };
        if family.sign_in.client_id != *client_id {
            return refused("the refresh token was given to another client");
        }
        match &family.newest {
            None => return refused("the refresh token is revoked: sign in again"),
            Some(newest) if newest != secret => {
                family.newest = None;
                return refused(
                    "the refresh token was used before, so all that came from its sign-in is revoked",
                );
            }
            Some(_) => {}
        }
        if now.seconds_since(family.sign_in.at) >= FAMILY_SECONDS {
            return refused("the refresh token has expired: sign in again");
        }
        let mut sign_in = family.sign_in.clone();
        if let Some(asked) = scope {
            let text = "scope has what was not granted at the sign-in";
            let narrowed = limited(asked, &sign_in.scope);
            sign_in.scope = narrowed.ok_or(OAuthError::new(OAuthCode::InvalidScope, text))?;
        }
        let secret = opaque(random);
        let token = format!("{id}.{secret}");
        family.newest = Some(secret);
        Ok(Given {
            sign_in,
            nonce: None,
            refresh_token: Some(Redacted::new(token)),
        })
    }
}

/// Shows only their numbers: codes and tokens are secrets.
impl std::fmt::Debug for Grants {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let memory = self.memory();
        let (codes, families) = (memory.codes.order.len(), memory.families.order.len());
        write!(formatter, "Grants({codes} codes, {families} families)")
    }
}
