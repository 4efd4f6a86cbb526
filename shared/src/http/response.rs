//! The response that a function returns to API Gateway (payload 2.0). Debug output
//! never shows its body.

use std::collections::BTreeMap;

use serde::Serialize;

use super::allowance::Allowance;
use crate::domain::Redacted;

/// A response; serialises to what API Gateway expects. Debug output omits its body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    status_code: u16,
    headers: BTreeMap<&'static str, String>,
    body: Redacted<String>,
    is_base64_encoded: bool,
}

impl Response {
    /// A response with a JSON body.
    pub fn json(status_code: u16, body: String) -> Self {
        Self::empty(status_code)
            .with_body(body)
            .with_header("content-type", "application/json")
    }

    /// A response with a page for a browser.
    pub fn html(status_code: u16, body: String) -> Self {
        Self::empty(status_code)
            .with_body(body)
            .with_header("content-type", "text/html; charset=utf-8")
    }

    /// A response without a body.
    pub fn empty(status_code: u16) -> Self {
        Response {
            status_code,
            headers: BTreeMap::new(),
            body: Redacted::default(),
            is_base64_encoded: false,
        }
    }

    fn with_body(mut self, body: String) -> Self {
        self.body = body.into();
        self
    }

    /// The same with one more header; its name in lower case.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.insert(name, value.to_string());
        self
    }

    /// The same with several more headers.
    #[must_use]
    pub fn with_headers(
        mut self,
        headers: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Self {
        self.headers.extend(headers);
        self
    }

    /// The same with the headers of a rate limit, if the route has one.
    #[must_use]
    pub fn with_allowance(self, allowance: Option<Allowance>) -> Self {
        let headers = allowance.map(|allowance| allowance.headers());
        self.with_headers(headers.unwrap_or_default())
    }

    /// The HTTP status.
    pub fn status_code(&self) -> u16 {
        self.status_code
    }

    /// A header by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The body.
    pub fn body(&self) -> &str {
        self.body.expose()
    }
}
