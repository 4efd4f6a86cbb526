//! Each function's role allows what the function does and nothing else. What it
//! does is taken from the rows that settle its costs: whoever makes it ask for
//! more adds a row there and a permission in the template, or this fails.

mod beside;
mod judge;
mod mutations;

use std::sync::LazyLock;

use crate::architecture::check;
use crate::requests_and_units::all_accesses;
use judge::Judge;

/// There is room on it for all rows in one unoptimised future.
const STACK_BYTES: usize = 32 << 20;

/// Every function of the template with what it was seen to do; all rows are
/// played for it once.
fn judges() -> &'static [Judge] {
    static JUDGES: LazyLock<Vec<Judge>> = LazyLock::new(|| {
        let play = || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().unwrap();
            runtime.block_on(watch_all())
        };
        let player = std::thread::Builder::new().stack_size(STACK_BYTES);
        player.spawn(play).unwrap().join().unwrap()
    });
    &JUDGES
}

async fn watch_all() -> Vec<Judge> {
    let functions = tests::world().await.deployment.functions.clone();
    let mut accesses = all_accesses().await.0;
    let judges = functions.into_iter().map(|function| Judge {
        seen: accesses.remove(&function.name).unwrap_or_default(),
        function,
    });
    let judges = judges.collect();
    assert!(
        accesses.is_empty(),
        "no function in the template: {accesses:?}"
    );
    judges
}

#[test]
fn every_role_allows_what_its_function_does_and_nothing_else() {
    check(judges().iter().flat_map(Judge::findings).collect());
}

#[test]
fn every_function_was_seen_at_work() {
    let idle = judges().iter().filter(|judge| judge.seen.is_empty());
    let idle = idle.map(|judge| format!("{}: add its rows", judge.function.name));
    check(idle.collect());
}
