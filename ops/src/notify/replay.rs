//! `creditsctl notify replay`: reads the ledgers again and begins every delivery that was
//! never begun. What was begun is left alone, whatever became of it.

use std::collections::BTreeMap;

use shared::domain::{REPLAYED_FOR, Timestamp, UserId};
use shared::store::Segment;

use crate::context::{CommandContext, DryRun};
use crate::ending::{Ending, Failure};

const EXAMPLES: &str = "\
Examples:
  creditsctl notify replay --since 2025-11-06T00:00:00Z --dry-run
  creditsctl notify replay --since 2025-11-06T00:00:00Z

It reads the whole credits table and may run beside live traffic, twice, or be interrupted. At most
thirty days back. E-mails about entries older than a day are recorded and not sent. Nothing is begun
for a user who was erased.

Exit code 3 if entries cannot be read.";

/// Send what entries had to tell and nobody was told
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct ReplayArgs {
    /// Entries written since then
    #[arg(long, value_name = "RFC 3339")]
    since: Timestamp,
    #[command(flatten)]
    dry_run: DryRun,
}

/// Whose deliveries were erased: nothing of them is begun again. Each user is looked up
/// once.
#[derive(Default)]
struct ErasedUsers(BTreeMap<UserId, bool>);

impl ErasedUsers {
    async fn has(&mut self, context: &CommandContext, user_id: &UserId) -> Result<bool, Failure> {
        if let Some(erased) = self.0.get(user_id) {
            return Ok(*erased);
        }
        let erased = context.store.is_erased(user_id).await?;
        self.0.insert(user_id.clone(), erased);
        Ok(erased)
    }
}

pub(super) async fn run(context: &CommandContext, args: &ReplayArgs) -> Result<Ending, Failure> {
    if context.now.seconds_since(args.since) > REPLAYED_FOR {
        let text = "--since is more than thirty days ago: deliveries that old may be forgotten, \
                    and would be sent twice";
        return Err(Failure::Usage(text.to_string()));
    }
    let endpoints = context.store.load_endpoints().await?;
    let all = Segment { number: 0, of: 1 };
    let progress = context.progress("entries read", None);
    let mut erased = ErasedUsers::default();
    let (mut begun, mut unreadable, mut start) = (0_u64, 0_u64, None);
    loop {
        let reading = context.store.entries_page(all, args.since, start);
        let page = context.stop.unless_asked(reading).await??;
        unreadable = unreadable.saturating_add(page.unreadable);
        for (_, row) in page.rows {
            progress.advance(1);
            let Ok(entry) = row.entry else {
                unreadable = unreadable.saturating_add(1);
                continue;
            };
            context.stop.check()?;
            if !entry.has_notices() || erased.has(context, &entry.user_id).await? {
                continue;
            }
            let store = &context.store;
            begun = begun.saturating_add(if args.dry_run.dry_run {
                notices::untold(store, &entry, &endpoints, context.now).await?
            } else {
                notices::tell(store, &entry, &endpoints, context.now)
                    .await?
                    .new
            });
        }
        start = page.next;
        if start.is_none() {
            break;
        }
    }
    let would = if args.dry_run.dry_run {
        "would be "
    } else {
        ""
    };
    context.output.say(format_args!(
        "{begun} deliveries {would}begun; {unreadable} entries could not be read."
    ))?;
    let data = serde_json::json!({"begun": begun, "unreadable": unreadable});
    context.output.data(&data)?;
    Ok(match unreadable {
        0 => Ending::Done,
        _ => Ending::Findings,
    })
}
