//! Merges the sorted exported tables user by user, so that memory holds only
//! the users in progress.

use std::path::Path;

use shared::domain::{Timestamp, UserId};

use super::error::ImportError;
use super::file::{Row, TableFile};
use super::order::{IdOrder, Orders, Strays};
use super::person::Head;
use super::report::ImportReport;
use super::tables::Source;
use super::text;

/// A file sorted by user.
#[derive(Debug)]
struct Sorted {
    source: Source,
    file: TableFile,
    strays: Strays,
    head: Option<(UserId, Row)>,
}

/// All files that are sorted by user.
#[derive(Debug)]
pub(crate) struct ByUser {
    order: IdOrder,
    users: Sorted,
    preferences: Sorted,
    subscriptions: Sorted,
    credits: Sorted,
    usage: Sorted,
}

/// Whether rows of this user remain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    None,
    Some,
}

impl Sorted {
    fn open(
        folder: &Path,
        source: Source,
        orders: &Orders,
        report: &mut ImportReport,
    ) -> Result<Self, ImportError> {
        let file = TableFile::open(folder, source)?;
        let mut sorted = Sorted {
            source,
            file,
            strays: orders.strays(source),
            head: None,
        };
        sorted.advance(report)?;
        Ok(sorted)
    }

    /// Returns the head row and reads the next. A row that is malformed, names
    /// no user or is out of order is refused here.
    fn advance(&mut self, report: &mut ImportReport) -> Result<Option<Row>, ImportError> {
        let next = loop {
            let Some(row) = self.file.next()? else {
                break None;
            };
            report.tally.count(&row);
            let why = match (row.fault(), self.strays.has(row.line)) {
                (Some(fault), _) => fault.to_string(),
                (None, true) => "its line is out of order: export the table sorted".to_string(),
                (None, false) => {
                    let column = self.source.user_column().unwrap_or_default();
                    match row.get(column).unwrap_or_default().parse::<UserId>() {
                        Ok(user_id) => break Some((user_id, row)),
                        Err(problem) => format!("{column}: {problem}"),
                    }
                }
            };
            report.refuse(&row, why)?;
        };
        Ok(std::mem::replace(&mut self.head, next).map(|(_, row)| row))
    }

    fn user(&self) -> Option<&UserId> {
        self.head.as_ref().map(|(user_id, _)| user_id)
    }

    fn next_of(
        &mut self,
        user: &UserId,
        report: &mut ImportReport,
    ) -> Result<Option<Row>, ImportError> {
        if self.user() == Some(user) {
            self.advance(report)
        } else {
            Ok(None)
        }
    }

    /// The time of the head row, if it is this user's. A row without a time
    /// sorts last, as in Postgres.
    fn time_of(&self, user: &UserId) -> Option<Timestamp> {
        let (owner, row) = self.head.as_ref()?;
        let time = row.get("created_at").and_then(text::time);
        (owner == user).then(|| time.unwrap_or(Timestamp::MAX))
    }
}

impl ByUser {
    /// Opens all files, with the order of rows found before.
    pub(crate) fn open(
        folder: &Path,
        orders: &Orders,
        report: &mut ImportReport,
    ) -> Result<Self, ImportError> {
        let mut open = |source| Sorted::open(folder, source, orders, report);
        Ok(ByUser {
            order: orders.of_users,
            users: open(Source::Users)?,
            preferences: open(Source::UserPreferences)?,
            subscriptions: open(Source::Subscriptions)?,
            credits: open(Source::Credits)?,
            usage: open(Source::UsageHistory)?,
        })
    }

    /// The next user in any file.
    pub(crate) fn next_user(&self) -> Option<UserId> {
        let files = [
            &self.users,
            &self.preferences,
            &self.subscriptions,
            &self.credits,
            &self.usage,
        ];
        let users = files.into_iter().filter_map(Sorted::user);
        users
            .min_by(|one, other| self.order.compare(one, other))
            .cloned()
    }

    /// A user's rows other than credits and usage.
    pub(crate) fn head(
        &mut self,
        user: &UserId,
        report: &mut ImportReport,
    ) -> Result<Head, ImportError> {
        let mut head = Head {
            user: self.users.next_of(user, report)?,
            preferences: self.preferences.next_of(user, report)?,
            has_lost_user: self.users.strays.are_of(user),
            ..Head::default()
        };
        for file in [&mut self.users, &mut self.preferences] {
            while let Some(row) = file.next_of(user, report)? {
                head.again.push(row);
            }
        }
        while let Some(row) = self.subscriptions.next_of(user, report)? {
            head.subscriptions.push(row);
        }
        Ok(head)
    }

    /// Up to this many of a user's next rows of credits and usage, ordered by
    /// time. At equal times credits come before usage.
    pub(crate) fn rows(
        &mut self,
        user: &UserId,
        most: usize,
        report: &mut ImportReport,
    ) -> Result<(Vec<Row>, Rest), ImportError> {
        let mut rows = Vec::new();
        loop {
            let (credits, usage) = (self.credits.time_of(user), self.usage.time_of(user));
            let file = match (credits, usage) {
                (None, None) => return Ok((rows, Rest::None)),
                _ if rows.len() >= most => return Ok((rows, Rest::Some)),
                (Some(credits), Some(usage)) if credits <= usage => &mut self.credits,
                (Some(_), None) => &mut self.credits,
                (_, Some(_)) => &mut self.usage,
            };
            rows.extend(file.advance(report)?);
        }
    }
}
