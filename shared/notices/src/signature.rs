//! Signatures by the Standard Webhooks rules, so that receivers verify with any of their
//! libraries. Source: <https://www.standardwebhooks.com>, specification 1.0: secrets are
//! `whsec_` and 24 to 64 bytes in base64; the signature is `v1,` and the base64 of
//! HMAC-SHA256 over `id.timestamp.body`; several are separated by spaces.
//!
//! These lines replace the crate `standardwebhooks`, which would bring a second hmac and
//! sha2 into the function, and verifies what we never receive.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use shared::host::entropy::Entropy;

const PREFIX: &str = "whsec_";

/// A secret that signs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret must be whsec_ and 24 to 64 bytes in base64")]
pub struct SecretError;

/// A new secret of 32 bytes.
pub fn generate(entropy: &dyn Entropy) -> String {
    let bytes = [entropy.bytes(), entropy.bytes()].concat();
    format!("{PREFIX}{}", STANDARD.encode(bytes))
}

fn key_of(secret: &str) -> Result<Vec<u8>, SecretError> {
    let text = secret.strip_prefix(PREFIX).ok_or(SecretError)?;
    let key = STANDARD.decode(text).map_err(|_| SecretError)?;
    let fits = (24..=64).contains(&key.len());
    fits.then_some(key).ok_or(SecretError)
}

/// The header `webhook-signature`: one signature per secret. `timestamp` is in seconds
/// since 1970, as the header `webhook-timestamp` has it.
pub fn sign<'a>(
    secrets: impl Iterator<Item = &'a str>,
    id: &str,
    timestamp: i64,
    body: &str,
) -> Result<String, SecretError> {
    let mut signatures = Vec::new();
    for secret in secrets {
        let key = key_of(secret)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| SecretError)?;
        mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        signatures.push(format!("v1,{signature}"));
    }
    if signatures.is_empty() {
        return Err(SecretError);
    }
    Ok(signatures.join(" "))
}

#[cfg(test)]
mod tests {
    use shared::host::entropy::SystemEntropy;

    use super::*;

    /// The example of the specification's reference libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn the_example_of_the_reference_libraries_is_signed_alike() {
        let signed = sign(
            [SECRET].into_iter(),
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signed.as_deref(), Ok(expected));
    }

    #[test]
    fn each_secret_signs() {
        let other = generate(&SystemEntropy);
        let signed = sign([SECRET, &other].into_iter(), "id", 1, "{}").unwrap();
        let alone = |secret: &str| sign([secret].into_iter(), "id", 1, "{}").unwrap();
        assert_eq!(signed, format!("{} {}", alone(SECRET), alone(&other)));
    }

    #[test]
    fn a_secret_that_is_none_signs_nothing() {
        for secret in ["", "whsec_", "whsec_c2hvcnQ=", "whsec_!", &SECRET[6..]] {
            assert_eq!(sign([secret].into_iter(), "id", 1, ""), Err(SecretError));
        }
        assert_eq!(sign(std::iter::empty(), "id", 1, ""), Err(SecretError));
        assert!(key_of(&generate(&SystemEntropy)).is_ok());
    }
}
