//! Charges and holds whose replies are lost: whoever asks again under the same
//! key hears the first answer, byte for byte, whatever happened to the account
//! meanwhile and whichever process is asked.

use aws_sdk_dynamodb::types::AttributeValue;
use local::World;
use local::dynamodb::Fault;
use serde_json::{Value, json};
use tests::{dump, world};

use crate::journeys::engine::check_ledger;
use crate::routes::{Functions, recorded};

const USER: &str = "free-user";
const TRANSACTION: &str = "TransactWriteItems";
const BOTH_APPLIED: [Fault; 2] = [Fault::LostReply, Fault::ServerErrorAfterApply];
const PASSING: [Fault; 6] = [
    Fault::NotSent,
    Fault::LostReply,
    Fault::ServerErrorAfterApply,
    Fault::ServerError,
    Fault::Throttled,
    Fault::TransactionConflict,
];

/// A recorded event, another key and another body.
pub(super) type Ask<'a> = (&'a str, &'a str, Value);

pub(super) async fn ask(functions: &Functions, (name, key, body): Ask<'_>) -> Value {
    let mut event = recorded(&format!("{name}.json"));
    event["headers"]["idempotency-key"] = json!(key);
    event["body"] = json!(body.to_string());
    functions.respond(&event).await
}

pub(super) fn charge(key: &str, amount: u64) -> Ask<'_> {
    ("post-charge", key, json!({"amount": amount}))
}

/// The recorded hold's own key, which the events about a hold name.
const H: &str = "hold-0d5c";

fn hold(amount: u64) -> Ask<'static> {
    ("post-hold", H, json!({"amount": amount, "ttlSeconds": 600}))
}

/// What is asked of a hold, each under a key of its own.
fn asks_of_a_hold() -> [Ask<'static>; 4] {
    [
        ("post-hold-extend", "e", json!({"ttlSeconds": 900})),
        ("post-hold-report", "r", json!({"amount": 3})),
        ("post-hold-commit", "c", json!({"amount": 4})),
        ("post-hold-release", "z", json!({})),
    ]
}

/// New processes, as after a deployment: nothing is remembered.
pub(super) fn cold(world: &World) -> Functions {
    Functions::of(world, &[])
}

#[track_caller]
fn status(response: &Value) -> u64 {
    response["statusCode"].as_u64().unwrap()
}

fn replayed(response: &Value) -> bool {
    response["headers"]["idempotent-replayed"] == "true"
}

/// All but one credit goes before the reply is lost, so that a retry judged
/// anew would be refused; the answer is the first one all the same.
async fn check_lost(ask_for: Ask<'_>, prepare: &[Ask<'static>], is_cold: bool, fault: Fault) {
    let world = world().await;
    let functions = cold(&world);
    for step in prepare {
        assert!(status(&ask(&functions, step.clone()).await) < 300);
    }
    let faults = world.dynamodb.faults();
    (0..6).for_each(|_| faults.push(TRANSACTION, fault));
    let what = format!("{} after {fault:?}, cold: {is_cold}", ask_for.0);
    let lost = ask(&functions, ask_for.clone()).await;
    assert_eq!(status(&lost), 503, "{what}: {lost}");
    assert_eq!(lost["headers"]["retry-after"], "1", "{what}");
    assert_eq!(faults.unused(), 0, "{what}");

    let written = dump(&world.dynamodb.client()).await;
    let functions = if is_cold { cold(&world) } else { functions };
    let again = ask(&functions, ask_for.clone()).await;
    assert!(status(&again) < 300, "{what}: {again}");
    assert!(replayed(&again), "{what}: {again}");
    assert_eq!(dump(&world.dynamodb.client()).await, written, "{what}");
    assert_eq!(ask(&cold(&world), ask_for).await, again, "{what}");
    check_ledger(&world, USER).await;
}

