//! `creditsctl notify roll-links`: a new key for the links in e-mails.

use notices::roll;
use shared::host::entropy::SystemEntropy;

use crate::context::{CommandContext, DryRun};
use crate::ending::{Ending, Failure};

const EXAMPLES: &str = "\
Examples:
  creditsctl notify roll-links --dry-run
  creditsctl notify roll-links
  creditsctl notify roll-links --forget

The links that switch e-mails off are sealed with a key in the notices table. A new key seals those
of coming e-mails; older links go on working. With --forget they do not: for when a key has leaked.
Whoever has a key can switch e-mails of any user off, and nothing else.";

/// Seal the links in e-mails with a new key
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct RollLinksArgs {
    /// Drop the older keys: links in e-mails of the past are dead
    #[arg(long)]
    forget: bool,
    #[command(flatten)]
    dry_run: DryRun,
}

pub(super) async fn run(context: &CommandContext, args: &RollLinksArgs) -> Result<Ending, Failure> {
    let Some(mut keys) = context.store.load_link_keys().await? else {
        let text = "There is no key yet: the first e-mail makes one.";
        context.output.say(text)?;
        return Ok(Ending::Done);
    };
    roll(&mut keys, args.forget, &SystemEntropy);
    let number = keys.keys.len();
    if args.dry_run.dry_run {
        let said = format_args!("{number} keys would open links. Nothing was written.");
        context.output.say(said)?;
        context.output.data(&serde_json::json!({"keys": number}))?;
        return Ok(Ending::Done);
    }
    if !context.store.save_link_keys(&mut keys).await? {
        let text = "somebody else has just changed the keys; nothing was written";
        return Err(Failure::Could(text.to_string()));
    }
    let said = format_args!("Links are sealed with a new key; {number} keys open them.");
    context.output.say(said)?;
    context.output.data(&serde_json::json!({"keys": number}))?;
    Ok(Ending::Done)
}
