//! `creditsctl user find`: whose an id, an address, a customer or a subscription is.

use std::collections::BTreeMap;
use std::fmt;

use clap::builder::NonEmptyStringValueParser;
use serde::Serialize;
use shared::domain::{StripeId, User, UserId};
use shared::store::Claimed;

use crate::context::CommandContext;
use crate::ending::{Ending, Failure};

const EXAMPLES: &str = "\
Examples:
  creditsctl user find user-17
  creditsctl user find Somebody@Example.com
  creditsctl user find cus_1abc --json | jq -r .found.user_id
  creditsctl user find sub_1abc

Only whole values are looked up. Addresses are the same however they are spelled.

Exit code 3 if the value names two users, or if a claim and a profile disagree: `creditsctl verify
--user ID` then says what is wrong.";

/// Find a user by id, e-mail address, Stripe customer or subscription
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct FindArgs {
    /// User id, e-mail address, cus_… or sub_…
    #[arg(value_name = "WHAT", value_parser = NonEmptyStringValueParser::new())]
    what: String,
}

#[derive(Serialize)]
struct Line<'a> {
    found: Parts<'a>,
}

#[derive(Serialize)]
struct Parts<'a> {
    user_id: &'a UserId,
    by: &'a [&'static str],
    email: Option<&'a str>,
    display_name: Option<&'a str>,
    problems: &'a [String],
}

/// A user, by what it was found, and what is wrong with that.
#[derive(Default)]
struct Found {
    by: Vec<&'static str>,
    problems: Vec<String>,
}

/// Longer values name nobody: no key is as long.
const MAX_VALUE: usize = 500;

pub(super) async fn run(context: &CommandContext, args: &FindArgs) -> Result<Ending, Failure> {
    let looking = look_up(context, args.what.trim());
    let found = context.stop.unless_asked(looking).await??;
    if found.is_empty() {
        return Err(Failure::Usage(format!(
            "nobody has {:?}; give a whole user id, e-mail address, customer or subscription",
            args.what
        )));
    }
    let mut ending = if found.len() > 1 {
        Ending::Findings
    } else {
        Ending::Done
    };
    for (user_id, mut found) in found {
        let checking = profile_of(context, &user_id, args.what.trim(), &mut found);
        let profile = context.stop.unless_asked(checking).await??;
        if !found.problems.is_empty() {
            ending = Ending::Findings;
        }
        let user = profile.as_ref();
        context.output.report(&Line {
            found: Parts {
                user_id: &user_id,
                by: &found.by,
                email: user.and_then(User::address),
                display_name: user.and_then(User::name),
                problems: &found.problems,
            },
        })?;
    }
    Ok(ending)
}

async fn look_up(context: &CommandContext, what: &str) -> Result<BTreeMap<UserId, Found>, Failure> {
    let mut found: BTreeMap<UserId, Found> = BTreeMap::new();
    if what.len() > MAX_VALUE {
        return Ok(found);
    }
    if let Ok(user_id) = what.parse::<UserId>()
        && context.store.is_known_user(&user_id).await?
    {
        found.entry(user_id).or_default().by.push("id");
    }
    let is_stripes = what.parse::<StripeId>().is_ok();
    for (by, value, is_possible) in [
        ("email", Claimed::Email(what), what.contains('@')),
        ("customer", Claimed::Customer(what), is_stripes),
        ("subscription", Claimed::Subscription(what), is_stripes),
    ] {
        if !is_possible {
            continue;
        }
        let Some(claim) = context.store.load_claimed(value).await? else {
            continue;
        };
        let entry = found.entry(claim.user_id).or_default();
        entry.by.push(by);
        if let Some(at) = claim.deleted_at {
            let problem = format!("the {by} was deleted at Stripe at {at}");
            entry.problems.push(problem);
        }
    }
    Ok(found)
}

/// The profile of a user who was found. Notes where it disagrees with claims.
async fn profile_of(
    context: &CommandContext,
    user_id: &UserId,
    what: &str,
    found: &mut Found,
) -> Result<Option<User>, Failure> {
    let profile = context.store.load_person(user_id).await?.user;
    let problems = &mut found.problems;
    let Some(user) = &profile else {
        problems.push("there is no profile".to_string());
        return Ok(None);
    };
    let address = user.address();
    let is_wanted = |email: &str| email.to_lowercase() == what.to_lowercase();
    if found.by.contains(&"email") && !address.is_some_and(is_wanted) {
        problems.push("the address is claimed for this user, whose profile has another".into());
    }
    let Some(email) = address else {
        return Ok(profile);
    };
    let claim = context.store.load_claimed(Claimed::Email(email)).await?;
    match claim {
        Some(claim) if claim.user_id == *user_id => {}
        Some(claim) => {
            let owner = claim.user_id;
            problems.push(format!("the profile's address is claimed for {owner}"));
        }
        None => problems.push("the profile's address is claimed for nobody".to_string()),
    }
    Ok(profile)
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts {
            user_id,
            by,
            email,
            display_name,
            problems,
        } = &self.found;
        write!(formatter, "{user_id}")?;
        for text in [email, display_name].into_iter().flatten() {
            write!(formatter, "  {text}")?;
        }
        write!(formatter, "  by {}", by.join(", "))?;
        for problem in *problems {
            write!(formatter, "\n  ! {problem}")?;
        }
        Ok(())
    }
}
