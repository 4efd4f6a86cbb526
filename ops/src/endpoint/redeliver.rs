//! `creditsctl endpoint redeliver`: sends what did not arrive, under the same ids.

use shared::domain::{EndpointId, Recipient, Timestamp};

use super::known::known;
use crate::context::{CommandContext, DryRun};
use crate::ending::{Ending, Failure};
use crate::redelivery::redeliver;

const EXAMPLES: &str = "\
Examples:
  creditsctl endpoint redeliver ep_0123456789ab --since 2025-11-06T00:00:00Z --dry-run
  creditsctl endpoint redeliver ep_0123456789ab --since 2025-11-06T00:00:00Z

It sends what failed for three days, was withheld while the endpoint was disabled, or was never tried.
What arrived is not sent again.";

/// Send what an endpoint did not get
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct RedeliverArgs {
    /// Endpoint
    endpoint: EndpointId,
    /// Notices of entries written since then
    #[arg(long, value_name = "RFC 3339")]
    since: Timestamp,
    #[command(flatten)]
    dry_run: DryRun,
}

pub(super) async fn run(context: &CommandContext, args: &RedeliverArgs) -> Result<Ending, Failure> {
    let endpoint = known(context, &args.endpoint).await?;
    if !endpoint.is_enabled() {
        let id = &args.endpoint;
        let text = format!("{id} is disabled; `creditsctl endpoint enable {id}` comes first");
        return Err(Failure::Could(text));
    }
    let recipient = Recipient::Endpoint(args.endpoint.clone());
    let dry_run = args.dry_run.dry_run;
    let asked = redeliver(context, &recipient, args.since, dry_run).await?;
    let would = if dry_run { "would be " } else { "" };
    context
        .output
        .say(format_args!("{asked} messages {would}sent again."))?;
    context
        .output
        .data(&serde_json::json!({"redelivered": asked}))?;
    Ok(Ending::Done)
}
