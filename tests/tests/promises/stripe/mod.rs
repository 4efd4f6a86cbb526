//! Stripe's events in every order, repeated, and with the process killed in
//! between: whatever arrives, the same events end in the same state.
//!
//! A settled event is a step from one state of the tables to another. Equal
//! states are merged, so all orders of some events are walked without walking
//! each of them. `STORIES=all cargo test -p tests stripe` walks everything, a
//! part of it runs by default, and `-- --nocapture` shows how much that was.

mod books;
mod cuts;
mod lattice;
mod meaning;
mod orders;
mod planned;
mod shapes;
mod shuffles;
mod stage;

use local::stripe::{ApiVersion, Cast, Scenario, Story};
use shared::domain::Timestamp;
use shared::domain::billing::BillingEvent;
use shared::host::environment::Variables;

/// Whom all stories are about.
const SOMEBODY: &str = "somebody";

/// Whether everything is walked, and not only what fits into every test run.
fn everything() -> bool {
    let variables = Variables::of_this_process();
    let wanted = variables.parsed("STORIES", String::new(), "\"all\"");
    match wanted.unwrap().as_str() {
        "" => false,
        "all" => true,
        other => panic!("STORIES must be \"all\" or unset, not {other:?}"),
    }
}

/// A story as some API versions tell it, all of which are read as the same
/// events.
struct Telling {
    versions: String,
    events: Vec<BillingEvent>,
}

/// The different tellings of a story: of the two API versions that differ most,
/// or of all. Nothing but what was read reaches the store, so what two versions
/// tell alike need not be settled twice.
fn tellings(scenario: Scenario) -> Vec<Telling> {
    let versions = if everything() {
        ApiVersion::ALL.to_vec()
    } else {
        vec![ApiVersion::Acacia, ApiVersion::Dahlia]
    };
    let mut tellings: Vec<Telling> = Vec::new();
    for version in versions {
        let events = story(scenario, version);
        match tellings.iter_mut().find(|known| known.events == events) {
            Some(known) => known.versions.push_str(&format!(", {version}")),
            None => tellings.push(Telling {
                versions: version.to_string(),
                events,
            }),
        }
    }
    tellings
}

/// The events of a story as the webhook reads them, in the order in which they
/// happened.
fn story(scenario: Scenario, version: ApiVersion) -> Vec<BillingEvent> {
    reported_by("s", scenario, version, tests::at(tests::NOW))
}

/// The same for a story whose ids bear another suffix.
fn reported_by(
    suffix: &str,
    scenario: Scenario,
    version: ApiVersion,
    start: Timestamp,
) -> Vec<BillingEvent> {
    let cast = Cast::new(SOMEBODY, suffix, start);
    let events = Story::render(scenario, &cast, version);
    let read = events.iter().map(|event| {
        let payload = event.payload();
        stripe_webhook::read(payload.as_bytes()).unwrap()
    });
    read.collect()
}

/// The moment at which all of them have happened.
fn end_of(events: &[BillingEvent]) -> Timestamp {
    let moments = events.iter().map(|event| event.created);
    moments.max().unwrap_or(Timestamp::MIN)
}

/// The generator SplitMix64: small, and good from any seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % u64::try_from(bound).unwrap()).unwrap()
    }

    /// Every event once and up to half of them again, in any order.
    fn shuffle(&mut self, events: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..events).collect();
        for _ in 0..self.below(events / 2 + 1) {
            order.push(self.below(events));
        }
        for last in (1..order.len()).rev() {
            order.swap(last, self.below(last + 1));
        }
        order
    }
}

/// A number with its thousands set apart, for what is printed.
fn counted(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
