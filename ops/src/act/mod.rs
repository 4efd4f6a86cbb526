//! What the commands about single events have in common: who acts and why, the
//! event and what is known of it, and settling it for good or on trial.

mod words;

use std::path::Path;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use shared::domain::StripeId;
use shared::domain::billing::{
    BillingEvent, BillingTerms, EventOutcome, EventRecord, OperatorAct, OperatorNote,
};
use shared::host::clock::Deadline;
use shared::store::{
    CatalogueCache, ItemError, KnownEvent, SettleError, SettleRequest, SettledEvent,
};

use crate::context::CommandContext;
use crate::ending::{Ending, Failure};
pub(crate) use words::{EventLine, PlannedLine, SettledLine};

/// How long one event may take, with all that waited for what it makes known.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who acts.
#[derive(clap::Args, Debug)]
pub(crate) struct ActorArgs {
    /// Who does it, as the record will say; else the environment's USER
    #[arg(
        long,
        value_name = "NAME",
        env = "USER",
        hide_env_values = true,
        default_value = "operator",
        value_parser = NonEmptyStringValueParser::new()
    )]
    actor: String,
}

/// Who acts and why.
#[derive(clap::Args, Debug)]
pub(crate) struct ActArgs {
    /// Why, as the record will say
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    reason: String,
    #[command(flatten)]
    actor: ActorArgs,
}

/// Which of Stripe's events are acted on: those that the webhook's deployment takes.
#[derive(clap::Args, Debug)]
pub(crate) struct TermsArgs {
    /// Whether the tables are about real money; test events are refused then
    #[arg(
        long,
        env = "STRIPE_LIVEMODE",
        value_name = "true|false",
        default_value_t = false,
        action = clap::ArgAction::Set
    )]
    livemode: bool,
    /// Connected accounts whose events count as our own, separated by commas
    #[arg(long, env = "STRIPE_ACCOUNTS", value_name = "IDS", default_value = "")]
    accounts: String,
}

impl ActorArgs {
    pub(crate) fn note(
        &self,
        act: OperatorAct,
        reason: &str,
        context: &CommandContext,
    ) -> OperatorNote {
        OperatorNote {
            act,
            actor: self.actor.clone(),
            reason: reason.to_string(),
            at: context.now,
        }
    }
}

impl ActArgs {
    pub(crate) fn note(&self, act: OperatorAct, context: &CommandContext) -> OperatorNote {
        self.actor.note(act, &self.reason, context)
    }
}

impl TermsArgs {
    pub(crate) fn terms(&self) -> Result<BillingTerms, Failure> {
        let accounts = self.accounts.split(',').map(str::trim);
        let accounts = accounts.filter(|account| !account.is_empty());
        let accounts = accounts.map(|account| {
            let problem = |_| Failure::Could(format!("{account} is no id of a connected account"));
            account.parse::<StripeId>().map_err(problem)
        });
        Ok(BillingTerms {
            livemode: self.livemode,
            accounts: accounts.collect::<Result<_, _>>()?,
        })
    }
}

pub(crate) fn deadline() -> Deadline {
    Deadline::after(PATIENCE)
}

/// What is known of an event, also if its record is lost.
pub(crate) async fn known(
    context: &CommandContext,
    id: &StripeId,
) -> Result<Option<KnownEvent>, Failure> {
    let loading = context.store.known_event(id, deadline());
    Ok(context.stop.unless_asked(loading).await??)
}

/// The record of an event, which has to be there.
pub(crate) async fn recorded(
    context: &CommandContext,
    id: &StripeId,
) -> Result<EventRecord, Failure> {
    match known(context, id).await? {
        Some(KnownEvent::Whole(record)) => Ok(*record),
        Some(KnownEvent::Lost(_, problem)) => Err(lost(id, &problem)),
        None => Err(unknown(id)),
    }
}

/// The record of an event of which something may still follow.
pub(crate) async fn open(context: &CommandContext, id: &StripeId) -> Result<EventRecord, Failure> {
    if_open(id, recorded(context, id).await?)
}

