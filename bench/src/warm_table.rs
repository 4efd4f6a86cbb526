//! The table of warm calls of our own functions.

use std::time::Duration;

use axum::body::Bytes;
use local::stripe::{ApiVersion, Cast, Scenario, Story};
use shared::domain::Timestamp;
use shared::host::clock::Clock;

use crate::engine::Engine;
use crate::events;
use crate::lambda::{LambdaError, Program, Sandbox};
use crate::report::{Report, Table, exact_ms};
use crate::warm::{Measured, measure};

/// Measures the calls that apps, services and Stripe make most.
pub(crate) async fn run(
    report: &mut Report,
    engine: &Engine,
    function: impl Fn(&str) -> Program,
    calls: u32,
) -> Result<(), LambdaError> {
    let columns = [
        "warm calls",
        "p50 ms",
        "p99 ms",
        "CPU ms",
        "calls per CPU second",
        "answers",
    ];
    let mut table = Table::new("Warm", &columns);
    let mut sandbox = Sandbox::start(&function("credits"), None).await?;
    for (what, event) in credits_calls("warm") {
        line(
            report,
            &mut table,
            what,
            measure(&mut sandbox, calls, &event).await?,
        );
    }
    sandbox.end().await?;

    let mut sandbox = Sandbox::start(&function("stripe-webhook"), None).await?;
    let now = engine.world.clock.now();
    // In story order: each line depends on the one before it.
    for (at, what) in [
        "webhook, checkout",
        "webhook, subscription created",
        "webhook, invoice paid",
        "webhook, payment of the invoice",
        "webhook, refund of the invoice",
    ]
    .iter()
    .enumerate()
    {
        let event = |call| reported(call, at, now);
        line(
            report,
            &mut table,
            what,
            measure(&mut sandbox, calls, &event).await?,
        );
    }
    let same = |_| reported(0, 2, now);
    line(
        report,
        &mut table,
        "webhook, repeated",
        measure(&mut sandbox, calls, &same).await?,
    );
    sandbox.end().await?;
    table.note(
        "One sandbox, one call at a time. CPU is the function's process alone, TLS to the tables included; \
         the times contain the embedded engine's work, which on AWS is DynamoDB's.",
    );
    report.table(&table);
    Ok(())
}

/// Creates the events of one kind of call from their numbers.
type Events = Box<dyn Fn(u32) -> Bytes>;

/// The calls of an app and of a service, under keys that begin with `prefix`;
/// the replayed one repeats the first that was accepted.
fn credits_calls(prefix: &'static str) -> [(&'static str, Events); 4] {
    let user = "pro-user";
    let charge = move |key: String, amount| events::charge(user, &key, amount);
    [
        ("GET credits", Box::new(move |_| events::get_credits(user))),
        (
            "charge, accepted",
            Box::new(move |call| charge(format!("{prefix}-{call}"), "0.001")),
        ),
        (
            "charge, refused",
            Box::new(move |call| charge(format!("{prefix}-refused-{call}"), "900000")),
        ),
        (
            "charge, replayed",
            Box::new(move |_| charge(format!("{prefix}-0"), "0.001")),
        ),
    ]
}

/// Measures the same with a more distant DynamoDB, so that round trips show: a
/// call with two trips gets twice the extra time.
pub(crate) async fn trips(
    report: &mut Report,
    function: impl Fn(&str) -> Program,
    calls: u32,
) -> Result<(), LambdaError> {
    let columns = ["4 ms further from the tables", "p50 ms", "p99 ms"];
    let mut table = Table::new("Trips", &columns);
    let mut sandbox = Sandbox::start(&function("credits"), None).await?;
    for (what, event) in credits_calls("far") {
        let measured = measure(&mut sandbox, calls, &event).await?;
        report.samples(&format!("4 ms further, {what}"), &measured.times);
        table.row(vec![
            what.to_string(),
            exact_ms(measured.percentile(50)),
            exact_ms(measured.percentile(99)),
        ]);
    }
    sandbox.end().await?;
    report.table(&table);
    Ok(())
}

/// One event of the story of a refunded invoice, with its own customer.
pub(crate) fn reported(customer: u32, at: usize, now: Timestamp) -> Bytes {
    let name = format!("bench-{customer}");
    let cast = Cast::new(&name, &name, now);
    let story = Story::render(Scenario::RefundInvoice, &cast, ApiVersion::Dahlia);
    let event = story.get(at).map(|event| events::webhook(event, now));
    event.unwrap_or_default()
}

fn line(report: &mut Report, table: &mut Table, what: &str, measured: Measured) {
    report.samples(what, &measured.times);
    let per_second = Duration::from_secs(1).as_nanos() / measured.cpu.as_nanos().max(1);
    let answers = measured.statuses.iter();
    let answers: Vec<String> = answers
        .map(|(status, count)| format!("{count} x {status}"))
        .collect();
    table.row(vec![
        what.to_string(),
        exact_ms(measured.percentile(50)),
        exact_ms(measured.percentile(99)),
        exact_ms(measured.cpu),
        per_second.to_string(),
        answers.join(", "),
    ]);
}
