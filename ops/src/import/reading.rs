//! Reads a row's columns. An unreadable value refuses the row and names the
//! column; it never counts as absent.

use shared::domain::{Credits, StripeId, Timestamp};

use super::file::Row;
use super::remark::{Remark, Verdict};
use super::text::{self, Nano, Round};

/// A row and its remarks.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) row: &'a Row,
    remarks: &'a mut Vec<Remark>,
    /// Number of remarks before this row.
    before: usize,
    is_refused: bool,
}

impl<'a> Reading<'a> {
    pub(crate) fn of(row: &'a Row, remarks: &'a mut Vec<Remark>) -> Self {
        Reading {
            row,
            before: remarks.len(),
            remarks,
            is_refused: false,
        }
    }

    /// The row is imported with a change.
    pub(crate) fn mend(&mut self, why: impl Into<String>) {
        self.remarks
            .push(Remark::of(self.row, Verdict::Mended, why));
    }

    /// The row is refused.
    pub(crate) fn refuse(&mut self, why: impl Into<String>) {
        self.is_refused = true;
        self.remarks
            .push(Remark::of(self.row, Verdict::Refused, why));
    }

    /// The result; none if the row was refused, which drops its other remarks.
    pub(crate) fn finish<T>(self, read: T) -> Option<T> {
        if !self.is_refused {
            return Some(read);
        }
        let said = self.remarks.split_off(self.before);
        let refusals = said.into_iter();
        self.remarks
            .extend(refusals.filter(|remark| remark.verdict == Verdict::Refused));
        None
    }

    fn unreadable(&mut self, column: &str, text: &str, what: &str) {
        self.refuse(format!("column {column}: {text:?} is not {what}"));
    }

    /// A text for people, verbatim.
    pub(crate) fn words(&self, column: &str) -> Option<&'a str> {
        self.row.get(column)
    }

    /// An identifying text, trimmed.
    pub(crate) fn text(&mut self, column: &str) -> Option<&'a str> {
        let text = self.row.get(column)?;
        if text.trim().is_empty() || text::is_null_word(text) {
            self.unreadable(
                column,
                text,
                "a name; leave the field empty if there is none",
            );
            return None;
        }
        Some(text.trim())
    }

    /// One of a fixed set of words, in lower case.
    pub(crate) fn word(&mut self, column: &str) -> Option<String> {
        self.text(column).map(str::to_lowercase)
    }

    /// A column parsed by `read`.
    fn read<T>(
        &mut self,
        column: &str,
        what: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.row.get(column)?;
        let value = read(text);
        if value.is_none() {
            self.unreadable(column, text, what);
        }
        value
    }

    pub(crate) fn time(&mut self, column: &str) -> Option<Timestamp> {
        self.read(column, "a time", text::time)
    }

    pub(crate) fn flag(&mut self, column: &str, default: bool) -> bool {
        let read = self.read(column, "t or f", text::flag);
        read.unwrap_or(default)
    }

    /// A required flag. An empty column is reported with the value used instead.
    pub(crate) fn required_flag(&mut self, column: &str, default: bool) -> bool {
        if self.row.get(column).is_none() {
            let kept = if default { "t" } else { "f" };
            self.mend(format!("it has no {column}: kept as {kept}"));
        }
        self.flag(column, default)
    }

    pub(crate) fn nano(&mut self, column: &str) -> Option<Nano> {
        let (nano, is_cut) = self.read(column, "a number", text::decimal)?;
        if is_cut {
            self.mend(format!(
                "{column} has more than 9 decimal places: truncated"
            ));
        }
        Some(nano)
    }

    /// An amount of credits, and the row's value in billionths.
    pub(crate) fn credits(&mut self, column: &str, round: Round) -> (Credits, Nano) {
        let nano = self.nano(column).unwrap_or_default();
        let credits = text::to_credits(nano, round);
        if text::to_nano(credits) != nano {
            let shown = text::shown(nano);
            self.mend(format!("{column} is {shown}: kept as {credits}"));
        }
        (credits, nano)
    }

    /// A required amount. An empty column is reported.
    pub(crate) fn required_credits(&mut self, column: &str, round: Round) -> (Credits, Nano) {
        if self.row.get(column).is_none() {
            self.mend(format!("it has no {column}: kept as 0"));
        }
        self.credits(column, round)
    }

    /// A non-negative whole number. Any other number is reported and dropped.
    pub(crate) fn number(&mut self, column: &str) -> Option<u32> {
        let (nano, is_cut) = self.read(column, "a number", text::decimal)?;
        let whole = nano.div_euclid(text::NANO_PER_CREDIT);
        let is_whole = !is_cut && nano.rem_euclid(text::NANO_PER_CREDIT) == 0;
        let number = u32::try_from(whole).ok().filter(|_| is_whole);
        if number.is_none() {
            let text = self.row.get(column).unwrap_or_default();
            self.mend(format!(
                "{column} {text:?} is not a whole number from 0 to 4294967295: dropped"
            ));
        }
        number
    }

    pub(crate) fn list(&mut self, column: &str) -> Vec<String> {
        let read = self.read(column, "an array of texts", text::array);
        read.unwrap_or_default()
    }

    /// A Stripe id.
    pub(crate) fn stripe_id(&mut self, column: &str) -> Option<String> {
        let text = self.text(column)?;
        if text.parse::<StripeId>().is_err() {
            self.unreadable(column, text, "a Stripe id");
            return None;
        }
        Some(text.to_string())
    }
}
