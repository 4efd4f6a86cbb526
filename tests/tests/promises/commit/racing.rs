//! Races: many at once, and two that are stopped at every request they make,
//! so that each order in which they can meet has been seen.

use std::time::Duration;

use local::World;
use shared::domain::{Command, Refusal};
use shared::store::{CommitError, Committed};
use tests::{a_charge, account, api_key, world};
use tokio::task::JoinHandle;

use super::{SOMEBODY, applied, commit, opening, refused, stored};

type Outcome = Result<Committed, CommitError>;

fn start(world: &World, command: Command) -> JoinHandle<Outcome> {
    let world = world.clone();
    tokio::spawn(async move { commit(&world, &command).await })
}

async fn ended(commits: Vec<JoinHandle<Outcome>>) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for commit in commits {
        outcomes.push(commit.await.unwrap());
    }
    outcomes
}

async fn version(world: &World) -> u64 {
    account(world, SOMEBODY).await.unwrap().version
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_at_once_under_one_key_make_one_entry() {
    let world = world().await;
    let racers = (0..16).map(|_| start(&world, opening().under(api_key("k"))));
    let outcomes = ended(racers.collect()).await;
    let done = |outcome: &&Outcome| matches!(outcome, Ok(Committed::Applied(_)));
    assert_eq!(outcomes.iter().filter(done).count(), 1, "{outcomes:?}");
    let hashes: Vec<_> = outcomes
        .iter()
        .map(|outcome| outcome.as_ref().unwrap().entry().hash.to_string())
        .collect();
    assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");
    assert_eq!(
        stored(&world).await,
        ["ACCOUNT", "ENTRY#api#inference-service#k"]
    );
    assert_eq!(version(&world).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_at_once_under_keys_of_their_own_open_an_account_once() {
    let world = world().await;
    let racers =
        (0..16).map(|number| start(&world, opening().under(api_key(&format!("k{number}")))));
    let outcomes = ended(racers.collect()).await;
    let (done, others): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(done.len(), 1, "{done:?}");
    for other in others {
        assert_eq!(refused(other), Refusal::AlreadyOpen);
    }
    assert_eq!(stored(&world).await.len(), 2);
    assert_eq!(version(&world).await, 1);
}

/// Stops a first racer at its `request`th request of one operation, lets a
/// second run to its end, then lets the first go on.
async fn interleave(operation: &str, first: Command, second: Command) -> (Outcome, Outcome, World) {
    let world = world().await;
    let held = world.dynamodb.faults().hold(operation);
    let slow = start(&world, first);
    assert!(held.reached().await);
    let quick = commit(&world, &second).await;
    held.release();
    (slow.await.unwrap(), quick, world)
}

#[tokio::test]
async fn an_overtaken_request_is_refused_under_another_key() {
    for operation in ["GetItem", "TransactWriteItems"] {
        let (mine, other) = (
            opening().under(api_key("k")),
            opening().under(api_key("other")),
        );
        let (slow, quick, world) = interleave(operation, mine, other).await;
        applied(quick);
        assert_eq!(refused(slow), Refusal::AlreadyOpen, "{operation}");
        assert_eq!(
            stored(&world).await,
            ["ACCOUNT", "ENTRY#api#inference-service#other"]
        );
        assert_eq!(version(&world).await, 1);
    }
}

#[tokio::test]
async fn an_overtaken_request_under_the_same_key_gets_the_same_answer() {
    for operation in ["GetItem", "TransactWriteItems"] {
        let command = || opening().under(api_key("k"));
        let (slow, quick, world) = interleave(operation, command(), command()).await;
        assert_eq!(
            slow.unwrap().entry().hash,
            applied(quick).hash,
            "{operation}"
        );
        assert_eq!(stored(&world).await.len(), 2, "{operation}");
    }
}

#[tokio::test]
async fn a_command_done_between_the_two_reads_before_a_refusal_is_replayed() {
    // Both see an open account that another opened; the one that is stopped
    // before it reads its entry must not miss that its twin was done.
    let world = world().await;
    let first_read = world.dynamodb.faults().hold("GetItem");
    let slow = start(&world, opening().under(api_key("k")));
    assert!(first_read.reached().await);
    // What waits is read when it is let go: by then the account is open.
    let transaction = world.dynamodb.faults().hold("TransactWriteItems");
    let twin = start(&world, opening().under(api_key("k")));
    assert!(transaction.reached().await);
    transaction.release();
    let done = applied(twin.await.unwrap());
    first_read.release();
    let outcome = slow.await.unwrap().unwrap();
    assert!(matches!(outcome, Committed::Replayed(_)), "{outcome:?}");
    assert_eq!(outcome.entry(), &done);
}

/// A charge of one credit under a key of its own.
fn charge(key: &str) -> Command {
    Command {
        key: api_key(key),
        ..a_charge("1")
    }
}

#[tokio::test(start_paused = true)]
async fn after_lost_races_and_a_pause_the_account_is_read_first() {
    let world = world().await;
    applied(commit(&world, &opening().under(api_key("opening"))).await);
    let faults = world.dynamodb.faults();
    let mut tries = faults.hold("TransactWriteItems");
    let slow = start(&world, charge("slow"));
    for number in 0..3 {
        assert!(tries.reached().await);
        applied(commit(&world, &charge(&format!("quick-{number}"))).await);
        let next = faults.hold(if number < 2 {
            "TransactWriteItems"
        } else {
            "GetItem"
        });
        std::mem::replace(&mut tries, next).release();
    }
    // It has lost three times and has paused; somebody was quicker meanwhile.
    let look = tries;
    tokio::select! {
        reached = look.reached() => assert!(reached),
        () = tokio::time::sleep(Duration::from_secs(60)) => panic!("it never looks"),
    }
    applied(commit(&world, &charge("quick-3")).await);
    world.dynamodb.meter().reset();
    look.release();
    applied(slow.await.unwrap());
    let operations = world.dynamodb.meter().snapshot().operations;
    assert_eq!(
        operations["TransactWriteItems"].requests, 1,
        "{operations:?}"
    );
    assert_eq!(version(&world).await, 6);
}
