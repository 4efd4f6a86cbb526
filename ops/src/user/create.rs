//! `creditsctl user create`: a profile with the claim of its address, and an account with
//! its first month, in one transaction where nothing of the user exists yet.

use std::fmt;

use clap::builder::{NonEmptyStringValueParser, ValueParser};
use serde::Serialize;
use shared::domain::{
    Action, Command, CreditAccount, Credits, OpeningBalance, OpeningFree, ResetDay, User, UserId,
    is_address,
};
use shared::store::{
    Claimed, CommitAllRequest, CommitRequest, Committed, Created, NewRecords, TooLarge,
};

use super::allocation::{allocation, reset_day};
use crate::act;
use crate::context::CommandContext;
use crate::ending::{Ending, Failure};
use crate::ledger::{self, Change, LedgerArgs};

const EXAMPLES: &str = "\
Examples:
  creditsctl user create user-18 --email new@example.com --reason 'pilot, ticket 512' --dry-run
  creditsctl user create user-18 --email new@example.com --name 'New User' --reason 'pilot'
  creditsctl user create user-18 --email new@example.com --allocation 5000 --reset-day 15 --reason pilot

The id is the `sub` of the user's tokens. An address belongs to one user, however it is spelled. A
user who exists already, by the same address and name, is left as is, and what is missing is added.
An account that is in use keeps its terms; change them with `creditsctl user allocation`.";

/// Create a user with an address and an account
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct CreateArgs {
    /// User id
    user: UserId,
    /// E-mail address
    #[arg(long, value_name = "ADDRESS", value_parser = ValueParser::new(address))]
    email: String,
    /// Name the app shows [default: the address up to its @]
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    name: Option<String>,
    /// Free credits a month [default: as everybody]
    #[arg(long, value_name = "AMOUNT", value_parser = ValueParser::new(allocation), allow_hyphen_values = true)]
    allocation: Option<Credits>,
    /// Day of the month on which they come [default: 1]
    #[arg(long, value_name = "DAY", value_parser = ValueParser::new(reset_day))]
    reset_day: Option<ResetDay>,
    #[command(flatten)]
    ledger: LedgerArgs,
}

fn address(text: &str) -> Result<String, String> {
    if is_address(text) {
        return Ok(text.to_string());
    }
    Err("an address looks like somebody@example.com".to_string())
}

/// What became of the profile.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Created,
    WouldBeCreated,
    ExistedBefore,
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
}

impl<'a> Line<'a> {
    fn of(user: &'a User, status: Status) -> Self {
        Line {
            user: Parts {
                user_id: &user.user_id,
                email: user.address(),
                display_name: user.name(),
                status,
            },
        }
    }
}

pub(super) async fn run(context: &CommandContext, args: &CreateArgs) -> Result<Ending, Failure> {
    let user = profile(context, args)?;
    let opening = opening(context, args)?;
    let looking = context
        .store
        .load_account_with_entry(&user.user_id, &opening.key);
    let (account, entry) = context.stop.unless_asked(looking).await??;
    let in_use = entry.is_none() && !account.has_only_a_past();
    if in_use && (args.allocation.is_some() || args.reset_day.is_some()) {
        let id = &user.user_id;
        return Err(Failure::Could(format!(
            "the account of {id} is in use already; create the user without --allocation and --reset-day, then run `creditsctl user allocation {id}`"
        )));
    }
    if args.ledger.is_dry_run() {
        return plan(
            context,
            args,
            &user,
            (!in_use).then_some(&opening),
            &account,
        )
        .await;
    }
    context.stop.check()?;
    if !in_use && entry.is_none() && create_at_once(context, &user, &opening).await? {
        context.output.report(&Line::of(&user, Status::Created))?;
        return Ok(Ending::Done);
    }
    let created = context.store.create(&user, act::deadline()).await?;
    let status = match created {
        Created::New => Status::Created,
        Created::Existing(existing) => {
            must_be_the_same(&user, &existing)?;
            let restoring = context.store.restore_claims(&*existing, act::deadline());
            restoring.await?;
            Status::ExistedBefore
        }
        Created::Erased => {
            return Err(Failure::Could(format!(
                "{} was erased, and nobody may take this id again",
                user.user_id
            )));
        }
        Created::Taken { owner, .. } => return Err(taken(&args.email, &owner)),
    };
    if !in_use {
        open(context, &user.user_id, &opening).await?;
    }
    context.output.report(&Line::of(&user, status))?;
    Ok(Ending::Done)
}

fn profile(context: &CommandContext, args: &CreateArgs) -> Result<User, Failure> {
    let local_part = args.email.split('@').next().unwrap_or(&args.email);
    let name = args.name.clone().unwrap_or_else(|| local_part.to_string());
    let user = User {
        user_id: args.user.clone(),
        email: Some(args.email.clone().into()),
        display_name: Some(name.into()),
        created_at: context.now,
        last_login_at: None,
        active: true,
    };
    match TooLarge::record(&user)? {
        Some(too_large) => Err(Failure::Usage(format!("{}: {too_large}", args.user))),
        None => Ok(user),
    }
}

