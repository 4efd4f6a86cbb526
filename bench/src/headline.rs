//! The headline figures, with the peers that they are compared with.

use std::time::Duration;

use crate::beside::Cpu;
use crate::cold_table::Totals;
use crate::over_http::Servers;
use crate::report::{Report, Table, exact_ms, ms};

/// The name of our function in tables.
const OURS: &str = "credits";

/// Prints how many times less ours takes than each peer.
pub(crate) fn say(report: &mut Report, totals: &Totals, cpu: &Cpu, servers: Servers) {
    let columns = ["headline", "ours", "other", "times"];
    let mut table = Table::new("Headline", &columns);
    if let Some(ours) = totals.get(OURS) {
        for (name, other) in totals.iter().filter(|(name, _)| cpu.contains_key(*name)) {
            if name != OURS {
                let what = format!("cold start, ms, {name}");
                table.row(vec![what, ms(*ours), ms(*other), times(*other, *ours)]);
            }
        }
    }
    if let Some((read, charge)) = cpu.get(OURS) {
        for (name, (their_read, their_charge)) in cpu.iter().filter(|(name, _)| *name != OURS) {
            for (what, ours, other) in [
                ("GET credits", read, their_read),
                ("charge", charge, their_charge),
            ] {
                let what = format!("CPU of a warm {what}, ms, {name}");
                table.row(vec![
                    what,
                    exact_ms(*ours),
                    exact_ms(*other),
                    times(*other, *ours),
                ]);
            }
        }
    }
    let Servers { ours, peer } = servers;
    if let Some(peer) = peer {
        table.row(vec![
            "GET credits a second, Express + Postgres".to_string(),
            ours.per_second.to_string(),
            peer.per_second.to_string(),
            tenths(ours.per_second * 10 / peer.per_second.max(1)),
        ]);
        table.row(vec![
            "their p99, ms, Express + Postgres".to_string(),
            exact_ms(ours.p99),
            exact_ms(peer.p99),
            times(peer.p99, ours.p99),
        ]);
    }
    report.table(&table);
}

fn times(other: Duration, ours: Duration) -> String {
    tenths(other.as_nanos() * 10 / ours.as_nanos().max(1))
}

fn tenths(tenths: u128) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}
