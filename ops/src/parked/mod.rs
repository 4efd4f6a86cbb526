//! `creditsctl parked`: lists parked events and lets an operator settle them.

mod assign;
mod list;
mod ways_out;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Subcommand;
use shared::domain::StripeId;
use shared::domain::billing::{BillingEvent, BillingTerms, Fact, OperatorAct};
use shared::store::KnownEvent;

use crate::act::{self, ActArgs, EventLine, TermsArgs};
use crate::context::{CommandContext, DryRun};
use crate::ending::{Ending, Failure};
use crate::stripe_args::StripeArgs;
use assign::AssignArgs;
use list::ListArgs;

const EXAMPLES: &str = "\
Examples:
  creditsctl parked list --region eu-central-1
  creditsctl parked list --all --kind price --json | jq -r .parked.event
  creditsctl parked show evt_1abc
  creditsctl parked assign cus_1abc user-17 --reason 'bought by phone, ticket 512' --dry-run
  creditsctl parked settle evt_1abc --fetch --reason 'more than ten lines'
  creditsctl parked dismiss evt_1abc --reason 'a test of the shop'

`show` prints the content of an event and what you can do about it. Every command settles an event
by the webhook's rules and at most once, even beside the webhook. The event's record stores who
acted, why and when.

Exit code 3 if the event, or a parked event settled with it, still needs an operator; if its
record is lost; or if it was applied before it could be dismissed.";

/// List parked events and settle them.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ParkedArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    List(ListArgs),
    /// Show one parked event: its record, its content and what you can do
    #[command(after_help = "Examples:\n  creditsctl parked show evt_1abc")]
    Show {
        /// Event id, evt_…
        event: StripeId,
    },
    Assign(AssignArgs),
    Settle(SettleArgs),
    Dismiss(DismissArgs),
}

const SETTLE_EXAMPLES: &str = "\
Examples:
  creditsctl parked settle evt_1abc --fetch --reason 'more than ten lines' --dry-run
  stripe invoices retrieve in_1abc > invoice.json
  creditsctl parked settle evt_1abc --object invoice.json --reason 'more than ten lines'

The object is the one that the event is about, as Stripe's API returns it: an invoice with all its
lines, a checkout session with line_items expanded, a dispute with its balance transactions, a
subscription, or a credit note with all its lines. --fetch reads it from there, with the key in
STRIPE_API_KEY or in the secret that --stripe-key-secret names. It replaces the object in the event.
A later delivery of the event does not undo that.";

/// Where the object comes from.
#[derive(clap::Args, Debug)]
#[group(required = true, multiple = false)]
struct ObjectArgs {
    /// File with the object's JSON
    #[arg(long, value_name = "FILE")]
    object: Option<PathBuf>,
    /// Read the object from Stripe's API
    #[arg(long)]
    fetch: bool,
}

/// Settle an event with an object that you supply
#[derive(clap::Args, Debug)]
#[command(after_help = SETTLE_EXAMPLES)]
struct SettleArgs {
    /// Event id, evt_…
    event: StripeId,
    #[command(flatten)]
    from: ObjectArgs,
    #[command(flatten)]
    act: ActArgs,
    #[command(flatten)]
    terms: TermsArgs,
    #[command(flatten)]
    stripe: StripeArgs,
    #[command(flatten)]
    dry_run: DryRun,
}

const DISMISS_EXAMPLES: &str = "\
Examples:
  creditsctl parked dismiss evt_1abc --reason 'refunded by hand, ticket 512' --dry-run
  creditsctl parked dismiss evt_1abc --reason 'refunded by hand, ticket 512'

A dismissed event has no effect, even if Stripe delivers it again. An event whose record is
unreadable can be dismissed too. To undo a dismissal, run
`creditsctl event replay evt_1abc --file FILE`.";

/// Close an event without any effect
#[derive(clap::Args, Debug)]
#[command(after_help = DISMISS_EXAMPLES)]
struct DismissArgs {
    /// Event id, evt_…
    event: StripeId,
    #[command(flatten)]
    act: ActArgs,
    #[command(flatten)]
    dry_run: DryRun,
}

pub(crate) async fn run(context: Arc<CommandContext>, args: ParkedArgs) -> Result<Ending, Failure> {
    match args.what {
        What::List(args) => list::run(&context, &args).await,
        What::Show { event } => show(&context, &event).await,
        What::Assign(args) => assign::run(&context, &args).await,
        What::Settle(args) => settle(&context, &args).await,
        What::Dismiss(args) => dismiss(&context, &args).await,
    }
}

async fn show(context: &CommandContext, id: &StripeId) -> Result<Ending, Failure> {
    if let Some(KnownEvent::Lost(record, problem)) = act::known(context, id).await? {
        let ways_out = ways_out::of_lost(id, &problem);
        context
            .output
            .report(&EventLine::of(id, &record).in_full(ways_out))?;
        return Ok(Ending::Findings);
    }
    let record = act::open(context, id).await?;
    let ways_out = ways_out::of(id, &record);
    context
        .output
        .report(&EventLine::of(id, &record).in_full(ways_out))?;
    Ok(Ending::Done)
}

async fn settle(context: &CommandContext, args: &SettleArgs) -> Result<Ending, Failure> {
    let record = act::open(context, &args.event).await?;
    let reported = act::content(&args.event, record)?;
    let event = BillingEvent {
        fact: match &args.from.object {
            Some(file) if !args.from.fetch => object_of(file, &reported)?,
            Some(_) | None => args.stripe.fetch_object(context, &reported).await?,
        },
        ..reported
    };
    let note = args.act.note(OperatorAct::Supplied, context);
    let terms = args.terms.terms()?;
    act::settle(context, &event, &note, &terms, args.dry_run.dry_run).await
}

fn object_of(file: &Path, reported: &BillingEvent) -> Result<Fact, Failure> {
    let object = act::read_file(file)?;
    stripe::read_object(&object, reported)
        .map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))
}

async fn dismiss(context: &CommandContext, args: &DismissArgs) -> Result<Ending, Failure> {
    let record = act::open_or_lost(context, &args.event).await?;
    // An unreadable event has no content; its record has its time of arrival.
    let created = record.created.unwrap_or(record.settled_at);
    let event = record.event.map_or_else(
        || BillingEvent {
            id: args.event.clone(),
            event_type: record.event_type,
            created,
            livemode: false,
            account: None,
            fact: Fact::Noted,
        },
        |event| *event,
    );
    let note = args.act.note(OperatorAct::Dismissed, context);
    let terms = BillingTerms::default();
    act::settle(context, &event, &note, &terms, args.dry_run.dry_run).await
}
