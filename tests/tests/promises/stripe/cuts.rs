//! The process is killed between any two of its requests, or loses the reply to
//! any of them: once the event is delivered again, nothing shows of it.
//!
//! Killed after its last request it leaves what a repeated event meets; every
//! walk over orders has that already.

use std::pin::pin;

use local::dynamodb::Fault;
use local::stripe::Scenario;
use shared::domain::billing::BillingEvent;

use super::lattice::{BEGINNING, Lattice};
use super::stage::Stage;
use super::{counted, end_of, everything, tellings};

/// Longer stories are cut only where everything is.
const MAX_EVENTS: usize = 4;

/// Far more than any event makes.
const PLENTY: usize = 10_000;

/// What was tried.
#[derive(Default)]
struct Tally {
    stories: u128,
    kills: u128,
    /// Those after which the tables were neither as before nor as afterwards.
    halfway: u128,
    lost_replies: u128,
}

/// Settles an event where a node is, request by request; the operations asked for.
async fn requests(lattice: &mut Lattice, from: usize, event: usize) -> Vec<String> {
    let snapshot = lattice.snapshot(from).clone();
    lattice.stage.restore(&snapshot);
    let process = lattice.stage.new_process();
    let meter = process.dynamodb.meter();
    let steps = process.dynamodb.faults().step_by_step();
    let mut settling = pin!(process.settle(&lattice.events[event]));
    let mut operations = Vec::new();
    loop {
        meter.reset();
        steps.let_pass(1);
        let settled = tokio::select! {
            biased;
            settled = &mut settling => Some(settled),
            () = steps.arrived(operations.len() + 2) => None,
        };
        operations.extend(meter.snapshot().operations.into_keys());
        if let Some(settled) = settled {
            settled.unwrap();
            return operations;
        }
    }
}

/// Lets so many requests of an event pass and kills the process at the next.
async fn kill(lattice: &mut Lattice, from: usize, event: usize, passed: usize) -> usize {
    let snapshot = lattice.snapshot(from).clone();
    lattice.stage.restore(&snapshot);
    let process = lattice.stage.new_process();
    let steps = process.dynamodb.faults().step_by_step();
    steps.let_pass(passed);
    tokio::select! {
        biased;
        () = steps.arrived(passed + 1) => {}
        settled = process.settle(&lattice.events[event]) => panic!("it was settled: {settled:?}"),
    }
    lattice.cut(from, event).await
}

/// Loses the reply to one request of an event, which is settled nevertheless.
async fn lose(
    lattice: &mut Lattice,
    (from, event): (usize, usize),
    (before, operation): (usize, &str),
) -> usize {
    let snapshot = lattice.snapshot(from).clone();
    lattice.stage.restore(&snapshot);
    let process = lattice.stage.new_process();
    let faults = process.dynamodb.faults();
    let steps = faults.step_by_step();
    let reported = lattice.events[event].clone();
    let mut settling = pin!(process.settle(&reported));
    steps.let_pass(before);
    tokio::select! {
        biased;
        () = steps.arrived(before + 1) => {}
        settled = &mut settling => panic!("it was settled: {settled:?}"),
    }
    faults.push(operation, Fault::LostReply);
    steps.let_pass(PLENTY);
    settling.await.unwrap();
    assert_eq!(faults.unused(), 0, "no reply to {operation} was lost");
    lattice.settled_aside(from, event).await
}

/// Kills and loses wherever it can be done while the events are delivered in
/// one order.
async fn check_order(lattice: &mut Lattice, order: &[usize], tally: &mut Tally) {
    let uncut = lattice.steps(BEGINNING, order.iter().copied()).await;
    let mut node = BEGINNING;
    for (at, &event) in order.iter().enumerate() {
        let rest = &order[at + 1..];
        let settled = lattice.step(node, event).await;
        let operations = requests(lattice, node, event).await;
        for (passed, operation) in operations.iter().enumerate() {
            let cut = kill(lattice, node, event, passed).await;
            tally.kills += 1;
            let is_halfway =
                ![node, settled].contains(&cut) && lattice.state(cut) != lattice.state(settled);
            tally.halfway += u128::from(is_halfway);
            let again_at_once = [&[event], rest].concat();
            let again_at_last = [rest, &[event]].concat();
            for way in [&again_at_once, &again_at_last, order] {
                let end = lattice.steps(cut, way.iter().copied()).await;
                lattice.check_same(end, uncut, "a process that was killed");
            }

            let aside = lose(lattice, (node, event), (passed, operation)).await;
            tally.lost_replies += 1;
            lattice.check_same(aside, settled, "an event whose reply was lost");
        }
        node = settled;
    }
}

async fn check_story(events: Vec<BillingEvent>, tally: &mut Tally) {
    let stage = Stage::at(end_of(&events)).await;
    let mut lattice = Lattice::on(stage, events).await;
    let as_it_happened: Vec<usize> = (0..lattice.events.len()).collect();
    // Whoever names the user often comes first; distinguished from the end, the others
    // wait and are drained by it.
    let reversed: Vec<usize> = as_it_happened.iter().rev().copied().collect();
    check_order(&mut lattice, &as_it_happened, tally).await;
    check_order(&mut lattice, &reversed, tally).await;
    tally.stories += 1;
}

/// Cuts the stories of one part.
async fn check(part: usize) -> Tally {
    let mut tally = Tally::default();
    let stories = Scenario::ALL.iter().enumerate();
    for (_, scenario) in stories.filter(|(number, _)| number % PARTS == part) {
        for telling in tellings(*scenario) {
            if telling.events.len() <= MAX_EVENTS || everything() {
                check_story(telling.events, &mut tally).await;
            }
        }
    }
    println!(
        "killed {} processes in {} stories, {} of them halfway, and lost {} replies",
        counted(tally.kills),
        counted(tally.stories),
        counted(tally.halfway),
        counted(tally.lost_replies),
    );
    tally
}

/// The stories are dealt out to tests that run beside each other.
const PARTS: usize = 2;

#[tokio::test]
async fn a_process_killed_between_any_two_requests_leaves_no_trace_in_one_half_of_the_stories() {
    let tally = check(0).await;
    assert!(tally.halfway > 0, "nothing was drained");
}

#[tokio::test]
async fn a_process_killed_between_any_two_requests_leaves_no_trace_in_the_other_half() {
    check(1).await;
}
