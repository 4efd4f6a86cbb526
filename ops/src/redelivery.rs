//! Asking for deliveries again: what did not arrive is sent once more, under its id.

use shared::domain::{Recipient, Timestamp};

use crate::context::CommandContext;
use crate::ending::Failure;

/// Asks again for what a recipient did not get of notices since a time; with `dry_run`,
/// only counts it. Returns how many there are.
pub(crate) async fn redeliver(
    context: &CommandContext,
    recipient: &Recipient,
    since: Timestamp,
    dry_run: bool,
) -> Result<u64, Failure> {
    let mut walk = context.store.walk_deliveries(recipient, since);
    let mut asked = 0_u64;
    loop {
        let deliveries = context.stop.unless_asked(walk.next_page()).await??;
        if deliveries.is_empty() {
            return Ok(asked);
        }
        for mut delivery in deliveries {
            if !delivery.may_be_asked_again(context.now) {
                continue;
            }
            context.stop.check()?;
            asked = asked.saturating_add(1);
            if !dry_run {
                delivery.ask_again(context.now);
                // One that has just changed is on its way already.
                context.store.save_delivery(&mut delivery).await?;
            }
        }
    }
}
