//! Folding a ledger: from an empty account, entry by entry, to the expected account and
//! the expected past credits.
//!
//! Each problem of an entry is reported once. An incomplete ledger cannot be compared
//! with its account, so problems that only follow from that are not reported.

use std::collections::BTreeMap;

use super::Finding;
use crate::domain::{CreditAccount, Entry, PastLot, Posting, UserId, shown_balance};
use crate::store::operator::walk::LedgerRow;
use crate::store::schema::keys::{self, Key};

/// A ledger being folded into an account.
#[derive(Debug)]
pub(crate) struct Fold {
    /// The account after the entries so far.
    pub(crate) account: CreditAccount,
    /// The lots that have left the account, by key.
    pub(crate) past: BTreeMap<String, PastLot>,
    /// Whether there are more past lots than are kept here.
    pub(crate) past_is_cut: bool,
    /// Whether the ledger is complete so far.
    pub(crate) is_whole: bool,
    pub(crate) findings: Vec<Finding>,
    most_past: usize,
    last: Option<Last>,
}

/// The previous entry.
#[derive(Debug)]
struct Last {
    key: Key,
    is_authentic: bool,
}

impl Fold {
    pub(crate) fn of(user_id: &UserId, most_past: usize) -> Self {
        Fold {
            account: CreditAccount::unopened(user_id.clone()),
            past: BTreeMap::new(),
            past_is_cut: false,
            is_whole: true,
            findings: Vec::new(),
            most_past,
            last: None,
        }
    }

    /// The last entry.
    pub(crate) fn last_sk(&self) -> &str {
        let last = self.last.as_ref();
        last.map_or("the beginning", |last| last.key.sk.as_str())
    }

    fn find(&mut self, key: &Key, problem: impl Into<String>) {
        self.is_whole = false;
        self.findings.push(Finding::new(key, problem));
    }

    /// Takes the next entry. The reader of the entry reports what is wrong with the
    /// entry itself; here that only makes the ledger incomplete.
    pub(crate) fn take(&mut self, row: &LedgerRow) {
        let Ok(entry) = &row.entry else {
            self.is_whole = false;
            if row.seq == Some(self.account.version.saturating_add(1)) {
                self.account
                    .record_unreadable(self.account.version.saturating_add(1));
                self.last = Some(Last {
                    key: row.key.clone(),
                    is_authentic: false,
                });
            }
            return;
        };
        let expected = self.account.version.saturating_add(1);
        if entry.seq < expected {
            let problem = format!("its number is {}, which another entry has", entry.seq);
            return self.find(&row.key, problem);
        }
        self.check_place(&row.key, entry, expected);
        self.post(&row.key, entry);
        self.account.record(entry.seq, entry.at, entry.hash);
        let is_authentic = entry.is_authentic();
        if !is_authentic {
            self.is_whole = false;
        }
        self.check_shown(&row.key, entry);
        self.last = Some(Last {
            key: row.key.clone(),
            is_authentic,
        });
    }

    /// Checks an entry's number, hash and time against the previous entry.
    fn check_place(&mut self, key: &Key, entry: &Entry, expected: u64) {
        let before = self.last_sk().to_string();
        if entry.seq > expected {
            let problem = match entry.seq - 1 {
                missing if missing == expected => {
                    format!("entry {missing}, between {before} and this one, is missing")
                }
                missing => format!(
                    "entries {expected} to {missing}, between {before} and this one, are missing"
                ),
            };
            self.find(key, problem);
        } else if entry.previous_hash != self.account.head_hash
            && self.last.as_ref().is_none_or(|last| last.is_authentic)
        {
            let problem = format!("the hash it has of the entry before it is not that of {before}");
            self.find(key, problem);
        }
        if entry.at < self.account.as_of {
            let problem = format!("it is of {}, before {before}", entry.at);
            self.find(key, problem);
        }
    }

    fn post(&mut self, key: &Key, entry: &Entry) {
        for (posting, number) in entry.postings.iter().zip(1_u32..) {
            if let Posting::EndMoved { lot, expires_at: _ } = posting
                && let Some(lot) = self.account.lot(lot)
            {
                // The lot no longer lies under its previous end.
                let place = keys::past_credit(&self.account.user_id, &lot.terms).sk;
                self.past.remove(&place);
            }
            if let Posting::Archived { lot } = posting
                && let Some(lot) = self.account.lot(lot).cloned()
            {
                let ended_at = lot.terms.expires_at.unwrap_or(entry.at);
                let place = keys::past_credit(&self.account.user_id, &lot.terms).sk;
                let is_full = self.past.len() >= self.most_past;
                if is_full && !self.past.contains_key(&place) {
                    self.past_is_cut = true;
                } else {
                    self.past.insert(place, PastLot { lot, ended_at });
                }
            }
            if let Err(error) = self.account.apply(posting)
                && self.is_whole
            {
                self.find(key, format!("its posting {number} does not fit: {error}"));
            }
        }
    }

    /// The balances that the entry recorded must be those its postings led to.
    fn check_shown(&mut self, key: &Key, entry: &Entry) {
        if !self.is_whole {
            return;
        }
        let shown = match shown_balance(&self.account) {
            Ok(shown) => shown,
            Err(error) => return self.find(key, format!("its account cannot be shown: {error}")),
        };
        let said = entry.shown_after;
        if shown != said {
            let problem = format!(
                "it says that {}, {} and {} were available, held and owed after it, and it comes to {}, {} and {}",
                said.total_available,
                said.held,
                said.debt,
                shown.total_available,
                shown.held,
                shown.debt
            );
            self.find(key, problem);
        }
    }
}
