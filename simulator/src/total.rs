//! The figures of all runs, in whatever order they end.

use std::collections::BTreeMap;
use std::fmt;

use simulator::Report;

/// What all runs did together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Total {
    pub(crate) seeds: u64,
    pub(crate) steps: u64,
    done: u64,
    refused: u64,
    events: u64,
    entries: u64,
    alerts: (u64, u64, u64),
    faults: BTreeMap<&'static str, u64>,
    ledgers: u64,
}

impl Total {
    /// Adds the run of a seed.
    pub(crate) fn add(&mut self, seed: u64, report: &Report) {
        let sum = |to: &mut u64, more: u64| *to = to.saturating_add(more);
        sum(&mut self.seeds, 1);
        sum(&mut self.steps, report.steps);
        sum(&mut self.done, report.commands.0);
        sum(&mut self.refused, report.commands.1);
        sum(&mut self.events, report.events);
        sum(&mut self.entries, report.entries);
        let (demanded, messages, mails) = report.alerts;
        sum(&mut self.alerts.0, demanded);
        sum(&mut self.alerts.1, messages);
        sum(&mut self.alerts.2, mails);
        for (kind, count) in &report.faults {
            sum(self.faults.entry(kind).or_default(), *count);
        }
        let turns = u32::try_from(seed % 64).unwrap_or(0);
        self.ledgers ^= report.ledgers.rotate_left(turns);
    }
}

impl fmt::Display for Total {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, count) in &self.faults {
            writeln!(formatter, "{count:>9} {kind}")?;
        }
        let Total {
            seeds,
            steps,
            done,
            refused,
            events,
            entries,
            alerts: (demanded, messages, mails),
            ledgers,
            faults: _,
        } = self;
        write!(
            formatter,
            "{seeds} seeds, {steps} steps: {done} commands done, {refused} refused, \
             {events} events of Stripe, {entries} entries, {demanded} alerts in {messages} messages and {mails} e-mails, digest {ledgers:016x}"
        )
    }
}
