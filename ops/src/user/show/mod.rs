//! `creditsctl user show`: everything known of one user on one screen.

mod lines;
mod text;

use serde::Serialize;
use shared::domain::billing::EventRecord;
use shared::domain::{
    CreditAccount, EntryKey, Lot, StripeId, Subscription, User, UserId, plan_in_force,
    roll_forward, view,
};
use shared::http::CreditsBody;
use shared::store::{Claimed, Consistency, Person};

use crate::act;
use crate::context::CommandContext;
use crate::ending::{Ending, Failure};
use crate::hold::open_holds;
use crate::ledger;
use lines::{ClaimLine, EntryLine, EventLine, LotLine, Overview, PlanLine};

const EXAMPLES: &str = "\
Examples:
  creditsctl user show user-17
  creditsctl user show user-17 --json | jq '.user | [.email, .balance.totalAvailable]'

Shown are the profile, the plan in force, the subscriptions, the balance as `GET /api/user/credits`
shows it, the exact lots in the order they are spent, the open holds with their age, the claims, the
last ten ledger entries, and the events of Stripe about the user that are not settled.

Exit code 3 if a claim is missing or another user's.";

/// How many entries and events are shown.
const MAX_ENTRIES: usize = 10;
const MAX_EVENTS: usize = 20;

/// Show everything about a user
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct ShowArgs {
    /// User id
    user: UserId,
}

#[derive(Serialize)]
struct Line {
    user: Overview,
}

pub(super) async fn run(context: &CommandContext, args: &ShowArgs) -> Result<Ending, Failure> {
    ledger::must_be_known(context, &args.user).await?;
    let gathering = gather(context, &args.user);
    let overview = context.stop.unless_asked(gathering).await??;
    let ending = if overview.claims.iter().all(ClaimLine::is_right) {
        Ending::Done
    } else {
        Ending::Findings
    };
    context.output.report(&Line { user: overview })?;
    Ok(ending)
}

async fn gather(context: &CommandContext, user_id: &UserId) -> Result<Overview, Failure> {
    let (store, now) = (&context.store, context.now);
    let person = store.load_person(user_id).await?;
    let account = store.load_account(user_id, Consistency::Strong).await?;
    let broken = |error: String| Failure::Could(format!("the account of {user_id}: {error}"));
    let rolled = roll_forward(&account, now).map_err(|error| broken(error.to_string()))?;
    let shown = view(&account, now).map_err(|error| broken(error.to_string()))?;
    let balance = CreditsBody::of(&account, now)
        .map_err(|_| broken("the amounts are too large".to_string()))?;
    let lots = lots(&rolled.account).map_err(broken)?;
    let user = person.user.as_ref();
    Ok(Overview {
        user_id: user_id.clone(),
        email: user.and_then(User::address).map(str::to_string),
        display_name: user.and_then(User::name).map(str::to_string),
        created_at: user.map(|user| user.created_at),
        last_login_at: user.and_then(|user| user.last_login_at),
        active: account.active,
        active_in_profile: user.map(|user| user.active),
        plan: PlanLine::of(plan_in_force(&person.subscriptions, now)),
        monthly_allocation: account.monthly_allocation,
        reset_day_of_month: account.reset_day_of_month.day(),
        balance,
        shown,
        now,
        lots,
        holds: open_holds(context, &rolled.account).await?,
        claims: claims(context, user_id, &person).await?,
        entries: entries(context, user_id).await?,
        open_events: events(context, user_id, &person).await?,
        subscriptions: person.subscriptions,
    })
}

/// The lots of a rolled account that are not finished, in burn order.
fn lots(account: &CreditAccount) -> Result<Vec<LotLine>, String> {
    let now = account.as_of;
    let mut lots: Vec<&Lot> = account.lots.iter().collect();
    lots.sort_by_cached_key(|lot| lot.burn_order());
    let mut lines = Vec::new();
    for lot in lots {
        if !lot.is_finished(now).map_err(|error| error.to_string())? {
            lines.push(LotLine::of(lot).map_err(|error| error.to_string())?);
        }
    }
    Ok(lines)
}

/// What the user should have claimed, and who has.
async fn claims(
    context: &CommandContext,
    user_id: &UserId,
    person: &Person,
) -> Result<Vec<ClaimLine>, Failure> {
    let email = person.user.as_ref().and_then(User::address);
    let mut wanted: Vec<(&'static str, String)> = Vec::new();
    wanted.extend(email.map(|email| ("email", email.to_string())));
    for subscription in &person.subscriptions {
        let Subscription {
            stripe_customer_id,
            stripe_subscription_id,
            ..
        } = subscription;
        let ids = [
            ("customer", stripe_customer_id),
            ("subscription", stripe_subscription_id),
        ];
        for (kind, id) in ids {
            let claim = id.clone().map(|id| (kind, id));
            wanted.extend(claim.filter(|claim| !wanted.contains(claim)));
        }
    }
    let mut lines = Vec::new();
    for (kind, value) in wanted {
        let claim = match kind {
            "email" => Claimed::Email(&value),
            "customer" => Claimed::Customer(&value),
            _ => Claimed::Subscription(&value),
        };
        let claim = context.store.load_claimed(claim).await?;
        lines.push(ClaimLine::of(user_id, kind, value, claim));
    }
    Ok(lines)
}

/// The last entries, newest first, with who asked for them and why.
async fn entries(context: &CommandContext, user_id: &UserId) -> Result<Vec<EntryLine>, Failure> {
    let history = context
        .store
        .load_history(user_id, MAX_ENTRIES, None, None)
        .await?;
    let keys: Vec<(UserId, EntryKey)> = history
        .lines
        .into_iter()
        .map(|line| (user_id.clone(), line.key))
        .collect();
    let entries = context.store.load_entries_of(&keys).await?;
    Ok(entries.iter().flatten().map(EntryLine::of).collect())
}

/// The open events whose record names the user, and the parked ones whose content does,
/// or one of the user's customers.
async fn events(
    context: &CommandContext,
    user_id: &UserId,
    person: &Person,
) -> Result<Vec<EventLine>, Failure> {
    let open = context.store.open_events_of(user_id, MAX_EVENTS).await?;
    let mut lines: Vec<EventLine> = open
        .into_iter()
        .map(|event| EventLine::of(event.id, event.record))
        .collect();
    let mut walk = context.store.walk_waiting(context.now, false);
    while let Some(events) = walk.next_page(act::deadline()).await? {
        for event in events {
            let Ok(record) = event.record else {
                // `parked list` shows it; nobody knows whose it is.
                continue;
            };
            let is_new = lines.iter().all(|line| line.event != event.id);
            if is_new && lines.len() < MAX_EVENTS && names(&record, user_id, person) {
                lines.push(EventLine::of(event.id, record));
            }
        }
    }
    Ok(lines)
}

fn names(record: &EventRecord, user_id: &UserId, person: &Person) -> bool {
    let Some(event) = &record.event else {
        return false;
    };
    let named = event.parties().and_then(|parties| parties.user.as_ref());
    let customer = event.customer().map(StripeId::as_str);
    let subscriptions = person.subscriptions.iter();
    let mut customers = subscriptions.filter_map(|it| it.stripe_customer_id.as_deref());
    named == Some(user_id) || customer.is_some_and(|customer| customers.any(|it| it == customer))
}
