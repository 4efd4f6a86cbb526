//! The exported tables side by side, user by user: sorted files are merged, so
//! that nothing has to be held but what is being worked on.

use std::path::Path;

use shared::domain::{Timestamp, UserId};

use super::books::Books;
use super::error::ImportError;
use super::file::{Row, TableFile};
use super::person::Head;
use super::remark::{Remark, Verdict};
use super::tables::Source;
use super::text;

/// A file whose rows come in the order of their users.
#[derive(Debug)]
struct Sorted {
    source: Source,
    file: TableFile,
    head: Option<(UserId, Row)>,
}

/// All files that are sorted by users.
#[derive(Debug)]
pub(crate) struct ByUser {
    users: Sorted,
    preferences: Sorted,
    subscriptions: Sorted,
    credits: Sorted,
    usage: Sorted,
}

/// Whether rows of a user are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    None,
    Some,
}

impl Sorted {
    fn open(folder: &Path, source: Source, books: &mut Books) -> Result<Self, ImportError> {
        let file = TableFile::open(folder, source)?;
        let mut sorted = Sorted {
            source,
            file,
            head: None,
        };
        sorted.advance(books)?;
        Ok(sorted)
    }

    /// Gives out the row at the head and reads the next. A row that names no
    /// user can be nobody's, and is refused here.
    fn advance(&mut self, books: &mut Books) -> Result<Option<Row>, ImportError> {
        let next = loop {
            let Some(row) = self.file.next()? else {
                break None;
            };
            books.tally.count(&row);
            let column = self.source.user_column().unwrap_or_default();
            match row.get(column).unwrap_or_default().parse::<UserId>() {
                Ok(user_id) => break Some((user_id, row)),
                Err(problem) => {
                    let why = format!("{column}: {problem}");
                    books.remark(&Remark::of(&row, Verdict::Refused, why))?;
                    books.count_refused(&row);
                }
            }
        };
        Ok(std::mem::replace(&mut self.head, next).map(|(_, row)| row))
    }

    fn user(&self) -> Option<&UserId> {
        self.head.as_ref().map(|(user_id, _)| user_id)
    }

    fn next_of(&mut self, user: &UserId, books: &mut Books) -> Result<Option<Row>, ImportError> {
        if self.user() == Some(user) {
            self.advance(books)
        } else {
            Ok(None)
        }
    }

    /// The time of the row at the head, if it is that user's; one that has none
    /// comes last, as Postgres sorts it.
    fn time_of(&self, user: &UserId) -> Option<Timestamp> {
        let (owner, row) = self.head.as_ref()?;
        let time = row.get("created_at").and_then(text::time);
        (owner == user).then(|| time.unwrap_or(Timestamp::MAX))
    }
}

impl ByUser {
    pub(crate) fn open(folder: &Path, books: &mut Books) -> Result<Self, ImportError> {
        Ok(ByUser {
            users: Sorted::open(folder, Source::Users, books)?,
            preferences: Sorted::open(folder, Source::UserPreferences, books)?,
            subscriptions: Sorted::open(folder, Source::Subscriptions, books)?,
            credits: Sorted::open(folder, Source::Credits, books)?,
            usage: Sorted::open(folder, Source::UsageHistory, books)?,
        })
    }

    /// The next user that any file tells of.
    pub(crate) fn next_user(&self) -> Option<UserId> {
        let files = [
            &self.users,
            &self.preferences,
            &self.subscriptions,
            &self.credits,
            &self.usage,
        ];
        files.into_iter().filter_map(Sorted::user).min().cloned()
    }

    /// What there is of a user beside credits and usage.
    pub(crate) fn head(&mut self, user: &UserId, books: &mut Books) -> Result<Head, ImportError> {
        let mut head = Head {
            user: self.users.next_of(user, books)?,
            preferences: self.preferences.next_of(user, books)?,
            ..Head::default()
        };
        for file in [&mut self.users, &mut self.preferences] {
            while let Some(row) = file.next_of(user, books)? {
                head.again.push(row);
            }
        }
        while let Some(row) = self.subscriptions.next_of(user, books)? {
            head.subscriptions.push(row);
        }
        Ok(head)
    }

    /// So many of a user's next rows of credits and usage, in the order of time;
    /// at one instant credits come before they are used.
    pub(crate) fn rows(
        &mut self,
        user: &UserId,
        most: usize,
        books: &mut Books,
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
            rows.extend(file.advance(books)?);
        }
    }
}

/// Reads a file once to see whether its rows come in order, before anything is
/// written; how many there are.
pub(crate) fn check(folder: &Path, source: Source) -> Result<u64, ImportError> {
    let mut file = TableFile::open(folder, source)?;
    let mut rows = 0;
    let mut before: Option<(UserId, Option<Timestamp>, u64)> = None;
    while let Some(row) = file.next()? {
        rows += 1;
        let column = source.user_column().unwrap_or_default();
        let Ok(user_id) = row.get(column).unwrap_or_default().parse::<UserId>() else {
            continue;
        };
        let created_at = row.get("created_at").filter(|_| source.is_by_time());
        let at = created_at.and_then(text::time);
        if let Some((other, earlier, line)) = &before {
            // A row without a time comes last and is compared with none.
            let is_late = *other == user_id && at.is_some() && at < *earlier;
            if *other > user_id || is_late {
                return Err(file.unsorted(*line, row.line));
            }
        }
        before = Some((user_id, at, row.line));
    }
    Ok(rows)
}
