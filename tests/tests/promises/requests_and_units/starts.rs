//! What a function asks of the tables while its sandbox starts, before its
//! first event.

use local::World;
use shared::store::Table;

use super::price_list::STRONG_QUERY;
use super::webhook::CATALOGUE;
use super::{AccessesByFunction, Cost, READ, check};
use crate::routes::Functions;

/// Nothing is found, which costs as much as something small. Without tables, what the
/// function reads ahead of time opens the connection.
const STARTS: [(&str, &[Table], &[Cost]); 8] = [
    ("billing", &[], &[STRONG_QUERY]),
    ("credits", credits::TABLES, &[READ]),
    ("notify", notify::TABLES, &[READ]),
    ("profile", profile::TABLES, &[READ]),
    ("sign-up", sign_up::TABLES, &[READ]),
    ("token", token::TABLES, &[READ]),
    ("stripe-webhook", &[], &CATALOGUE),
    ("watch", watch::TABLES, &[READ]),
];

/// Starts every function as its `main.rs` does.
pub(super) async fn check_all(world: &World) -> AccessesByFunction {
    let mut accesses = AccessesByFunction::default();
    for (function, tables, costs) in STARTS {
        let functions = Functions::of(world, &[]);
        let watched = super::watch(world);
        world.store.warm_up(tables).await;
        match function {
            "stripe-webhook" => functions.warm_up().await,
            "billing" => functions.warm_up_selling().await,
            _ => {}
        }
        let asked = watched.end();
        check(&format!("{function} starts"), &asked.costs, costs);
        accesses.add_of(function, asked.accesses);
    }
    accesses
}

#[tokio::test]
async fn a_start_costs_what_the_table_says() {
    check_all(&tests::world().await).await;
}
