//! What goes wrong on the way: drawn for each request from the seed of its step, so that
//! a step meets the same faults whatever stands before it in a shrunk story.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use local::dynamodb::Fault;

use crate::random::Random;

tokio::task_local! {
    /// The step that the running task works for.
    static STEP: Weather;
}

/// What is between a step and its answer. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Weather {
    random: Arc<Mutex<Random>>,
    counts: Counts,
    kind: Kind,
}

/// How often something goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Calm,
    Usual,
    /// Most requests fail, one after the other, until whoever sends them gives up.
    Storm,
    /// Reads are answered and hardly any write is: what has been read and decided is lost.
    WritesThrottled,
}

/// In a storm every fault is so many times as likely.
const STORM: u64 = 15;
/// So many steps in a thousand meet a storm.
const STORMS: u64 = 40;
/// So many storms in a thousand strike writes alone.
const OF_WRITES: u64 = 500;
/// So many writes in a thousand are throttled in one of those.
const WRITES_THROTTLED: u64 = 950;

/// How often each kind of fault was injected. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts(Arc<Mutex<BTreeMap<&'static str, u64>>>);

/// What happens to one request to DynamoDB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Passes,
    Fails(Fault),
    /// A batch is answered in part.
    InPart,
}

/// The weather of a machine whose work goes on in tasks of its own: that of its last call.
/// Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Climate(Arc<Mutex<Option<Weather>>>);

impl Climate {
    pub(crate) fn set(&self, weather: Weather) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(weather);
    }

    pub(crate) fn now(&self) -> Weather {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.clone().unwrap_or_else(Weather::now)
    }
}

impl Counts {
    pub(crate) fn add(&self, kind: &'static str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(kind).or_default();
        *count = count.saturating_add(1);
    }

    pub(crate) fn all(&self) -> BTreeMap<&'static str, u64> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Weather {
    /// The faults of a step.
    pub(crate) fn of(seed: u64, counts: &Counts) -> Self {
        let mut random = Random::new(seed);
        let kind = if !random.chance(STORMS) {
            Kind::Usual
        } else if random.chance(OF_WRITES) {
            Kind::WritesThrottled
        } else {
            Kind::Storm
        };
        Weather {
            random: Arc::new(Mutex::new(random)),
            counts: counts.clone(),
            kind,
        }
    }

    /// No faults at all.
    pub(crate) fn calm(counts: &Counts) -> Self {
        Weather {
            kind: Kind::Calm,
            ..Weather::of(0, counts)
        }
    }

    /// The weather of the running task; calm outside of steps.
    pub(crate) fn now() -> Self {
        let known = STEP.try_with(Clone::clone);
        known.unwrap_or_else(|_| Weather::calm(&Counts::default()))
    }

    /// Runs a task in this weather.
    pub(crate) async fn over<F: Future>(self, task: F) -> F::Output {
        STEP.scope(self, task).await
    }

    fn draw<T>(&self, draw: impl FnOnce(&mut Random) -> T) -> T {
        draw(&mut self.random.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Happens so many times in a thousand.
    pub(crate) fn strikes(&self, kind: &'static str, in_a_thousand: u64) -> bool {
        let in_a_thousand = match self.kind {
            Kind::Calm => return false,
            Kind::Usual | Kind::WritesThrottled => in_a_thousand,
            Kind::Storm => in_a_thousand.saturating_mul(STORM).min(700),
        };
        let strikes = self.draw(|random| random.chance(in_a_thousand));
        if strikes {
            self.counts.add(kind);
        }
        strikes
    }

    /// A number below a limit.
    pub(crate) fn below(&self, limit: u64) -> u64 {
        self.draw(|random| random.below(limit))
    }

    /// How long a leg of the way takes: mostly a millisecond or two, sometimes very long.
    pub(crate) fn latency(&self) -> Duration {
        if self.kind == Kind::Calm {
            return Duration::from_millis(1);
        }
        let millis = self.draw(|random| match random.below(20) {
            0 => random.below(400),
            1..=4 => random.below(40),
            _ => random.below(4),
        });
        Duration::from_millis(millis)
    }

    /// What happens to a request of an operation.
    pub(crate) fn fate(&self, operation: &str) -> Fate {
        let is_transaction = operation == "TransactWriteItems";
        let throttled = match self.kind {
            Kind::WritesThrottled if is_write(operation) => WRITES_THROTTLED,
            Kind::Calm | Kind::Usual | Kind::Storm | Kind::WritesThrottled => 15,
        };
        let kinds: [(&'static str, u64, Fate); 8] = [
            ("never sent", 8, Fate::Fails(Fault::NotSent)),
            (
                "reply lost after the write",
                15,
                Fate::Fails(Fault::LostReply),
            ),
            (
                "500 though applied",
                10,
                Fate::Fails(Fault::ServerErrorAfterApply),
            ),
            ("500", 8, Fate::Fails(Fault::ServerError)),
            ("throttled", throttled, Fate::Fails(Fault::Throttled)),
            ("never answered", 2, Fate::Fails(Fault::Hang)),
            (
                "transaction conflict",
                if is_transaction { 30 } else { 0 },
                Fate::Fails(Fault::TransactionConflict),
            ),
            (
                "unprocessed keys",
                if operation == "BatchGetItem" { 60 } else { 0 },
                Fate::InPart,
            ),
        ];
        let found = kinds
            .into_iter()
            .find(|(kind, chance, _)| self.strikes(kind, *chance));
        found.map_or(Fate::Passes, |(_, _, fate)| fate)
    }
}

/// Does an operation change tables?
pub(crate) fn is_write(operation: &str) -> bool {
    matches!(
        operation,
        "PutItem" | "UpdateItem" | "DeleteItem" | "TransactWriteItems" | "BatchWriteItem"
    )
}
