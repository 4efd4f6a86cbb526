//! Faults at the transaction: whatever breaks, and however often, a command is
//! applied exactly once and the caller hears that it was.

use local::dynamodb::Fault;
use shared::store::{CommitError, StoreError};
use tests::{api_key, dump, world};

use super::{applied, commit, opening, replayed, stored};

const FAULTS: [Fault; 6] = [
    Fault::NotSent,
    Fault::LostReply,
    Fault::ServerErrorAfterApply,
    Fault::ServerError,
    Fault::Throttled,
    Fault::TransactionConflict,
];

const TRANSACTION: &str = "TransactWriteItems";

/// What one opening leaves, whatever happened on the way.
const ONE_OPENING: [&str; 2] = ["ACCOUNT", "ENTRY#api#inference-service#k"];

#[tokio::test(start_paused = true)]
async fn a_fault_repeated_up_to_five_times_delays_a_command_and_nothing_else() {
    for fault in FAULTS {
        for times in 1..=5 {
            let world = world().await;
            let faults = world.dynamodb.faults();
            (0..times).for_each(|_| faults.push(TRANSACTION, fault));
            let command = opening().under(api_key("k"));
            let entry = applied(commit(&world, &command).await);
            assert_eq!(faults.unused(), 0, "{fault:?} {times} times");
            assert_eq!(entry.seq, 1);
            assert_eq!(stored(&world).await, ONE_OPENING, "{fault:?} {times} times");
            let again = replayed(commit(&world, &command).await);
            assert_eq!(again, entry, "{fault:?} {times} times");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn faults_of_all_kinds_in_a_row_are_survived_too() {
    for skipped in 0..FAULTS.len() {
        let world = world().await;
        let mut mixed = FAULTS.to_vec();
        mixed.remove(skipped);
        mixed.rotate_left(skipped % 5);
        for fault in &mixed {
            world.dynamodb.faults().push(TRANSACTION, *fault);
        }
        let entry = applied(commit(&world, &opening().under(api_key("k"))).await);
        assert_eq!(entry.seq, 1, "{mixed:?}");
        assert_eq!(stored(&world).await, ONE_OPENING, "{mixed:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn six_faults_in_a_row_are_reported_and_asking_again_gives_the_first_result() {
    for fault in FAULTS {
        let world = world().await;
        let faults = world.dynamodb.faults();
        (0..6).for_each(|_| faults.push(TRANSACTION, fault));
        let command = opening().under(api_key("k"));
        let failed = commit(&world, &command).await.unwrap_err();
        assert!(
            matches!(failed, CommitError::Store(StoreError::Unavailable(_))),
            "{fault:?}: {failed:?}"
        );
        assert_eq!(faults.unused(), 0, "{fault:?}: it gave up early");

        let was_applied = matches!(fault, Fault::LostReply | Fault::ServerErrorAfterApply);
        let before = stored(&world).await;
        assert_eq!(before.is_empty(), !was_applied, "{fault:?}: {before:?}");
        let again = commit(&world, &command).await;
        let entry = if was_applied {
            replayed(again)
        } else {
            applied(again)
        };
        assert_eq!(entry.seq, 1, "{fault:?}");
        assert_eq!(stored(&world).await, ONE_OPENING, "{fault:?}");
        assert_eq!(replayed(commit(&world, &command).await), entry, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_process_that_forgets_after_a_lost_reply_learns_what_was_written() {
    let world = world().await;
    let faults = world.dynamodb.faults();
    (0..6).for_each(|_| faults.push(TRANSACTION, Fault::LostReply));
    let command = opening().under(api_key("k"));
    commit(&world, &command).await.unwrap_err();
    let written = dump(&world.dynamodb.client()).await;

    // Another process, a while later: the same request, another salt and time.
    world.clock.advance("PT15M").unwrap();
    let entry = replayed(commit(&world, &opening().under(api_key("k"))).await);
    assert_eq!(entry.at.to_string(), tests::NOW);
    assert!(entry.is_authentic());
    assert_eq!(dump(&world.dynamodb.client()).await, written);
}

#[tokio::test(start_paused = true)]
async fn faults_at_the_read_before_the_decision_are_survived_too() {
    for fault in [
        Fault::NotSent,
        Fault::LostReply,
        Fault::ServerError,
        Fault::Throttled,
    ] {
        let world = world().await;
        let faults = world.dynamodb.faults();
        (0..5).for_each(|_| faults.push("GetItem", fault));
        applied(commit(&world, &opening().under(api_key("k"))).await);
        assert_eq!(faults.unused(), 0, "{fault:?}");

        (0..6).for_each(|_| faults.push("GetItem", fault));
        let failed = commit(&world, &opening().under(api_key("k"))).await;
        assert!(
            matches!(failed, Err(CommitError::Store(StoreError::Unavailable(_)))),
            "{fault:?}: {failed:?}"
        );
    }
}
