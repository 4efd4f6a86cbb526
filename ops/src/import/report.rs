//! What the import records as it runs: the report and the tally.

use std::io;
use std::path::Path;

use super::error::ImportError;
use super::file::Row;
use super::outcome::{Expected, Outcome};
use super::remark::{Remark, Report, Verdict};
use super::tables::Source;
use super::tally::Tally;

/// Report and tally.
pub(crate) struct ImportReport {
    report: Report,
    pub(crate) tally: Tally,
    /// The last row with a remark, and its verdict: several remarks on one row
    /// count once.
    last: Option<(Source, u64, Verdict)>,
}

impl ImportReport {
    pub(crate) fn open(report: Option<&Path>, force: bool) -> Result<Self, ImportError> {
        Ok(ImportReport {
            report: Report::into_file(report, force).map_err(ImportError::Report)?,
            tally: Tally::default(),
            last: None,
        })
    }

    /// Records a remark.
    pub(crate) fn remark(&mut self, remark: &Remark) -> Result<(), ImportError> {
        let this = (remark.table, remark.line, remark.verdict);
        if self.last != Some(this) {
            self.tally.judge(remark.table, remark.verdict);
            self.last = Some(this);
        }
        self.report.write(remark).map_err(ImportError::Report)
    }

    /// Adds the outcome of a part of the import; returns its expected items.
    pub(crate) fn take(&mut self, outcome: Outcome) -> Result<Vec<Expected>, ImportError> {
        for remark in &outcome.remarks {
            self.remark(remark)?;
        }
        self.tally.add(&outcome.tally);
        Ok(outcome.expected)
    }

    /// Refuses a row with a reason.
    pub(crate) fn refuse(&mut self, row: &Row, why: impl Into<String>) -> Result<(), ImportError> {
        self.tally.count_refused(row);
        self.remark(&Remark::of(row, Verdict::Refused, why))
    }

    pub(crate) fn flush(&mut self) -> Result<(), ImportError> {
        let flushed: io::Result<()> = self.report.flush();
        flushed.map_err(ImportError::Report)
    }
}
