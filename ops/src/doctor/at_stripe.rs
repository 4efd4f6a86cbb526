//! What Stripe has: that the key works and is of the stage's mode, and that the endpoint
//! for our address delivers everything that moves credits.

use serde_json::Value;
use shared::host::clock::Deadline;
use stripe_client::{Client, Form, StripeError};

use super::clock::{self, Now};
use super::line::Found;

/// Time for one answer, with the pauses of retries.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

fn deadline() -> Deadline {
    Deadline::after(PATIENCE)
}

/// The endpoints of the account, or what is wrong with the key.
pub(super) async fn endpoints(client: &Client) -> Result<Vec<Value>, StripeError> {
    let listing = client.list("webhook_endpoints", Form::new());
    listing.all(deadline()).await
}

/// The key is one that Stripe takes.
pub(super) fn works(endpoints: &Result<Vec<Value>, StripeError>) -> Found {
    match endpoints {
        Ok(_) => Found::ok("Stripe takes it"),
        // What it may not read, it may not read as a valid key.
        Err(StripeError::Permission(_)) => Found::ok("Stripe takes it"),
        Err(StripeError::Key(error)) => Found::failed(format!(
            "{error}: take one of the stage's mode (--livemode)"
        )),
        Err(StripeError::Authentication(_)) => Found::failed(
            "Stripe does not take it: it was rolled or deleted; store the new one \
             (docs/deploy.md#a-key-for-stripes-api)",
        ),
        Err(error) => Found::failed(format!("{error}; see https://status.stripe.com")),
    }
}

/// The endpoint for our address is enabled and has every type.
pub(super) fn delivers(endpoints: &Result<Vec<Value>, StripeError>, url: &str) -> Found {
    let endpoints = match endpoints {
        Ok(endpoints) => endpoints,
        Err(StripeError::Permission(_)) => {
            return Found::skipped(
                "the key may not read webhook endpoints: use one that may, for this command alone",
            );
        }
        Err(_) => return Found::skipped("without a key that works nothing can be read"),
    };
    let text = |endpoint: &Value, name: &str| {
        let text = endpoint.get(name).and_then(Value::as_str);
        text.unwrap_or_default().to_string()
    };
    let ours = endpoints.iter().filter(|it| text(it, "url") == url);
    let mut ours: Vec<&Value> = ours.collect();
    // A disabled one may stand beside the one that works.
    ours.sort_by_key(|it| text(it, "status") != "enabled");
    let Some(endpoint) = ours.first() else {
        return Found::failed(format!(
            "the account has no endpoint for {url}: register it (docs/deploy.md#stripe)"
        ));
    };
    let id = text(endpoint, "id");
    if text(endpoint, "status") != "enabled" {
        return Found::failed(format!(
            "{id} is disabled: enable it in Stripe's dashboard, then `creditsctl stripe sync`"
        ));
    }
    let missing = missing_types(endpoint);
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return Found::failed(format!(
            "{id} does not deliver {missing}: add them in Stripe's dashboard, then `creditsctl \
             stripe sync`"
        ));
    }
    version(endpoint, &id)
}

fn missing_types(endpoint: &Value) -> Vec<&'static str> {
    let enabled = endpoint.get("enabled_events").and_then(Value::as_array);
    let enabled: Vec<&str> = enabled
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let is_there = |wanted: &str| enabled.iter().any(|it| *it == "*" || *it == wanted);
    stripe::wanted_types()
        .filter(|wanted| !is_there(wanted))
        .collect()
}

/// Events come in the endpoint's version; the reader knows none that is older.
fn version(endpoint: &Value, id: &str) -> Found {
    let oldest = stripe::OLDEST_VERSION;
    match endpoint.get("api_version").and_then(Value::as_str) {
        Some(version) if version < oldest => Found::failed(format!(
            "{id} delivers version {version}, and {oldest} is the oldest that is read: make an \
             endpoint of a newer version"
        )),
        Some(version) => Found::ok(format!("{id} delivers all types, in version {version}")),
        None => Found::ok(format!(
            "{id} delivers all types, in the account's default version"
        )),
    }
}

/// Stripe's clock: signatures are good for five minutes.
pub(super) async fn clock_of(client: &Client, now: &Now) -> Found {
    match client.date(deadline()).await {
        Ok(date) => clock::compared("Stripe", date.as_deref(), now.read()),
        Err(error) => Found::failed(error.to_string()),
    }
}
