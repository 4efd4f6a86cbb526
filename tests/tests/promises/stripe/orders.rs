//! Every order of every story, and every history of it with repetitions, ends
//! in the state in which the story ends as it happened.

use local::stripe::Scenario;
use shared::domain::Timestamp;

use super::lattice::{BEGINNING, Lattice};
use super::stage::Stage;
use super::{Random, Telling, counted, end_of, everything, tellings};

/// Of longer stories only some orders are walked by default.
const MAX_EVENTS: usize = 5;
/// So many of them.
const SAMPLE: u128 = 10;

/// What was compared.
#[derive(Default)]
struct Tally {
    orders: u128,
    stories: u128,
    redeliveries: u128,
    states: u128,
}

impl Tally {
    fn add(&mut self, lattice: &Lattice, orders: u128) {
        self.orders += orders;
        self.stories += 1;
        self.redeliveries += lattice.redeliveries;
        self.states += lattice.states() as u128;
    }
}

/// The moments to settle at. All deliveries of one comparison share a moment:
/// what has ended by then depends on it, and not on the order.
fn moments(end: Timestamp) -> Vec<Timestamp> {
    let start = tests::at(tests::NOW);
    let days = |days: i64| end.plus_seconds(days * 86_400);
    if everything() {
        // As it begins, as it ends, and when even a year is over.
        vec![start, end, days(400)]
    } else {
        vec![end]
    }
}

async fn check_story(scenario: Scenario, telling: &Telling, tally: &mut Tally) {
    let events = &telling.events;
    for now in moments(end_of(events)) {
        let mut lattice = Lattice::on(Stage::at(now).await, events.clone()).await;
        let as_it_happened = lattice.steps(BEGINNING, 0..events.len()).await;
        let orders = if events.len() <= MAX_EVENTS || everything() {
            let end = lattice.walk().await;
            lattice.check_same(end, as_it_happened, "some order");
            (1..=events.len() as u128).product()
        } else {
            let mut random = Random(events.len() as u64);
            for _ in 0..SAMPLE {
                let order = random.shuffle(events.len());
                let end = lattice.steps(BEGINNING, order).await;
                lattice.check_same(end, as_it_happened, "some order");
            }
            SAMPLE
        };
        let end = lattice.state(as_it_happened);
        assert!(!end.contains("billing PARKED#"), "{scenario}: {end}");
        tally.add(&lattice, orders);
        println!(
            "{scenario} ({}) at {now}: {} orders of {} events, {} redeliveries, {} states",
            telling.versions,
            counted(orders),
            events.len(),
            counted(lattice.redeliveries),
            lattice.states(),
        );
    }
}

/// Walks the stories of one part.
async fn check(part: usize) {
    let mut tally = Tally::default();
    let stories = Scenario::ALL.iter().enumerate();
    for (_, scenario) in stories.filter(|(number, _)| number % PARTS == part) {
        for telling in tellings(*scenario) {
            check_story(*scenario, &telling, &mut tally).await;
        }
    }
    println!(
        "compared {} orders of {} stories, {} redeliveries, {} states",
        counted(tally.orders),
        counted(tally.stories),
        counted(tally.redeliveries),
        counted(tally.states),
    );
}

/// The stories are dealt out to tests that run beside each other.
const PARTS: usize = 4;

#[tokio::test]
async fn every_order_of_a_story_ends_in_one_state_in_the_first_quarter() {
    check(0).await;
}

#[tokio::test]
async fn every_order_of_a_story_ends_in_one_state_in_the_second_quarter() {
    check(1).await;
}

#[tokio::test]
async fn every_order_of_a_story_ends_in_one_state_in_the_third_quarter() {
    check(2).await;
}

#[tokio::test]
async fn every_order_of_a_story_ends_in_one_state_in_the_fourth_quarter() {
    check(3).await;
}
