//! `creditsctl claim release`: deletes a claim that its owner does not need, or one that
//! cannot be read.

use serde_json::Value;
use shared::domain::billing::{OperatorAct, OperatorNote};
use shared::domain::{Command, UserId};
use shared::store::{ClaimName, Consistency, DamagedClaim, FoundClaim, ReleaseNote};

use super::line::{Line, Parts};
use super::name::{Kind, NameArgs, changed, find, must_be_free, unclaimed};
use crate::act;
use crate::context::CommandContext;
use crate::ending::{Ending, Failure};
use crate::ledger::{self, Change, LedgerArgs};

const EXAMPLES: &str = "\
Examples:
  creditsctl claim release subscription sub_1abc --reason 'left by a test' --dry-run
  creditsctl claim release email ann@example.com --reason 'verify: its owner has another address'
  creditsctl claim release customer cus_1abc --damaged --reason 'verify: unreadable' --dry-run

Afterwards nobody owns it, and the next who needs it gets it. Actor and reason are kept in an entry
of the owner's ledger, an adjustment of 0.

--damaged deletes a claim whose item cannot be read. Look at the item with --dry-run first. If it
still names a user, actor and reason are kept in that user's ledger; else in a record of their own,
which `creditsctl claim show` prints.";

/// Delete a claim that its owner does not need
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct ReleaseArgs {
    #[command(flatten)]
    name: NameArgs,
    /// The item cannot be read; delete it as it is
    #[arg(long)]
    damaged: bool,
    #[command(flatten)]
    ledger: LedgerArgs,
}

pub(super) async fn run(context: &CommandContext, args: &ReleaseArgs) -> Result<Ending, Failure> {
    let name = args.name.parse()?;
    if args.damaged {
        return damaged(context, args, &name).await;
    }
    let found = find(context, &args.name).await?;
    let found = found.ok_or_else(|| unclaimed(&args.name))?;
    must_be_free(&args.name, &found)?;
    if !args.ledger.is_dry_run() {
        context.stop.check()?;
        if !is_released(context, args, &name, &found).await? {
            return Err(changed(&args.name));
        }
    }
    report(context, args, Some(&found.owner), None)
}

/// What stands in the ledger of a user: that their claim was released, by whom and why.
async fn entry(
    context: &CommandContext,
    args: &ReleaseArgs,
    owner: &UserId,
) -> Result<Command, Failure> {
    // An address is nothing for a ledger, whose keys outlast an erasure.
    let what: &str = match args.name.kind {
        Kind::Email => "an address",
        Kind::Customer | Kind::Subscription => &args.name.name,
    };
    let loading = context.store.load_account(owner, Consistency::Strong);
    let version = context.stop.unless_asked(loading).await??.version;
    let change = Change {
        word: "unclaim",
        user_id: owner,
        terms: vec![("name", what.to_string())],
        version: Some(version),
        status: None,
    };
    args.ledger
        .note(context, &change, &format!("claim of {what} released"))
}

/// Deletes the claim and says so in its owner's ledger, if there is such a user.
async fn is_released(
    context: &CommandContext,
    args: &ReleaseArgs,
    name: &ClaimName,
    found: &FoundClaim,
) -> Result<bool, Failure> {
    let owner = &found.owner;
    let command = entry(context, args, owner).await?;
    let is_known = context.store.is_known_user(owner).await?;
    let note = is_known.then_some((&command, context.now));
    let releasing = context
        .store
        .release_claim(name, found, note, act::deadline());
    let released = releasing.await;
    released.map_err(|error| ledger::explained(owner, &command.key, error))
}

async fn damaged(
    context: &CommandContext,
    args: &ReleaseArgs,
    name: &ClaimName,
) -> Result<Ending, Failure> {
    let finding = context.store.find_damaged_claim(name);
    let Some(found) = context.stop.unless_asked(finding).await?? else {
        let name = &args.name.name;
        return Err(Failure::Usage(format!(
            "there is no damaged claim of {name}; release it without --damaged"
        )));
    };
    let owner = owner_with_ledger(context, &found).await?;
    if !args.ledger.is_dry_run() {
        context.stop.check()?;
        if !is_damaged_released(context, args, name, (&found, owner.as_ref())).await? {
            return Err(changed(&args.name));
        }
    }
    let shown = (found.damage.problem().to_string(), found.item());
    report(context, args, owner.as_ref(), Some(shown))
}

/// The user whom a damaged claim still names, if they have a ledger that may be written.
async fn owner_with_ledger(
    context: &CommandContext,
    found: &DamagedClaim,
) -> Result<Option<UserId>, Failure> {
    let Some(owner) = found.owner() else {
        return Ok(None);
    };
    let looking = context.store.is_known_user(&owner);
    let is_known = context.stop.unless_asked(looking).await??;
    let loading = context.store.load_account(&owner, Consistency::Strong);
    let is_erased = context.stop.unless_asked(loading).await??.erased;
    Ok((is_known && !is_erased).then_some(owner))
}

/// Deletes the claim and keeps who did it and why: in the ledger of the user whom it
/// still names, else in a record of its own.
async fn is_damaged_released(
    context: &CommandContext,
    args: &ReleaseArgs,
    name: &ClaimName,
    (found, owner): (&DamagedClaim, Option<&UserId>),
) -> Result<bool, Failure> {
    let (store, deadline) = (&context.store, act::deadline());
    let Some(owner) = owner else {
        let note = note(context, args);
        let note = ReleaseNote::Apart(&note);
        let releasing = store.release_damaged_claim(name, found, note, deadline);
        return Ok(releasing.await?);
    };
    let command = entry(context, args, owner).await?;
    let note = ReleaseNote::InLedger(owner, &command, context.now);
    let releasing = store.release_damaged_claim(name, found, note, deadline);
    let released = releasing.await;
    released.map_err(|error| ledger::explained(owner, &command.key, error))
}

fn note(context: &CommandContext, args: &ReleaseArgs) -> OperatorNote {
    let (actor, reason) = args.ledger.who_and_why();
    OperatorNote {
        act: OperatorAct::Released,
        actor: actor.to_string(),
        reason: reason.to_string(),
        at: context.now,
    }
}

fn report(
    context: &CommandContext,
    args: &ReleaseArgs,
    was: Option<&UserId>,
    damaged: Option<(String, Value)>,
) -> Result<Ending, Failure> {
    let note = note(context, args);
    let (damage, item) = damaged.unzip();
    context.output.report(&Line {
        claim: Parts {
            name: &args.name.name,
            was,
            note: Some(&note),
            damage,
            item,
            dry_run: args.ledger.is_dry_run(),
            ..Parts::default()
        },
    })?;
    Ok(Ending::Done)
}
