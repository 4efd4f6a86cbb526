//! The progress of several commands of one user.

use std::collections::VecDeque;

use aws_sdk_dynamodb::types::CancellationReason;

use crate::domain::{Command, CreditAccount, Decision, Entry, Refusal, UserId};
use crate::store::commit::{account_that_stands, has_failed, recognise};
use crate::store::schema::items::{Item, entry_from_item};
use crate::store::schema::limits::TooLarge;
use crate::store::{CommitError, Committed, StoreError};

/// Why one of several commands was refused; the others are committed regardless.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The rules forbid it.
    #[error(transparent)]
    Rule(#[from] Refusal),
    /// Its key was used for another request.
    #[error("the key is already used with another request")]
    KeyReused,
    /// DynamoDB cannot store the resulting items.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
}

/// The progress of a call.
pub(in crate::store) struct Row<'a> {
    pub(super) user_id: &'a UserId,
    pub(super) commands: &'a [Command],
    /// Indices of the commands that have no outcome yet, in order.
    pub(super) open: VecDeque<usize>,
    pub(super) results: Vec<Option<Result<Committed, Refused>>>,
    pub(super) account: CreditAccount,
}

impl<'a> Row<'a> {
    pub(in crate::store) fn new(
        user_id: &'a UserId,
        commands: &'a [Command],
        account: CreditAccount,
    ) -> Self {
        Row {
            user_id,
            commands,
            open: (0..commands.len()).collect(),
            results: vec![None; commands.len()],
            account,
        }
    }

    pub(super) fn set(&mut self, place: usize, result: Result<Committed, Refused>) {
        self.open.retain(|open| *open != place);
        if let Some(slot) = self.results.get_mut(place) {
            *slot = Some(result);
        }
    }

    pub(super) fn done(&mut self, decisions: Vec<(usize, Decision)>) {
        if let Some((_, last)) = decisions.last() {
            self.account = last.account.clone();
        }
        for (place, decision) in decisions {
            self.set(place, Ok(Committed::Applied(Box::new(decision))));
        }
    }

    /// Takes over what failed conditions returned: entries are the outcomes of their
    /// commands, and the account is the next one to decide on.
    pub(super) fn take_over(
        &mut self,
        decisions: Vec<(usize, Decision)>,
        reasons: Vec<CancellationReason>,
    ) -> Result<(), CommitError> {
        let mut reasons = reasons.into_iter();
        let mut has_moved = false;
        let mut settled = Vec::new();
        for (place, decision) in &decisions {
            let Some((true, item)) = reasons.next().map(reported) else {
                continue;
            };
            let (Some(item), Some(command)) = (item, self.commands.get(*place)) else {
                return Err(without_item());
            };
            let entry = entry_from_item(self.user_id, &command.key, item)?;
            has_moved = true;
            let ours = entry.hash == decision.entry.hash;
            settled.push((
                *place,
                if ours {
                    Ok(Committed::Applied(Box::new(decision.clone())))
                } else {
                    recognised(command, entry)
                },
            ));
        }
        if let Some((true, item)) = reasons.next().map(reported) {
            self.account = account_that_stands(self.user_id, item)?;
            has_moved = true;
        }
        for (place, result) in settled {
            self.set(place, result);
        }
        if has_moved {
            Ok(())
        } else {
            Err(StoreError::Rejected(
                "a transaction was cancelled although no condition failed".into(),
            )
            .into())
        }
    }
}

fn reported(reason: CancellationReason) -> (bool, Option<Item>) {
    (has_failed(&reason), reason.item)
}

pub(super) fn recognised(command: &Command, entry: Entry) -> Result<Committed, Refused> {
    recognise(command, Box::new(entry)).map_err(|_| Refused::KeyReused)
}

fn without_item() -> CommitError {
    StoreError::Rejected("a failed condition returned no item".into()).into()
}
