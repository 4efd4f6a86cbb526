//! One row of the price list: what went before, what is asked, the answer and
//! its cost. A row is driven by recorded events in new processes, and says
//! whether the process that is measured has seen the user before.

use local::World;
use serde_json::{Value, json};
use shared::host::clock::Clock;
use tests::NOW;

use super::{Asked, Cost, watch};
use crate::routes::{Functions, recorded};

/// A recorded event's name, the idempotency key to send (empty = none) and the
/// body, or for a GET the query (empty = none). `clock` moves the time.
pub(super) type Step = (&'static str, &'static str, &'static str);

/// What the measured process remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Process {
    /// Nothing: a sandbox that has just started.
    Cold,
    /// What it learned in the steps before.
    Warm,
}

pub(super) use Process::{Cold, Warm};

/// A row of the price list.
pub(super) struct Row {
    pub(super) outcome: &'static str,
    pub(super) before: &'static [Step],
    pub(super) process: Process,
    pub(super) step: Step,
    pub(super) status: u16,
    pub(super) costs: &'static [Cost],
}

/// A row without field names, so that a list of them reads as a table.
pub(super) const fn row(
    outcome: &'static str,
    before: &'static [Step],
    process: Process,
    step: Step,
    status: u16,
    costs: &'static [Cost],
) -> Row {
    Row {
        outcome,
        before,
        process,
        step,
        status,
        costs,
    }
}

/// What went unmeasured is not checked, what is measured is.
const UNLIMITED: &[(&str, &str)] = &[];

impl Row {
    /// The route the row is about.
    pub(super) fn route(&self) -> String {
        let event = recorded(&format!("{}.json", self.step.0));
        event["routeKey"].as_str().unwrap().to_string()
    }

    pub(super) fn what(&self) -> String {
        format!("{}: {}, {:?}", self.step.0, self.outcome, self.process)
    }

    /// Plays the row on a world whose clock and account are as at the start, and
    /// watches its last step. `number` keeps the keys of rows apart.
    pub(super) async fn play(&self, world: &World, number: usize) -> Asked {
        world.clock.set(tests::at(NOW));
        let mut functions = Functions::of(world, UNLIMITED);
        for (name, key, body) in self.before {
            if *name == "clock" {
                world.clock.advance(body).unwrap();
                continue;
            }
            let event = event((name, key, body), number, world);
            let response = functions.respond(&event).await;
            let status = response["statusCode"].as_u64().unwrap();
            assert!(status < 400, "before {}: {response}", self.what());
        }
        if self.process == Cold {
            functions = Functions::of(world, UNLIMITED);
        }
        let watched = watch(world);
        let response = functions.respond(&event(self.step, number, world)).await;
        assert_eq!(
            response["statusCode"],
            self.status,
            "{}: {response}",
            self.what()
        );
        watched.end_of_request(&self.what())
    }
}

/// The recorded event with the step's key and body, about the row's own hold.
fn event((name, key, body): Step, number: usize, world: &World) -> Value {
    let mut event = recorded(&format!("{name}.json"));
    if !key.is_empty() {
        event["headers"]["idempotency-key"] = json!(format!("{key}-{number}"));
    }
    if event["pathParameters"]["holdId"].is_string() {
        event["pathParameters"]["holdId"] = json!(format!("h-{number}"));
    }
    // The counters of a minute are of no row's concern.
    event["requestContext"]["timeEpoch"] = json!(world.clock.now().unix_seconds() * 1000);
    if event["requestContext"]["http"]["method"] == "GET" {
        let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
        let query = pairs.map(|(name, value)| (name.to_string(), json!(value)));
        event["queryStringParameters"] = Value::Object(query.collect());
    } else if !body.is_empty() {
        // Keys in a body are kept apart like those in headers.
        event["body"] = json!(body.replace("$n", &number.to_string()));
    }
    event
}
