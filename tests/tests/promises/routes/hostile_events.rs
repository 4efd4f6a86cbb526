//! Events that no gateway sends, and bodies that Stripe does not: parts
//! dropped, parts replaced by anything. Whatever arrives is answered as the
//! sender's mistake, or cannot be read as an event at all; nothing panics and
//! nothing is our mistake.

use local::stripe::{ApiVersion, Cast, Scenario, Story};
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Value, json};
use shared::http::Event;
use tests::{NOW, at, unheard_world, world};

use super::{Functions, delivery, events_folder, recorded};

/// One change: which node, counted over all nodes, and what becomes of it.
type Change = (prop::sample::Index, Option<Value>);

fn anything() -> impl Strategy<Value = Value> {
    let texts = prop_oneof![
        ".{0,40}",
        "[a-z0-9.@|#/ ]{0,140}",
        Just("a".repeat(5_000)),
        Just("\u{0}\u{fffd}\"\\".to_string()),
        Just("GET /api/user/credits".to_string()),
        Just("POST /api/users/{userId}/charges".to_string()),
        Just("POST /webhooks/stripe".to_string()),
        Just("credits.read user.info credits.charge models.read billing.manage".to_string()),
        Just(r#"{"amount":1,"ttlSeconds":1}"#.to_string()),
        Just("inference-service".to_string()),
        prop::sample::select(vec!["cus_x", "sub_x", "price_x", "plink_x", "pi_hostile_2"])
            .prop_map(str::to_string),
    ];
    let simple = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0..3_000).prop_map(Value::from),
        prop::sample::select(vec![
            json!(0.5),
            json!(-1e300),
            json!(1.7976931348623157e308)
        ]),
        texts.prop_map(Value::from),
    ];
    simple.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z-]{0,12}", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = (
        any::<prop::sample::Index>(),
        prop::option::weighted(0.7, anything()),
    );
    prop::collection::vec(change, 1..6)
}

/// The JSON pointers of all nodes below the root.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => {
            let escaped = |name: &String| name.replace('~', "~0").replace('/', "~1");
            let fields = fields.iter();
            fields.map(|(name, value)| (escaped(name), value)).collect()
        }
        Value::Array(values) => {
            let values = values.iter().enumerate();
            values.map(|(at, value)| (at.to_string(), value)).collect()
        }
        _ => return,
    };
    for (name, value) in children {
        let pointer = format!("{at}/{name}");
        found.push(pointer.clone());
        pointers(value, &pointer, found);
    }
}

fn spoil(event: &mut Value, (index, replacement): Change) {
    let mut nodes = Vec::new();
    pointers(event, "", &mut nodes);
    if nodes.is_empty() {
        return;
    }
    let pointer = index.get(&nodes);
    if let Some(value) = replacement {
        *event.pointer_mut(pointer).unwrap() = value;
        return;
    }
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match event.pointer_mut(parent).unwrap() {
        Value::Array(values) => {
            values.remove(name.parse().unwrap());
        }
        parent => {
            let name = name.replace("~1", "/").replace("~0", "~");
            parent.as_object_mut().unwrap().remove(&name);
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

fn config() -> Config {
    Config {
        cases: 1_000,
        failure_persistence: None,
        ..Config::default()
    }
}

#[test]
fn no_event_is_answered_with_a_failure_of_ours() {
    let names = std::fs::read_dir(events_folder()).unwrap();
    let events: Vec<Value> = names
        .map(|file| recorded(file.unwrap().file_name().to_str().unwrap()))
        .collect();
    let runtime = runtime();
    let world = runtime.block_on(unheard_world());
    let unlimited = [
        ("RATE_LIMIT_BILLING_PER_MINUTE", "0"),
        ("RATE_LIMIT_CREDITS_PER_MINUTE", "0"),
        ("RATE_LIMIT_PROFILE_PER_MINUTE", "0"),
    ];
    let functions = Functions::of(&world, &unlimited);
    proptest!(config(), |(event in prop::sample::select(events), changes in changes())| {
        let mut event = event;
        changes.into_iter().for_each(|change| spoil(&mut event, change));
        // Lambda reads an event from its text; what cannot be read is refused there.
        if let Ok(event) = serde_json::from_str::<Event>(&event.to_string()) {
            let response = runtime.block_on(functions.handle(event));
            // No issuer answers here, so a form that is whole is answered so.
            let no_issuer = response.body().contains("temporarily_unavailable");
            prop_assert!(response.status_code() < 500 || no_issuer, "{response:?}");
            if response.status_code() >= 400 {
                let body: Value = serde_json::from_str(response.body()).unwrap();
                prop_assert!(body["error"].is_string() && body["requestId"].is_string());
            }
        }
    });
}

/// Every event of every story, in the shapes of the oldest and the newest version.
fn reported_by_stripe() -> Vec<Value> {
    let cast = Cast::new("free-user", "hostile", at(NOW));
    let mut bodies = Vec::new();
    for version in [ApiVersion::Acacia, ApiVersion::Dahlia] {
        for scenario in Scenario::ALL {
            let events = Story::render(*scenario, &cast, version).into_iter();
            bodies.extend(events.map(|event| event.body));
        }
    }
    bodies
}

/// Each event comes twice, as it is and with parts that are no longer Stripe's;
/// all of them are about one customer, so that what one leaves another finds.
#[test]
fn no_body_with_a_good_signature_is_answered_with_a_failure_of_ours() {
    let runtime = runtime();
    let world = runtime.block_on(world());
    let functions = Functions::of(&world, &[]);
    proptest!(config(), |(
        body in prop::sample::select(reported_by_stripe()),
        number in 0..10_000,
        changes in changes(),
    )| {
        let mut spoilt = body.clone();
        spoilt["id"] = json!(format!("evt_{number}"));
        changes.into_iter().for_each(|change| spoil(&mut spoilt, change));
        for body in [spoilt, body] {
            let event = delivery(&world, &body.to_string());
            let response = runtime.block_on(functions.respond(&event));
            let status = response["statusCode"].as_u64().unwrap();
            let lines = world.log.take();
            prop_assert!([200, 400].contains(&status), "{body}: {response}: {lines:?}");
        }
    });
}
