//! Shared by the commands that write to a user's ledger: reason, actor and key, and the
//! one way to the commit. What was done before under the same key is reported, not done
//! again.

mod derived;
mod line;

use clap::builder::ValueParser;
use shared::domain::{
    Action, Adjustment, Command, CreditAccount, Credits, Digest, Entry, EntryKey, Erasable,
    IdempotencyKey, Refusal, UserId, decide,
};
use shared::store::{CommitError, CommitRequest, Committed};

use crate::act::{self, ActorArgs};
use crate::context::{CommandContext, DryRun};
use crate::ending::Failure;
pub(crate) use derived::Change;
use line::ChangeLine;

/// A label of the ledger has as many.
const MAX_REASON: usize = 100;

/// Flags of every command that writes to a ledger.
#[derive(clap::Args, Debug)]
pub(crate) struct LedgerArgs {
    /// Reason to store in the ledger entry, up to 100 characters; the user does not see it
    #[arg(long, value_name = "TEXT", value_parser = ValueParser::new(reason))]
    reason: String,
    #[command(flatten)]
    actor: ActorArgs,
    /// Key under which this happens at most once [default: derived from the command]
    #[arg(long, value_name = "KEY")]
    key: Option<IdempotencyKey>,
    #[command(flatten)]
    dry_run: DryRun,
}

impl LedgerArgs {
    pub(crate) fn is_dry_run(&self) -> bool {
        self.dry_run.dry_run
    }

    /// The key of a change, and the digest that distinguishes it from another change
    /// under the same key. The reason is no part of that digest.
    pub(crate) fn identify(
        &self,
        change: &Change<'_>,
    ) -> Result<(IdempotencyKey, Digest), Failure> {
        let key = match &self.key {
            Some(key) => key.clone(),
            None => change.derived_key(&self.reason)?,
        };
        Ok((key, change.request_digest()))
    }

    /// The command that changes nothing and says in the ledger what was done to an
    /// account, by whom and why.
    pub(crate) fn note(
        &self,
        context: &CommandContext,
        change: &Change<'_>,
        what: &str,
    ) -> Result<Command, Failure> {
        let nothing = Action::Adjust(Adjustment::Take {
            amount: Credits::ZERO,
        });
        let mut command = self.command(context, self.identify(change)?, nothing);
        let label = format!("{what}: {}", self.reason);
        command.label = Some(Erasable::new(&label, context.entropy.bytes()));
        Ok(command)
    }

    /// The actor's name and the reason.
    pub(crate) fn who_and_why(&self) -> (&str, &str) {
        (self.actor.name(), &self.reason)
    }

    /// The command for an action.
    pub(crate) fn command(
        &self,
        context: &CommandContext,
        (key, request_hash): (IdempotencyKey, Digest),
        action: Action,
    ) -> Command {
        let sealed = |text: &str| Erasable::new(text, context.entropy.bytes());
        Command {
            key: EntryKey::Ops(key),
            request_hash,
            actor: sealed(self.actor.name()),
            label: Some(sealed(&self.reason)),
            action,
        }
    }
}

fn reason(text: &str) -> Result<String, String> {
    let length = text.trim().chars().count();
    if length == 0 || length > MAX_REASON || text.chars().any(char::is_control) {
        return Err(format!(
            "a reason has 1 to {MAX_REASON} characters on one line"
        ));
    }
    Ok(text.trim().to_string())
}

/// Parses an amount above zero.
pub(crate) fn amount(text: &str) -> Result<Credits, String> {
    let credits: Credits = text
        .parse()
        .map_err(|error| format!("an amount of credits {error}"))?;
    if credits.is_positive() {
        Ok(credits)
    } else {
        Err("an amount of credits must be above 0".to_string())
    }
}

/// Fails if nothing is known of a user.
pub(crate) async fn must_be_known(
    context: &CommandContext,
    user_id: &UserId,
) -> Result<(), Failure> {
    let looking = context.store.is_known_user(user_id);
    if context.stop.unless_asked(looking).await?? {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "there is no user {user_id}; find the id with `creditsctl user find`, or run `creditsctl user create {user_id}`"
    )))
}