/// The command that opens the account; the first month begins with its terms.
fn opening(context: &CommandContext, args: &CreateArgs) -> Result<Command, Failure> {
    let usual = CreditAccount::unopened(args.user.clone());
    let free = OpeningFree {
        monthly_allocation: args.allocation.unwrap_or(usual.monthly_allocation),
        reset_day_of_month: args.reset_day.unwrap_or(usual.reset_day_of_month),
        granted: None,
        used: Credits::ZERO,
    };
    let change = Change {
        word: "create",
        user_id: &args.user,
        terms: vec![
            ("credits", free.monthly_allocation.to_string()),
            ("reset_day", free.reset_day_of_month.day().to_string()),
        ],
        version: None,
        status: None,
    };
    let action = Action::Open(OpeningBalance {
        as_of: context.now,
        free,
        lots: Vec::new(),
    });
    let identified = args.ledger.identify(&change)?;
    Ok(args.ledger.command(context, identified, action))
}

/// Creates the profile, its claim and the account in one transaction; false if anything
/// of it exists.
async fn create_at_once(
    context: &CommandContext,
    user: &User,
    opening: &Command,
) -> Result<bool, Failure> {
    let mut new = NewRecords::default();
    new.add(user)?;
    let request = CommitAllRequest {
        user_id: &user.user_id,
        commands: std::slice::from_ref(opening),
        account: None,
        now: context.now,
        deadline: act::deadline(),
    };
    let created = context.store.commit_with_new(&new, request).await?;
    Ok(created.is_some())
}

async fn open(
    context: &CommandContext,
    user_id: &UserId,
    opening: &Command,
) -> Result<(), Failure> {
    let request = CommitRequest {
        user_id,
        command: opening,
        guess: None,
        now: context.now,
        deadline: act::deadline(),
    };
    match context.store.commit(request).await {
        Ok(Committed::Applied(_) | Committed::Replayed(_)) => Ok(()),
        Err(error) => Err(ledger::explained(user_id, &opening.key, error)),
    }
}

async fn plan(
    context: &CommandContext,
    args: &CreateArgs,
    user: &User,
    opening: Option<&Command>,
    account: &CreditAccount,
) -> Result<Ending, Failure> {
    let loading = context.store.load_person(&user.user_id);
    let person = context.stop.unless_asked(loading).await??;
    let loading = context.store.load_claimed(Claimed::Email(&args.email));
    let claim = context.stop.unless_asked(loading).await??;
    if let Some(claim) = claim.filter(|claim| claim.user_id != user.user_id) {
        return Err(taken(&args.email, &claim.user_id));
    }
    let status = match &person.user {
        Some(existing) => {
            must_be_the_same(user, existing)?;
            Status::ExistedBefore
        }
        None => Status::WouldBeCreated,
    };
    context.output.report(&Line::of(user, status))?;
    match opening {
        Some(opening) if account.has_only_a_past() => {
            ledger::report_plan(context, account, opening)?;
        }
        Some(_) | None => context.output.say("Nothing was written.")?,
    }
    Ok(Ending::Done)
}

fn must_be_the_same(user: &User, existing: &User) -> Result<(), Failure> {
    let email = |user: &User| user.address().map(str::to_lowercase);
    if email(user) == email(existing) && user.display_name == existing.display_name {
        return Ok(());
    }
    let id = &user.user_id;
    Err(Failure::Could(format!(
        "the user {id} exists with another address or name, or without one; see `creditsctl user show {id}`"
    )))
}

fn taken(email: &str, owner: &UserId) -> Failure {
    Failure::Could(format!(
        "the address {email} belongs to the user {owner}; see `creditsctl user show {owner}`"
    ))
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts {
            user_id,
            email,
            display_name,
            status,
        } = &self.user;
        let what = match status {
            Status::Created => "is created",
            Status::WouldBeCreated => "would be created",
            Status::ExistedBefore => "existed before",
        };
        let [name, email] = [display_name, email].map(|text| text.unwrap_or("unknown"));
        write!(formatter, "{user_id} ({name}, {email}) {what}")
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn what_is_no_address_is_refused() {
        for good in ["a@b", "some.body+tag@example.com", "é@example.com"] {
            assert_eq!(address(good).as_deref(), Ok(good));
        }
        let long = format!("{}@example.com", "a".repeat(250));
        for bad in [
            "",
            "@",
            "a@",
            "@b",
            "a b@c",
            "a@b c",
            "a@b@c",
            "a",
            long.as_str(),
        ] {
            assert!(address(bad).is_err(), "{bad:?}");
        }
    }
}
