//! Reading a row's columns. What cannot be read costs the row, and names the
//! column; it is never taken for something that is not there.

use shared::domain::{Credits, StripeId, Timestamp};

use super::file::Row;
use super::remark::{Remark, Verdict};
use super::text::{self, Nano, Round};

/// A row and what is said of it.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) row: &'a Row,
    remarks: &'a mut Vec<Remark>,
    /// How many remarks there were before those on this row.
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

    /// It is taken over, but not as it stands.
    pub(crate) fn mend(&mut self, why: impl Into<String>) {
        self.remarks
            .push(Remark::of(self.row, Verdict::Mended, why));
    }

    /// It is not taken over.
    pub(crate) fn refuse(&mut self, why: impl Into<String>) {
        self.is_refused = true;
        self.remarks
            .push(Remark::of(self.row, Verdict::Refused, why));
    }

    /// What the row came to; none if it was refused, and then nothing else is
    /// said of it.
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
        self.refuse(format!("column {column}: {text:?} is no {what}"));
    }

    /// A text as it stands, for people to read.
    pub(crate) fn words(&self, column: &str) -> Option<&'a str> {
        self.row.get(column)
    }

    /// A text that names something, without spaces around it.
    pub(crate) fn text(&mut self, column: &str) -> Option<&'a str> {
        let text = self.row.get(column)?;
        if text.trim().is_empty() || text::is_null_word(text) {
            self.unreadable(
                column,
                text,
                "name: a value that is not there is an empty field",
            );
            return None;
        }
        Some(text.trim())
    }

    /// A word of a few that the old tables knew, in lower case.
    pub(crate) fn word(&mut self, column: &str) -> Option<String> {
        self.text(column).map(str::to_lowercase)
    }

    /// What `read` makes of a column.
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
        self.read(column, "time", text::time)
    }

    pub(crate) fn flag(&mut self, column: &str, default: bool) -> bool {
        let read = self.read(column, "t or f", text::flag);
        read.unwrap_or(default)
    }

    /// A flag that every row has; what counts where it is empty is reported.
    pub(crate) fn required_flag(&mut self, column: &str, default: bool) -> bool {
        if self.row.get(column).is_none() {
            let kept = if default { "t" } else { "f" };
            self.mend(format!("it has no {column}: kept as {kept}"));
        }
        self.flag(column, default)
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

    /// An amount that every row has; that it is empty is reported.
    pub(crate) fn required_credits(&mut self, column: &str, round: Round) -> (Credits, Nano) {
        if self.row.get(column).is_none() {
            self.mend(format!("it has no {column}: kept as 0"));
        }
        self.credits(column, round)
    }

    /// A whole number that is not negative. Another number is read as well, and
    /// has no place.
    pub(crate) fn number(&mut self, column: &str) -> Option<u32> {
        let (nano, is_cut) = self.read(column, "number", text::decimal)?;
        let whole = nano.div_euclid(text::NANO_PER_CREDIT);
        let is_whole = !is_cut && nano.rem_euclid(text::NANO_PER_CREDIT) == 0;
        let number = u32::try_from(whole).ok().filter(|_| is_whole);
        if number.is_none() {
            let text = self.row.get(column).unwrap_or_default();
            self.mend(format!(
                "{column} {text:?} is no whole number from 0 to 4294967295: left out"
            ));
        }
        number
    }

    pub(crate) fn list(&mut self, column: &str) -> Vec<String> {
        let read = self.read(column, "array of texts", text::array);
        read.unwrap_or_default()
    }

    /// An id of Stripe's.
    pub(crate) fn stripe_id(&mut self, column: &str) -> Option<String> {
        let text = self.text(column)?;
        if text.parse::<StripeId>().is_err() {
            self.unreadable(column, text, "id of Stripe's");
            return None;
        }
        Some(text.to_string())
    }
}
