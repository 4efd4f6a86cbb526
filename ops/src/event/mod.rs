//! `creditsctl event`: shows the outcome of a Stripe event and settles it again.

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

Exit code 3 if a replayed event still needs an operator.";

/// Show the outcome of a Stripe event, or settle it again.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct EventArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show the outcome of an event, the reason, and what an operator did
    #[command(after_help = "Examples:\n  creditsctl event show evt_1abc")]
    Show {
        /// Event id, evt_…
        event: StripeId,
    },
    Replay(ReplayArgs),
}

const REPLAY_EXAMPLES: &str = "\
Examples:
  creditsctl event replay evt_1abc --dry-run
  stripe events retrieve evt_1abc > event.json
  creditsctl event replay evt_1abc --file event.json --livemode true

Without --file the event must have a record that is open: parked, refused, or in need of an
operator. With --file the event may also be unrecorded, unreadable or dismissed, or have lost its
record while parked. An event that was applied stays applied.";

/// Settle an event again
#[derive(clap::Args, Debug)]
#[command(after_help = REPLAY_EXAMPLES)]
struct ReplayArgs {
    /// Event id, evt_…
    event: StripeId,
    /// File with the event's JSON from Stripe, to use instead of the record
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Reason to store in the record
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "replayed",
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
