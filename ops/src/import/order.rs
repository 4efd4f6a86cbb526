//! Checks the order of each file before anything is written: which of two
//! orders its users follow, and which rows are out of order. A few such rows
//! are refused one by one. Unsorted files, or files in different orders, cannot
//! be merged and are refused as a whole.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::path::Path;

use shared::domain::{Timestamp, UserId};

use super::error::ImportError;
use super::file::{Row, TableFile};
use super::sequence::Sequence;
use super::tables::Source;
use super::text;

/// A file with more places out of order than this, plus one per this many rows,
/// counts as unsorted.
const MAX_STRAYS: usize = 1;
const ROWS_PER_STRAY: u64 = 10;
/// At most this many are remembered, however long the file.
const MAX_REMEMBERED: usize = 1000;

/// An order of users' ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdOrder {
    /// Byte by byte: UUIDs, and texts in the collation "C".
    Texts,
    /// Whole numbers by value, before all other ids.
    Numbers,
}

impl IdOrder {
    const BOTH: [IdOrder; 2] = [IdOrder::Texts, IdOrder::Numbers];

    /// Which of two users comes first.
    pub(crate) fn compare(self, one: &UserId, other: &UserId) -> Ordering {
        let (one, other) = (one.as_str(), other.as_str());
        match self {
            IdOrder::Texts => one.cmp(other),
            IdOrder::Numbers => number_key(one).cmp(&number_key(other)),
        }
    }
}

/// Compares numbers of any length by value.
fn number_key(id: &str) -> (bool, usize, &str, &str) {
    let is_number = id.bytes().all(|byte| byte.is_ascii_digit());
    let digits = if is_number {
        id.trim_start_matches('0')
    } else {
        ""
    };
    (!is_number, digits.len(), digits, id)
}

/// The rows of one file that are out of order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Strays {
    /// The first and last line of each run of them, in the order of lines.
    ranges: Vec<(u64, u64)>,
    /// Their users.
    users: HashSet<UserId>,
    number: usize,
}

impl Strays {
    fn note(&mut self, range: (u64, u64), user: &UserId) {
        self.number += 1;
        if self.ranges.len() < MAX_REMEMBERED {
            self.ranges.push(range);
            self.users.insert(user.clone());
        }
    }

    /// Whether the row that starts on this line is one of them.
    pub(crate) fn has(&self, line: u64) -> bool {
        let mut ranges = self.ranges.iter();
        ranges.any(|(from, to)| (*from..=*to).contains(&line))
    }

    /// Whether one of them, or a line that is no row, is this user's.
    pub(crate) fn are_of(&self, user: &UserId) -> bool {
        self.users.contains(user)
    }

    fn are_few(&self, rows: u64) -> bool {
        let more = usize::try_from(rows / ROWS_PER_STRAY).unwrap_or(usize::MAX);
        self.number <= MAX_STRAYS.saturating_add(more).min(MAX_REMEMBERED)
    }
}

/// Observations about one file in one of the orders.
#[derive(Debug)]
struct Seen {
    order: IdOrder,
    users: Sequence<UserId>,
    strays: Strays,
}

/// Observations about one file.
#[derive(Debug)]
pub(crate) struct Checked {
    source: Source,
    rows: u64,
    seen: [Seen; 2],
    times: Sequence<Timestamp>,
    user: Option<UserId>,
    /// Users of malformed rows.
    lost: HashSet<UserId>,
}

/// Observations about all files.
#[derive(Debug)]
pub(crate) struct Orders {
    /// The order of users in all files.
    pub(crate) of_users: IdOrder,
    strays: Vec<(Source, Strays)>,
    /// How many rows there are.
    pub(crate) rows: u64,
}

impl Orders {
    /// The rows of a file that are out of order.
    pub(crate) fn strays(&self, source: Source) -> Strays {
        let mut strays = self.strays.iter();
        let found = strays.find(|(of, _)| *of == source);
        found.map(|(_, strays)| strays.clone()).unwrap_or_default()
    }
}

impl Checked {
    fn new(source: Source) -> Self {
        Checked {
            source,
            rows: 0,
            seen: IdOrder::BOTH.map(|order| Seen {
                order,
                users: Sequence::default(),
                strays: Strays::default(),
            }),
            times: Sequence::default(),
            user: None,
            lost: HashSet::new(),
        }
    }

