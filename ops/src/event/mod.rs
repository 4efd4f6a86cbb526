//! `creditsctl event`: what became of an event of Stripe's, and settling it
//! again.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Subcommand;
use clap::builder::NonEmptyStringValueParser;
use shared::domain::StripeId;
use shared::domain::billing::{BillingEvent, OperatorAct};

use crate::act::{self, ActorArgs, EventLine, TermsArgs};
use crate::context::{CommandContext, DryRun};
use crate::ending::{Ending, Failure};

const EXAMPLES: &str = "\
Examples:
  creditsctl event show evt_1abc --region eu-central-1
  creditsctl event replay evt_1abc --dry-run
  creditsctl event replay evt_1abc --file event.json

Exit code 3 if an event that is replayed still needs somebody afterwards.";

/// See what became of an event of Stripe's, and settle it again.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct EventArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Tell what became of an event, why, and what an operator did about it
    #[command(after_help = "Examples:\n  creditsctl event show evt_1abc")]
    Show {
        /// The event, evt_…
        event: StripeId,
    },
    Replay(ReplayArgs),
}

const REPLAY_EXAMPLES: &str = "\
Examples:
  creditsctl event replay evt_1abc --dry-run
  stripe events retrieve evt_1abc > event.json
  creditsctl event replay evt_1abc --file event.json --livemode true

Without a file the event must be recorded and open: parked, refused, or in need of an operator.
With one it may be unknown here, or not have been readable, or have been dismissed; its record
may have been lost while it waits. What was applied stays applied.";

/// Settle an event again
#[derive(clap::Args, Debug)]
#[command(after_help = REPLAY_EXAMPLES)]
struct ReplayArgs {
    /// The event, evt_…
    event: StripeId,
    /// The event's JSON as Stripe shows it, instead of what is recorded
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Why, as the record will say
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "looked at again",
        value_parser = NonEmptyStringValueParser::new()
    )]
    reason: String,
    #[command(flatten)]
    actor: ActorArgs,
    #[command(flatten)]
    terms: TermsArgs,
    #[command(flatten)]
    dry_run: DryRun,
}

pub(crate) async fn run(context: Arc<CommandContext>, args: EventArgs) -> Result<Ending, Failure> {
    match args.what {
        What::Show { event } => show(&context, &event).await,
        What::Replay(args) => replay(&context, &args).await,
    }
}

async fn show(context: &CommandContext, id: &StripeId) -> Result<Ending, Failure> {
    let record = act::recorded(context, id).await?;
    context.output.report(&EventLine::of(id, &record))?;
    Ok(Ending::Done)
}

async fn replay(context: &CommandContext, args: &ReplayArgs) -> Result<Ending, Failure> {
    let event = match &args.file {
        Some(file) => event_in(file, &args.event)?,
        None => act::content(&args.event, act::open(context, &args.event).await?)?,
    };
    let note = args
        .actor
        .note(OperatorAct::Replayed, &args.reason, context);
    let terms = args.terms.terms()?;
    act::settle(context, &event, &note, &terms, args.dry_run.dry_run).await
}

fn event_in(file: &Path, id: &StripeId) -> Result<BillingEvent, Failure> {
    let place = file.display();
    let event = stripe::read(&act::read_file(file)?)
        .map_err(|error| Failure::Could(format!("{place}: {error}")))?;
    if event.id == *id {
        return Ok(event);
    }
    let other = &event.id;
    Err(Failure::Could(format!(
        "{place} holds the event {other}, not {id}"
    )))
}
