//! The budget, and the share of each partition.

use std::collections::BTreeMap;
use std::fmt;

use local::dynamodb::{Partition, TouchedSnapshot};

/// The largest share of all writes that one partition may take, in thousandths.
const MAX_OF_WRITES: u64 = 10;
/// The same of reads.
const MAX_OF_READS: u64 = 50;
/// Fewer than these say nothing about shares.
const MIN_COUNTED: u64 = 1_000;

/// Reference data, which a process reads at its start or once every few minutes and
/// keeps: its reads grow with processes and not with calls. Its writes have no
/// exemption.
const CACHED: [(&str, &str); 5] = [
    // Models and their rate cards.
    ("users", "MODELS"),
    // Prices and payment links.
    ("users", "CATALOGUE"),
    // Who may ask for tokens.
    ("users", "OAUTH_CLIENT#"),
    // Since when Stripe's events count; read with the prices.
    ("billing", "IMPORT"),
    // Opens the connection while a process starts; nothing is stored there.
    ("credits", "USER#."),
];

/// How the reads and writes of a time are shared out.
pub(super) struct Shares {
    reads: Counts,
    writes: Counts,
}

/// Partitions by their counts, the hottest first.
struct Counts {
    total: u64,
    hottest: Vec<(u64, Partition)>,
}

impl Shares {
    /// Of what several connections have touched.
    pub(super) fn of(touched: impl Iterator<Item = TouchedSnapshot>) -> Self {
        let mut all = TouchedSnapshot::default();
        for one in touched {
            add(&mut all.reads, one.reads);
            add(&mut all.writes, one.writes);
        }
        let is_cached = |it: &Partition| {
            let of_table = CACHED.iter().filter(|(table, _)| *table == it.table);
            it.index.is_none() && of_table.map(|it| it.1).any(|key| it.key.starts_with(key))
        };
        Shares {
            reads: Counts::of(&all.reads, |it| !is_cached(it)),
            writes: Counts::of(&all.writes, |_| true),
        }
    }

    /// The partitions that take more than the budget, with their shares.
    pub(super) fn over_budget(&self) -> Vec<String> {
        let reads = self.reads.over(MAX_OF_READS, "reads");
        let writes = self.writes.over(MAX_OF_WRITES, "writes");
        reads.into_iter().chain(writes).collect()
    }
}

impl Counts {
    fn of(counts: &BTreeMap<Partition, u64>, counts_too: impl Fn(&Partition) -> bool) -> Self {
        let counted = counts.iter().filter(|(partition, _)| counts_too(partition));
        let mut hottest: Vec<_> = counted.map(|(it, count)| (*count, it.clone())).collect();
        hottest.sort_by(|one, other| other.cmp(one));
        Counts {
            total: counts.values().sum(),
            hottest,
        }
    }

    fn over(&self, thousandths: u64, what: &str) -> Vec<String> {
        assert!(
            self.total == 0 || self.total >= MIN_COUNTED,
            "{} {what} say nothing",
            self.total
        );
        let over = self.hottest.iter();
        over.filter(|(count, _)| count * 1_000 > self.total * thousandths)
            .map(|(count, partition)| {
                let share = self.share(*count);
                format!(
                    "{} takes {share} of {} {what}",
                    named(partition),
                    self.total
                )
            })
            .collect()
    }

    /// In percent.
    fn share(&self, count: u64) -> String {
        let hundredths = count * 10_000 / self.total.max(1);
        format!("{}.{:02} %", hundredths / 100, hundredths % 100)
    }

    fn line(&self) -> String {
        let hottest = self.hottest.first().map(|(count, partition)| {
            format!(", at most {} by {}", self.share(*count), named(partition))
        });
        format!("{}{}", self.total, hottest.unwrap_or_default())
    }
}

fn add(all: &mut BTreeMap<Partition, u64>, more: BTreeMap<Partition, u64>) {
    for (partition, count) in more {
        *all.entry(partition).or_default() += count;
    }
}

fn named(partition: &Partition) -> String {
    let index = partition.index.as_ref().map(|index| format!("/{index}"));
    let index = index.unwrap_or_default();
    format!("{}{index} {}", partition.table, partition.key)
}

impl fmt::Display for Shares {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (reads, writes) = (self.reads.line(), self.writes.line());
        write!(formatter, "reads {reads}; writes {writes}")
    }
}