    fn take(&mut self, row: &Row) {
        self.rows += 1;
        let Some(column) = self.source.user_column() else {
            return;
        };
        let user_id = row.get(column).unwrap_or_default().parse::<UserId>();
        let Ok(user_id) = user_id else {
            return;
        };
        if row.fault().is_some() {
            if self.lost.len() < MAX_REMEMBERED {
                self.lost.insert(user_id);
            }
            return;
        }
        for Seen {
            order,
            users,
            strays,
        } in &mut self.seen
        {
            let order = *order;
            let compare = |one: &UserId, other: &UserId| order.compare(one, other);
            if let Some((user, range)) = users.take(&user_id, row.line, compare) {
                strays.note(range, &user);
            }
        }
        if self.user.as_ref() != Some(&user_id) {
            self.end_times();
            self.user = Some(user_id.clone());
        }
        let created_at = row.get("created_at").filter(|_| self.source.is_by_time());
        if let Some(at) = created_at.and_then(text::time) {
            let stray = self.times.take(&at, row.line, Timestamp::cmp);
            self.note_time(stray.map(|(_, range)| range));
        }
    }

    fn note_time(&mut self, range: Option<(u64, u64)>) {
        if let (Some(range), Some(user)) = (range, &self.user) {
            for seen in &mut self.seen {
                seen.strays.note(range, user);
            }
        }
    }

    fn end_times(&mut self) {
        let stray = std::mem::take(&mut self.times).end();
        self.note_time(stray.map(|(_, range)| range));
    }

    fn end(mut self) -> Self {
        self.end_times();
        for Seen { users, strays, .. } in &mut self.seen {
            if let Some((user, range)) = std::mem::take(users).end() {
                strays.note(range, &user);
            }
        }
        self
    }

    fn in_order(&self, order: IdOrder) -> Strays {
        let mut seen = self.seen.iter();
        let seen = seen.find(|seen| seen.order == order);
        seen.map(|seen| seen.strays.clone()).unwrap_or_default()
    }

    /// Whether its users come in this order and not in the other.
    fn is_only(&self, order: IdOrder) -> bool {
        let is_in = |seen: &Seen| seen.strays.number == 0;
        self.seen
            .iter()
            .all(|seen| is_in(seen) == (seen.order == order))
    }
}

/// Reads a file once to find its order.
pub(crate) fn check(folder: &Path, source: Source) -> Result<Checked, ImportError> {
    let mut file = TableFile::open(folder, source)?;
    let mut checked = Checked::new(source);
    while let Some(row) = file.next()? {
        checked.take(&row);
    }
    Ok(checked.end())
}

/// The order of users in all files, and the rows out of order.
pub(crate) fn settle(folder: &Path, files: &[Checked]) -> Result<Orders, ImportError> {
    let only = |order| files.iter().find(|file: &&Checked| file.is_only(order));
    if let (Some(texts), Some(numbers)) = (only(IdOrder::Texts), only(IdOrder::Numbers)) {
        let file = TableFile::open(folder, numbers.source)?;
        return Err(file.sorted_otherwise(texts.source));
    }
    let number = |order: IdOrder| -> usize {
        let strays = files.iter().map(|file| file.in_order(order).number);
        strays.sum()
    };
    let of_users = if number(IdOrder::Numbers) < number(IdOrder::Texts) {
        IdOrder::Numbers
    } else {
        IdOrder::Texts
    };
    let mut strays = Vec::new();
    for file in files {
        let mut of_file = file.in_order(of_users);
        if !of_file.are_few(file.rows) {
            let line = of_file.ranges.first().map_or(0, |(from, _)| *from);
            let opened = TableFile::open(folder, file.source)?;
            return Err(opened.unsorted(line, of_file.number));
        }
        of_file.users.extend(file.lost.iter().cloned());
        strays.push((file.source, of_file));
    }
    Ok(Orders {
        of_users,
        strays,
        rows: files.iter().map(|file| file.rows).sum(),
    })
}

#[cfg(test)]
mod tests;
