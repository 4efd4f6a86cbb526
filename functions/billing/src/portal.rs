//! Sessions of Stripe's customer portal, where users change and end what they bought.

use serde_json::Value;
use shared::domain::{Redacted, StripeId, Timestamp};
use shared::host::clock::Deadline;
use shared::http::{ApiError, Portal};
use stripe_client::{Client, IdempotencyKey, PortalFlow};

use crate::app::App;
use crate::stripe_error::api_error;

/// Stripe lets a session be opened for five minutes; after that it lasts an hour from
/// its last use.
const OPENED_WITHIN_SECONDS: i64 = 300;

impl App {
    /// Stripe's API, if there is a key.
    pub(crate) fn stripe(&self) -> Result<&Client, ApiError> {
        let text = "no API key of Stripe's is configured";
        let missing = || ApiError::TryAgain(text.to_string());
        self.stripe.as_ref().ok_or_else(missing)
    }

    /// A key for a request that may well be done twice.
    pub(crate) fn drawn_key(&self) -> Result<IdempotencyKey, ApiError> {
        let drawn = hex::encode(self.entropy.bytes());
        IdempotencyKey::new(&drawn).map_err(|error| ApiError::Internal(error.to_string()))
    }

    /// A new session of the portal.
    pub(crate) async fn open_portal(
        &self,
        customer: &StripeId,
        (return_url, flow): (&str, PortalFlow<'_>),
        now: Timestamp,
        deadline: Deadline,
    ) -> Result<Portal, ApiError> {
        let key = self.drawn_key()?;
        let made = self
            .stripe()?
            .create_portal(customer, (return_url, flow), &key, deadline);
        let made = made.await.map_err(|error| api_error(&error))?;
        let url = made.get("url").and_then(Value::as_str);
        let unusable = || ApiError::Internal("Stripe returned an unusable portal".to_string());
        Ok(Portal {
            url: Redacted::new(url.ok_or_else(unusable)?.to_string()),
            expires_at: now.plus_seconds(OPENED_WITHIN_SECONDS),
        })
    }
}
