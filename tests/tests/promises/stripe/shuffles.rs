//! Longer histories: several stories of one user at once, shuffled at random,
//! some events more than once. However they are shuffled, they end in one state.
//!
//! Two stories that race for one thing are not composed: of two trials of one
//! plan whichever is heard of first counts, and that is meant.

use std::time::Duration;

use local::stripe::{ApiVersion, Scenario};
use shared::domain::billing::BillingEvent;
use shared::domain::{Action, Command, Credits, Digest, Erasable, Usage};
use shared::host::clock::Deadline;
use shared::store::CommitRequest;
use tests::{api_key, credits, user};

use super::lattice::{BEGINNING, Lattice};
use super::stage::Stage;
use super::{Random, SOMEBODY, counted, end_of, everything, reported_by};

/// Stories that are reported at the same time, each under a suffix of its own.
pub(super) struct Composition {
    pub(super) name: &'static str,
    /// How many events of the first story were heard, and how much pro was spent
    /// then, before the rest comes in any order.
    before: (usize, &'static str),
    pub(super) stories: &'static [(Scenario, ApiVersion)],
    shuffles: usize,
}

use ApiVersion::{Acacia, Basil, Clover, Dahlia};
use Scenario::*;

pub(super) const COMPOSITIONS: [Composition; 8] = [
    Composition {
        name: "a subscription, a pack and what comes back of both",
        before: NOTHING,
        stories: &[
            (RefundInvoice, Dahlia),
            (RefundPartial, Dahlia),
            (BuyPack, Dahlia),
        ],
        shuffles: 7500,
    },
    Composition {
        name: "a trial, disputes and refunds that fail",
        before: NOTHING,
        stories: &[
            (TrialToPaid, Dahlia),
            (DisputeWon, Dahlia),
            (RefundFailed, Clover),
        ],
        shuffles: 500,
    },
    Composition {
        name: "two subscriptions of one user, one of which ends",
        before: NOTHING,
        stories: &[(Upgrade, Dahlia), (CancelAtPeriodEnd, Basil)],
        shuffles: 1500,
    },
    Composition {
        name: "one endpoint of an old version and one of a new",
        before: NOTHING,
        stories: &[(Renew, Acacia), (Rollover, Dahlia), (RefundFull, Acacia)],
        shuffles: 700,
    },
    Composition {
        name: "a year, a month long ago, and a customer who is deleted",
        before: NOTHING,
        stories: &[
            (Annual, Dahlia),
            (RefundExpired, Dahlia),
            (DeleteCustomer, Clover),
        ],
        shuffles: 500,
    },
    Composition {
        name: "a pack that was spent is clawed back while others come",
        before: (1, "999.5"),
        stories: &[
            (RefundFull, Dahlia),
            (DisputeWonAfterPack, Dahlia),
            (BuyPackDelayed, Basil),
        ],
        shuffles: 7500,
    },
    Composition {
        name: "a month that was spent is clawed back while a plan goes on",
        before: (4, "9000"),
        stories: &[
            (RefundInvoice, Dahlia),
            (Downgrade, Dahlia),
            (DisputeLost, Dahlia),
        ],
        shuffles: 1500,
    },
    Composition {
        name: "all at once",
        before: NOTHING,
        stories: &[
            (TrialToPaid, Dahlia),
            (DisputeWonAfterPack, Dahlia),
            (RefundFailed, Dahlia),
            (RefundInvoice, Clover),
            (BuyPackByPrice, Acacia),
        ],
        shuffles: 300,
    },
];

const NOTHING: (usize, &str) = (0, "0");
/// What the free credits of a month are; a charge goes beyond them.
const FREE: Credits = Credits::from_milli(2_000_000);
/// One of so many is walked by default.
const PART: usize = 200;

/// The stage on which a composition is reported, and what is reported in any order.
async fn prepared(composition: &Composition) -> (Stage, Vec<BillingEvent>) {
    let start = tests::at(tests::NOW);
    let (heard, spent) = composition.before;
    let (mut before, mut events) = (Vec::new(), Vec::new());
    for (hours, (scenario, version)) in (0..).zip(composition.stories) {
        let start = start.plus_seconds(hours * 3_600);
        let mut reported = reported_by(&format!("s{hours}"), *scenario, *version, start);
        if hours == 0 {
            before.extend(reported.drain(..heard));
        }
        events.extend(reported);
    }
    events.sort_by_key(|event| event.created);
    let stage = Stage::at(end_of(&events)).await;
    for event in &before {
        stage.deliver(event).await;
    }
    if heard > 0 {
        spend(&stage, FREE.plus(credits(spent)).unwrap()).await;
    }
    (stage, events)
}

/// A charge that was made before any of the rest was heard.
async fn spend(stage: &Stage, amount: Credits) {
    let command = Command {
        key: api_key("spent"),
        request_hash: Digest::ZERO,
        actor: Erasable::new("inference-service", [0; 16]),
        label: None,
        action: Action::Charge {
            amount,
            usage: Usage::default(),
        },
    };
    let request = CommitRequest {
        user_id: &user(SOMEBODY),
        command: &command,
        guess: None,
        now: stage.now,
        deadline: Deadline::after(Duration::from_secs(60)),
    };
    stage.process.store.commit(request).await.unwrap();
}

async fn check(number: usize) {
    let composition = &COMPOSITIONS[number];
    let (stage, events) = prepared(composition).await;
    let count = events.len();
    let mut lattice = Lattice::on(stage, events).await;
    let as_it_happened = lattice.steps(BEGINNING, 0..count).await;
    let mut random = Random(u64::try_from(number).unwrap());
    let part = if everything() { 1 } else { PART };
    let shuffles = composition.shuffles / part;
    for _ in 0..shuffles {
        let order = random.shuffle(count);
        let end = lattice.steps(BEGINNING, order).await;
        lattice.check_same(end, as_it_happened, composition.name);
    }
    println!(
        "{}: {} shuffles of {count} events, {} redeliveries, {} states",
        composition.name,
        counted(shuffles as u128),
        counted(lattice.redeliveries),
        counted(lattice.states() as u128),
    );
}

#[test]
fn there_are_twenty_thousand_shuffles_of_ten_events_and_more() {
    let shuffles: usize = COMPOSITIONS.iter().map(|all| all.shuffles).sum();
    assert_eq!(shuffles, 20_000);
}

#[tokio::test]
async fn shuffled_histories_of_purchases_and_of_what_came_back_end_in_one_state() {
    check(0).await;
    check(1).await;
}

#[tokio::test]
async fn shuffled_histories_of_several_subscriptions_end_in_one_state() {
    check(2).await;
    check(3).await;
    check(4).await;
}

#[tokio::test]
async fn shuffled_histories_after_a_charge_end_in_one_state() {
    check(5).await;
    check(6).await;
}

#[tokio::test]
async fn shuffled_histories_of_all_at_once_end_in_one_state() {
    check(7).await;
}
