//! `creditsctl adjust`: takes credits from what a user has available, or gives some
//! without an end.

use std::sync::Arc;

use clap::builder::ValueParser;
use shared::domain::{Action, Adjustment, Credits, UserId};

use crate::context::CommandContext;
use crate::ending::{Ending, Failure};
use crate::grant::given;
use crate::ledger::{self, Change, LedgerArgs};

const EXAMPLES: &str = "\
Examples:
  creditsctl adjust user-17 --take 120 --reason 'calls of 3 March were not charged' --dry-run
  creditsctl adjust user-17 --take 120 --reason 'calls of 3 March were not charged'
  creditsctl adjust user-17 --give 40.5 --reason 'charged twice, ticket 512'

--take is all or nothing: it takes what a charge of this amount would take, in the same order, and
never what is held or covers a debt. What is taken counts as used. It works for users who may not
spend, too. --give adds a lot without an end, called ops:KEY. What Stripe refunds or disputes is
clawed back by itself and needs no adjustment.";

/// Take credits from a user, or give some without an end
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct AdjustArgs {
    /// User id
    user: UserId,
    #[command(flatten)]
    by: By,
    #[command(flatten)]
    ledger: LedgerArgs,
}

#[derive(clap::Args, Debug)]
#[group(required = true, multiple = false)]
struct By {
    /// Amount to take, with up to three decimal places
    #[arg(long, value_name = "AMOUNT", value_parser = ValueParser::new(ledger::amount), allow_hyphen_values = true)]
    take: Option<Credits>,
    /// Amount to give, with up to three decimal places
    #[arg(long, value_name = "AMOUNT", value_parser = ValueParser::new(ledger::amount), allow_hyphen_values = true)]
    give: Option<Credits>,
}

pub(crate) async fn run(context: Arc<CommandContext>, args: AdjustArgs) -> Result<Ending, Failure> {
    let now = context.now;
    let (word, amount) = match (args.by.take, args.by.give) {
        (Some(amount), _) => ("take", amount),
        (None, Some(amount)) => ("give", amount),
        (None, None) => {
            let problem = "nothing to do: pass --take or --give";
            return Err(Failure::Could(problem.to_string()));
        }
    };
    let is_take = args.by.take.is_some();
    let change = Change {
        word,
        user_id: &args.user,
        terms: vec![("amount", amount.to_string())],
        version: None,
        status: None,
    };
    ledger::change(&context, &args.ledger, &change, |key| {
        if is_take {
            Ok(Action::Adjust(Adjustment::Take { amount }))
        } else {
            given(key, amount, None, now)
        }
    })
    .await?;
    Ok(Ending::Done)
}
