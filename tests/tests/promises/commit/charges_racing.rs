//! Charges and holds that meet: each is stopped at every request it makes
//! while another runs to its end, so that every order has been seen.

use std::sync::Arc;

use local::World;
use local::dynamodb::Fault;
use serde_json::{Value, json};
use tests::{account, world};
use tokio::task::JoinHandle;

use super::charges::{Ask, ask, charge, cold};
use crate::journeys::engine::check_ledger;
use crate::routes::Functions;

const USER: &str = "free-user";
const H: &str = "hold-0d5c";

fn start(functions: &Arc<Functions>, ask_for: Ask<'static>) -> JoinHandle<Value> {
    let functions = functions.clone();
    tokio::spawn(async move { ask(&functions, ask_for).await })
}

fn status(response: &Value) -> u64 {
    response["statusCode"].as_u64().unwrap()
}

/// Stops `first` at its `nth` request of `operation`, or lets it end if it
/// makes none, runs `between`, then lets it go on.
async fn stopped_at(
    world: &World,
    functions: &Arc<Functions>,
    (operation, nth): (&str, usize),
    first: Ask<'static>,
    between: impl AsyncFn(),
) -> Value {
    let faults = world.dynamodb.faults();
    let mut gates: Vec<_> = (0..nth).map(|_| faults.hold(operation)).collect();
    let last = gates.pop().unwrap();
    let mut slow = start(functions, first);
    for gate in gates {
        tokio::select! {
            reached = gate.reached() => assert!(reached),
            ended = &mut slow => return ended.unwrap(),
        }
        gate.release();
    }
    tokio::select! {
        reached = last.reached() => assert!(reached),
        ended = &mut slow => return ended.unwrap(),
    }
    between().await;
    last.release();
    slow.await.unwrap()
}

/// Every request that a charge can make before it is answered.
const STOPS: [(&str, usize); 4] = [
    ("GetItem", 1),
    ("GetItem", 2),
    ("TransactWriteItems", 1),
    ("TransactWriteItems", 2),
];

#[tokio::test]
async fn a_retry_whose_first_reply_was_lost_is_never_refused_as_too_much() {
    for stop in STOPS {
        for is_warm in [false, true] {
            let world = world().await;
            let mine = Arc::new(cold(&world));
            if is_warm {
                assert_eq!(status(&ask(&mine, charge("warm", 0)).await), 201);
            }
            // 1500 are there. Mine takes 1000; its caller never hears of it.
            let faults = world.dynamodb.faults();
            faults.push("TransactWriteItems", Fault::LostReply);
            let first = ask(&cold(&world), charge("mine", 1_000)).await;
            assert_eq!(status(&first), 201);
            // While the retry runs, another client spends what is left.
            let what = format!("stopped at {stop:?}, warm: {is_warm}");
            let others = async || {
                let taken = ask(&cold(&world), charge("others", 500)).await;
                assert_eq!(status(&taken), 201, "{what}");
            };
            let again = stopped_at(&world, &mine, stop, charge("mine", 1_000), others).await;
            assert_eq!(status(&again), 201, "{what}: {again}");
            assert_eq!(again["body"], first["body"], "{what}");
            assert_eq!(again["headers"]["idempotent-replayed"], "true", "{what}");
            check_ledger(&world, USER).await;
        }
    }
}

#[tokio::test]
async fn an_overtaken_request_takes_the_rest_or_is_refused() {
    for stop in STOPS {
        for (others_take, expected) in [(500, 201), (501, 402)] {
            let world = world().await;
            let mine = Arc::new(cold(&world));
            let others = async || {
                let taken = ask(&cold(&world), charge("others", others_take)).await;
                assert_eq!(status(&taken), 201);
            };
            let answer = stopped_at(&world, &mine, stop, charge("mine", 1_000), others).await;
            let what = format!("{stop:?}, {others_take} taken: {answer}");
            let entries = check_ledger(&world, USER).await;
            if entries.len() == 2 {
                // It ended before the others came, or was refused because of them.
                assert!([201, 402].contains(&status(&answer)), "{what}");
                continue;
            }
            assert_eq!((status(&answer), entries.len()), (expected, 3), "{what}");
        }
    }
}

