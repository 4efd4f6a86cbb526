//! The issuer's keys: read when a token needs them, kept for an hour, and read again
//! when a token names an unknown one, at most every ten seconds. A forged token could
//! otherwise make this function call the issuer as often as somebody likes.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use outbound::{Bytes, Full, Method, Request, Reuse, Url, Wire, WireError, header};
use serde::Deserialize;
use shared::domain::Timestamp;

use crate::jwt::PublicKey;

/// How long keys are used, in seconds.
const KEPT_SECONDS: i64 = 3600;
/// Two reads lie at least this far apart, in seconds.
const PAUSE_SECONDS: i64 = 10;
/// An issuer has two keys, or four while it changes them.
const MAX_KEYS: usize = 32;
/// The longest document that is read.
const MAX_BODY_BYTES: usize = 64 * 1024;
/// A read that takes longer is given up.
const READ_TIMEOUT: Duration = Duration::from_secs(2);

/// Why there is no key. The texts are for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoKey {
    #[error("the issuer has no key of the token's name")]
    Unknown,
    #[error("the issuer's keys cannot be read: {0}")]
    Unread(String),
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: Option<String>,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

impl Jwk {
    /// The name and the key, if it is one for RS256 signatures.
    fn key(self) -> Option<(String, PublicKey)> {
        let is_for_us = self.kty.as_deref() == Some("RSA")
            && self.alg.is_none_or(|alg| alg == "RS256")
            && self.purpose.is_none_or(|purpose| purpose == "sig");
        let key = PublicKey::of(&self.n?, &self.e?)?;
        is_for_us.then_some((self.kid?, key))
    }
}

#[derive(Default)]
struct Known {
    keys: Vec<(String, PublicKey)>,
    /// When the keys were read.
    read_at: Option<Timestamp>,
    /// When reading them was last tried.
    tried_at: Option<Timestamp>,
}

/// The keys of one issuer, as last read. Clones share them.
#[derive(Clone)]
pub(crate) struct KeyCache {
    wire: Arc<Wire>,
    path: Arc<str>,
    known: Arc<Mutex<Known>>,
}

fn is_within(seconds: i64, since: Option<Timestamp>, now: Timestamp) -> bool {
    since.is_some_and(|since| (0..seconds).contains(&now.seconds_since(since)))
}

impl KeyCache {
    /// The keys at an address. Nothing is read yet.
    pub(crate) fn at(url: &Url) -> Self {
        KeyCache {
            wire: Arc::new(Wire::new(
                url.endpoint.clone(),
                MAX_BODY_BYTES,
                Reuse::Never,
            )),
            path: url.path.as_str().into(),
            known: Arc::default(),
        }
    }

    /// Reads the keys unless they are fresh, beside what else is waited for. What goes
    /// wrong shows when a key is needed.
    pub(crate) async fn freshen(&self, now: Timestamp) {
        let is_fresh = is_within(KEPT_SECONDS, self.known().read_at, now);
        if !is_fresh {
            let _ = self.read(now).await;
        }
    }

    /// The key of a name.
    pub(crate) async fn key(&self, name: &str, now: Timestamp) -> Result<PublicKey, NoKey> {
        if let Some(key) = self.find(name, now) {
            return Ok(key);
        }
        self.read(now).await?;
        self.find(name, now).ok_or(NoKey::Unknown)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, name: &str, now: Timestamp) -> Option<PublicKey> {
        let known = self.known();
        let is_fresh = is_within(KEPT_SECONDS, known.read_at, now);
        let mut keys = known.keys.iter().filter(|_| is_fresh);
        let (_, key) = keys.find(|(known, _)| known == name)?;
        Some(key.clone())
    }

    /// Reads the keys, unless that was tried a moment ago.
    async fn read(&self, now: Timestamp) -> Result<(), NoKey> {
        {
            let mut known = self.known();
            if is_within(PAUSE_SECONDS, known.tried_at, now) {
                return Err(match is_within(KEPT_SECONDS, known.read_at, now) {
                    true => NoKey::Unknown,
                    false => NoKey::Unread("that failed a moment ago".to_string()),
                });
            }
            known.tried_at = Some(now);
        }
        // No lock is held across the read.
        let keys = self.fetch().await.map_err(NoKey::Unread)?;
        let mut known = self.known();
        known.keys = keys;
        known.read_at = Some(now);
        Ok(())
    }

    async fn fetch(&self) -> Result<Vec<(String, PublicKey)>, String> {
        let request = Request::builder()
            .method(Method::GET)
            .uri(&*self.path)
            .header(header::HOST, self.wire.endpoint().authority())
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, "dedicated-credits")
            .body(Full::new(Bytes::new()));
        let request = request.map_err(|error| error.to_string())?;
        let answer = match tokio::time::timeout(READ_TIMEOUT, self.wire.send(request)).await {
            Err(_) => return Err("there was no answer in time".to_string()),
            Ok(Err(WireError::Broken(problem))) => return Err(problem),
            Ok(Err(WireError::TooLong)) => return Err("they are too long".to_string()),
            Ok(Ok(answer)) => answer,
        };
        if answer.status != 200 {
            return Err(format!("status {}", answer.status));
        }
        let set = serde_json::from_slice::<KeySet>(&answer.body);
        let set = set.map_err(|_| "they are no key set".to_string())?;
        let keys = set.keys.into_iter().take(MAX_KEYS);
        Ok(keys.filter_map(Jwk::key).collect())
    }
}

/// Shows only how many keys are known.
impl fmt::Debug for KeyCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeyCache({})", self.known().keys.len())
    }
}
