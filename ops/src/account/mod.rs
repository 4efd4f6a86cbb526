//! `creditsctl account`: mends an account from its ledger.

use std::fmt;
use std::sync::Arc;

use clap::Subcommand;
use serde::Serialize;
use shared::domain::UserId;
use shared::store::{Finding, PlannedRebuild, Rebuild, Rebuilt};

use crate::act;
use crate::context::CommandContext;
use crate::ending::{Ending, Failure};
use crate::finding::FindingLine;
use crate::ledger::{self, Change, LedgerArgs};

const EXAMPLES: &str = "\
Examples:
  creditsctl account rebuild user-17 --dry-run --reason 'verify found a wrong balance'
  creditsctl account rebuild user-17 --reason 'verify found a wrong balance, ticket 512'

Run `creditsctl verify --user USER` before and after.";

/// Mend an account that differs from its ledger.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct AccountArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Rebuild(RebuildArgs),
}

const REBUILD_EXAMPLES: &str = "\
Examples:
  creditsctl account rebuild user-17 --dry-run --reason 'verify found a wrong balance'
  creditsctl account rebuild user-17 --reason 'verify found a wrong balance, ticket 512'

Shows each difference, then writes the account and its past credits as their ledger says, in one
transaction and only if the account is still as it was read. The ledger stays as it is and gets an
entry more, an adjustment of 0 with actor and reason. It must be whole: an entry that is missing or
was changed must be restored from a backup first.

Exit code 3 if more past credits differ than one transaction holds; run it again then.";

/// Make an account and its past credits what their ledger says
#[derive(clap::Args, Debug)]
#[command(after_help = REBUILD_EXAMPLES)]
struct RebuildArgs {
    /// User id
    user: UserId,
    #[command(flatten)]
    ledger: LedgerArgs,
}

/// How often an account that changes meanwhile is folded again.
const ATTEMPTS: usize = 5;

#[derive(Serialize)]
struct Line<'a> {
    rebuilt: Parts<'a>,
}

#[derive(Serialize)]
struct Parts<'a> {
    user_id: &'a UserId,
    writes: Vec<String>,
    dry_run: bool,
    actor: &'a str,
    reason: &'a str,
}

pub(crate) async fn run(
    context: Arc<CommandContext>,
    args: AccountArgs,
) -> Result<Ending, Failure> {
    match args.what {
        What::Rebuild(args) => rebuild(&context, &args).await,
    }
}

async fn rebuild(context: &CommandContext, args: &RebuildArgs) -> Result<Ending, Failure> {
    for _ in 0..ATTEMPTS {
        let planning = context.store.plan_rebuild(&args.user, act::deadline());
        let plan = match context.stop.unless_asked(planning).await?? {
            PlannedRebuild::Differs(plan) => plan,
            PlannedRebuild::Equal => {
                context.output.say(format_args!(
                    "The account of {} is what its ledger says; nothing to do.",
                    args.user
                ))?;
                return Ok(Ending::Done);
            }
            PlannedRebuild::NoLedger => return Err(no_ledger(&args.user)),
            PlannedRebuild::Damaged(findings) => return damaged(context, &args.user, &findings),
        };
        report(context, &plan.differences)?;
        if args.ledger.is_dry_run() {
            context.output.report(&Line::of(args, &plan))?;
            context.output.say("Nothing was written.")?;
            return Ok(Ending::Done);
        }
        context.stop.check()?;
        if is_rebuilt(context, args, &plan).await? {
            context.output.report(&Line::of(args, &plan))?;
            return Ok(act::ending(plan.is_partial));
        }
        context
            .output
            .say("The account was written to meanwhile; it is compared again.")?;
    }
    Err(Failure::Could(format!(
        "the account of {} is written to all the time, so nothing was written; run the same command again",
        args.user
    )))
}

/// Writes what was planned. False if the account has changed meanwhile.
async fn is_rebuilt(
    context: &CommandContext,
    args: &RebuildArgs,
    plan: &Rebuild,
) -> Result<bool, Failure> {
    let change = Change {
        word: "rebuild",
        user_id: &args.user,
        terms: Vec::new(),
        version: Some(plan.version()),
        status: None,
    };
    let what = "account rebuilt from its ledger";
    let note = args.ledger.note(context, &change, what)?;
    let writing = context
        .store
        .rebuild(plan, &note, context.now, act::deadline());
    match writing.await {
        Ok(Rebuilt::Done) => Ok(true),
        Ok(Rebuilt::Moved) => Ok(false),
        Ok(Rebuilt::KeyInUse) => Err(ledger::reused(&args.user, &note.key)),
        Err(error) => Err(ledger::explained(&args.user, &note.key, error)),
    }
}

fn report(context: &CommandContext, findings: &[Finding]) -> Result<(), Failure> {
    for finding in findings {
        context.output.report(&FindingLine::of(finding))?;
    }
    Ok(())
}

fn no_ledger(user_id: &UserId) -> Failure {
    Failure::Usage(format!(
        "user {user_id} has no ledger to rebuild an account from; check the id"
    ))
}

fn damaged(
    context: &CommandContext,
    user_id: &UserId,
    findings: &[Finding],
) -> Result<Ending, Failure> {
    report(context, findings)?;
    Err(Failure::Could(format!(
        "the ledger of {user_id} is not whole, so its account cannot be rebuilt; restore its entries from a backup first"
    )))
}

impl<'a> Line<'a> {
    fn of(args: &'a RebuildArgs, plan: &Rebuild) -> Self {
        let (actor, reason) = args.ledger.who_and_why();
        Line {
            rebuilt: Parts {
                user_id: &args.user,
                writes: plan.writes(),
                dry_run: args.ledger.is_dry_run(),
                actor,
                reason,
            },
        }
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts {
            user_id,
            writes,
            dry_run,
            actor,
            reason,
        } = &self.rebuilt;
        let is = if *dry_run { "would be" } else { "is" };
        writeln!(
            formatter,
            "The account of {user_id} {is} rebuilt by {actor}: {reason}"
        )?;
        for key in writes {
            writeln!(formatter, "    writes {key}")?;
        }
        Ok(())
    }
}
