//! An entry of the ledger: what one command did to one account.
//!
//! The entry is also the idempotency record of its command: it is written once
//! under the command's key and never again. Each carries the hash of the entry
//! before it, so an edit, a drop or a swap anywhere shows.

use serde::{Deserialize, Serialize};

use super::{Balance, Digest, Digester, EntryKey, Erasable, LotTerms, Posting, Timestamp, UserId};

/// What kind of command an entry records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// The account was opened with a balance.
    Open,
}

impl EntryKind {
    /// The kind's name in items, answers and digests.
    pub fn as_str(self) -> &'static str {
        match self {
            EntryKind::Open => "open",
        }
    }
}

/// One row of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whose account.
    pub user_id: UserId,
    /// The key of the command, under which it is never done again.
    pub key: EntryKey,
    /// 1 for the first entry; equals the account's version after it.
    pub seq: u64,
    /// What kind of command it was.
    pub kind: EntryKind,
    /// What was asked, to tell a repeat from a key used twice.
    pub request_hash: Digest,
    /// What changed, in order.
    pub postings: Vec<Posting>,
    /// The exact totals afterwards.
    pub balance_after: Balance,
    /// When; never before the entry it follows.
    pub at: Timestamp,
    /// Who acted: a client, Stripe, an operator, the seeds.
    pub actor: Erasable,
    /// The hash of the entry before; zeros for the first.
    pub previous_hash: Digest,
    /// SHA-256 over all of the above in canonical form.
    pub hash: Digest,
}

impl Entry {
    /// The hash that the entry's contents should have.
    pub fn compute_hash(&self) -> Digest {
        let mut digester = Digester::new("entry/1");
        digester
            .bytes("previous_hash", self.previous_hash.as_bytes())
            .text("user_id", self.user_id.as_str())
            .text("key", &self.key.to_string())
            .integer("seq", self.seq)
            .text("kind", self.kind.as_str())
            .bytes("request_hash", self.request_hash.as_bytes())
            .integer("at", self.at.unix_seconds())
            .bytes("actor", self.actor.digest.as_bytes());
        for posting in &self.postings {
            digest_posting(&mut digester, posting);
        }
        let balance = &self.balance_after;
        digester
            .integer("free_available", balance.free_available.milli())
            .integer("pro_available", balance.pro_available.milli())
            .integer("held", balance.held.milli())
            .integer("debt", balance.debt.milli());
        digester.finish()
    }

    /// Whether the entry is what it was when it was written.
    pub fn is_authentic(&self) -> bool {
        self.hash == self.compute_hash() && self.actor.is_consistent()
    }
}

fn digest_posting(digester: &mut Digester, posting: &Posting) {
    match posting {
        Posting::FreeTerms {
            monthly_allocation,
            reset_day_of_month,
        } => {
            digester
                .text("posting", "free_terms")
                .integer("monthly_allocation", monthly_allocation.milli())
                .integer("reset_day_of_month", reset_day_of_month.day());
        }
        Posting::Opened(terms) => {
            digester.text("posting", "opened");
            digest_terms(digester, terms);
        }
        Posting::Moved {
            lot,
            amount,
            delta,
            cause,
        } => {
            digester
                .text("posting", "moved")
                .text("lot", lot.as_str())
                .text("amount", amount.as_str())
                .integer("delta", delta.milli())
                .text("cause", cause.as_str());
        }
        Posting::Archived { lot } => {
            digester
                .text("posting", "archived")
                .text("lot", lot.as_str());
        }
        Posting::PeriodsSkipped { periods } => {
            digester
                .text("posting", "periods_skipped")
                .integer("periods", *periods);
        }
    }
}

fn digest_terms(digester: &mut Digester, terms: &LotTerms) {
    digester
        .text("lot", terms.id.as_str())
        .text("kind", terms.kind.as_str())
        .integer("starts_at", terms.starts_at.unix_seconds())
        .integer("monthly_allocation", terms.monthly_allocation.milli())
        .integer("reset_day_of_month", terms.reset_day_of_month.day());
    if let Some(expires_at) = terms.expires_at {
        digester.integer("expires_at", expires_at.unix_seconds());
    }
}

#[cfg(test)]
mod tests;
