//! An entry of the ledger: what one command did to one account.
//!
//! The entry is also the idempotency record of its command: it is written once
//! under the command's key and never again. Each carries the hash of the entry
//! before it, so an edit, a drop or a swap anywhere shows. Whatever a caller is
//! answered is rendered from the entry alone, so a repeat gets the same bytes.

use serde::{Deserialize, Serialize};

use super::{
    Alert, Balance, Credits, CreditsOverflow, Digest, EntryKey, Erasable, HoldSummary, LotAmount,
    Posting, PostingCause, Timestamp, Usage, UserId,
};

/// What kind of command an entry records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// The account was opened with a balance.
    Open,
    /// What was used elsewhere was put on record.
    PastUse,
    /// Credits that were over elsewhere were put on record.
    PastCredits,
    /// Credits were taken.
    Charge,
    /// A hold was opened.
    Hold,
    /// A hold lives longer.
    Extend,
    /// Use of a hold was reported.
    Report,
    /// A hold was charged.
    Commit,
    /// A hold was given back.
    Release,
    /// Credits were given.
    Grant,
    /// Credits were clawed back.
    #[serde(rename = "claw_back")]
    Clawback,
    /// Subscriptions changed.
    Plans,
    /// An operator set something.
    Adjust,
}

impl EntryKind {
    /// All kinds, in the order of their declaration.
    pub const ALL: [EntryKind; 13] = [
        EntryKind::Open,
        EntryKind::PastUse,
        EntryKind::PastCredits,
        EntryKind::Charge,
        EntryKind::Hold,
        EntryKind::Extend,
        EntryKind::Report,
        EntryKind::Commit,
        EntryKind::Release,
        EntryKind::Grant,
        EntryKind::Clawback,
        EntryKind::Plans,
        EntryKind::Adjust,
    ];

    /// The kind's name in items, answers and digests.
    pub fn as_str(self) -> &'static str {
        match self {
            EntryKind::Open => "open",
            EntryKind::PastUse => "past_use",
            EntryKind::PastCredits => "past_credits",
            EntryKind::Charge => "charge",
            EntryKind::Hold => "hold",
            EntryKind::Extend => "extend",
            EntryKind::Report => "report",
            EntryKind::Commit => "commit",
            EntryKind::Release => "release",
            EntryKind::Grant => "grant",
            EntryKind::Clawback => "claw_back",
            EntryKind::Plans => "plans",
            EntryKind::Adjust => "adjust",
        }
    }
}

/// What a command came to, besides its postings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The amount the command was about.
    pub amount: Credits,
    /// By how much it changed what can be spent of the free credits.
    pub free_delta: Credits,
    /// By how much it changed what can be spent of the pro credits.
    pub pro_delta: Credits,
    /// The hold it was about.
    pub hold: Option<HoldSummary>,
    /// What it was for.
    pub usage: Usage,
    /// The thresholds it crossed.
    pub alerts: Vec<Alert>,
}

/// Balances in whole credits, as the user is shown them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShownBalance {
    /// What the next call may spend.
    pub total_available: i64,
    /// Kept aside by open holds.
    pub held: i64,
    /// Owed.
    pub debt: i64,
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
    /// What it came to.
    pub outcome: Outcome,
    /// The exact totals afterwards.
    pub balance_after: Balance,
    /// The same as the user is shown it.
    pub shown_after: ShownBalance,
    /// When; never before the entry it follows.
    pub at: Timestamp,
    /// Who acted: a client, Stripe, an operator, the seeds.
    pub actor: Erasable,
    /// What the caller wants to find it by again.
    pub label: Option<Erasable>,
    /// The hash of the entry before; zeros for the first.
    pub previous_hash: Digest,
    /// SHA-256 over all of the above in canonical form.
    pub hash: Digest,
}

impl Entry {
    /// Whether the entry is what it was when it was written.
    pub fn is_authentic(&self) -> bool {
        self.hash == self.compute_hash()
            && self.actor.is_consistent()
            && self.label.as_ref().is_none_or(Erasable::is_consistent)
    }

    /// What this entry used of free and of pro lots for the command itself.
    pub fn used_by_command(&self) -> Result<(Credits, Credits), CreditsOverflow> {
        self.used(|cause| matches!(cause, PostingCause::Charge | PostingCause::Commit))
    }

    /// What this entry used in all, also of holds whose time was over. What was
    /// used elsewhere moved no lot of ours, so it is what the entry says.
    pub fn used_in_all(&self) -> Result<Credits, CreditsOverflow> {
        if self.kind == EntryKind::PastUse {
            return Ok(self.outcome.amount);
        }
        let (free, pro) = self.used(|cause| {
            matches!(
                cause,
                PostingCause::Charge | PostingCause::Commit | PostingCause::HoldExpiry
            )
        })?;
        free.plus(pro)
    }

    fn used(
        &self,
        counts: impl Fn(PostingCause) -> bool,
    ) -> Result<(Credits, Credits), CreditsOverflow> {
        let (mut free, mut pro) = (Credits::ZERO, Credits::ZERO);
        for posting in &self.postings {
            if let Posting::Moved {
                lot,
                amount: LotAmount::Used,
                delta,
                cause,
            } = posting
                && counts(*cause)
            {
                let sum = if lot.is_free() { &mut free } else { &mut pro };
                *sum = sum.plus(*delta)?;
            }
        }
        Ok((free, pro))
    }
}

#[cfg(test)]
mod tests;