/// Makes a change, or reports that it was made before, or in a dry run what it would
/// do. Returns whether it was made before.
pub(crate) async fn change(
    context: &CommandContext,
    args: &LedgerArgs,
    change: &Change<'_>,
    action: impl FnOnce(&IdempotencyKey) -> Result<Action, Failure>,
) -> Result<bool, Failure> {
    let user_id = change.user_id;
    must_be_known(context, user_id).await?;
    let (key, request_hash) = args.identify(change)?;
    let entry_key = EntryKey::Ops(key.clone());
    let looking = context.store.load_account_with_entry(user_id, &entry_key);
    let (account, entry) = context.stop.unless_asked(looking).await??;
    if let Some(entry) = entry {
        return report_repeated(context, &entry, request_hash);
    }
    let action = action(&key)?;
    let command = args.command(context, (key, request_hash), action);
    if args.is_dry_run() {
        report_plan(context, &account, &command)?;
        return Ok(false);
    }
    context.stop.check()?;
    let request = CommitRequest {
        user_id,
        command: &command,
        guess: Some(account),
        now: context.now,
        deadline: act::deadline(),
    };
    let committed = match change.status {
        Some(active) => context.store.commit_with_status(request, active).await,
        None => context.store.commit(request).await,
    };
    match committed {
        Ok(Committed::Applied(decision)) => {
            context.output.report(&ChangeLine::made(&decision.entry))?;
            Ok(false)
        }
        Ok(Committed::Replayed(entry)) => report_repeated(context, &entry, request_hash),
        Err(error) => Err(explained(user_id, &entry_key, error)),
    }
}

/// Reports what a command would do to an account.
pub(crate) fn report_plan(
    context: &CommandContext,
    account: &CreditAccount,
    command: &Command,
) -> Result<(), Failure> {
    let decision = decide(account, command, context.now)
        .map_err(|refusal| refused(&account.user_id, &refusal))?;
    context
        .output
        .report(&ChangeLine::planned(&decision.entry))?;
    context.output.say("Nothing was written.")?;
    Ok(())
}

/// Reports the entry that stands under the key; an error if it is another change's.
pub(crate) fn report_repeated(
    context: &CommandContext,
    entry: &Entry,
    request_hash: Digest,
) -> Result<bool, Failure> {
    if entry.request_hash != request_hash {
        return Err(reused(&entry.user_id, &entry.key));
    }
    context.output.report(&ChangeLine::repeated(entry))?;
    Ok(true)
}

/// The failure of a commit.
pub(crate) fn explained(user_id: &UserId, key: &EntryKey, error: CommitError) -> Failure {
    match error {
        CommitError::Refused(refusal) => refused(user_id, &refusal),
        CommitError::KeyReused => reused(user_id, key),
        CommitError::Contended | CommitError::Store(_) => error.into(),
    }
}

/// The failure of a key that another command was given.
pub(crate) fn reused(user_id: &UserId, key: &EntryKey) -> Failure {
    Failure::Usage(format!(
        "the key {key} was used for another command on {user_id}, see `creditsctl explain --user {user_id}`; pass another --key"
    ))
}

fn refused(user_id: &UserId, refusal: &Refusal) -> Failure {
    Failure::Could(match refusal {
        Refusal::InsufficientCredits {
            required,
            available,
            renewal_due: _,
        } => format!("{user_id} has {available} credits available, so {required} cannot be taken"),
        Refusal::TooManyLots { limit } => format!(
            "{user_id} has {limit} open lots from operators, which is the maximum; grant again when one of them has ended or is used up"
        ),
        Refusal::NoSuchHold(_) | Refusal::HoldNotOpen => {
            format!("{user_id}: {refusal}; `creditsctl hold list {user_id}` shows the open ones")
        }
        Refusal::UserInactive
        | Refusal::UserErased
        | Refusal::TooManyHolds { .. }
        | Refusal::AboveHold { .. }
        | Refusal::UseAboveHold { .. }
        | Refusal::NoRateCard { .. }
        | Refusal::Unrated(_)
        | Refusal::Unestimated(_)
        | Refusal::NoSuchLot(_)
        | Refusal::ImpossibleGrant(_)
        | Refusal::ImpossibleSchedule { .. }
        | Refusal::AlreadyOpen
        | Refusal::ImpossibleOpening(_)
        | Refusal::ImpossiblePast(_)
        | Refusal::Impossible(_)
        | Refusal::ImpossibleAmount(_)
        | Refusal::AmountsTooLarge => format!("{user_id}: {refusal}"),
    })
}
