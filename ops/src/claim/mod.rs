//! `creditsctl claim`: whose an e-mail address, a Stripe customer or a subscription is;
//! gives it to another user, or releases it.

mod line;
mod name;
mod release;

use std::sync::Arc;

use clap::Subcommand;
use shared::domain::UserId;
use shared::domain::billing::OperatorAct;
use shared::store::ClaimName;

use crate::act::{self, ActArgs};
use crate::context::{CommandContext, DryRun};
use crate::ending::{Ending, Failure};
use line::{Line, Parts};
use name::{NameArgs, changed, find, must_be_free, unclaimed};

const EXAMPLES: &str = "\
Examples:
  creditsctl claim show email ann@example.com
  creditsctl claim move customer cus_1abc user-17 --reason 'two accounts of one person' --dry-run
  creditsctl claim release subscription sub_1abc --reason 'left by a test'

A claim says whose something is that only one user may have. What the owner still needs is not
given away: a profile needs its address, a subscription its customer and its own claim.";

/// Show, move or release the claim of an address, a customer or a subscription.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ClaimArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show the owner of a claim and what needs it
    #[command(after_help = "Examples:\n  creditsctl claim show customer cus_1abc")]
    Show(NameArgs),
    Move(MoveArgs),
    Release(release::ReleaseArgs),
}

const MOVE_EXAMPLES: &str = "\
Examples:
  creditsctl claim move customer cus_1abc user-17 --reason 'two accounts of one person' --dry-run
  creditsctl claim move email ann@example.com user-17 --reason 'verify: it is missing'

The claim stores who moved it, why and when. An address can be given only to the user whose
profile has it. Nothing that was granted moves with a claim. Events that were refused because the
customer belonged to another user are settled by `creditsctl event replay`.";

/// Give a claim to another user
#[derive(clap::Args, Debug)]
#[command(after_help = MOVE_EXAMPLES)]
struct MoveArgs {
    #[command(flatten)]
    name: NameArgs,
    /// Id of the new owner
    user: UserId,
    #[command(flatten)]
    act: ActArgs,
    #[command(flatten)]
    dry_run: DryRun,
}

pub(crate) async fn run(context: Arc<CommandContext>, args: ClaimArgs) -> Result<Ending, Failure> {
    match args.what {
        What::Show(args) => show(&context, &args).await,
        What::Move(args) => give(&context, &args).await,
        What::Release(args) => release::run(&context, &args).await,
    }
}

async fn show(context: &CommandContext, args: &NameArgs) -> Result<Ending, Failure> {
    let found = find(context, args).await?;
    let name = args.parse()?;
    let reading = context.store.releases_of(&name);
    let releases = context.stop.unless_asked(reading).await??;
    if found.is_none() && releases.is_empty() {
        return Err(unclaimed(args));
    }
    let found = found.as_ref();
    context.output.report(&Line {
        claim: Parts {
            name: &args.name,
            owner: found.map(|found| &found.owner),
            needed_by: found.map_or(&[], |found| &found.needed_by),
            note: found.and_then(|found| found.note.as_ref()),
            releases: &releases,
            ..Parts::default()
        },
    })?;
    Ok(Ending::Done)
}

async fn give(context: &CommandContext, args: &MoveArgs) -> Result<Ending, Failure> {
    let (name, note) = (
        args.name.parse()?,
        args.act.note(OperatorAct::Moved, context),
    );
    let found = find(context, &args.name).await?;
    let is_theirs = found.as_ref().is_some_and(|found| found.owner == args.user);
    if is_theirs {
        let (what, user) = (&args.name.name, &args.user);
        context
            .output
            .say(format_args!("{what} is {user}'s already; nothing to do."))?;
        return Ok(Ending::Done);
    }
    if let Some(found) = &found {
        must_be_free(&args.name, found)?;
    }
    may_be_given(context, args, &name, found.is_none()).await?;
    if !args.dry_run.dry_run {
        context.stop.check()?;
        let to = (&args.user, &note);
        let moving = context
            .store
            .move_claim(&name, found.as_ref(), to, act::deadline());
        if !moving.await? {
            return Err(changed(&args.name));
        }
    }
    context.output.report(&Line {
        claim: Parts {
            name: &args.name.name,
            owner: Some(&args.user),
            was: found.as_ref().map(|found| &found.owner),
            note: Some(&note),
            dry_run: args.dry_run.dry_run,
            ..Parts::default()
        },
    })?;
    Ok(Ending::Done)
}

/// The new owner must exist and, for an address, have it.
async fn may_be_given(
    context: &CommandContext,
    args: &MoveArgs,
    name: &ClaimName,
    is_unclaimed: bool,
) -> Result<(), Failure> {
    let (what, user) = (&args.name.name, &args.user);
    let problem = match name {
        ClaimName::Email(_) => {
            let needs = context.store.needs_of(user, name).await?;
            if !needs.is_empty() {
                return Ok(());
            }
            format!("{user} has no profile with the address {what}")
        }
        ClaimName::Customer(_) if is_unclaimed => format!(
            "nobody owns {what}; give it with `creditsctl parked assign {what} {user} --reason TEXT`, which also settles what waits for it"
        ),
        ClaimName::Customer(_) | ClaimName::Subscription(_) => {
            if context.store.load_person(user).await?.is_known() {
                return Ok(());
            }
            format!("there is no user {user}; check the id")
        }
    };
    Err(Failure::Usage(problem))
}
