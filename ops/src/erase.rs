//! `creditsctl erase`: removes what tells who a user is, and keeps what accounting
//! needs.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use shared::domain::{
    Action, Adjustment, Command, Digester, EntryKey, Erasable, Hold, Subscription, UserId,
};
use shared::host::clock::Deadline;
use shared::store::{CommitRequest, Consistency, ErasedPage, Segment};

use crate::context::{CommandContext, DryRun};
use crate::ending::{Ending, Failure};

const EXAMPLES: &str = "\
Examples:
  creditsctl erase user-17 --dry-run
  creditsctl erase user-17 --yes

Erased: the profile with name and e-mail address, the preferences, the claim of the address, the
actor and label of each ledger entry with their salts, who settled an event by hand and why, and
what became of the user's notices. A tombstone with the user's id is left, so that nobody else becomes this user.

Kept for accounting: the ledger with its amounts, the subscriptions, payments and invoices by
Stripe's ids, and whose they are. That mail to an address bounces, or is unwanted, is kept by the
address's digest, so that it gets no more. The ledger still verifies, and refunds are still clawed back.

Refused while a subscription is in force or a hold is open. It reads the whole users table once.
If it is interrupted, start it again.";

/// A table as one segment.
const WHOLE: Segment = Segment { number: 0, of: 1 };

/// Deadline of the entry that marks the account.
const PATIENCE: Duration = Duration::from_secs(60);

/// Erase a user's personal data for ever; the ledger stays
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct EraseArgs {
    /// User id
    user: UserId,
    /// Do it; it cannot be undone
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    dry_run: DryRun,
}

/// What a run erased.
#[derive(Serialize)]
struct Erased<'a> {
    erased: Counts<'a>,
}

#[derive(Serialize)]
struct Counts<'a> {
    user_id: &'a UserId,
    profile: bool,
    claims: u64,
    entries: u64,
    events: u64,
    notices: u64,
}

/// What an erasure would find.
#[derive(Serialize)]
struct WouldErase<'a> {
    would_be_erased: Planned<'a>,
}

#[derive(Serialize)]
struct Planned<'a> {
    user_id: &'a UserId,
    /// At most so many entries name somebody.
    entries: u64,
}

/// An item of which nothing was erased.
#[derive(Serialize)]
struct Unread {
    not_erased: String,
}

pub(crate) async fn run(context: Arc<CommandContext>, args: EraseArgs) -> Result<Ending, Failure> {
    let user_id = &args.user;
    let entries = check(&context, user_id).await?;
    if args.dry_run.dry_run {
        let would_be_erased = Planned { user_id, entries };
        context.output.report(&WouldErase { would_be_erased })?;
        context.output.say("Nothing was written.")?;
        return Ok(Ending::Done);
    }
    if !args.yes {
        return Err(Failure::Usage(format!(
            "an erasure cannot be undone: look at `creditsctl erase {user_id} --dry-run`, then say --yes"
        )));
    }
    context.stop.check()?;
    mark_account(&context, user_id).await?;
    let profile = context.store.erase_person(user_id).await?;
    let mut run = Run {
        context: &context,
        user_id,
        is_whole: true,
    };
    let erased = Erased {
        erased: Counts {
            user_id,
            profile,
            claims: run.all(Step::Claims, None).await?,
            entries: run.all(Step::Entries, Some(entries)).await?,
            events: run.all(Step::Events, None).await?,
            notices: run.all(Step::Notices, None).await?,
        },
    };
    context.output.report(&erased)?;
    Ok(if run.is_whole {
        Ending::Done
    } else {
        Ending::Findings
    })
}

/// Whether the user may be erased. Returns the number of their entries.
async fn check(context: &CommandContext, user_id: &UserId) -> Result<u64, Failure> {
    let store = &context.store;
    let loading = async {
        tokio::try_join!(
            store.load_person(user_id),
            store.load_account(user_id, Consistency::Strong)
        )
    };
    let (person, account) = context.stop.unless_asked(loading).await??;
    if !person.is_known() && !person.erased && account.version == 0 {
        return Err(Failure::Usage(format!(
            "there is no data about user {user_id}; check the id"
        )));
    }
    let in_force = |subscription: &&Subscription| {
        subscription.stripe_subscription_id.is_some() && !subscription.status.is_terminal()
    };
    if let Some(subscription) = person.subscriptions.iter().find(in_force) {
        let id = subscription.stripe_subscription_id.as_deref();
        return Err(Failure::Could(format!(
            "the subscription {} of {user_id} has not ended: cancel it at Stripe first",
            id.unwrap_or("free")
        )));
    }
    let is_open = |hold: &&Hold| hold.expired_charge.is_none() && hold.expires_at > context.now;
    match account.holds.iter().filter(is_open).count() {
        0 => Ok(account.version),
        open => Err(Failure::Could(format!(
            "{open} holds of {user_id} are open: release them first, or wait until they expire"
        ))),
    }
}

