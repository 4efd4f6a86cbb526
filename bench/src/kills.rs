//! Real processes are killed: release binaries work for clients and for Stripe, on tables
//! behind TLS, and get SIGKILL anywhere in a request. Whoever was not answered asks again
//! under the same key. In the end nothing is lost and nothing is done twice.
//!
//! Runs if RELEASE_BUILD names the folder of a release build (`sam build` makes
//! `.aws-sam/build`).

mod clients;
mod judge;
mod machines;
mod merchant;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use shared::host::clock::{Clock, Stopwatch};
use shared::host::environment::Variables;
use tokio::task::JoinSet;

use crate::engine::Engine;
use clients::{Book, Client};
use machines::{Fleet, Random};
use merchant::Merchant;

/// How many processes are killed before they answer.
const KILLS: u32 = 200;
/// Clients of the service that work at the same time.
const CLIENTS: u64 = 8;
/// The users whom they charge: several of them at once.
const USERS: [&str; 3] = ["free-user", "pro-user", "newcomer"];
/// Where the kills fall is drawn from it.
const SEED: u64 = 20_261_128;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_done_twice_when_processes_are_killed_anywhere() {
    let variables = Variables::of_this_process();
    let Some(build) = variables.optional("RELEASE_BUILD") else {
        println!("not run: set RELEASE_BUILD to the folder of a release build");
        return;
    };
    let build = PathBuf::from(build);
    let stopwatch = Stopwatch::start();
    let engine = Engine::start().await.unwrap();
    let fleet = Arc::new(Fleet::of(&build, engine.variables(), KILLS));
    let merchant = Merchant::of(Clock::now(&engine.world.clock));

    // They work until so many processes are gone, then each ends what it has begun.
    let mut working = JoinSet::new();
    for number in 0..CLIENTS {
        let client = Client::new(number, USERS, Random::of(SEED + number));
        let fleet = fleet.clone();
        working.spawn(async move { client.work(&fleet).await });
    }
    let events = merchant.clone();
    let for_stripe = fleet.clone();
    let random = Random::of(SEED + CLIENTS);
    let posting = tokio::spawn(async move { events.post_all(&for_stripe, random).await });
    let mut book = Book::default();
    while let Some(done) = working.join_next().await {
        book.add(done.unwrap());
    }
    posting.await.unwrap();
    fleet.is_calm();

    let calm = merchant.in_calm_weather(&build).await;
    judge::holds(&engine, &fleet, &book, &merchant, &calm).await;
    println!(
        "{} processes killed, {} started, {} answers, {} asked again, {} keys done, {} refused, \
         {} events in {} deliveries, {:?}",
        fleet.killed(),
        fleet.started(),
        fleet.answered(),
        fleet.unanswered(),
        book.done(),
        book.refused(),
        merchant.events(),
        merchant.deliveries(),
        Duration::from_millis(u64::try_from(stopwatch.elapsed().as_millis()).unwrap()),
    );
}
