//! What a function asked of the tables between two moments: what it costs, and
//! what its role has to allow.

use std::collections::{BTreeMap, BTreeSet};

use local::World;
use local::dynamodb::{Access, MeterSnapshot};
use serde_json::Value;

use super::{Cost, check};
use crate::logs::check_against_meter;
use crate::routes::Functions;

/// Like [`Cost`], as the meter has it.
pub(super) type Measured = (String, u64, u64, u64);

/// What was asked.
pub(super) struct Asked {
    pub(super) costs: MeterSnapshot,
    pub(super) accesses: BTreeSet<Access>,
}

/// A world that is being watched.
pub(super) struct Watched<'a>(&'a World);

/// Watches what is asked from now on.
pub(super) fn watch(world: &World) -> Watched<'_> {
    world.dynamodb.meter().reset();
    world.dynamodb.accesses().start();
    Watched(world)
}

impl Watched<'_> {
    pub(super) fn end(self) -> Asked {
        Asked {
            costs: self.0.dynamodb.meter().snapshot(),
            accesses: self.0.dynamodb.accesses().stop(),
        }
    }

    /// The same after one request, whose line in the log has to say what it cost.
    pub(super) fn end_of_request(self, what: &str) -> Asked {
        let world = self.0;
        let asked = self.end();
        check_against_meter(what, world, &asked.costs);
        asked
    }
}

/// What a table of costs says, as the meter would have it.
pub(super) fn promised((name, requests, reads, writes): &Cost) -> Measured {
    (name.to_string(), *requests, *reads, *writes)
}

/// Requests, read units in halves, write units in halves, by operation.
pub(super) fn measured(costs: &MeterSnapshot) -> Vec<Measured> {
    let operations = costs.operations.iter();
    operations
        .map(|(name, count)| {
            let (reads, writes) = (count.read_units, count.write_units);
            let (reads, writes) = (reads.half_units(), writes.half_units());
            (name.clone(), count.requests, reads, writes)
        })
        .collect()
}

/// The kinds of access of each function, by its name.
#[derive(Clone, Debug, Default)]
pub(crate) struct AccessesByFunction(pub(crate) BTreeMap<String, BTreeSet<Access>>);

impl AccessesByFunction {
    /// Sends a recorded request, holds its status and its costs against what a row says,
    /// and adds what its function asked.
    pub(super) async fn check_request(
        &mut self,
        world: &World,
        functions: &Functions,
        event: &Value,
        (what, status, costs): (&str, u16, &[Cost]),
    ) {
        let watched = watch(world);
        let response = functions.respond(event).await;
        assert_eq!(response["statusCode"], status, "{what}: {response}");
        let asked = watched.end_of_request(what);
        check(what, &asked.costs, costs);
        self.add(world, event["routeKey"].as_str().unwrap(), asked.accesses);
    }

    /// What the function behind a route asked.
    pub(super) fn add(&mut self, world: &World, route: &str, accesses: BTreeSet<Access>) {
        let mut routes = world.deployment.routes.iter();
        let route = routes.find(|other| other.key == route).unwrap();
        self.add_of(&route.function, accesses);
    }

    /// What a function asked.
    pub(super) fn add_of(&mut self, function: &str, accesses: BTreeSet<Access>) {
        let own = self.0.entry(function.to_string()).or_default();
        own.extend(accesses);
    }

    pub(super) fn extend(&mut self, others: AccessesByFunction) {
        for (function, accesses) in others.0 {
            self.add_of(&function, accesses);
        }
    }
}
