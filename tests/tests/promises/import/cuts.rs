//! An import that is killed anywhere, or loses any reply, and is run again ends
//! in the same tables as one that ran through.

use local::dynamodb::Fault;
use shared::host::entropy::{Entropy, SystemEntropy};
use tests::{Tables, world};

use super::{Process, fixture, tables_of};

/// How often it is killed.
const KILLS: usize = 20;

/// Far more than any import makes.
const PLENTY: usize = 100_000;

/// The tables that a run from end to end leaves, what it says, and how many
/// requests it makes.
async fn uncut() -> (Tables, Vec<String>, usize) {
    let world = world().await;
    let process = Process::on(&world);
    let summary = process.import(&fixture("after")).await.unwrap();
    assert!(summary.is_clean(), "{summary}");
    let operations = process.dynamodb.meter().snapshot().operations;
    let requests: u64 = operations.values().map(|count| count.requests).sum();
    let requests = usize::try_from(requests).unwrap();
    (tables_of(&world).await, process.remarks(), requests)
}

#[tokio::test]
async fn an_import_killed_at_twenty_random_points_is_completed_by_the_next_run() {
    let (tables, said, requests) = uncut().await;
    let folder = fixture("after");
    let mut halfway = 0;
    for number in 0..KILLS {
        let world = world().await;
        let at_start = tables_of(&world).await;
        // Spread over the whole run, at random within each part.
        let (from, to) = (number * requests / KILLS, (number + 1) * requests / KILLS);
        let spread = u64::try_from(to - from - 1).unwrap();
        let passed = from + usize::try_from(SystemEntropy.up_to(spread)).unwrap();

        let killed = Process::on(&world);
        let steps = killed.dynamodb.faults().step_by_step();
        steps.let_pass(passed);
        tokio::select! {
            biased;
            () = steps.arrived(passed + 1) => {}
            done = killed.import(&folder) => panic!("{passed}: it was done: {done:?}"),
        }
        // What was on its way when it was killed never arrives.
        tokio::task::yield_now().await;
        let left = tables_of(&world).await;
        halfway += usize::from(left != at_start && left != tables);

        let again = Process::on(&world);
        let summary = again.import(&folder).await.unwrap();
        assert!(
            summary.is_clean(),
            "killed after {passed} requests: {summary}"
        );
        let end = tables_of(&world).await;
        assert_eq!(end, tables, "killed after {passed} requests");
        assert_eq!(again.remarks(), said, "killed after {passed} requests");
    }
    assert!(
        halfway >= KILLS / 2,
        "only {halfway} left anything half done"
    );
}

#[tokio::test(start_paused = true)]
async fn an_import_that_loses_replies_writes_the_same() {
    let (tables, said, _) = uncut().await;
    for fault in [
        Fault::LostReply,
        Fault::ServerErrorAfterApply,
        Fault::ServerError,
        Fault::Throttled,
        Fault::TransactionConflict,
        Fault::NotSent,
    ] {
        for operation in ["TransactWriteItems", "BatchGetItem", "GetItem"] {
            if fault == Fault::TransactionConflict && operation != "TransactWriteItems" {
                continue;
            }
            let world = world().await;
            let process = Process::on(&world);
            // One in seven requests of this operation.
            let faults = process.dynamodb.faults();
            for _ in 0..4 {
                faults.push(operation, fault);
            }
            let steps = faults.step_by_step();
            steps.let_pass(PLENTY);
            let summary = process.import(&fixture("after")).await.unwrap();
            assert!(summary.is_clean(), "{fault:?} of {operation}: {summary}");
            assert_eq!(faults.unused(), 0, "{fault:?} of {operation}");
            let end = tables_of(&world).await;
            assert_eq!(end, tables, "{fault:?} of {operation}");
            assert_eq!(process.remarks(), said, "{fault:?} of {operation}");
        }
    }
}
