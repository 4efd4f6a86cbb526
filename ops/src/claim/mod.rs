//! `creditsctl claim`: whose an e-mail address, a Stripe customer or a subscription is;
//! gives it to another user, or releases it.

use std::fmt;
use std::sync::Arc;

use clap::{Subcommand, ValueEnum};
use serde::Serialize;
use shared::domain::UserId;
use shared::domain::billing::{OperatorAct, OperatorNote};
use shared::store::{ClaimName, FoundClaim};

use crate::act::{self, ActArgs};
use crate::context::{CommandContext, DryRun};
use crate::ending::{Ending, Failure};

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
    Release(ReleaseArgs),
}

#[derive(clap::Args, Debug)]
struct NameArgs {
    /// What is claimed
    kind: Kind,
    /// The address, the customer's id or the subscription's id
    name: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// An e-mail address
    Email,
    /// A Stripe customer
    Customer,
    /// A Stripe subscription
    Subscription,
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

const RELEASE_EXAMPLES: &str = "\
Examples:
  creditsctl claim release subscription sub_1abc --reason 'left by a test' --dry-run
  creditsctl claim release email ann@example.com --reason 'verify: its owner has another address'

Afterwards nobody owns it, and the next who needs it gets it. Nothing is left of the claim, so the
reason is printed and not stored.";

/// Delete a claim that its owner does not need
#[derive(clap::Args, Debug)]
#[command(after_help = RELEASE_EXAMPLES)]
struct ReleaseArgs {
    #[command(flatten)]
    name: NameArgs,
    #[command(flatten)]
    act: ActArgs,
    #[command(flatten)]
    dry_run: DryRun,
}

#[derive(Serialize)]
struct Line<'a> {
    claim: Parts<'a>,
}

#[derive(Default, Serialize)]
struct Parts<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'a UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    was: Option<&'a UserId>,
    needed_by: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a OperatorNote>,
    /// Nothing was written.
    dry_run: bool,
}

pub(crate) async fn run(context: Arc<CommandContext>, args: ClaimArgs) -> Result<Ending, Failure> {
    match args.what {
        What::Show(args) => show(&context, &args).await,
        What::Move(args) => give(&context, &args).await,
        What::Release(args) => release(&context, &args).await,
    }
}

async fn show(context: &CommandContext, args: &NameArgs) -> Result<Ending, Failure> {
    let found = find(context, args).await?;
    let found = found.ok_or_else(|| unclaimed(args))?;
    context.output.report(&Line {
        claim: Parts {
            name: &args.name,
            owner: Some(&found.owner),
            needed_by: &found.needed_by,
            note: found.note.as_ref(),
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

async fn release(context: &CommandContext, args: &ReleaseArgs) -> Result<Ending, Failure> {
    let (name, note) = (
        args.name.parse()?,
        args.act.note(OperatorAct::Moved, context),
    );
    let found = find(context, &args.name).await?;
    let found = found.ok_or_else(|| unclaimed(&args.name))?;
    must_be_free(&args.name, &found)?;
    if !args.dry_run.dry_run {
        context.stop.check()?;
        let releasing = context.store.release_claim(&name, &found, act::deadline());
        if !releasing.await? {
            return Err(changed(&args.name));
        }
    }
    context.output.report(&Line {
        claim: Parts {
            name: &args.name.name,
            was: Some(&found.owner),
            note: Some(&note),
            dry_run: args.dry_run.dry_run,
            ..Parts::default()
        },
    })?;
    Ok(Ending::Done)
}

async fn find(context: &CommandContext, args: &NameArgs) -> Result<Option<FoundClaim>, Failure> {
    let name = args.parse()?;
    let finding = context.store.find_claim(&name);
    Ok(context.stop.unless_asked(finding).await??)
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
    Err(Failure::Could(problem))
}

fn must_be_free(args: &NameArgs, found: &FoundClaim) -> Result<(), Failure> {
    let Some(need) = found.needed_by.first() else {
        return Ok(());
    };
    let (what, owner) = (&args.name, &found.owner);
    Err(Failure::Could(format!(
        "{what} is {owner}'s, and {need} needs it; nothing was written"
    )))
}

fn unclaimed(args: &NameArgs) -> Failure {
    Failure::Could(format!("nobody owns {}", args.name))
}

fn changed(args: &NameArgs) -> Failure {
    Failure::Could(format!(
        "the owner of {} changed meanwhile, so nothing was written; look again with `creditsctl claim show`",
        args.name
    ))
}

impl NameArgs {
    fn parse(&self) -> Result<ClaimName, Failure> {
        let name = &self.name;
        let id = || {
            let parsed = name.parse();
            parsed.map_err(|_| Failure::Could(format!("{name} is not an id of Stripe's")))
        };
        Ok(match self.kind {
            Kind::Email if name.contains('@') => ClaimName::Email(name.clone()),
            Kind::Email => {
                return Err(Failure::Could(format!("{name} is not an e-mail address")));
            }
            Kind::Customer => ClaimName::Customer(id()?),
            Kind::Subscription => ClaimName::Subscription(id()?),
        })
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts {
            name,
            owner,
            was,
            needed_by,
            note,
            dry_run,
        } = &self.claim;
        let is = if *dry_run { "would be" } else { "is" };
        match (owner, was) {
            (Some(owner), Some(was)) => {
                writeln!(formatter, "{name} {is} {owner}'s, and was {was}'s")?;
            }
            (Some(owner), None) => writeln!(formatter, "{name} {is} {owner}'s")?,
            (None, Some(was)) => writeln!(formatter, "{name} {is} nobody's, and was {was}'s")?,
            (None, None) => writeln!(formatter, "{name} {is} nobody's")?,
        }
        for need in *needed_by {
            writeln!(formatter, "    {need} needs it")?;
        }
        if let Some(note) = note {
            let (actor, at, reason) = (&note.actor, note.at, &note.reason);
            writeln!(formatter, "    by {actor} at {at}: {reason}")?;
        }
        if *dry_run {
            writeln!(formatter, "Nothing was written.")?;
        }
        Ok(())
    }
}
