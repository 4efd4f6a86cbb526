//! Reads expected items back, many at a time, and reports every row whose item
//! is missing or differs.

use shared::domain::{Credits, Entry, LotAmount, LotId, LotTerms, PastLot, Posting, UserId};
use shared::store::{ExpectedRecord, FoundRecord, Store};

use super::error::ImportError;
use super::outcome::{About, Expected, ExpectedEntry, ExpectedRow, Figures};
use super::remark::Verdict;
use super::report::ImportReport;
use super::tally::Figure;
use super::text::to_nano;

/// Items to collect before a read.
const AT_ONCE: usize = 300;

/// Expected items that are not read yet.
#[derive(Debug)]
pub(crate) struct ReadBack {
    store: Store,
    /// Each with whether it counts as a row.
    records: Vec<(ExpectedRecord, About, bool)>,
    entries: Vec<ExpectedEntry>,
}

impl ReadBack {
    pub(crate) fn of(store: Store) -> Self {
        ReadBack {
            store,
            records: Vec::new(),
            entries: Vec::new(),
        }
    }

    /// Adds these and reads them now or with later ones.
    pub(crate) async fn expect(
        &mut self,
        expected: Vec<Expected>,
        report: &mut ImportReport,
    ) -> Result<(), ImportError> {
        for expected in expected {
            match expected {
                Expected::Record(record, about) => self.records.push((record, about, true)),
                Expected::Beside(record, about) => self.records.push((record, about, false)),
                Expected::Entry(entry) => self.entries.push(*entry),
            }
        }
        if self.records.len() + self.entries.len() >= AT_ONCE {
            self.look(report).await?;
        }
        Ok(())
    }

    /// Reads all remaining items.
    pub(crate) async fn look(&mut self, report: &mut ImportReport) -> Result<(), ImportError> {
        self.look_for_records(report).await?;
        self.look_for_entries(report).await
    }

    async fn look_for_records(&mut self, report: &mut ImportReport) -> Result<(), ImportError> {
        let records = std::mem::take(&mut self.records);
        let expected: Vec<_> = records.iter().map(|(record, ..)| record.clone()).collect();
        let found = self.store.compare_records(&expected).await;
        let found = found.map_err(reading)?;
        for ((_, about, counts), found) in records.iter().zip(found) {
            let problem = match found {
                FoundRecord::AsExpected => {
                    report.tally.rows(about.table).target += u64::from(*counts);
                    continue;
                }
                FoundRecord::Missing => "not found when read back".to_string(),
                FoundRecord::Otherwise(names) => {
                    format!("read back with other values in {}", names.join(", "))
                }
            };
            report.remark(&about.remark(Verdict::Differs, problem))?;
        }
        Ok(())
    }

    async fn look_for_entries(&mut self, report: &mut ImportReport) -> Result<(), ImportError> {
        let expected = std::mem::take(&mut self.entries);
        let keys: Vec<_> = expected
            .iter()
            .map(|entry| (entry.user_id.clone(), entry.key.clone()))
            .collect();
        let lots: Vec<(UserId, LotTerms)> = expected.iter().filter_map(past_key).collect();
        let entries = self.store.load_entries_of(&keys).await.map_err(reading)?;
        let past = self.store.load_past_credits_of(&lots).await;
        let mut past = past.map_err(reading)?.into_iter();
        for (expected, found) in expected.iter().zip(entries) {
            let lot = past_key(expected).and_then(|_| past.next()).flatten();
            let problem = match found {
                None => Some("its entry was not found when read back"),
                Some(entry) => problem_of(expected, &entry, lot.as_ref(), report),
            };
            if let Some(problem) = problem {
                for row in &expected.rows {
                    report.remark(&row.about.remark(Verdict::Differs, problem))?;
                }
            }
        }
        Ok(())
    }
}

fn reading(error: shared::store::StoreError) -> ImportError {
    ImportError::store("reading back", error)
}

fn past_key(entry: &ExpectedEntry) -> Option<(UserId, LotTerms)> {
    let terms = entry.rows.iter().find_map(|row| match &row.figures {
        Figures::Past { terms, .. } => Some(terms.clone()),
        _ => None,
    })?;
    Some((entry.user_id.clone(), terms))
}

/// Returns what is wrong with an entry; counts the effect of its rows.
fn problem_of(
    expected: &ExpectedEntry,
    entry: &Entry,
    lot: Option<&PastLot>,
    report: &mut ImportReport,
) -> Option<&'static str> {
    if !entry.is_authentic() {
        return Some("its entry was read back and its hash does not match its contents");
    }
    if (entry.kind, entry.request_hash) != (expected.kind, expected.request_hash) {
        return Some("its entry was read back and is of another kind or request");
    }
    for ExpectedRow { about, figures } in &expected.rows {
        match figures {
            Figures::Nothing => {}
            Figures::Use(amount, at) => {
                let is_there =
                    entry.outcome.amount == *amount && at.is_none_or(|at| at == entry.at);
                if !is_there {
                    return Some("its entry was read back with another amount or time");
                }
                report.tally.rows(about.table).target += 1;
                report.tally.sum(Figure::UsageUsed).target += to_nano(*amount);
            }
            Figures::Past {
                terms,
                granted,
                used,
            } => {
                let found = lot.filter(|past| {
                    (past.lot.terms == *terms)
                        && (past.lot.granted, past.lot.used) == (*granted, *used)
                });
                if found.is_none() {
                    return Some(
                        "its past credits are missing or were read back with other values",
                    );
                }
                count(about, (*granted, *used), report);
            }
            Figures::Opened { lot, granted, used } => {
                let figures = (*granted, *used);
                if posted(entry, lot.as_ref()) != figures {
                    return Some("the entry that opened the account has other amounts for it");
                }
                count(about, figures, report);
            }
        }
    }
    None
}

fn count(about: &About, (granted, used): (Credits, Credits), report: &mut ImportReport) {
    report.tally.rows(about.table).target += 1;
    report.tally.sum(Figure::CreditsTotal).target += to_nano(granted);
    report.tally.sum(Figure::CreditsUsed).target += to_nano(used);
}

/// What an entry granted to a lot and used of it; none means the free lot.
fn posted(entry: &Entry, lot: Option<&LotId>) -> (Credits, Credits) {
    let (mut granted, mut used) = (Credits::ZERO, Credits::ZERO);
    for posting in &entry.postings {
        let Posting::Moved {
            lot: id,
            amount,
            delta,
            ..
        } = posting
        else {
            continue;
        };
        let is_it = lot.map_or(id.is_free(), |lot| lot == id);
        let sum = match amount {
            LotAmount::Granted if is_it => &mut granted,
            LotAmount::Used if is_it => &mut used,
            _ => continue,
        };
        // The sum of two amounts of one lot cannot overflow.
        *sum = sum.plus(*delta).unwrap_or(*sum);
    }
    (granted, used)
}