/// From this entry on, the user can neither spend nor be given anything. It names
/// nobody, so nothing of it needs to be erased.
async fn mark_account(context: &CommandContext, user_id: &UserId) -> Result<(), Failure> {
    let account = context
        .store
        .load_account(user_id, Consistency::Strong)
        .await?;
    if account.erased {
        return Ok(());
    }
    let key: EntryKey = "ops#erase".parse().map_err(internal)?;
    let mut digester = Digester::new("creditsctl");
    digester.text("command", "erase");
    let command = Command {
        key,
        request_hash: digester.finish(),
        actor: Erasable::new("erase", [0; 16]),
        label: None,
        action: Action::Adjust(Adjustment::Erased),
    };
    let request = CommitRequest {
        user_id,
        command: &command,
        guess: None,
        now: context.now,
        deadline: Deadline::after(PATIENCE),
    };
    context.store.commit(request).await?;
    Ok(())
}

fn internal(error: impl fmt::Display) -> Failure {
    Failure::Could(error.to_string())
}

/// A step that goes through many items.
#[derive(Clone, Copy)]
enum Step {
    Claims,
    Entries,
    Events,
    Notices,
}

impl Step {
    fn as_str(self) -> &'static str {
        match self {
            Step::Claims => "claims",
            Step::Entries => "entries",
            Step::Events => "events",
            Step::Notices => "notices",
        }
    }
}

/// Takes the steps.
struct Run<'a> {
    context: &'a CommandContext,
    user_id: &'a UserId,
    /// Whether all items could be read.
    is_whole: bool,
}

impl Run<'_> {
    /// Goes through all pages of a step. Returns how many items lost something.
    async fn all(&mut self, step: Step, total: Option<u64>) -> Result<u64, Failure> {
        let (context, user_id) = (self.context, self.user_id);
        let progress = context.progress(step.as_str(), total);
        let mut erased = 0_u64;
        let mut start = None;
        loop {
            let store = &context.store;
            let page = match step {
                Step::Claims => store.erase_claims(user_id, WHOLE, start).await?,
                Step::Entries => store.erase_entries(user_id, start).await?,
                Step::Events => store.erase_notes(user_id, start).await?,
                Step::Notices => store.erase_notices(user_id, start).await?,
            };
            progress.advance(match step {
                // They are searched for in a whole table, so its pages count.
                Step::Claims => 1,
                Step::Entries | Step::Events | Step::Notices => page.erased,
            });
            (erased, start) = self.take(erased, page)?;
            if start.is_none() {
                return Ok(erased);
            }
        }
    }

    /// Counts a page and reports what of it could not be read.
    fn take(
        &mut self,
        before: u64,
        page: ErasedPage,
    ) -> Result<(u64, Option<shared::store::Item>), Failure> {
        for damage in page.damaged {
            self.is_whole = false;
            self.context.output.report(&Unread {
                not_erased: damage.full_text(),
            })?;
        }
        if page.next.is_some() {
            self.context.stop.check()?;
        }
        Ok((before.saturating_add(page.erased), page.next))
    }
}

impl fmt::Display for Erased<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts {
            user_id,
            profile,
            claims,
            entries,
            events,
            notices,
        } = &self.erased;
        let profile = if *profile { "erased" } else { "gone before" };
        write!(
            formatter,
            "{user_id} is erased: profile {profile}; {claims} claims, {entries} entries and {events} events name nobody any more, {notices} notices are gone"
        )
    }
}

impl fmt::Display for WouldErase<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Planned { user_id, entries } = &self.would_be_erased;
        write!(
            formatter,
            "{user_id} would be erased: profile, preferences, claim of the e-mail address, actors and labels of up to {entries} entries."
        )
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "not erased, because it cannot be read: {}",
            self.not_erased
        )
    }
}
