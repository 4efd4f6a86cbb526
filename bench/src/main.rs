//! `bench`: how fast the credit routes and the webhook are and what they cost
//! on DynamoDB.
//!
//! Everything runs in this process: gateway with a verified token, function,
//! store and the embedded engine, without sockets. The engine stands for
//! DynamoDB, so the times compare releases of this project with each other;
//! requests and units are those of AWS.

mod measure;

use std::process::ExitCode;

use clap::Parser;
use local::identity::TokenRequest;
use local::stripe::{ApiVersion, Cast, Scenario, Story};
use local::{STRIPE_WEBHOOK_SECRET, World, WorldOptions};
use measure::{Caller, Measured, run};

const EXAMPLES: &str = "\
Examples:
  cargo run --release -p bench                      all of it
  cargo run --release -p bench -- --calls 20000     longer";

/// Prints how fast the credit routes are and what they cost on DynamoDB.
#[derive(Parser)]
#[command(name = "bench", version, after_help = EXAMPLES)]
struct Cli {
    /// Calls per line
    #[arg(long, default_value_t = 5000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    calls: u32,
    /// Callers at once in the lines that say so
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=256))]
    callers: u32,
}

#[tokio::main]
async fn main() -> ExitCode {
    match all(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn all(cli: Cli) -> Result<(), Box<dyn std::error::Error>> {
    if cfg!(debug_assertions) {
        eprintln!("bench: this is a debug build; times mean little without --release");
    }
    let options = WorldOptions {
        variables: [("RATE_LIMIT_CREDITS_PER_MINUTE".to_string(), "0".to_string())].into(),
        ..WorldOptions::default()
    };
    let world = World::create(&options, "http://bench.invalid".to_string()).await?;
    let now = shared::host::clock::Clock::now(&world.clock).unix_seconds();
    let token = |request: TokenRequest| {
        let long = TokenRequest {
            expires_in: 86_400,
            ..request
        };
        world.issuer.issue(&long, now)
    };
    let service = token(TokenRequest::client_credentials(
        "inference-service",
        "credits.charge",
        "bench",
    ))?;
    let user = token(TokenRequest::access("pro-user", "credits.read", "bench"))?;

    println!(
        "{:<34}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}",
        "", "calls/s", "p50 us", "p99 us", "own us", "requests", "reads", "writes"
    );
    let read = |_, _| Caller::get("/api/user/credits", &user);
    show("GET credits", run(&world, 1, cli.calls, &read).await);
    show(
        "GET credits, at once",
        run(&world, cli.callers, cli.calls, &read).await,
    );
    let each = |caller: u32, call: u32| {
        let key = format!("each-{caller}-{call}");
        Caller::charge(&format!("bench-{caller}"), &service, &key, "0.001")
    };
    show("charge", run(&world, 1, cli.calls, &each).await);
    let spread = |caller: u32, call: u32| each(caller + 1, call);
    show(
        "charge, each its own user, at once",
        run(&world, cli.callers, cli.calls, &spread).await,
    );
    let one = |caller: u32, call: u32| {
        let key = format!("one-{caller}-{call}");
        Caller::charge("pro-user", &service, &key, "0.001")
    };
    show(
        "charge, all one user, at once",
        run(&world, cli.callers, cli.calls, &one).await,
    );
    let same = |_, _| Caller::charge("pro-user", &service, "one-0-0", "0.001");
    show("charge, replayed", run(&world, 1, cli.calls, &same).await);
    let refused =
        |_, call: u32| Caller::charge("pro-user", &service, &format!("refused-{call}"), "900000");
    show("charge, refused", run(&world, 1, cli.calls, &refused).await);
    webhook(&world, cli.calls).await;
    Ok(())
}

/// Events of Stripe, each of its own customer, and one of them again and again.
async fn webhook(world: &World, calls: u32) {
    let now = shared::host::clock::Clock::now(&world.clock);
    let event = |scenario, at: usize, call: u32| {
        let name = format!("bench-{call}");
        let story = Story::render(scenario, &Cast::new(&name, &name, now), ApiVersion::Dahlia);
        let event = story.get(at).cloned();
        event.map(|event| Caller::webhook(&event, STRIPE_WEBHOOK_SECRET, now))
    };
    // In the order of the story: each line finds what the one before it left.
    for (what, scenario, at) in [
        ("webhook, checkout", Scenario::RefundInvoice, 0),
        ("webhook, subscription created", Scenario::RefundInvoice, 1),
        ("webhook, invoice paid", Scenario::RefundInvoice, 2),
        (
            "webhook, payment of the invoice",
            Scenario::RefundInvoice,
            3,
        ),
        ("webhook, refund of the invoice", Scenario::RefundInvoice, 4),
    ] {
        let new = |_, call| event(scenario, at, call).unwrap_or_default();
        show(what, run(world, 1, calls, &new).await);
    }
    let same = |_, _| event(Scenario::RefundInvoice, 2, 0).unwrap_or_default();
    show("webhook, repeated", run(world, 1, calls, &same).await);
}

fn show(what: &str, measured: Measured) {
    let Measured {
        per_second,
        p50_us,
        p99_us,
        own_us,
        requests,
        reads,
        writes,
        statuses,
    } = measured;
    let own_us = own_us.map_or("-".to_string(), |own_us| own_us.to_string());
    println!(
        "{what:<34}{per_second:>10}{p50_us:>10}{p99_us:>10}{own_us:>10}{requests:>10}{reads:>10}{writes:>10}  {statuses}"
    );
}
