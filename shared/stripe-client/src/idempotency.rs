//! The key under which a `POST` happens once, however often it is sent. Stripe may
//! forget one after 24 hours: whoever tries again later has to look for the result
//! first. Source: <https://docs.stripe.com/api/idempotent_requests>.

/// An idempotency key: 1 to 255 printable characters of ASCII.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// A text that is no idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key has 1 to 255 printable characters of ASCII")]
pub struct UnusableIdempotencyKey;

const MAX_LENGTH: usize = 255;

impl IdempotencyKey {
    /// Takes a text for a key.
    ///
    /// # Errors
    ///
    /// [`UnusableIdempotencyKey`] for a text that Stripe would not take.
    pub fn new(text: &str) -> Result<Self, UnusableIdempotencyKey> {
        let is_printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        let has_ends = text.trim() == text;
        if (1..=MAX_LENGTH).contains(&text.len()) && is_printable && has_ends {
            Ok(IdempotencyKey(text.to_string()))
        } else {
            Err(UnusableIdempotencyKey)
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_what_fits_a_header() {
        let long = "x".repeat(MAX_LENGTH);
        for good in ["a", "refund re_1", &long] {
            assert!(IdempotencyKey::new(good).is_ok(), "{good}");
        }
        let too_long = "x".repeat(MAX_LENGTH + 1);
        for bad in ["", " a", "a\r\nb: c", "é", &too_long] {
            assert!(IdempotencyKey::new(bad).is_err(), "{bad}");
        }
    }
}
