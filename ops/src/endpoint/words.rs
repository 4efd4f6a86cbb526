//! Endpoints as an operator sees them. A secret is shown once, when it is made.

use std::fmt;

use serde::Serialize;
use shared::domain::{Endpoint, EndpointId, Timestamp};

#[derive(Serialize)]
pub(super) struct Line<'a> {
    endpoint: Parts<'a>,
}

#[derive(Serialize)]
struct Parts<'a> {
    endpoint_id: &'a EndpointId,
    url: &'a str,
    created_at: Timestamp,
    disabled_at: Option<Timestamp>,
    failing_since: Option<Timestamp>,
}

impl<'a> Line<'a> {
    pub(super) fn of(endpoint: &'a Endpoint) -> Self {
        Line {
            endpoint: Parts {
                endpoint_id: &endpoint.endpoint_id,
                url: endpoint.url.expose(),
                created_at: endpoint.created_at,
                disabled_at: endpoint.disabled_at,
                failing_since: endpoint.failing_since,
            },
        }
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts {
            endpoint_id,
            url,
            created_at,
            disabled_at,
            failing_since,
        } = &self.endpoint;
        let status = if disabled_at.is_some() {
            "disabled"
        } else {
            "enabled"
        };
        let since = disabled_at.unwrap_or(*created_at);
        write!(formatter, "{endpoint_id}  {status} since {since}  {url}")?;
        match failing_since {
            Some(since) => write!(formatter, "  ! failing since {since}"),
            None => Ok(()),
        }
    }
}

#[derive(Serialize)]
pub(super) struct SecretLine<'a> {
    endpoint_id: &'a EndpointId,
    secret: String,
}

impl<'a> SecretLine<'a> {
    pub(super) fn of(endpoint: &'a Endpoint, secret: String) -> Self {
        SecretLine {
            endpoint_id: &endpoint.endpoint_id,
            secret,
        }
    }
}

impl fmt::Display for SecretLine<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SecretLine {
            endpoint_id,
            secret,
        } = self;
        write!(
            formatter,
            "{endpoint_id}  {secret}\nThe secret is not shown again."
        )
    }
}
