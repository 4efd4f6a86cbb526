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
use crate::stripe_args::StripeArgs;

const EXAMPLES: &str = "\
Examples:
  creditsctl event show evt_1abc --region eu-central-1
  creditsctl event replay evt_1abc --dry-run
  creditsctl event replay evt_1abc --fetch

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
  creditsctl event replay evt_1abc --fetch --livemode true
  stripe events retrieve evt_1abc > event.json
  creditsctl event replay evt_1abc --file event.json --livemode true

By default the event must have a record that is open: parked, refused, or in need of an operator.
With --file or --fetch it may also be unrecorded, unreadable or dismissed, or have lost its record
while parked. --fetch reads it from Stripe's API, which keeps events for 30 days, with the key in
STRIPE_API_KEY or in the secret that --stripe-key-secret names. An event that was applied stays
applied.";

/// Settle an event again
#[derive(clap::Args, Debug)]
#[command(after_help = REPLAY_EXAMPLES)]
struct ReplayArgs {
    /// Event id, evt_…
    event: StripeId,
    /// File with the event's JSON from Stripe, to use instead of the record
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Read the event's JSON from Stripe's API, to use instead of the record
    #[arg(long, conflicts_with = "file")]
    fetch: bool,
    /// Connected account of a fetched event, acct_…
    #[arg(long, value_name = "ID", requires = "fetch")]
    account: Option<StripeId>,
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
    stripe: StripeArgs,
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
        None if args.fetch => {
            let account = args.account.as_ref();
            let fetching = args.stripe.fetch_event(context, &args.event, account);
            fetching.await?
        }
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
        .map_err(|error| Failure::Usage(format!("{place}: {error}")))?;
    if event.id == *id {
        return Ok(event);
    }
    let other = &event.id;
    Err(Failure::Usage(format!(
        "{place} holds the event {other}, not {id}"
    )))
}
