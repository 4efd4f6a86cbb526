//! The world in which others try: a victim with a marker in everything that is
//! theirs, and mallory with the same kind of data of their own. No route is
//! limited, so that no trick is answered 429 before it was judged.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue::S;
use local::{World, WorldOptions};
use serde_json::json;
use shared::domain::{LotKind, Model, Preferences, Subscription, SubscriptionStatus, Tier, User};
use shared::host::clock::{Clock, Deadline};
use shared::store::{Committed, Record};
use tests::{NOW, Opening, api_key, at, commit, credits, frozen, user, world_with};

use super::{ask, service_token, text};

/// The user whose data nobody else may see. Others know the id.
pub(super) const VICTIM: &str = "victoria";
/// Stands in every value of the victim's, and nowhere else; in lower case,
/// because answers are searched in lower case.
pub(super) const MARKER: &str = "m4rk3r";
/// The key of a hold that is open on the victim's account.
pub(super) const HOLD: &str = "a-hold";

fn deadline() -> Deadline {
    Deadline::after(Duration::from_secs(10))
}

async fn create<T: Record + std::fmt::Debug>(world: &World, record: &T) {
    world.store.create(record, deadline()).await.unwrap();
}

/// A world with all of it.
pub(super) async fn plant() -> World {
    let limits = [
        "RATE_LIMIT_CREDITS_PER_MINUTE",
        "RATE_LIMIT_PROFILE_PER_MINUTE",
    ];
    let world = world_with(WorldOptions {
        variables: BTreeMap::from(limits.map(|name| (name.to_string(), "0".to_string()))),
        ..frozen()
    })
    .await;
    let people = [(VICTIM, MARKER), ("mallory", "mallory")];
    for (id, mark) in people {
        person(&world, id, mark).await;
        account(&world, id, mark).await;
        create(&world, &model(mark)).await;
    }
    for (id, mark) in people {
        spend(&world, id, mark).await;
        withdraw_model(&world, mark).await;
    }
    world
}

async fn person(world: &World, id: &str, mark: &str) {
    create(
        world,
        &User {
            user_id: user(id),
            email: Some(format!("{mark}@example.com").into()),
            display_name: Some(format!("{mark} by name").into()),
            created_at: at(NOW),
            last_login_at: Some(at(NOW)),
            active: true,
        },
    )
    .await;
    create(
        world,
        &Preferences {
            default_model: Some(format!("{mark}-default")),
            ..Preferences::default_of(user(id))
        },
    )
    .await;
    create(
        world,
        &Subscription {
            user_id: user(id),
            tier: Tier::Pro,
            rank: 10,
            status: SubscriptionStatus::Active,
            current_period_start: Some(at(NOW)),
            current_period_end: Some(at("2025-12-06T14:30:00Z")),
            lapses_at: None,
            stripe_customer_id: Some(format!("cus_{mark}")),
            stripe_subscription_id: Some(format!("sub_{mark}")),
            stripe_price_id: Some("price_test_pro".into()),
            cancel_at_period_end: false,
            cancel_at: None,
        },
    )
    .await;
}

async fn account(world: &World, id: &str, mark: &str) {
    let lot = format!("buy:pi_{mark}");
    let command = Opening::as_of(NOW)
        .free_used("100")
        .lot(&lot, LotKind::Purchase, ("1000", "0"), None)
        .under(api_key(&format!("{mark}-opening")));
    let committed = commit(&world.store, id, &command, world.clock.now());
    assert!(matches!(committed.await, Ok(Committed::Applied(_))));
}

/// A model that only one of them ever used.
fn model(mark: &str) -> Model {
    Model {
        id: format!("{mark}-model"),
        name: "A Model".into(),
        provider: "somebody".into(),
        capabilities: vec!["text".into()],
        context_length: 1,
        max_output_tokens: 1,
        input_cents_per_million_tokens: 1,
        output_cents_per_million_tokens: 1,
        credits_per_1k_tokens: credits("1"),
        available: true,
    }
}

/// Charges and a hold through the service's own routes.
async fn spend(world: &World, id: &str, mark: &str) {
    let service = service_token(world, "inference-service", "credits.charge");
    let model_id = model(mark).id;
    for (path, key, body) in [
        (
            "charges",
            format!("{mark}-1"),
            json!({"amount": 7, "modelId": model_id, "label": mark}),
        ),
        (
            "charges",
            format!("{mark}-2"),
            json!({"amount": "0.5", "label": mark}),
        ),
        (
            "holds",
            HOLD.to_string(),
            json!({"amount": 11, "ttlSeconds": 3600}),
        ),
    ] {
        let path = format!("/api/users/{id}/{path}");
        let headers = [("idempotency-key", key)];
        let body = body.to_string();
        let reply = ask(world, &service, ("POST", &path), &headers, &body).await;
        assert_eq!(reply.status, 201, "{path}: {}", text(&reply));
    }
}

/// The models on offer are for everybody to see, so that a marker among them
/// would say nothing; in what was used of them it does.
async fn withdraw_model(world: &World, mark: &str) {
    let request = world.dynamodb.client().delete_item().table_name("users");
    let request = request.key("pk", S("MODELS".into()));
    let request = request.key("sk", S(format!("MODEL#{}", model(mark).id)));
    request.send().await.unwrap();
}
