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
    let user = "pro-user";
    let lines: [(&str, &dyn Fn(u32) -> Bytes); 4] = [
        ("GET credits", &|_| events::get_credits(user)),
        ("charge, accepted", &|call| {
            events::charge(user, &format!("warm-{call}"), "0.001")
        }),
        ("charge, refused", &|call| {
            events::charge(user, &format!("refused-{call}"), "900000")
        }),
        ("charge, replayed", &|_| {
            events::charge(user, "warm-0", "0.001")
        }),
    ];
    for (what, event) in lines {
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
    // In the order of the story: each line finds what the one before it left.
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
        let event = |call| told(call, at, now);
        line(
            report,
            &mut table,
            what,
            measure(&mut sandbox, calls, &event).await?,
        );
    }
    let same = |_| told(0, 2, now);
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

/// Measures the same where DynamoDB is further away, so that trips show: a call
/// that makes two of them takes twice the time more.
pub(crate) async fn trips(
    report: &mut Report,
    function: impl Fn(&str) -> Program,
    calls: u32,
) -> Result<(), LambdaError> {
    let columns = ["4 ms further from the tables", "p50 ms", "p99 ms"];
    let mut table = Table::new("Trips", &columns);
    let mut sandbox = Sandbox::start(&function("credits"), None).await?;
    let user = "pro-user";
    let lines: [(&str, &dyn Fn(u32) -> Bytes); 4] = [
        ("GET credits", &|_| events::get_credits(user)),
        ("charge, accepted", &|call| {
            events::charge(user, &format!("far-{call}"), "0.001")
        }),
        ("charge, refused", &|call| {
            events::charge(user, &format!("far-refused-{call}"), "900000")
        }),
        ("charge, replayed", &|_| {
            events::charge(user, "far-0", "0.001")
        }),
    ];
    for (what, event) in lines {
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

/// One event of the story of a refunded invoice, of a customer of its own.
pub(crate) fn told(customer: u32, at: usize, now: Timestamp) -> Bytes {
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
