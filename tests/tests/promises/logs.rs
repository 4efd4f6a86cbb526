//! The log: what its lines say and count, and what they never show.

mod canaries;
mod form;
mod layers;
mod trouble;

use local::World;
use local::dynamodb::MeterSnapshot;
use serde_json::Value;
use shared::host::sink::KeptLines;

/// All lines since the last time, each read as the JSON it must be.
pub(crate) fn taken(lines: &KeptLines) -> Vec<Value> {
    let lines = lines.take().into_iter();
    let read = lines.map(|line| {
        assert!(!line.contains(['\n', '\r']), "more than a line: {line}");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    });
    read.collect()
}

/// The lines of requests among them: they alone have a route.
pub(crate) fn of_requests(lines: Vec<Value>) -> Vec<Value> {
    let mut lines = lines;
    lines.retain(|line| line.get("route").is_some());
    lines
}

/// The line of the only request since the last time.
#[track_caller]
fn of_one_request(world: &World) -> Value {
    let mut lines = of_requests(taken(&world.log));
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

/// The newest request's line counts what the meter measured, to the half unit.
#[track_caller]
pub(crate) fn check_against_meter(what: &str, world: &World, measured: &MeterSnapshot) {
    let lines = of_requests(taken(&world.log));
    let line = lines.last().expect("every request leaves a line");
    let half_units = |name: &str| (line[name].as_f64().unwrap() * 2.0).round() as u64;
    let reported = (
        line["DynamoDbRequests"].as_u64().unwrap(),
        half_units("ReadUnits"),
        half_units("WriteUnits"),
    );
    let total = measured.total;
    let (reads, writes) = (total.read_units, total.write_units);
    let measured = (total.requests, reads.half_units(), writes.half_units());
    assert_eq!(
        reported, measured,
        "{what}: requests, half units read, written"
    );
}
