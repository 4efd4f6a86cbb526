//! How events arrive: in order, late and repeated, or in any order at all.

use domain::Timestamp;
use domain::billing::BillingEvent;
use stripe_billing::{Shape, World, render};

/// An event, and when it arrives.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) event: BillingEvent,
    pub(crate) at: Timestamp,
}

/// How events arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Each a second after it happened.
    AsTheyHappened,
    /// Each within three days, as long as Stripe tries, and some twice.
    Late(u64),
    /// All of them after the end, shuffled, and some twice.
    Shuffled(u64),
    /// All of them after the end, the last first.
    Backwards,
}

/// Three days.
const MAX_S: u64 = 259_200;

/// What an endpoint of this shape is reported a world, read from JSON.
pub(crate) fn events(world: &World, shape: Shape) -> Vec<BillingEvent> {
    let posted = world.events.iter().filter(|event| shape.posts(event));
    let read = posted.map(|event| {
        let body = render(event, shape).to_string();
        stripe::read(body.as_bytes()).unwrap()
    });
    read.collect()
}

/// The events in the order in which they arrive. `end` is when all has happened.
pub(crate) fn deliveries(events: &[BillingEvent], order: Order, end: i64) -> Vec<Delivery> {
    let end = Timestamp::from_unix_seconds_clamped(end);
    let at_end = |event: &BillingEvent| Delivery {
        event: event.clone(),
        at: end,
    };
    match order {
        Order::AsTheyHappened => events
            .iter()
            .map(|event| Delivery {
                event: event.clone(),
                at: event.created.plus_seconds(1),
            })
            .collect(),
        Order::Backwards => events.iter().rev().map(at_end).collect(),
        Order::Shuffled(seed) => {
            let mut random = Random(seed);
            let mut all = with_repeats(events, &mut random);
            all.sort_by_cached_key(|_| random.next());
            all.iter().map(at_end).collect()
        }
        Order::Late(seed) => {
            let mut random = Random(seed);
            let all = with_repeats(events, &mut random).into_iter();
            let mut all: Vec<_> = all
                .map(|event| {
                    let late = i64::try_from(random.next() % MAX_S).unwrap();
                    let at = event.created.plus_seconds(late);
                    Delivery { event, at }
                })
                .collect();
            all.sort_by_key(|delivery| delivery.at);
            all
        }
    }
}

fn with_repeats(events: &[BillingEvent], random: &mut Random) -> Vec<BillingEvent> {
    let mut all = events.to_vec();
    all.extend(
        events
            .iter()
            .filter(|_| random.next().is_multiple_of(4))
            .cloned(),
    );
    all
}

/// SplitMix64, <https://prng.di.unimi.it/splitmix64.c>.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
