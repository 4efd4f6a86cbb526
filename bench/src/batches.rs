//! How often one account can be charged a second: one charge after the other, alone and
//! in batches, near the tables and further away.

use std::time::Duration;

use crate::events;
use crate::lambda::{LambdaError, Program, Sandbox};
use crate::report::{Report, Table, exact_ms};
use crate::warm::measure;

const USER: &str = "pro-user";
/// The sizes of batches; 1 = a charge alone.
const SIZES: [u32; 3] = [1, 10, 25];

/// Measures the sizes at each distance.
pub(crate) async fn run(
    report: &mut Report,
    distances: [(&'static str, Program); 2],
    calls: u32,
) -> Result<(), LambdaError> {
    let columns = [
        "charges of one account",
        "charges a call",
        "p50 ms",
        "charges a second",
    ];
    let mut table = Table::new("Batches", &columns);
    for (distance, function) in distances {
        let mut sandbox = Sandbox::start(&function, None).await?;
        for size in SIZES {
            let event = |call: u32| {
                let key = format!("{}-{size}-{call}", distance.replace(' ', "-"));
                if size == 1 {
                    events::charge(USER, &key, "0.001")
                } else {
                    events::charges(USER, &key, size)
                }
            };
            let measured = measure(&mut sandbox, calls, &event).await?;
            let whole: Duration = measured.times.iter().sum();
            let charges = u128::from(calls) * u128::from(size);
            let per_second = charges * Duration::from_secs(1).as_nanos() / whole.as_nanos().max(1);
            report.samples(
                &format!("{distance}, {size} charges a call"),
                &measured.times,
            );
            table.row(vec![
                distance.to_string(),
                size.to_string(),
                exact_ms(measured.percentile(50)),
                per_second.to_string(),
            ]);
        }
        sandbox.end().await?;
    }
    table.note("One sandbox, one call after the other.");
    report.table(&table);
    Ok(())
}
