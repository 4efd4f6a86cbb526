//! `creditsctl notify redeliver`: hands e-mails over that got lost on their way, at most
//! one of a kind a day and none that is older than a day.

use shared::domain::{Recipient, Timestamp};

use crate::context::{CommandContext, DryRun};
use crate::ending::{Ending, Failure};
use crate::redelivery::redeliver;

const EXAMPLES: &str = "\
Examples:
  creditsctl notify redeliver --since 2025-11-06T00:00:00Z --dry-run
  creditsctl notify redeliver --since 2025-11-06T00:00:00Z

It asks again for e-mails that were begun and never tried, and for those that SES refused. The rules
of e-mails hold: preferences as they are now, one of a kind a day, and what is older than a day is
recorded as stale. What was sent, or may have been sent, is left alone. For messages to endpoints,
see `creditsctl endpoint redeliver`.";

/// Send e-mails that got lost on their way
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct RedeliverArgs {
    /// Notices of entries written since then
    #[arg(long, value_name = "RFC 3339")]
    since: Timestamp,
    #[command(flatten)]
    dry_run: DryRun,
}

pub(super) async fn run(context: &CommandContext, args: &RedeliverArgs) -> Result<Ending, Failure> {
    let dry_run = args.dry_run.dry_run;
    let asked = redeliver(context, &Recipient::Mail, args.since, dry_run).await?;
    let would = if dry_run { "would be " } else { "" };
    let said = format_args!("{asked} e-mails {would}asked for again.");
    context.output.say(said)?;
    let data = serde_json::json!({"redelivered": asked});
    context.output.data(&data)?;
    Ok(Ending::Done)
}
