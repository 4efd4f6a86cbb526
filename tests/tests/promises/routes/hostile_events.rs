//! Events that no gateway sends: parts dropped, parts replaced by anything.
//! Whatever arrives is answered as the caller's mistake, or cannot be read as
//! an event at all; nothing panics and nothing is our mistake.

use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Value, json};
use shared::http::Event;
use tests::world;

use super::{Functions, events_folder, recorded};

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
        Just("credits.read user.info credits.charge models.read".to_string()),
        Just(r#"{"amount":1,"ttlSeconds":1}"#.to_string()),
        Just("inference-service".to_string()),
    ];
    let simple = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
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
    let Value::Object(fields) = value else { return };
    for (name, value) in fields {
        let pointer = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
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
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let name = name.replace("~1", "/").replace("~0", "~");
    let fields = event.pointer_mut(parent).and_then(Value::as_object_mut);
    let fields = fields.unwrap();
    match replacement {
        Some(value) => fields.insert(name, value),
        None => fields.remove(&name),
    };
}

#[test]
fn no_event_is_answered_with_a_failure_of_ours() {
    let names = std::fs::read_dir(events_folder()).unwrap();
    let events: Vec<Value> = names
        .map(|file| recorded(file.unwrap().file_name().to_str().unwrap()))
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let world = runtime.block_on(world());
    let unlimited = [
        ("RATE_LIMIT_CREDITS_PER_MINUTE", "0"),
        ("RATE_LIMIT_PROFILE_PER_MINUTE", "0"),
    ];
    let functions = Functions::of(&world, &unlimited);
    let config = Config {
        cases: 1_000,
        failure_persistence: None,
        ..Config::default()
    };
    proptest!(config, |(event in prop::sample::select(events), changes in changes())| {
        let mut event = event;
        changes.into_iter().for_each(|change| spoil(&mut event, change));
        // Lambda reads an event from its text; what cannot be read is refused there.
        if let Ok(event) = serde_json::from_str::<Event>(&event.to_string()) {
            let response = runtime.block_on(functions.handle(event));
            prop_assert!(response.status_code() < 500, "{response:?}");
            if response.status_code() >= 400 {
                let body: Value = serde_json::from_str(response.body()).unwrap();
                prop_assert!(body["error"].is_string() && body["requestId"].is_string());
            }
        }
    });
}
