//! Stripe's signature of a webhook: `Stripe-Signature: t=<unix seconds>,v1=<hex>`.
//!
//! The raw bytes are verified before anything reads them. The header parser is stricter
//! than Stripe's own libraries, never more lenient: Stripe sends canonical headers, and
//! any other header comes from somebody else. Source:
//! <https://docs.stripe.com/webhooks#verify-manually>.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use shared::domain::Timestamp;
use subtle::{Choice, ConstantTimeEq};

/// How far the signing time may differ from now, either way, in seconds; the default
/// tolerance of Stripe's own libraries. Each delivery is signed anew.
const TOLERANCE_SECONDS: u64 = 300;
/// Stripe sends one signature per active secret and one of the test scheme.
const MAX_PARTS: usize = 16;
/// Sixteen parts of 80 characters, rounded up.
const MAX_HEADER: usize = 2048;
/// Enough for the year 9999.
const MAX_TIME: usize = 12;
/// The length of an HMAC-SHA256 in hexadecimal.
const SIGNATURE_DIGITS: usize = 64;
/// HMAC accepts any key, even an empty one that everybody knows.
const SHORTEST_SECRET: usize = 16;

/// A signing secret of an endpoint, `whsec_…`: the key is the whole text, including its
/// prefix. Debug output never shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(String);

/// A secret that is too short to be secure.
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

/// Why a signature is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureError {
    /// No header, or an empty one.
    Missing,
    /// Longer than Stripe ever sends, or with more parts.
    TooLong,
    /// Not `name=value` parts separated by commas, or an invalid `t` or `v1`.
    Malformed,
    /// No `t`, or more than one.
    NotOneTime,
    /// No `v1`; other schemes do not count.
    NoSignature,
    /// Signed too long ago, or in the future.
    OutsideTolerance,
    /// No signature matches this body under any secret.
    NoMatch,
}

impl SignatureError {
    /// The text for the client; it reveals nothing beyond what the client sent.
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

    /// The outcome for logs and counters, one of a few words.
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

/// Verifies that `body` was signed with one of `secrets` at most five minutes before or
/// after `now`. Any `v1` may match any secret, because a rolled secret stays valid for
/// up to a day.
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
    // Every secret is tried with every signature, even after a match, so that the time
    // taken does not depend on them.
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

/// HMAC-SHA256 over `<time>.<body>`; none only if the key is rejected, which HMAC never
/// does.
fn signature(secret: &SigningSecret, time: &str, body: &[u8]) -> Option<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.0.as_bytes()).ok()?;
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac.finalize().into_bytes().into())
}

/// The relevant parts of the header.
struct Header<'a> {
    /// As written, since this text was signed.
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

/// Digits only and no leading zero, so that a time has one spelling.
fn seconds(text: &str) -> Result<i64, SignatureError> {
    let digits = (1..=MAX_TIME).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && !text.starts_with('0');
    let number = digits.then(|| text.parse().ok()).flatten();
    number.ok_or(SignatureError::Malformed)
}

/// 64 lower-case digits: Stripe's libraries compare text.
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
