//! `creditsctl user list`: everybody with a profile, a line each, page by page.

use std::fmt;

use clap::ValueEnum;
use serde::Serialize;
use shared::domain::{CreditAccount, Timestamp, User, UserId};
use shared::store::{ItemError, PersonRow, Segment};

use crate::context::CommandContext;
use crate::ending::{Ending, Failure};

const EXAMPLES: &str = "\
Examples:
  creditsctl user list --limit 20
  creditsctl user list --status inactive
  creditsctl user list --json | jq -r .user.user_id

Users come in no order. The list is read beside live traffic, page by page; it reads the whole users
table, and each account once.

Exit code 3 if an item cannot be read, or a profile and an account disagree on the status.";

/// List users
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct ListArgs {
    /// At most this many
    #[arg(long, value_name = "NUMBER")]
    limit: Option<u64>,
    /// Only users who may spend, or may not
    #[arg(long, value_enum)]
    status: Option<Status>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
enum Status {
    Active,
    Inactive,
}

impl Status {
    fn of(active: bool) -> Self {
        if active {
            Status::Active
        } else {
            Status::Inactive
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Status::Active => "active",
            Status::Inactive => "inactive",
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    user: Parts<'a>,
}

#[derive(Serialize)]
struct Parts<'a> {
    user_id: &'a UserId,
    email: Option<&'a str>,
    display_name: Option<&'a str>,
    status: Status,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

/// An item that cannot be read.
#[derive(Serialize)]
struct Unread {
    unreadable: String,
}

impl fmt::Display for Unread {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "  ! {}", self.unreadable)
    }
}

pub(super) async fn run(context: &CommandContext, args: &ListArgs) -> Result<Ending, Failure> {
    let all = Segment { number: 0, of: 1 };
    let mut left = args.limit.unwrap_or(u64::MAX);
    let mut ending = Ending::Done;
    let mut start = None;
    loop {
        let reading = context.store.people_page(all, start);
        let page = context.stop.unless_asked(reading).await??;
        let mut users = Vec::new();
        for row in page.rows {
            match row {
                PersonRow::Profile(user) => users.push(user),
                PersonRow::Subscription(_) => {}
                PersonRow::Damaged(damage) => ending = unread(context, &damage)?,
            }
        }
        let ids: Vec<&UserId> = users.iter().map(|user| &user.user_id).collect();
        let reading = context.store.load_accounts(&ids);
        let accounts = context.stop.unless_asked(reading).await??;
        for (user, account) in users.iter().zip(accounts) {
            if left == 0 {
                return Ok(ending);
            }
            let line = match account {
                Ok(account) => Line::of(user, &account),
                Err(damage) => {
                    ending = unread(context, &damage)?;
                    continue;
                }
            };
            if args.status.is_some_and(|wanted| wanted != line.user.status) {
                continue;
            }
            if line.user.problem.is_some() {
                ending = Ending::Findings;
            }
            left = left.saturating_sub(1);
            context.output.report(&line)?;
        }
        start = page.next;
        if start.is_none() || left == 0 {
            return Ok(ending);
        }
    }
}

fn unread(context: &CommandContext, damage: &ItemError) -> Result<Ending, Failure> {
    let unreadable = damage.full_text();
    context.output.report(&Unread { unreadable })?;
    Ok(Ending::Findings)
}

impl<'a> Line<'a> {
    fn of(user: &'a User, account: &CreditAccount) -> Self {
        let status = Status::of(account.active);
        let in_profile = Status::of(user.active);
        let problem = format!("the profile says {}", in_profile.as_str());
        Line {
            user: Parts {
                user_id: &user.user_id,
                email: user.address(),
                display_name: user.name(),
                status,
                created_at: user.created_at,
                problem: (status != in_profile).then_some(problem),
            },
        }
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts {
            user_id,
            email,
            display_name,
            status,
            created_at,
            problem,
        } = &self.user;
        let (status, since) = (status.as_str(), created_at.date());
        let email = email.unwrap_or("(no address)");
        write!(formatter, "{user_id}  {email}  {status}  {since}")?;
        if let Some(name) = display_name {
            write!(formatter, "  {name}")?;
        }
        match problem {
            Some(problem) => write!(formatter, "  ! {problem}"),
            None => Ok(()),
        }
    }
}
