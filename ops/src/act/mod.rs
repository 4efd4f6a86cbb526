//! Shared by the commands about single events: actor and reason, loading an event
//! and its record, and settling it, or only planning that in a dry run.

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

/// Time limit for one event, including the parked events that it unblocks.
const PATIENCE: Duration = Duration::from_secs(60);

/// The actor.
#[derive(clap::Args, Debug)]
pub(crate) struct ActorArgs {
    /// Your name, to store in the record
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

/// The actor and the reason.
#[derive(clap::Args, Debug)]
pub(crate) struct ActArgs {
    /// Reason to store in the record
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    reason: String,
    #[command(flatten)]
    actor: ActorArgs,
}

/// Which Stripe events are accepted; set it as in the webhook's deployment.
#[derive(clap::Args, Debug)]
pub(crate) struct TermsArgs {
    /// Accept live events and refuse test events; false does the opposite
    #[arg(
        long,
        env = "STRIPE_LIVEMODE",
        value_name = "true|false",
        default_value_t = false,
        action = clap::ArgAction::Set
    )]
    livemode: bool,
    /// Connected accounts whose events are accepted, separated by commas
    #[arg(long, env = "STRIPE_ACCOUNTS", value_name = "IDS", default_value = "")]
    accounts: String,
}

impl ActorArgs {
    pub(crate) fn name(&self) -> &str {
        &self.actor
    }

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
            let problem = |_| Failure::Usage(format!("{account} is not a connected account id"));
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

/// Loads an event, also if its record is lost.
pub(crate) async fn known(
    context: &CommandContext,
    id: &StripeId,
) -> Result<Option<KnownEvent>, Failure> {
    let loading = context.store.known_event(id, deadline());
    Ok(context.stop.unless_asked(loading).await??)
}

/// Loads an event's record; an error if there is none.
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

/// Loads the record of an event that is still open.
pub(crate) async fn open(context: &CommandContext, id: &StripeId) -> Result<EventRecord, Failure> {
    if_open(id, recorded(context, id).await?)
}

/// Like [`open`], but builds a substitute for a lost record.
pub(crate) async fn open_or_lost(
    context: &CommandContext,
    id: &StripeId,
) -> Result<EventRecord, Failure> {
    let known = known(context, id).await?.ok_or_else(|| unknown(id))?;
    if_open(id, known.into_record())
}

fn if_open(id: &StripeId, record: EventRecord) -> Result<EventRecord, Failure> {
    // A settled event may still have to leave its place, after what waits for it.
    if record.is_open() || record.kept_place().is_some() {
        return Ok(record);
    }
    let outcome = record.outcome.as_str();
    Err(Failure::Could(format!(
        "{id} is {outcome}, so there is nothing to settle; see `creditsctl event show {id}`"
    )))
}

fn lost(id: &StripeId, problem: &ItemError) -> Failure {
    Failure::Could(format!(
        "{}; replay it from Stripe's JSON with `creditsctl event replay {id} --file FILE`, or dismiss it with `creditsctl parked dismiss {id} --reason TEXT`",
        problem.full_text()
    ))
}

pub(crate) fn unknown(id: &StripeId) -> Failure {
    Failure::Usage(format!(
        "the event {id} is not recorded; replay it from Stripe's JSON with `creditsctl event replay {id} --file FILE`"
    ))
}

/// The content of an open event.
pub(crate) fn content(id: &StripeId, record: EventRecord) -> Result<BillingEvent, Failure> {
    let unreadable = || {
        Failure::Could(format!(
            "{id} could not be parsed when it arrived; replay it from Stripe's JSON with `creditsctl event replay {id} --file FILE`"
        ))
    };
    record.event.map(|event| *event).ok_or_else(unreadable)
}

pub(crate) fn read_file(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file)
        .map_err(|error| Failure::Usage(format!("{} cannot be read: {error}", file.display())))
}

/// Settles an event for an operator, or reports the plan in a dry run.
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
    // A concurrent request settled it first, and differently.
    let is_other = note.act == OperatorAct::Dismissed && outcome != EventOutcome::Dismissed;
    let mut drained = settled.drained.iter();
    let is_left = drained.any(|event| event.outcome.is_open());
    Ok(ending(outcome.is_open() || is_other || is_left))
}

/// Reports parked events that were settled along the way.
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

/// Open events are findings: an operator must look at them.
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
                "other writers change the same records, or too many events wait for this one; committed work is kept, so run the same command again"
                    .to_string(),
            ),
        }
    }
}
