//! The issuer's token endpoint. A code or a refresh token is sent once: whoever repeats
//! one gets the user signed out.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use outbound::{Answer, Bytes, Full, Method, Request, Reuse, Url, Wire, WireError, header};
use shared::http::OAuthError;

/// Three tokens with many claims take some 10 KB.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// The issuer did not answer. The grant may have been used up nevertheless.
pub(crate) const DOWN: OAuthError = OAuthError::new(
    503,
    "temporarily_unavailable",
    "The sign-in service does not answer. Try again in a moment.",
);
/// The issuer answered something that is no answer.
pub(crate) const NONSENSE: OAuthError = OAuthError::new(
    502,
    "server_error",
    "The sign-in service gave an answer that cannot be used.",
);

/// The way to the token endpoint. Clones share it.
#[derive(Clone)]
pub(crate) struct Issuer {
    wire: Arc<Wire>,
    path: Arc<str>,
}

impl Issuer {
    /// The token endpoint at an address. Nothing is connected yet.
    pub(crate) fn at(url: &Url) -> Self {
        Issuer {
            wire: Arc::new(Wire::new(
                url.endpoint.clone(),
                MAX_BODY_BYTES,
                Reuse::Never,
            )),
            path: url.path.as_str().into(),
        }
    }

    /// Sends a form once, and waits as long as is `allowed`.
    pub(crate) async fn exchange(
        &self,
        form: &str,
        allowed: Duration,
    ) -> Result<Answer, OAuthError> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(&*self.path)
            .header(header::HOST, self.wire.endpoint().authority())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, "dedicated-credits")
            .body(Full::new(Bytes::from(form.to_string())));
        let request = request.map_err(|error| NONSENSE.because(error))?;
        match tokio::time::timeout(allowed, self.wire.send(request)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(WireError::TooLong)) => Err(NONSENSE.because("the issuer's answer is too long")),
            Ok(Err(WireError::Broken(problem))) => {
                Err(DOWN.because(format!("the issuer cannot be reached: {problem}")))
            }
            Err(_) => Err(DOWN.because("the issuer did not answer in time")),
        }
    }
}

/// Shows only where it is.
impl fmt::Debug for Issuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Issuer({})", self.wire.endpoint().authority())
    }
}
