//! A step: an entry, the resulting balance and its postings.

use std::fmt;

use serde::Serialize;
use shared::domain::{CreditAccount, Credits, Entry, Posting};
use wording::{EntryLine, PostingLine};

/// An entry and the resulting balance.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    entry: EntryLine,
}

/// A problem in the ledger.
#[derive(Debug, Serialize)]
pub(super) struct Unusual {
    pub(super) key: String,
    pub(super) problem: String,
}

impl fmt::Display for Unusual {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "  ! {}: {}", self.key, self.problem)
    }
}

impl Step {
    /// Posts an entry to the account. Returns the step and the problems of the
    /// entry.
    pub(super) fn of(account: &mut CreditAccount, entry: &Entry) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        if !entry.is_authentic() {
            problems.push("it was changed after it was written".to_string());
        }
        if entry.seq != account.version.saturating_add(1) {
            let after = account.version;
            problems.push(format!("entry {} follows entry {after}", entry.seq));
        } else if entry.previous_hash != account.head_hash {
            problems.push("its previous hash is not that of the entry before it".to_string());
        }
        let mut postings = Vec::new();
        for posting in &entry.postings {
            let applied = account.apply(posting);
            let line = PostingLine::of(posting, left_of_lot(account, posting));
            if let Err(error) = applied {
                problems.push(format!("{}: {error}", line.what()));
            }
            postings.push(line);
        }
        account.record(entry.seq, entry.at, entry.hash);
        let entry = EntryLine::of(entry, postings);
        (Step { entry }, problems)
    }
}

/// What a posting left of its lot.
fn left_of_lot(account: &CreditAccount, posting: &Posting) -> Option<Credits> {
    let id = match posting {
        Posting::Opened(terms) => &terms.id,
        Posting::Moved { lot, .. } => lot,
        Posting::Recalled(past) => &past.lot.terms.id,
        _ => return None,
    };
    account.lot(id)?.surplus().ok()
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entry.fmt(formatter)
    }
}
