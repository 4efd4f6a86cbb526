//! `decide`: the one place where it is settled whether a command may happen
//! and what it does.
//!
//! Pure and total: the same account, command and time always give the same
//! decision, and there is no input it panics on.

use super::draft::Draft;
use super::open::open;
use super::roll_forward::roll_draft_forward;
use super::{
    Action, ApplyError, Balance, Command, CreditAccount, CreditsOverflow, Digest, Entry, PastLot,
    Timestamp,
};

/// What a command does: the account afterwards, the entry that records it and
/// the lots that leave. Nothing of it counts before it is committed as a whole.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The account afterwards; its version is one higher.
    pub account: CreditAccount,
    /// The ledger row.
    pub entry: Entry,
    /// Lots that leave for the past credits.
    pub archived: Vec<PastLot>,
}

/// Why a command may not happen. Nothing is written then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// An opening balance for an account that has entries already.
    #[error("the account is already open")]
    AlreadyOpen,
    /// An opening balance that contradicts itself.
    #[error("the opening balance is not possible: {0}")]
    ImpossibleOpening(String),
    /// The amounts involved do not fit 64 bits of milli-credits.
    #[error("the amounts are too large")]
    AmountsTooLarge,
}

impl From<CreditsOverflow> for Refusal {
    fn from(_: CreditsOverflow) -> Self {
        Refusal::AmountsTooLarge
    }
}

/// Decides a command on an account at `now`. The account is rolled forward
/// first; if it was written later than `now`, its own time counts.
pub fn decide(
    account: &CreditAccount,
    command: &Command,
    now: Timestamp,
) -> Result<Decision, Refusal> {
    let mut draft = Draft::of(account.clone());
    match &command.action {
        Action::Open(opening) => open(&mut draft, opening, now)?,
    }
    roll_draft_forward(&mut draft, now).map_err(impossible)?;
    conclude(draft, command)
}

/// Numbers, dates and chains the drafted entry.
fn conclude(draft: Draft, command: &Command) -> Result<Decision, Refusal> {
    let Draft {
        mut account,
        postings,
        archived,
    } = draft;
    let seq = account
        .version
        .checked_add(1)
        .ok_or(Refusal::AmountsTooLarge)?;
    let mut entry = Entry {
        user_id: account.user_id.clone(),
        key: command.key.clone(),
        seq,
        kind: command.action.kind(),
        request_hash: command.request_hash,
        postings,
        balance_after: Balance::of(&account, account.as_of)?,
        at: account.as_of,
        actor: command.actor.clone(),
        previous_hash: account.head_hash,
        hash: Digest::ZERO,
    };
    entry.hash = entry.compute_hash();
    account.version = seq;
    account.head_hash = entry.hash;
    Ok(Decision {
        account,
        entry,
        archived,
    })
}

/// A posting that the draft would not take: the command contradicts the account.
pub(crate) fn impossible(error: ApplyError) -> Refusal {
    match error {
        ApplyError::Overflow(_) => Refusal::AmountsTooLarge,
        ApplyError::NoSuchLot(_) | ApplyError::LotExists(_) | ApplyError::BelowZero { .. } => {
            Refusal::ImpossibleOpening(error.to_string())
        }
    }
}

#[cfg(test)]
mod tests;
