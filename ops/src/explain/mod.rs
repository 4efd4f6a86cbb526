//! `creditsctl explain`: where a user's credits went, step by step, and the
//! balance shown at any time. Everything comes from the ledger, not from the
//! account item.

mod steps;

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use shared::domain::{CreditAccount, CreditsView, Timestamp, UserId, view};
use shared::http::CreditsBody;
use shared::store::{Consistency, StoreError};
use terminal::Columns;

use crate::context::CommandContext;
use crate::ending::{Ending, Failure};
use steps::{Step, Unusual};

const EXAMPLES: &str = "\
Examples:
  creditsctl explain --user free-user --endpoint-url http://127.0.0.1:8000
  creditsctl explain --user free-user --at 2025-11-06T14:30:00Z --region eu-central-1
  creditsctl explain --user free-user --json | jq -c 'select(.entry).entry | [.at, .kind, .amount]'

A step is one ledger entry with the balance after it. Its postings follow, each with the
remaining credits of the lot it changed. The last block is what `GET /api/user/credits` returned
at the time given with --at, that second included, or returns now.

Exit code 1 if there is no such user, 3 if the ledger is damaged. The steps then show the ledger as stored; run
`creditsctl verify` to see what is wrong.";

/// Show every step of a user's ledger and the balance at any past time.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExplainArgs {
    /// User id
    #[arg(long, value_name = "ID")]
    user: UserId,
    /// Stop at this time, for example 2025-11-06T14:30:00Z [default: now]
    #[arg(long, value_name = "RFC 3339")]
    at: Option<Timestamp>,
}

/// The balance as the user saw it.
#[derive(Serialize)]
struct Shown {
    shown: CreditsBody,
    #[serde(skip)]
    at: Timestamp,
    #[serde(skip)]
    view: CreditsView,
}

pub(crate) async fn run(
    context: Arc<CommandContext>,
    args: ExplainArgs,
) -> Result<Ending, Failure> {
    let at = args.at.unwrap_or(context.now);
    let mut account = CreditAccount::unopened(args.user.clone());
    let telling = report_steps(&context, &args.user, at, &mut account);
    let is_whole = context.stop.unless_asked(telling).await??;
    if account.version == 0 {
        let user_id = &args.user;
        must_exist(&context, user_id).await?;
        context.output.say(format_args!(
            "{user_id} has no entries up to then; a user without entries has the default free credits."
        ))?;
    }
    let impossible = |error| Failure::Could(format!("the ledger gives no valid balance: {error}"));
    let view = view(&account, at).map_err(|error| impossible(error.to_string()))?;
    let body = CreditsBody::of(&account, at)
        .map_err(|_| impossible("the amounts are too large".to_string()))?;
    context.output.report(&Shown {
        shown: body.answered_at(at),
        at,
        view,
    })?;
    Ok(if is_whole {
        Ending::Done
    } else {
        Ending::Findings
    })
}

/// A user without entries must at least have signed up, subscribed or an account.
async fn must_exist(context: &CommandContext, user_id: &UserId) -> Result<(), Failure> {
    let strong = Consistency::Strong;
    let has_account = match context.store.load_account(user_id, strong).await {
        Ok(account) => account.version > 0,
        Err(StoreError::Damaged(_)) => true,
        Err(error) => return Err(error.into()),
    };
    if has_account || context.store.load_person(user_id).await?.is_known() {
        return Ok(());
    }
    let problem = format!("there is no user {user_id}; check the id");
    Err(Failure::Usage(problem))
}

/// Reports the entries up to a time and folds them into `account`. Returns whether
/// all of them are intact.
async fn report_steps(
    context: &CommandContext,
    user_id: &UserId,
    until: Timestamp,
    account: &mut CreditAccount,
) -> Result<bool, Failure> {
    // `verify` reports a damaged account; here the whole ledger is read anyway.
    let version = match context
        .store
        .load_account(user_id, Consistency::Strong)
        .await
    {
        Ok(account) => account.version,
        Err(StoreError::Damaged(_)) => 0,
        Err(error) => return Err(error.into()),
    };
    let mut walk = context.store.walk_ledger(user_id, version).await?;
    let mut is_whole = true;
    while let Some(row) = walk.next().await? {
        context.stop.check()?;
        let key = row.key.to_string();
        let entry = match row.entry {
            Ok(entry) => entry,
            Err(damage) => {
                is_whole = false;
                let problem = damage.problem().to_string();
                context.output.report(&Unusual { key, problem })?;
                continue;
            }
        };
        if entry.at > until {
            break;
        }
        let (step, problems) = Step::of(account, &entry);
        context.output.report(&step)?;
        for problem in problems {
            is_whole = false;
            let key = key.clone();
            context.output.report(&Unusual { key, problem })?;
        }
    }
    Ok(is_whole)
}

impl fmt::Display for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CreditsView {
            free,
            pro,
            total_available,
            held,
            debt,
            version,
            lots,
        } = &self.view;
        writeln!(
            formatter,
            "\nShown at {}, after {version} entries:",
            self.at
        )?;
        let mut columns = Columns::new();
        columns.row(["", "left", "held", "used", "total", ""]);
        let figures = |name: &str, figures: [i64; 4], more: String| {
            let mut row = vec![name.to_string()];
            row.extend(figures.map(|figure| figure.to_string()));
            row.push(more);
            row
        };
        let total = free.monthly_allocation;
        columns.row(figures(
            "free",
            [free.remaining, free.held, free.used, total],
            format!("resets at {}", free.reset_at),
        ));
        let total = pro.purchased_total;
        columns.row(figures(
            "pro",
            [pro.remaining, pro.held, pro.lifetime_used, total],
            String::new(),
        ));
        columns.row(["available", &total_available.to_string()]);
        columns.row(["held", &held.to_string()]);
        columns.row(["owed", &debt.to_string()]);
        for lot in lots {
            let end = match lot.expires_at {
                Some(at) => format!("until {at}"),
                None => "no end".to_string(),
            };
            columns.row([lot.id.to_string(), lot.remaining.to_string(), end]);
        }
        write!(formatter, "{columns}")
    }
}
