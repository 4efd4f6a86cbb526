//! Failures on demand, so that a caller's retries can be tried.

use super::refusal::Refusal;

/// A status that cannot be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no failure that can be ordered: use 402, 409, 429, 500, 502 or 503")]
pub struct UnknownFault(pub u16);

/// How many of the next requests fail, and how.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults(Option<(Refusal, u32)>);

impl Faults {
    pub(super) fn order(&mut self, status: u16, times: u32) -> Result<(), UnknownFault> {
        let refusal = match status {
            402 => Refusal::new(402, "card_error", "The card was declined.").code("card_declined"),
            409 => Refusal::new(
                409,
                "invalid_request_error",
                "The object is in use: try again.",
            )
            .code("lock_timeout"),
            429 => Refusal::new(
                429,
                "invalid_request_error",
                "Too many requests: slow down.",
            )
            .code("rate_limit"),
            500 | 502 | 503 => Refusal::new(status, "api_error", "Something went wrong."),
            other => return Err(UnknownFault(other)),
        };
        self.0 = Some((refusal, times));
        Ok(())
    }

    /// Fails if it was asked to.
    pub(super) fn meet(&mut self) -> Result<(), Refusal> {
        match &mut self.0 {
            Some((refusal, times)) if *times > 0 => {
                *times = times.saturating_sub(1);
                Err(refusal.clone())
            }
            _ => Ok(()),
        }
    }
}
