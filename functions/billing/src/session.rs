//! A checkout session as Stripe's API returns it.

use serde_json::Value;
use shared::domain::{Redacted, StripeId};
use shared::http::ApiError;

/// How far a session has come. Source:
/// <https://docs.stripe.com/api/checkout/sessions/object#checkout_session_object-status>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// It can be paid.
    Open,
    /// It was used; the subscription that it made, if it made one.
    Complete(Option<StripeId>),
    /// It has ended.
    Expired,
}

/// A session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: StripeId,
    pub(crate) status: Status,
    /// Its page; none once it has ended.
    pub(crate) url: Option<Redacted<String>>,
}

impl Session {
    /// Reads an object of Stripe's.
    pub(crate) fn of(object: &Value) -> Result<Self, ApiError> {
        let text = |name: &str| object.get(name).and_then(Value::as_str);
        let unusable = || ApiError::Internal("Stripe returned an unusable session".to_string());
        let id = text("id").and_then(|id| id.parse().ok());
        let status = match text("status").ok_or_else(unusable)? {
            "open" => Status::Open,
            "complete" => Status::Complete(
                object
                    .get("subscription")
                    .and_then(|it| it.as_str().or_else(|| it.get("id")?.as_str()))
                    .and_then(|id| id.parse().ok()),
            ),
            "expired" => Status::Expired,
            _ => return Err(unusable()),
        };
        Ok(Session {
            id: id.ok_or_else(unusable)?,
            status,
            url: text("url").map(|url| Redacted::new(url.to_string())),
        })
    }
}
