//! The webhook endpoint of the account, as an operator registers it in Stripe's dashboard.
//! Source: <https://docs.stripe.com/api/webhook_endpoints/object>.

use serde_json::json;
use stripe_webhook::wanted_types;

use super::live::LocalStripe;
use crate::stripe::{Effect, Shapes};

/// Its id.
pub const WEBHOOK_ENDPOINT: &str = "we_local_world";

impl LocalStripe {
    /// Registers the endpoint at a URL: enabled, with every type that the webhook wants.
    pub(crate) fn register(&self, url: &str, created: i64) {
        let version = self.state().selling.version.api_version();
        let wanted: Vec<&str> = wanted_types().collect();
        let endpoint = json!({
            "id": WEBHOOK_ENDPOINT,
            "object": "webhook_endpoint",
            "api_version": version,
            "application": null,
            "created": created,
            "description": "The local world",
            "enabled_events": wanted,
            "livemode": false,
            "metadata": {},
            "status": "enabled",
            "url": url,
        });
        // One object more fits beside the catalogue.
        let _ = self.apply([Effect::Put(Shapes::same(&endpoint))]);
    }
}
