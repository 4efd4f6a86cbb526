//! The webhook's function as Lambda calls it, on a connection of its own, and
//! what it counted. Events are signed as Stripe signs them.

use std::sync::Arc;

use local::clock::LocalClock;
use local::dynamodb::InProcessDynamoDb;
use local::stripe::{StoryEvent, sign};
use serde_json::{Value, json};
use shared::host::clock::SharedClock;
use shared::host::entropy::SystemEntropy;
use shared::host::environment::Variables;
use shared::host::log::Log;
use shared::host::sink::KeptLines;
use shared::http::Event;
use stripe_client::Client;
use stripe_webhook::{App, Settings, SigningSecrets};
use tests::{STRIPE_KEY, StripeApi};

use super::ground::{now, store_on};

/// What its deliveries are signed with.
pub(crate) const SECRET: &str = "whsec_of_a_test_0123456789abcdef";

/// One process of the function; it has read nothing yet.
pub(crate) struct Endpoint {
    app: App,
    lines: KeptLines,
}

/// An answer, as API Gateway gets it.
#[derive(Clone, Debug)]
pub(crate) struct Answered(pub(crate) Value);

impl Answered {
    pub(crate) fn status(&self) -> u64 {
        self.0["statusCode"].as_u64().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.0["headers"][name].as_str().unwrap_or_default()
    }

    pub(crate) fn text(&self) -> &str {
        self.0["body"].as_str().unwrap()
    }
}

impl Endpoint {
    /// For Stripe's test mode, with no key for its API.
    pub(crate) fn on(connection: &InProcessDynamoDb) -> Self {
        Endpoint::with(connection, &[])
    }

    /// The same, which reads from that Stripe.
    pub(crate) fn reading_from(stripe: &StripeApi, connection: &InProcessDynamoDb) -> Self {
        let more = [
            ("STRIPE_API_KEY", STRIPE_KEY),
            ("STRIPE_API_URL", stripe.url()),
        ];
        Endpoint::with(connection, &more)
    }

    fn with(connection: &InProcessDynamoDb, more: &[(&str, &str)]) -> Self {
        let lines = KeptLines::default();
        let clock: SharedClock = Arc::new(LocalClock::new(Some(now()), true));
        let log = Log::new("stripe-webhook", clock.clone(), lines.clone());
        let variables = [
            ("STRIPE_LIVEMODE", "false"),
            ("STRIPE_WEBHOOK_SECRETS", SECRET),
        ];
        let variables: Variables = variables
            .iter()
            .chain(more)
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect();
        let settings = Settings::read(&variables).unwrap();
        let secrets = SigningSecrets::read(&variables, None, clock.clone(), log.clone());
        let store = store_on(connection);
        let app = App::new(store, clock, settings, secrets.unwrap(), log);
        let stripe = Client::read(&variables, None, Arc::new(SystemEntropy)).unwrap();
        let app = app.reading_from(stripe);
        Endpoint { app, lines }
    }

    /// A delivery of Stripe's.
    pub(crate) async fn deliver(&self, event: &StoryEvent) -> Answered {
        self.deliver_text(&event.payload()).await
    }

    /// A delivery of Stripe's with that body.
    pub(crate) async fn deliver_text(&self, body: &str) -> Answered {
        let signature = sign(SECRET, now(), body.as_bytes());
        self.post(Some(&signature), body, false).await
    }

    /// Any delivery at all.
    pub(crate) async fn post(
        &self,
        signature: Option<&str>,
        body: &str,
        is_base64: bool,
    ) -> Answered {
        let headers = match signature {
            Some(signature) => json!({"stripe-signature": signature}),
            None => json!({}),
        };
        let event = json!({
            "routeKey": "POST /webhooks/stripe",
            "headers": headers,
            "requestContext": {"requestId": "r-1"},
            "body": body,
            "isBase64Encoded": is_base64,
        });
        let event: Event = serde_json::from_value(event).unwrap();
        Answered(serde_json::to_value(self.app.handle(event).await).unwrap())
    }

    /// What was counted since the last time, as `metric type outcome`; the
    /// alarm has no type.
    pub(crate) fn counted(&self) -> Vec<String> {
        counted(&self.lines)
    }

    /// The same as it was written.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.take()
    }
}

/// What was counted since the last time, as `metric type outcome`.
pub(crate) fn counted(lines: &KeptLines) -> Vec<String> {
    let mut counted = Vec::new();
    for line in lines.take() {
        let line: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["Function"], "stripe-webhook", "{line}");
        let directives = line["_aws"]["CloudWatchMetrics"].as_array();
        for directive in directives.into_iter().flatten() {
            let dimensions = directive["Dimensions"][0].as_array().unwrap();
            let name = directive["Metrics"][0]["Name"].as_str().unwrap();
            let value = |dimension: &str| {
                let has = dimensions.iter().any(|name| name == dimension);
                let value = has.then(|| line[dimension].as_str()).flatten();
                value.unwrap_or("-").to_string()
            };
            // What is counted by function alone is the requests' own.
            if dimensions.len() > 1 {
                assert_eq!(line[name], 1, "{line}");
                counted.push(format!("{name} {} {}", value("Type"), value("Outcome")));
            }
        }
    }
    counted
}