/// The same, or what stands in for a record that is lost.
pub(crate) async fn open_or_lost(
    context: &CommandContext,
    id: &StripeId,
) -> Result<EventRecord, Failure> {
    let known = known(context, id).await?.ok_or_else(|| unknown(id))?;
    if_open(id, known.into_record())
}

fn if_open(id: &StripeId, record: EventRecord) -> Result<EventRecord, Failure> {
    if record.is_open() {
        return Ok(record);
    }
    let outcome = record.outcome.as_str();
    Err(Failure::Could(format!(
        "{id} is {outcome}, so nothing is left to settle; `creditsctl event show {id}` tells more"
    )))
}

fn lost(id: &StripeId, problem: &ItemError) -> Failure {
    Failure::Could(format!(
        "{}; `creditsctl event replay {id} --file FILE` takes its JSON as Stripe shows it, and `creditsctl parked dismiss {id} --reason TEXT` settles that nothing follows",
        problem.full_text()
    ))
}

pub(crate) fn unknown(id: &StripeId) -> Failure {
    Failure::Could(format!(
        "nothing is known of {id}; `creditsctl event replay {id} --file FILE` takes its JSON as Stripe shows it"
    ))
}

/// What an open event says.
pub(crate) fn content(id: &StripeId, record: EventRecord) -> Result<BillingEvent, Failure> {
    let unreadable = || {
        Failure::Could(format!(
            "{id} could not be read when it came; `creditsctl event replay {id} --file FILE` takes its JSON as Stripe shows it"
        ))
    };
    record.event.map(|event| *event).ok_or_else(unreadable)
}

pub(crate) fn read_file(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file)
        .map_err(|error| Failure::Could(format!("{} cannot be read: {error}", file.display())))
}

/// Settles an event for an operator, or only says what that would come to.
pub(crate) async fn settle(
    context: &CommandContext,
    event: &BillingEvent,
    note: &OperatorNote,
    terms: &BillingTerms,
    dry_run: bool,
) -> Result<Ending, Failure> {
    let catalogue = CatalogueCache::default();
    let request = SettleRequest {
        event,
        terms,
        catalogue: &catalogue,
        now: context.now,
        deadline: deadline(),
    };
    if dry_run {
        let planning = context.store.plan_for_operator(request, note, None);
        let plan = context.stop.unless_asked(planning).await??;
        context.output.report(&PlannedLine::of(event, &plan))?;
        context.output.say("Nothing was written.")?;
        return Ok(ending(plan.outcome.is_open()));
    }
    context.stop.check()?;
    let settled = context.store.settle_for_operator(request, note).await?;
    let line = SettledLine::of(&settled.event);
    context.output.report(&if settled.repeated {
        line.unchanged()
    } else {
        line
    })?;
    report_drained(context, &settled.drained)?;
    let outcome = settled.event.outcome;
    // Whoever was quicker has settled it, and not as was asked for.
    let is_other = note.act == OperatorAct::Dismissed && outcome != EventOutcome::Dismissed;
    let mut drained = settled.drained.iter();
    let is_left = drained.any(|event| event.outcome.is_open());
    Ok(ending(outcome.is_open() || is_other || is_left))
}

/// Reports of events that had waited.
pub(crate) fn report_drained(
    context: &CommandContext,
    drained: &[SettledEvent],
) -> Result<(), Failure> {
    for event in drained {
        context
            .output
            .report(&SettledLine::of(event).that_waited())?;
    }
    Ok(())
}

/// An operator has to look at what stays open.
pub(crate) fn ending(is_open: bool) -> Ending {
    if is_open {
        Ending::Findings
    } else {
        Ending::Done
    }
}

impl From<SettleError> for Failure {
    fn from(error: SettleError) -> Self {
        match error {
            SettleError::Store(error) => error.into(),
            SettleError::Unfinished => Failure::Could(
                "others change the same records, or very much waits for this event; what was committed stands, so start the same command again"
                    .to_string(),
            ),
        }
    }
}
