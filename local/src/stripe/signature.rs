//! The `Stripe-Signature` header: an HMAC-SHA256 over the time of sending and
//! the body.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use shared::domain::Timestamp;

/// The header's value, `t=<unix seconds>,v1=<hex>`. The key is the complete
/// secret, including `whsec_`.
pub fn sign(secret: &str, now: Timestamp, body: &[u8]) -> String {
    let seconds = now.unix_seconds();
    // HMAC accepts keys of any length, so the fallback is never used.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .unwrap_or_else(|_| Hmac::new(&Default::default()));
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    let digest = mac.finalize().into_bytes();
    format!("t={seconds},v1={}", hex::encode(digest))
}
