//! `creditsctl stripe sync`: settles the events that Stripe has and the tables do not.

use serde_json::Value;
use shared::domain::Timestamp;
use shared::domain::billing::{BillingEvent, BillingTerms, EventOutcome};
use shared::store::{CatalogueCache, SettleRequest, SettledEvent};
use stripe::ReadError;

use super::words::{SyncLine, SyncSummary};
use crate::act::{self, TermsArgs};
use crate::context::{CommandContext, DryRun};
use crate::ending::{Ending, Failure};
use crate::stripe_args::StripeArgs;

const EXAMPLES: &str = "\
Examples:
  creditsctl stripe sync --since 2026-03-01T00:00:00Z --dry-run
  creditsctl stripe sync --since 2026-03-01T00:00:00Z --livemode true

Stripe keeps events for 30 days. An event that was settled before changes nothing, so a sync may be
repeated, and run beside live deliveries.

Exit code 3: an event is parked, refused, unreadable, or needs an operator.";

/// Settle the events since a moment that Stripe has and the tables do not
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct SyncArgs {
    /// The first moment, for example 2026-03-01T00:00:00Z
    #[arg(long, value_name = "RFC 3339")]
    since: Timestamp,
    #[command(flatten)]
    terms: TermsArgs,
    #[command(flatten)]
    stripe: StripeArgs,
    #[command(flatten)]
    dry_run: DryRun,
}

struct Sync<'a> {
    context: &'a CommandContext,
    terms: BillingTerms,
    catalogue: CatalogueCache,
    is_dry: bool,
    summary: SyncSummary,
}

pub(super) async fn run(context: &CommandContext, args: &SyncArgs) -> Result<Ending, Failure> {
    let client = args.stripe.client(context).await?;
    let mut sync = Sync {
        context,
        terms: args.terms.terms()?,
        catalogue: CatalogueCache::default(),
        is_dry: args.dry_run.dry_run,
        summary: SyncSummary::default(),
    };
    let progress = context.progress("events", None);
    let mut pages = client.events(args.since, &[]);
    loop {
        let reading = pages.next(act::deadline());
        let Some(page) = context.stop.unless_asked(reading).await?? else {
            break;
        };
        for event in page {
            context.stop.check()?;
            sync.take(&event).await?;
            progress.advance(1);
        }
    }
    context.output.report(&sync.summary)?;
    if sync.is_dry {
        context.output.say("Nothing was written.")?;
    }
    Ok(act::ending(sync.summary.left_open > 0))
}

impl Sync<'_> {
    async fn take(&mut self, event: &Value) -> Result<(), Failure> {
        self.summary.events += 1;
        match stripe::read(event.to_string().as_bytes()) {
            Ok(event) => self.settle(&event).await,
            Err(error) => self.unreadable(event, &error),
        }
    }

    async fn settle(&mut self, event: &BillingEvent) -> Result<(), Failure> {
        let context = self.context;
        let request = SettleRequest {
            event,
            terms: &self.terms,
            catalogue: &self.catalogue,
            now: context.now,
            deadline: act::deadline(),
        };
        if self.is_dry {
            let planning = context.store.difference_of(request);
            let difference = context.stop.unless_asked(planning).await??;
            if difference.is_known {
                return Ok(());
            }
            let line = SyncLine::planned(event, &difference);
            return self.report(&line, difference.outcome);
        }
        let settled = context.store.settle(request).await?;
        if !settled.repeated {
            self.report_settled(&settled.event)?;
        }
        settled
            .drained
            .iter()
            .try_for_each(|event| self.report_settled(event))
    }

    fn report_settled(&mut self, event: &SettledEvent) -> Result<(), Failure> {
        self.report(&SyncLine::settled(event), event.outcome)
    }

    fn report(&mut self, line: &SyncLine<'_>, outcome: EventOutcome) -> Result<(), Failure> {
        // What is about no credits is not worth a line.
        if outcome == EventOutcome::Ignored {
            self.summary.ignored += 1;
            return Ok(());
        }
        self.summary.new += 1;
        if outcome.is_open() {
            self.summary.left_open += 1;
        }
        Ok(self.context.output.report(line)?)
    }

    fn unreadable(&mut self, event: &Value, error: &ReadError) -> Result<(), Failure> {
        let id = event.get("id").and_then(Value::as_str);
        self.summary.left_open += 1;
        let line = SyncLine::unreadable(id.unwrap_or("an event without id"), error.to_string());
        Ok(self.context.output.report(&line)?)
    }
}