#[tokio::test(start_paused = true)]
async fn a_charge_whose_reply_was_lost_is_not_judged_again() {
    for (is_cold, fault) in [false, true].into_iter().zip(BOTH_APPLIED) {
        // 1500 are there: a second one would be refused.
        check_lost(charge("k", 1_499), &[], is_cold, fault).await;
        check_lost(hold(1_499), &[], is_cold, fault).await;
        for ask_for in asks_of_a_hold() {
            check_lost(ask_for, &[hold(10), charge("all", 1_490)], is_cold, fault).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn up_to_five_faults_delay_a_charge_and_the_sixth_is_reported() {
    for fault in PASSING {
        let world = world().await;
        let functions = cold(&world);
        let faults = world.dynamodb.faults();
        let asks: Vec<_> = [charge("k", 7), hold(10)]
            .into_iter()
            .chain(asks_of_a_hold().into_iter().take(3))
            .collect();
        for ask_for in asks {
            (0..5).for_each(|_| faults.push(TRANSACTION, fault));
            let done = ask(&functions, ask_for.clone()).await;
            let what = format!("{} after five of {fault:?}: {done}", ask_for.0);
            assert!(status(&done) < 300 && !replayed(&done), "{what}");
            assert_eq!(faults.unused(), 0, "{what}");
            let again = ask(&functions, ask_for).await;
            assert_eq!(again["body"], done["body"], "{what}");
        }
        (0..6).for_each(|_| faults.push(TRANSACTION, fault));
        let reported = ask(&functions, charge("l", 1)).await;
        assert_eq!((status(&reported), faults.unused()), (503, 0), "{fault:?}");
        let again = ask(&functions, charge("l", 1)).await;
        let was_applied = BOTH_APPLIED.contains(&fault);
        assert_eq!(
            (status(&again), replayed(&again)),
            (201, was_applied),
            "{fault:?}"
        );
        assert_eq!(check_ledger(&world, USER).await.len(), 7, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stale_memory_of_the_account_neither_refuses_nor_allows() {
    let world = world().await;
    let (one, other) = (cold(&world), cold(&world));
    // One process remembers 1500, then 1400; the other spends nearly all.
    assert_eq!(status(&ask(&one, charge("k1", 100)).await), 201);
    assert_eq!(status(&ask(&other, charge("k2", 1_390)).await), 201);
    let refused = ask(&one, charge("k3", 100)).await;
    assert_eq!(status(&refused), 402, "it remembers 1400: {refused}");
    assert_eq!(status(&ask(&one, charge("k4", 10)).await), 201);

    // The other remembers ten that are gone; a month later there are 2000.
    world.clock.advance("P1M").unwrap();
    assert_eq!(status(&ask(&other, charge("k5", 2_000)).await), 201);

    // A lost reply, and a memory of before it that would allow it once more.
    let first = ask(&one, charge("k2", 1_390)).await;
    assert!(replayed(&first), "{first}");
    let lost = ask(&one, charge("k5", 2_000)).await;
    assert!(status(&lost) == 201 && replayed(&lost), "{lost}");
    check_ledger(&world, USER).await;
}

/// Takes a model off the list, as whoever keeps the catalogue does.
async fn withdraw_model(world: &World, id: &str) {
    let request = world.dynamodb.client().delete_item().table_name("users");
    let request = request.key("pk", AttributeValue::S("MODELS".into()));
    let request = request.key("sk", AttributeValue::S(format!("MODEL#{id}")));
    request.send().await.unwrap();
}

#[tokio::test]
async fn a_retry_is_answered_although_its_model_was_withdrawn_meanwhile() {
    let world = world().await;
    let functions = cold(&world);
    let with_model = |name: &'static str, key: &'static str| -> Ask<'static> {
        (name, key, json!({"amount": 4, "modelId": "gpt-5"}))
    };
    assert_eq!(status(&ask(&functions, hold(10)).await), 201);
    let asks = ["post-charge", "post-hold-report", "post-hold-commit"];
    let mut first = Vec::new();
    for name in asks {
        first.push(ask(&functions, with_model(name, name)).await);
    }
    withdraw_model(&world, "gpt-5").await;
    let functions = cold(&world);
    for (name, first) in asks.iter().zip(&first) {
        let again = ask(&functions, with_model(name, name)).await;
        assert_eq!(again["body"], first["body"], "{name}");
        assert!(replayed(&again), "{name}: {again}");
        let new = ask(&functions, with_model(name, "new")).await;
        assert_eq!(status(&new), 422, "{name}: {new}");
        let other = ask(
            &functions,
            (name, name, json!({"amount": 5, "modelId": "gpt-5"})),
        );
        let other = other.await;
        assert_eq!(status(&other), 422, "{name}: {other}");
    }
    check_ledger(&world, USER).await;
}

#[tokio::test]
async fn an_answer_is_the_same_bytes_however_far_the_account_moved_on() {
    let world = world().await;
    let functions = cold(&world);
    let mut asks = vec![charge("k", 5), hold(20)];
    asks.extend(asks_of_a_hold().into_iter().take(3));
    let mut first = Vec::new();
    for ask_for in &asks {
        first.push(ask(&functions, ask_for.clone()).await);
    }
    for month in 0..14 {
        world.clock.advance("P1M").unwrap();
        let key = format!("m{month}");
        let moved = ask(&functions, charge(&key, 1_000 + month)).await;
        assert_eq!(status(&moved), 201, "{moved}");
    }
    let written = dump(&world.dynamodb.client()).await;
    for (ask_for, first) in asks.iter().zip(&first) {
        for functions in [&functions, &cold(&world)] {
            let again = ask(functions, ask_for.clone()).await;
            assert_eq!(again["body"], first["body"], "{}", ask_for.0);
            assert_eq!(again["statusCode"], first["statusCode"], "{}", ask_for.0);
            assert!(replayed(&again) && !replayed(first), "{}", ask_for.0);
        }
    }
    assert_eq!(dump(&world.dynamodb.client()).await, written);
    check_ledger(&world, USER).await;
}
