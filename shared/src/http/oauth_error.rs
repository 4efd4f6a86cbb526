//! Errors of the token endpoint, in the form and with the codes that OAuth clients know
//! (RFC 6749, 5.2). A public description, and for the log a reason of our own: neither
//! quotes what was sent.

/// Why a token request fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuthError {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) description: &'static str,
    pub(super) reason: Option<String>,
}

impl OAuthError {
    /// An error of a status, a code and a text.
    pub const fn new(status: u16, code: &'static str, description: &'static str) -> Self {
        OAuthError {
            status,
            code,
            description,
            reason: None,
        }
    }

    /// The same with a reason for the log.
    #[must_use]
    pub fn because(self, reason: impl ToString) -> Self {
        OAuthError {
            reason: Some(reason.to_string()),
            ..self
        }
    }
}
