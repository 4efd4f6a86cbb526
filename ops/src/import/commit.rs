//! Commits pending commands and reports those that failed.

use std::collections::HashMap;

use shared::domain::{Action, Command, CreditAccount, Refusal, decide};
use shared::store::{CommitAllRequest, Committed, NewRecords, Refused, TooLarge};

use super::context::deadline;
use super::error::ImportError;
use super::outcome::Figures;
use super::remark::Verdict;
use super::session::{Pending, Session};
use super::tally::Figure;
use super::text::to_nano;

/// A name shorter than this cannot make an entry too large.
const LONG: usize = 64 * 1024;

/// How a command ended.
enum Ended {
    Written,
    /// It was recorded already, or a run without --dry-run would write it.
    Recognised,
    Refused(Refused),
}

impl Session {
    pub(super) async fn commit_pending(&mut self) -> Result<(), ImportError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let pending = std::mem::take(&mut self.pending);
        let commands: Vec<Command> = pending.iter().map(|it| it.command.clone()).collect();
        let ended = if self.context.dry_run {
            self.try_out(&commands).await?
        } else {
            self.commit(&commands).await?
        };
        for (pending, ended) in pending.iter().zip(ended) {
            self.conclude(pending, ended);
        }
        Ok(())
    }

    /// Whether a use is refused because its entry exceeds DynamoDB's item size.
    /// That does not depend on the account's state.
    pub(super) fn refuse_too_large(&mut self, pending: &Pending) -> Result<bool, ImportError> {
        let Action::PastUse(past) = &pending.command.action else {
            return Ok(false);
        };
        let model_id = past.usage.model_id.as_deref().unwrap_or_default();
        if model_id.len() < LONG {
            return Ok(false);
        }
        let unopened = CreditAccount::unopened(self.user_id.clone());
        let Ok(decision) = decide(&unopened, &pending.command, self.now) else {
            return Ok(false);
        };
        let what = |error| ImportError::store(format!("user {}", self.user_id), error);
        let too_large = TooLarge::decision(&decision).map_err(|error| what(error.into()))?;
        let Some(too_large) = too_large else {
            return Ok(false);
        };
        self.conclude(pending, Ended::Refused(too_large.into()));
        Ok(true)
    }

    async fn commit(&mut self, commands: &[Command]) -> Result<Vec<Ended>, ImportError> {
        let committed = self
            .context
            .store
            .commit_all(CommitAllRequest {
                user_id: &self.user_id,
                commands,
                account: self.is_fresh.then(|| self.account.clone()),
                now: self.now,
                deadline: deadline(),
            })
            .await;
        let what = |error| ImportError::commit(format!("user {}", self.user_id), error);
        let committed = committed.map_err(what)?;
        self.account = committed.account;
        let results = committed.results.into_iter();
        let ended = results.map(|result| match result {
            Ok(Committed::Applied(_)) => Ended::Written,
            Ok(Committed::Replayed(_)) => Ended::Recognised,
            Err(refused) => Ended::Refused(refused),
        });
        Ok(ended.collect())
    }

    /// Commits all pending commands together with a new user's records. Returns
    /// whether all of it was new.
    pub(super) async fn commit_with_new(&mut self, new: &NewRecords) -> Result<bool, ImportError> {
        let pending = std::mem::take(&mut self.pending);
        let commands: Vec<Command> = pending.iter().map(|it| it.command.clone()).collect();
        let request = CommitAllRequest {
            user_id: &self.user_id,
            commands: &commands,
            account: None,
            now: self.now,
            deadline: deadline(),
        };
        let committed = self.context.store.commit_with_new(new, request).await;
        let what = |error| ImportError::commit(format!("user {}", self.user_id), error);
        if committed.map_err(what)?.is_none() {
            return Ok(false);
        }
        for pending in &pending {
            self.conclude(pending, Ended::Written);
        }
        Ok(true)
    }

    /// The outcome of commands without writing them.
    async fn try_out(&mut self, commands: &[Command]) -> Result<Vec<Ended>, ImportError> {
        let mut known = HashMap::new();
        if !self.is_fresh {
            let wanted = commands
                .iter()
                .map(|command| (self.user_id.clone(), command.key.clone()));
            let wanted: Vec<_> = wanted.collect();
            let found = self.context.store.load_entries_of(&wanted).await;
            let what = |error| ImportError::store(format!("user {}", self.user_id), error);
            for ((_, key), entry) in wanted.into_iter().zip(found.map_err(what)?) {
                known.extend(entry.map(|entry| (key, entry)));
            }
        }
        let what = |error| ImportError::store(format!("user {}", self.user_id), error);
        let mut ended = Vec::with_capacity(commands.len());
        for command in commands {
            let known = known.get(&command.key);
            ended.push(match known {
                Some(entry) if entry.request_hash == command.request_hash => Ended::Recognised,
                Some(_) => Ended::Refused(Refused::KeyReused),
                None => match decide(&self.account, command, self.now) {
                    Ok(decision) => {
                        match TooLarge::decision(&decision).map_err(|error| what(error.into()))? {
                            Some(too_large) => Ended::Refused(too_large.into()),
                            None => {
                                self.account = decision.account;
                                Ended::Recognised
                            }
                        }
                    }
                    Err(refusal) => Ended::Refused(refusal.into()),
                },
            });
        }
        Ok(ended)
    }

    fn conclude(&mut self, pending: &Pending, ended: Ended) {
        let refused = match ended {
            Ended::Refused(refused) => refused,
            Ended::Written | Ended::Recognised => {
                for row in &pending.rows {
                    let counts = !matches!(row.figures, Figures::Nothing);
                    let rows = self.outcome.tally.rows(row.about.table);
                    rows.written += u64::from(counts && matches!(ended, Ended::Written));
                }
                self.expect(pending);
                return;
            }
        };
        let (verdict, why) = match &refused {
            Refused::Rule(Refusal::AlreadyOpen) => (
                Verdict::Refused,
                "the account is already in use and takes no more past rows".to_string(),
            ),
            Refused::Rule(refusal) => (Verdict::Refused, refusal.to_string()),
            Refused::TooLarge(too_large) => (Verdict::Refused, too_large.to_string()),
            Refused::KeyReused => (
                Verdict::Differs,
                "already imported with other values: left unchanged".to_string(),
            ),
        };
        for row in &pending.rows {
            self.outcome.remark(row.about.remark(verdict, why.clone()));
            if verdict == Verdict::Refused {
                self.count_refused(&row.figures);
            }
        }
    }

    fn count_refused(&mut self, figures: &Figures) {
        let tally = &mut self.outcome.tally;
        match figures {
            Figures::Use(amount, _) => tally.sum(Figure::UsageUsed).refused += to_nano(*amount),
            Figures::Past { granted, used, .. } | Figures::Opened { granted, used, .. } => {
                tally.sum(Figure::CreditsTotal).refused += to_nano(*granted);
                tally.sum(Figure::CreditsUsed).refused += to_nano(*used);
            }
            // The row was imported, but not its plan.
            Figures::Nothing => {}
        }
    }
}
