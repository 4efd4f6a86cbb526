//! What became of a part of the import: what is said of rows, counts, and what
//! should be found when the tables are read back.

use shared::domain::{Credits, Digest, EntryKey, EntryKind, LotId, LotTerms, Timestamp, UserId};
use shared::store::ExpectedRecord;

use super::file::Row;
use super::remark::{Remark, Verdict};
use super::tables::Source;
use super::tally::Tally;

/// Which row something is about.
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

/// Something that should be found.
#[derive(Clone, Debug)]
pub(crate) enum Expected {
    /// A record of the users table.
    Record(ExpectedRecord, About),
    /// A record that is kept beside the rows, and counts as none of them.
    Beside(ExpectedRecord, About),
    /// An entry of a ledger, with the rows it came from.
    Entry(Box<ExpectedEntry>),
}

/// An entry as it should be found.
#[derive(Clone, Debug)]
pub(crate) struct ExpectedEntry {
    pub(crate) user_id: UserId,
    pub(crate) key: EntryKey,
    pub(crate) kind: EntryKind,
    pub(crate) request_hash: Digest,
    pub(crate) rows: Vec<ExpectedRow>,
}

/// What one row should have come to in an entry.
#[derive(Clone, Debug)]
pub(crate) struct ExpectedRow {
    pub(crate) about: About,
    pub(crate) figures: Figures,
}

/// What of a row can be found again.
#[derive(Clone, Debug)]
pub(crate) enum Figures {
    /// A use, and when; none if the row did not say.
    Use(Credits, Option<Timestamp>),
    /// Past credits, under the key of their terms.
    Past {
        terms: LotTerms,
        granted: Credits,
        used: Credits,
    },
    /// A lot the account was opened with; none = the month's free lot.
    Opened {
        lot: Option<LotId>,
        granted: Credits,
        used: Credits,
    },
    /// Nothing but the entry itself: a plan, an account that is shut. The row is
    /// counted where its record is.
    Nothing,
}

/// What became of a part of the import.
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

    /// It is not taken over; how it would have been mended is not said.
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
