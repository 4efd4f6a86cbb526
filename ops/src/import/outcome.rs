//! The outcome of a part of the import: remarks, counts, and what reading the
//! tables back must find.

use shared::domain::{Credits, Digest, EntryKey, EntryKind, LotId, LotTerms, Timestamp, UserId};
use shared::store::ExpectedRecord;

use super::file::Row;
use super::remark::{Remark, Verdict};
use super::tables::Source;
use super::tally::Tally;

/// The row that something is about.
#[derive(Clone, Debug)]
pub(crate) struct About {
    pub(crate) table: Source,
    line: u64,
    id: String,
    user_id: String,
}

impl About {
    pub(crate) fn of(row: &Row) -> Self {
        let Remark {
            table,
            line,
            id,
            user_id,
            ..
        } = Remark::of(row, Verdict::Mended, "");
        About {
            table,
            line,
            id,
            user_id,
        }
    }

    pub(crate) fn remark(&self, verdict: Verdict, why: impl Into<String>) -> Remark {
        Remark {
            table: self.table,
            line: self.line,
            id: self.id.clone(),
            user_id: self.user_id.clone(),
            verdict,
            why: why.into(),
        }
    }
}

/// An item that reading back must find.
#[derive(Clone, Debug)]
pub(crate) enum Expected {
    /// A record of the users table.
    Record(ExpectedRecord, About),
    /// A record stored beside the rows, not counted as a row.
    Beside(ExpectedRecord, About),
    /// A ledger entry, with its source rows.
    Entry(Box<ExpectedEntry>),
}

/// The expected form of an entry.
#[derive(Clone, Debug)]
pub(crate) struct ExpectedEntry {
    pub(crate) user_id: UserId,
    pub(crate) key: EntryKey,
    pub(crate) kind: EntryKind,
    pub(crate) request_hash: Digest,
    pub(crate) rows: Vec<ExpectedRow>,
}

/// The expected effect of one row in an entry.
#[derive(Clone, Debug)]
pub(crate) struct ExpectedRow {
    pub(crate) about: About,
    pub(crate) figures: Figures,
}

/// What can be checked of a row.
#[derive(Clone, Debug)]
pub(crate) enum Figures {
    /// A use and its time; none if the row has no time.
    Use(Credits, Option<Timestamp>),
    /// Past credits, under the key of their terms.
    Past {
        terms: LotTerms,
        granted: Credits,
        used: Credits,
    },
    /// A lot of the opening; none means the month's free lot.
    Opened {
        lot: Option<LotId>,
        granted: Credits,
        used: Credits,
    },
    /// Only the entry itself: a plan, or a closed account. The row counts with
    /// its record.
    Nothing,
}

/// The outcome of a part of the import.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) remarks: Vec<Remark>,
    pub(crate) tally: Tally,
    pub(crate) expected: Vec<Expected>,
}

impl Outcome {
    pub(crate) fn remark(&mut self, remark: Remark) {
        self.remarks.push(remark);
    }

    pub(crate) fn expect_record(&mut self, record: ExpectedRecord, about: About) {
        self.expected.push(Expected::Record(record, about));
    }

    /// The row is refused; remarks about mending it are dropped.
    pub(crate) fn refuse(&mut self, row: &Row, why: impl Into<String>) {
        let is_of_row = |it: &Remark| (it.table, it.line) == (row.source, row.line);
        self.remarks
            .retain(|it| it.verdict != Verdict::Mended || !is_of_row(it));
        self.tally.count_refused(row);
        self.remark(Remark::of(row, Verdict::Refused, why));
    }

    pub(crate) fn expect_beside(&mut self, record: ExpectedRecord, about: About) {
        self.expected.push(Expected::Beside(record, about));
    }

    pub(crate) fn expect_entry(&mut self, entry: ExpectedEntry) {
        self.expected.push(Expected::Entry(Box::new(entry)));
    }
}
