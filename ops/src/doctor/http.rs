//! Requests to the API, as an app or Stripe sends them. Secrets go into headers and are
//! never said.

use std::time::Duration;

use outbound::{Answer, Bytes, Full, Method, Request, Reuse, Url, Wire, WireError, header};
use serde_json::Value;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// No answer of the API's that is asked for is longer.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// The API, and what lets a call past its edge.
pub(super) struct Api {
    wire: Wire,
    /// The path of its base, without a slash at the end.
    base: String,
    /// The origin's secret, if it is guarded by one.
    origin: Option<String>,
}

/// A request.
#[derive(Default)]
pub(super) struct Asked<'a> {
    pub(super) path: &'a str,
    pub(super) token: Option<&'a str>,
    pub(super) headers: &'a [(&'a str, String)],
    /// With a body it is a POST.
    pub(super) body: Option<String>,
}

impl Api {
    pub(super) fn at(url: &Url, origin: Option<String>) -> Self {
        Api {
            wire: Wire::new(url.endpoint.clone(), MAX_BODY_BYTES, Reuse::Kept),
            base: url.path.trim_end_matches('/').to_string(),
            origin,
        }
    }

    /// Sends a request; what is wrong if nothing comes back.
    pub(super) async fn ask(&self, asked: &Asked<'_>) -> Result<Answer, String> {
        let method = match asked.body {
            Some(_) => Method::POST,
            None => Method::GET,
        };
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{}", self.base, asked.path))
            .header(header::HOST, self.wire.endpoint().authority())
            .header(header::USER_AGENT, "creditsctl-doctor")
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = asked.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(origin) = &self.origin {
            request = request.header("x-origin-verify", origin);
        }
        for (name, value) in asked.headers {
            request = request.header(*name, value);
        }
        let body = asked.body.clone().unwrap_or_default();
        let request = request.body(Full::new(Bytes::from(body)));
        let request = request.map_err(|_| "the token or the origin's secret has line ends")?;
        match tokio::time::timeout(PATIENCE, self.wire.send(request)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(WireError::Broken(problem))) => Err(problem),
            Ok(Err(WireError::TooLong)) => Err("an answer of more than a megabyte".to_string()),
            Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
        }
    }
}

/// What an answer says, in few words.
pub(super) fn said(answer: &Answer) -> String {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let names = ["error_description", "message"];
    let mut texts = names.iter().filter_map(|name| body.get(name)?.as_str());
    match texts.next() {
        Some(text) => format!("{} ({text})", answer.status),
        None => answer.status.to_string(),
    }
}
