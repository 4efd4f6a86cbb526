//! Reading a row's columns: what cannot be read is said in a remark and then
//! counts as not there.

use shared::domain::{Credits, Timestamp};

use super::file::Row;
use super::remark::{Remark, Verdict};
use super::text::{self, Nano, Round};

/// A row and what is said of it.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) row: &'a Row,
    remarks: &'a mut Vec<Remark>,
}

impl<'a> Reading<'a> {
    pub(crate) fn of(row: &'a Row, remarks: &'a mut Vec<Remark>) -> Self {
        Reading { row, remarks }
    }

    /// It is taken over, but not as it stands.
    pub(crate) fn mend(&mut self, why: impl Into<String>) {
        self.remarks
            .push(Remark::of(self.row, Verdict::Mended, why));
    }

    /// It is not taken over.
    pub(crate) fn refuse(&mut self, why: impl Into<String>) {
        self.remarks
            .push(Remark::of(self.row, Verdict::Refused, why));
    }

    pub(crate) fn text(&self, column: &str) -> Option<&'a str> {
        self.row.get(column)
    }

    /// What `read` makes of a column; a text it makes nothing of is told.
    fn read<T>(
        &mut self,
        column: &str,
        what: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.row.get(column)?;
        let value = read(text);
        if value.is_none() {
            self.mend(format!("{column} {text:?} is no {what}: left out"));
        }
        value
    }

    pub(crate) fn time(&mut self, column: &str) -> Option<Timestamp> {
        self.read(column, "time", text::time)
    }

    pub(crate) fn flag(&mut self, column: &str, default: bool) -> bool {
        let read = self.read(column, "t or f", text::flag);
        read.unwrap_or(default)
    }

    pub(crate) fn nano(&mut self, column: &str) -> Option<Nano> {
        let (nano, is_cut) = self.read(column, "number", text::decimal)?;
        if is_cut {
            self.mend(format!("{column} has more than 9 decimal places: cut"));
        }
        Some(nano)
    }

    /// An amount of credits, and what the row says in billionths.
    pub(crate) fn credits(&mut self, column: &str, round: Round) -> (Credits, Nano) {
        let nano = self.nano(column).unwrap_or_default();
        let credits = text::to_credits(nano, round);
        if text::to_nano(credits) != nano {
            let shown = text::shown(nano);
            self.mend(format!("{column} is {shown}: kept as {credits}"));
        }
        (credits, nano)
    }

    /// A whole number that is not negative; decimals of zero are none.
    pub(crate) fn number(&mut self, column: &str) -> Option<u32> {
        self.read(column, "whole number from 0 to 4294967295", |text| {
            let whole = text.split_once('.').map_or(text, |(whole, fraction)| {
                let is_whole = fraction.bytes().all(|byte| byte == b'0');
                if is_whole { whole } else { text }
            });
            whole.parse().ok()
        })
    }

    pub(crate) fn list(&mut self, column: &str) -> Vec<String> {
        let read = self.read(column, "array of texts", text::array);
        read.unwrap_or_default()
    }
}
