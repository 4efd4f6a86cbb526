//! The world in which the word is planted: a user with it in every text of
//! theirs, functions with it in their secrets, and whoever listens.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue::{M, S};
use local::World;
use local::stripe::{ApiVersion, Cast, Scenario, Story, sign};
use serde_json::{Value, json};
use shared::domain::{LotKind, User};
use shared::host::clock::{Clock, Deadline};
use shared::host::environment::Variables;
use shared::host::log::Log;
use shared::http::Event;
use shared::store::{Committed, Created};
use stripe_webhook::SigningSecrets;
use tests::{NOW, Opening, api_key, at, commit, user, world};
use tracing::subscriber::DefaultGuard;

use super::reported::Reported;
use crate::routes::Functions;
use crate::webhook::plant;

/// Whatever of this is found in a log has leaked; looked for in lower case.
pub(super) const PLANTED: &str = "planted";
/// Some identity providers make the address the subject.
pub(super) const USER: &str = "planted.user@example.com";
const SECRET: &str = "whsec_planted_0123456789abcdef";

pub(super) struct Ground {
    pub(super) world: World,
    pub(super) functions: Functions,
    webhook: stripe_webhook::App,
    reported: Reported,
    _listening: DefaultGuard,
}

fn deadline() -> Deadline {
    Deadline::after(Duration::from_secs(10))
}

impl Ground {
    pub(super) async fn plant() -> Self {
        let reported = Reported::default();
        let listening = reported.listen();
        let world = world().await;
        person(&world).await;
        let functions = Functions::of(&world, &[]);
        let webhook = webhook(&world);
        webhook.warm_up().await.unwrap();
        Ground {
            world,
            functions,
            webhook,
            reported,
            _listening: listening,
        }
    }

    /// The functions' lines, and what was reported beside them. Lines are kept as
    /// text: escapes would hide no letter of the word.
    pub(super) fn everything_said(&self) -> Vec<String> {
        let mut said = self.world.log.take();
        said.extend(self.reported.so_far());
        said
    }

    /// Events about the user, of every kind of outcome, with the word wherever
    /// Stripe says who somebody is.
    pub(super) fn story(&self) -> Vec<Value> {
        let mut bodies = Vec::new();
        for scenario in [
            Scenario::Subscribe,
            Scenario::RefundInvoice,
            Scenario::DisputeWon,
            Scenario::DeleteCustomer,
        ] {
            let cast = Cast::new(USER, &format!("{scenario:?}"), at(NOW));
            let mut story = Story::render(scenario, &cast, ApiVersion::Dahlia);
            // The link comes last, so that the others wait for it.
            story.rotate_left(1);
            bodies.extend(story.into_iter().map(|event| event.body));
        }
        let mut other_mode = bodies[0].clone();
        other_mode["id"] = json!("evt_othermode");
        other_mode["livemode"] = json!(true);
        bodies.push(other_mode);
        for body in &mut bodies {
            plant(&mut body["data"]["object"]);
        }
        bodies
    }

    /// The status with which an event is answered.
    pub(super) async fn report(&self, body: &Value) -> u64 {
        let body = body.to_string();
        let signature = sign(SECRET, self.world.clock.now(), body.as_bytes());
        self.post(Some(&signature), &body).await
    }

    pub(super) async fn post(&self, signature: Option<&str>, body: &str) -> u64 {
        let event = json!({
            "routeKey": "POST /webhooks/stripe",
            "headers": {"stripe-signature": signature.unwrap_or_default()},
            "requestContext": {"requestId": "r-1"},
            "body": body,
        });
        let event: Event = serde_json::from_value(event).unwrap();
        self.webhook.handle(event).await.status_code().into()
    }

    /// Makes every item of the user one that cannot be read, and has the word
    /// where reading stumbles.
    pub(super) async fn damage(&self) {
        let client = self.world.dynamodb.client();
        let text = || S("planted-damage".into());
        let entry = "ENTRY#api#inference-service#planted-post-charge";
        for (table, sk, attribute, value) in [
            ("users", "PROFILE", "entity", text()),
            ("users", "PREFERENCES", "entity", text()),
            ("credits", "ACCOUNT", "as_of", text()),
            (
                "credits",
                entry,
                "total_available",
                M([("planted".into(), text())].into()),
            ),
        ] {
            let update = client.update_item().table_name(table);
            let update = update
                .key("pk", S(format!("USER#{USER}")))
                .key("sk", S(sk.into()))
                .update_expression("SET #name = :value")
                .condition_expression("attribute_exists(pk)")
                .expression_attribute_names("#name", attribute)
                .expression_attribute_values(":value", value);
            update.send().await.unwrap();
        }
    }
}

pub(super) async fn person(world: &World) {
    let person = User {
        user_id: user(USER),
        email: Some("Planted-Mail@example.com".to_string().into()),
        display_name: Some("Planted Name".to_string().into()),
        created_at: at(NOW),
        last_login_at: None,
        active: true,
    };
    let created = world.store.create(&person, deadline()).await.unwrap();
    assert_eq!(created, Created::New);
    let command = Opening::as_of(NOW)
        .free_used("100")
        .lot("buy:planted", LotKind::Purchase, ("1000", "0"), None)
        .under(api_key("planted-opening"));
    let committed = commit(&world.store, USER, &command, world.clock.now());
    assert!(matches!(committed.await, Ok(Committed::Applied(_))));
}

fn webhook(world: &World) -> stripe_webhook::App {
    let variables = [
        ("STRIPE_LIVEMODE", "false"),
        ("STRIPE_WEBHOOK_SECRETS", SECRET),
    ];
    let variables: Variables = variables
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .into_iter()
        .collect();
    let settings = stripe_webhook::Settings::read(&variables).unwrap();
    let clock = Arc::new(world.clock.clone());
    let log = Log::new(stripe_webhook::FUNCTION, clock.clone(), world.log.clone());
    let secrets = SigningSecrets::read(&variables, None, clock.clone(), log.clone());
    let secrets = secrets.unwrap();
    stripe_webhook::App::new(world.store.clone(), clock, settings, secrets, log)
}
