//! Stripe's signature of a webhook: `Stripe-Signature: t=<unix seconds>,v1=<hex>`.
//!
//! The raw bytes are judged before anything reads them. A header is read more
//! strictly than Stripe's own libraries read it, never more leniently: what
//! Stripe sends is canonical, and whatever is not was made by somebody else.
//! Source: <https://docs.stripe.com/webhooks#verify-manually>.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use shared::domain::Timestamp;
use subtle::{Choice, ConstantTimeEq};

/// How far the moment of signing may lie from now, either way, in seconds; the
/// tolerance of Stripe's own libraries. Each delivery is signed afresh.
const TOLERANCE_SECONDS: u64 = 300;
/// Stripe sends a signature per active secret and one of the test scheme.
const MAX_PARTS: usize = 16;
/// Sixteen parts of 80 characters, rounded up.
const MAX_HEADER: usize = 2048;
/// Enough for the year 9999.
const MAX_TIME: usize = 12;
/// An HMAC-SHA256 in hexadecimal.
const SIGNATURE_DIGITS: usize = 64;
/// HMAC takes any key, even an empty one that everybody knows.
const SHORTEST_SECRET: usize = 16;

/// A signing secret of an endpoint, `whsec_…`: the key is the whole text, with
/// its prefix. It never shows itself.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(String);

/// A secret that is too short to keep anybody out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be at least {SHORTEST_SECRET} printable characters of ASCII without spaces")]
pub struct WeakSecret;

impl SigningSecret {
    /// A secret of at least 16 printable ASCII characters.
    pub fn new(text: &str) -> Result<Self, WeakSecret> {
        if text.len() >= SHORTEST_SECRET && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(SigningSecret(text.to_string()))
        } else {
            Err(WeakSecret)
        }
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningSecret(…)")
    }
}

/// Why a request is not Stripe's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureError {
    /// No header at all, or an empty one.
    Missing,
    /// Longer, or of more parts, than Stripe ever sends.
    TooLong,
    /// Not `name=value` parts between commas, or a `t` or `v1` that can be none.
    Malformed,
    /// No `t`, or more than one.
    NotOneTime,
    /// No `v1`; other schemes do not count.
    NoSignature,
    /// Signed too long ago, or in the future.
    OutsideTolerance,
    /// No signature is one of this body under any secret.
    NoMatch,
}

impl SignatureError {
    /// The text for the client; it says nothing that the client did not send.
    pub fn text(self) -> &'static str {
        match self {
            SignatureError::Missing => "The Stripe-Signature header is missing.",
            SignatureError::TooLong => "The Stripe-Signature header is too long.",
            SignatureError::Malformed => "The Stripe-Signature header cannot be read.",
            SignatureError::NotOneTime => "The Stripe-Signature header must have exactly one time.",
            SignatureError::NoSignature => "The Stripe-Signature header has no v1 signature.",
            SignatureError::OutsideTolerance => {
                "The time of the Stripe-Signature header is too far from now."
            }
            SignatureError::NoMatch => "The signature does not match the body.",
        }
    }

    /// The same in one word of a few, for logs and counters.
    pub fn outcome(self) -> &'static str {
        match self {
            SignatureError::Missing => "signature_missing",
            SignatureError::TooLong
            | SignatureError::Malformed
            | SignatureError::NotOneTime
            | SignatureError::NoSignature => "signature_malformed",
            SignatureError::OutsideTolerance => "signature_not_recent",
            SignatureError::NoMatch => "bad_signature",
        }
    }
}

impl fmt::Display for SignatureError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.text())
    }
}

impl std::error::Error for SignatureError {}

/// Checks that `body` was signed with one of `secrets` at most five minutes
/// from `now`. Any `v1` of the header may match any secret, because a secret
/// that was rolled stays valid for up to a day.
pub fn verify(
    header: Option<&str>,
    body: &[u8],
    secrets: &[SigningSecret],
    now: Timestamp,
) -> Result<(), SignatureError> {
    let signed = Header::read(header.unwrap_or_default())?;
    if now.unix_seconds().abs_diff(signed.seconds) > TOLERANCE_SECONDS {
        return Err(SignatureError::OutsideTolerance);
    }
    // Every secret is tried with every signature, whatever matched before, so
    // that the time it takes does not depend on them.
    let mut matched = Choice::from(0);
    for secret in secrets {
        let expected = signature(secret, signed.time, body).ok_or(SignatureError::NoMatch)?;
        for given in &signed.signatures {
            matched |= expected.as_slice().ct_eq(given.as_slice());
        }
    }
    if bool::from(matched) {
        Ok(())
    } else {
        Err(SignatureError::NoMatch)
    }
}

/// HMAC-SHA256 over `<time>.<body>`; none only if a key could not be taken,
/// which HMAC never refuses.
fn signature(secret: &SigningSecret, time: &str, body: &[u8]) -> Option<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.0.as_bytes()).ok()?;
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac.finalize().into_bytes().into())
}

/// What of the header matters.
struct Header<'a> {
    /// As it was written, since that is what was signed.
    time: &'a str,
    seconds: i64,
    signatures: Vec<[u8; 32]>,
}

impl<'a> Header<'a> {
    fn read(text: &'a str) -> Result<Self, SignatureError> {
        if text.is_empty() {
            return Err(SignatureError::Missing);
        }
        if text.len() > MAX_HEADER || text.split(',').count() > MAX_PARTS {
            return Err(SignatureError::TooLong);
        }
        let mut times = Vec::new();
        let mut signatures = Vec::new();
        for part in text.split(',') {
            // Stripe's libraries do not trim either: " v1" is another scheme there.
            let graphic = part.bytes().all(|byte| byte.is_ascii_graphic());
            match part.split_once('=').filter(|_| graphic) {
                None | Some(("", _)) => return Err(SignatureError::Malformed),
                Some(("t", time)) => times.push((time, seconds(time)?)),
                Some(("v1", digits)) => signatures.push(read_digits(digits)?),
                // v0 is the scheme of test events; others may come.
                Some(_) => {}
            }
        }
        let [(time, seconds)] = *times.as_slice() else {
            return Err(SignatureError::NotOneTime);
        };
        if signatures.is_empty() {
            return Err(SignatureError::NoSignature);
        }
        Ok(Header {
            time,
            seconds,
            signatures,
        })
    }
}

/// Digits alone and no leading zero, so that a moment has one spelling.
fn seconds(text: &str) -> Result<i64, SignatureError> {
    let digits = (1..=MAX_TIME).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && !text.starts_with('0');
    let number = digits.then(|| text.parse().ok()).flatten();
    number.ok_or(SignatureError::Malformed)
}

/// 64 digits in lower case: Stripe's libraries compare texts.
fn read_digits(text: &str) -> Result<[u8; 32], SignatureError> {
    let lower_case = text.len() == SIGNATURE_DIGITS
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let mut signature = [0; 32];
    match hex::decode_to_slice(text, &mut signature) {
        Ok(()) if lower_case => Ok(signature),
        _ => Err(SignatureError::Malformed),
    }
}

#[cfg(test)]
mod tests;
