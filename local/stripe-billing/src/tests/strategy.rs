//! Random histories must cover the cases they are made for.

use std::collections::BTreeSet;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::*;
use crate::oracle::expected_of;
use crate::strategy::{histories, histories_of};

/// That many histories, always the same ones.
fn some<S: Strategy<Value = History>>(strategy: S, count: usize) -> Vec<History> {
    let mut runner = TestRunner::deterministic();
    let next = |_| strategy.new_tree(&mut runner).unwrap().current();
    (0..count).map(next).collect()
}

#[test]
fn every_kind_of_act_applies_in_some_random_history() {
    let mut applied = BTreeSet::new();
    for history in some(histories(14), 700) {
        let mut world = World::new(&history);
        for step in &history.steps {
            world.advance(world.now() + i64::from(step.wait_s));
            let name = format!("{:?}", step.act);
            if world.apply(step.act) {
                applied.insert(name.split(' ').next().unwrap().to_string());
            }
        }
    }
    assert_eq!(applied.len(), 21, "{applied:?}");
}

/// A test that excludes ambiguous histories must keep most of them.
#[test]
fn most_random_histories_leave_no_doubt() {
    for (crediting, least) in [
        (Crediting::Named, 85),
        (Crediting::PerDebit, 85),
        (Crediting::Unnamed, 65),
    ] {
        let histories = some(histories_of(crediting, 14), 200);
        let worlds = histories.iter().map(World::run);
        let clear = worlds.filter(|world| expected_of(world).doubts.is_empty());
        let percent = clear.count() / 2;
        assert!(percent >= least, "{crediting:?}: {percent} %");
    }
}