const COMMIT: &str = "post-hold-commit";
const RELEASE: &str = "post-hold-release";

fn of_hold(name: &'static str, key: &'static str) -> Ask<'static> {
    let body = if name == COMMIT {
        json!({"amount": 40})
    } else {
        json!({})
    };
    (name, key, body)
}

/// A world with a hold of 100 for ten minutes.
async fn with_hold() -> (World, Arc<Functions>) {
    let world = world().await;
    let functions = Arc::new(cold(&world));
    let body = json!({"amount": 100, "ttlSeconds": 600});
    assert_eq!(status(&ask(&functions, ("post-hold", H, body)).await), 201);
    (world, functions)
}

/// Exactly one of two that would close the hold did, and the balance says which.
async fn check_one_won(world: &World, slow: &Value, quick: &Value, used: &str) {
    assert_eq!(status(quick), 200, "{quick}");
    assert_eq!(status(slow), 409, "{slow}");
    assert!(slow["body"].as_str().unwrap().contains("hold_not_open"));
    check_ledger(world, USER).await;
    let account = account(world, USER).await.unwrap();
    assert!(account.holds.is_empty());
    assert_eq!(account.lots[0].used.to_string(), used);
    assert!(account.lots[0].held.is_zero());
}

#[tokio::test]
async fn of_a_commit_and_a_release_exactly_one_wins() {
    for operation in ["TransactWriteItems", "GetItem"] {
        for (first, second, used) in [(COMMIT, RELEASE, "500"), (RELEASE, COMMIT, "540")] {
            let (world, warm) = with_hold().await;
            let functions = if operation == "GetItem" {
                Arc::new(cold(&world))
            } else {
                warm
            };
            let held = world.dynamodb.faults().hold(operation);
            let slow = start(&functions, of_hold(first, "slow"));
            assert!(held.reached().await);
            let quick = ask(&cold(&world), of_hold(second, "quick")).await;
            held.release();
            check_one_won(&world, &slow.await.unwrap(), &quick, used).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_that_would_close_a_hold_at_once_exactly_one_does() {
    let (world, _) = with_hold().await;
    let keys = ["k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7"];
    let racers: Vec<_> = keys
        .iter()
        .enumerate()
        .map(|(number, key)| {
            let name = if number % 2 == 0 { COMMIT } else { RELEASE };
            start(&Arc::new(cold(&world)), of_hold(name, key))
        })
        .collect();
    let mut statuses = Vec::new();
    for racer in racers {
        statuses.push(status(&racer.await.unwrap()));
    }
    statuses.sort();
    assert_eq!(statuses, [[200].as_slice(), &[409; 7]].concat());
    assert_eq!(check_ledger(&world, USER).await.len(), 3);
}

#[tokio::test]
async fn a_commit_that_meets_the_end_of_its_hold_charges_once() {
    let (world, functions) = with_hold().await;
    let held = world.dynamodb.faults().hold("TransactWriteItems");
    let slow = start(&functions, of_hold(COMMIT, "slow"));
    assert!(held.reached().await);
    // Its time runs out, and another's charge records that it was released.
    world.clock.advance("PT10M").unwrap();
    let all = ask(&cold(&world), charge("all", 1_500)).await;
    assert_eq!(status(&all), 201, "{all}");
    held.release();
    // What was used is charged all the same; nothing is left, so it is owed.
    let late = slow.await.unwrap();
    let body: Value = serde_json::from_str(late["body"].as_str().unwrap()).unwrap();
    assert_eq!(status(&late), 200, "{late}");
    assert_eq!(
        (&body["proUsed"], &body["debt"]),
        (&json!("40"), &json!(40))
    );
    let again = ask(&cold(&world), of_hold(COMMIT, "slow")).await;
    assert_eq!(again["body"], late["body"]);
    let other = ask(&cold(&world), of_hold(COMMIT, "other")).await;
    assert_eq!(status(&other), 409, "{other}");
    check_ledger(&world, USER).await;
}
