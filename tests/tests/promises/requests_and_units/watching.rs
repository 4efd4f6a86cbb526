//! What looking after the tables costs while there is nothing to check, and what a check of
//! everything reads.

use super::{AccessesByFunction, Cost, check};
use crate::operator::ground::Ground;
use crate::watching::Watching;

/// Every five minutes, all day: where the pass has come to, and the gauges, which ask 64
/// shards of one kind of parked events twice and of another once.
const NOTHING_TO_DO: &[Cost] = &[("GetItem", 1, 2, 0), ("Query", 192, 192, 0)];

pub(super) async fn check_all() -> AccessesByFunction {
    let ground = Ground::rich().await;
    let watching = Watching::over(&ground.world);
    let (meter, accesses) = (
        ground.world.dynamodb.meter(),
        ground.world.dynamodb.accesses(),
    );
    accesses.start();
    let line = watching.call().await;
    assert!(line["AccountsVerified"].as_u64() >= Some(9), "{line}");
    meter.reset();
    watching.call().await;
    check("nothing is to be done", &meter.snapshot(), NOTHING_TO_DO);
    let mut all = AccessesByFunction::default();
    all.add_of("watch", accesses.stop());
    all
}

#[tokio::test]
async fn a_quiet_call_of_watch_costs_what_the_table_says() {
    check_all().await;
}
