//! `creditsctl stripe reconcile`: Stripe's objects against the tables.

use std::collections::BTreeSet;

use serde_json::Value;
use shared::domain::billing::{BillingEvent, BillingTerms, EventOutcome, Fact, ParkReason};
use shared::domain::{StripeId, Subscription, UserId};
use shared::store::{CatalogueCache, EventDifference, SettleRequest};
use stripe_client::{Client, Collection};

use super::collections::{ORDER, Scope, customers_of, whole};
use super::events::event_about;
use super::ours::{self, Answered, Listed, Ours};
use super::words::{DifferenceLine, OursAloneLine, ReconcileSummary, TwinLine};
use crate::act::{self, TermsArgs};
use crate::context::CommandContext;
use crate::ending::{Ending, Failure};
use crate::ledger;
use crate::stripe_args::StripeArgs;

const EXAMPLES: &str = "\
Examples:
  creditsctl stripe reconcile --all --livemode true
  creditsctl stripe reconcile --user user-17
  creditsctl stripe reconcile --customer cus_1abc --apply

Compared are checkouts, subscriptions, invoices with their payments, refunds, disputes and credit
notes. Each becomes the event that Stripe would send about it, and is planned like a delivery:
if that changes anything, it is a difference. With --apply what can be settled is, in that way;
the rest needs you, and is shown again. Objects of customers whom nobody here has claimed are
counted, not compared.

Then the other way round: customers and subscriptions of ours that Stripe does not list are asked
for by their ids. A deleted customer is marked with --apply. Of what Stripe has never heard nothing
is taken back; it is shown with a way out.

Also shown: users with two subscriptions in force. Cancel one at Stripe.

Exit code 3: something differs, or with --apply still does.";

/// Compare Stripe's objects with the tables, and settle what was missed
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
#[command(group(clap::ArgGroup::new("whose").required(true)))]
pub(super) struct ReconcileArgs {
    /// Everything that Stripe has
    #[arg(long, group = "whose")]
    all: bool,
    /// The customers that this user has claimed
    #[arg(long, value_name = "ID", group = "whose")]
    user: Option<UserId>,
    /// One customer, cus_…
    #[arg(long, value_name = "ID", group = "whose")]
    customer: Option<StripeId>,
    /// Settle what was missed
    #[arg(long)]
    apply: bool,
    #[command(flatten)]
    terms: TermsArgs,
    #[command(flatten)]
    stripe: StripeArgs,
}

struct Run<'a> {
    context: &'a CommandContext,
    client: &'a Client,
    terms: BillingTerms,
    catalogue: CatalogueCache,
    applies: bool,
    summary: ReconcileSummary,
    /// Users already shown to have two subscriptions in force.
    twins: BTreeSet<UserId>,
    /// What waits for something that may be settled later in the same run: Stripe lists
    /// the newest first.
    deferred: Vec<(Collection, Value)>,
    listed: Listed,
}

pub(super) async fn run(context: &CommandContext, args: &ReconcileArgs) -> Result<Ending, Failure> {
    let client = args.stripe.client(context).await?;
    let scope = match (&args.user, &args.customer) {
        (Some(user_id), _) => {
            ledger::must_be_known(context, user_id).await?;
            Scope::Customers(customers_of(context, user_id).await?)
        }
        (None, Some(customer)) => Scope::Customers(BTreeSet::from([customer.clone()])),
        (None, None) => Scope::All,
    };
    let mut run = Run {
        context,
        client: &client,
        terms: args.terms.terms()?,
        catalogue: CatalogueCache::default(),
        applies: args.apply,
        summary: ReconcileSummary::default(),
        twins: BTreeSet::new(),
        deferred: Vec::new(),
        listed: Listed::default(),
    };
    let progress = context.progress("objects", None);
    for collection in ORDER {
        for mut pages in scope.lists(context, &client, collection).await? {
            loop {
                let reading = pages.next(act::deadline());
                let Some(page) = context.stop.unless_asked(reading).await?? else {
                    break;
                };
                for object in page {
                    context.stop.check()?;
                    run.compare(collection, object).await?;
                    progress.advance(1);
                }
            }
        }
    }
    run.look_for_ours_alone(&scope).await?;
    run.take_up_deferred().await?;
    context.output.report(&run.summary)?;
    Ok(act::ending(run.summary.left_open() > 0))
}

impl Run<'_> {
    async fn compare(&mut self, collection: Collection, object: Value) -> Result<(), Failure> {
        self.summary.objects += 1;
        let id = object.get("id").and_then(Value::as_str);
        self.listed.note(collection, id.unwrap_or_default());
        let object = whole(self.context, self.client, collection, object).await?;
        self.compare_whole(collection, object, self.applies).await
    }

    /// Compares what waited again, as long as anything of it is settled.
    async fn take_up_deferred(&mut self) -> Result<(), Failure> {
        loop {
            let deferred = std::mem::take(&mut self.deferred);
            let before = (deferred.len(), self.summary.settled);
            for (collection, object) in deferred {
                self.context.stop.check()?;
                self.compare_whole(collection, object, true).await?;
            }
            if self.deferred.is_empty() {
                return Ok(());
            }
            if before == (self.deferred.len(), self.summary.settled) {
                break;
            }
        }
        for (collection, object) in std::mem::take(&mut self.deferred) {
            self.compare_whole(collection, object, false).await?;
        }
        Ok(())
    }

    /// Compares an object; `defers` tells whether one that waits may come again.
    async fn compare_whole(
        &mut self,
        collection: Collection,
        object: Value,
        defers: bool,
    ) -> Result<(), Failure> {
        let id = object.get("id").and_then(Value::as_str).unwrap_or_default();
        let id = id.to_string();
        let event = match event_about(collection, &object, self.context.now) {
            Ok(Some(event)) => event,
            Ok(None) => return Ok(()),
            Err(error) => {
                self.summary.needs_you += 1;
                let line = DifferenceLine::unreadable(&id, error.to_string());
                return Ok(self.context.output.report(&line)?);
            }
        };
        if event.livemode != self.terms.livemode {
            let is = if event.livemode { "live" } else { "test" };
            return Err(Failure::Usage(format!(
                "the API key is of {is} mode: pass --livemode {}",
                event.livemode
            )));
        }
        let difference = self.difference(&event).await?;
        if let Some(user_id) = &difference.user_id
            && let Fact::Subscription(_) = &event.fact
        {
            self.look_for_twins(user_id).await?;
        }
        match difference.outcome {
            EventOutcome::Applied if difference.is_nothing() => Ok(()),
            EventOutcome::Applied => self.missed(&id, &event, &difference).await,
            EventOutcome::Ignored | EventOutcome::Dismissed => Ok(()),
            EventOutcome::Parked if is_unclaimed(&difference) => {
                self.summary.of_others += 1;
                Ok(())
            }
            EventOutcome::Parked if defers => {
                self.deferred.push((collection, object));
                Ok(())
            }
            EventOutcome::Parked | EventOutcome::Refused | EventOutcome::NeedsOperator => {
                self.summary.needs_you += 1;
                let line = DifferenceLine::of(&id, &event, &difference, false);
                Ok(self.context.output.report(&line)?)
            }
        }
    }

    /// What the tables have of Stripe is to be there as well.
    async fn look_for_ours_alone(&mut self, scope: &Scope) -> Result<(), Failure> {
        if let Scope::All = scope {
            self.listed.all_customers(self.context, self.client).await?;
        }
        let mut start = None;
        loop {
            let (page, next) = ours::page(self.context, scope, &self.listed, start).await?;
            for ours in page {
                self.context.stop.check()?;
                self.compare_ours(&ours).await?;
            }
            start = next;
            if start.is_none() {
                return Ok(());
            }
        }
    }

    async fn compare_ours(&mut self, ours: &Ours) -> Result<(), Failure> {
        self.summary.objects += 1;
        match ours::ask(self.context, self.client, ours).await? {
            Answered::Object(mut object) => {
                // Of a deleted object Stripe says no more than that.
                if let Some(fields) = object.as_object_mut() {
                    let mode = Value::Bool(self.terms.livemode);
                    fields.entry("livemode").or_insert(mode);
                }
                self.compare_whole(ours.collection, object, self.applies)
                    .await
            }
            Answered::NoSuchObject => {
                self.summary.needs_you += 1;
                let line = OursAloneLine::of(ours);
                Ok(self.context.output.report(&line)?)
            }
        }
    }

    async fn difference(&self, event: &BillingEvent) -> Result<EventDifference, Failure> {
        let planning = self.context.store.difference_of(self.request(event));
        Ok(self.context.stop.unless_asked(planning).await??)
    }

    fn request<'b>(&'b self, event: &'b BillingEvent) -> SettleRequest<'b> {
        SettleRequest {
            event,
            terms: &self.terms,
            catalogue: &self.catalogue,
            now: self.context.now,
            deadline: act::deadline(),
        }
    }

    /// Something that the webhook never heard of.
    async fn missed(
        &mut self,
        id: &str,
        event: &BillingEvent,
        difference: &EventDifference,
    ) -> Result<(), Failure> {
        self.summary.missed += 1;
        let line = DifferenceLine::of(id, event, difference, self.applies);
        self.context.output.report(&line)?;
        if !self.applies {
            return Ok(());
        }
        let settled = self.context.store.settle(self.request(event)).await?;
        act::report_drained(self.context, &settled.drained)?;
        if settled.event.outcome == EventOutcome::Applied {
            self.summary.settled += 1;
        }
        Ok(())
    }

    /// A user should have one subscription in force; two are paid for, and one shown.
    async fn look_for_twins(&mut self, user_id: &UserId) -> Result<(), Failure> {
        if self.twins.contains(user_id) {
            return Ok(());
        }
        let loading = self.context.store.load_person(user_id);
        let person = self.context.stop.unless_asked(loading).await??;
        let in_force: Vec<&str> = person
            .subscriptions
            .iter()
            .filter_map(id_in_force)
            .collect();
        if in_force.len() < 2 {
            return Ok(());
        }
        self.summary.needs_you += 1;
        self.context
            .output
            .report(&TwinLine::of(user_id, &in_force))?;
        self.twins.insert(user_id.clone());
        Ok(())
    }
}

fn id_in_force(subscription: &Subscription) -> Option<&str> {
    let id = subscription.stripe_subscription_id.as_deref()?;
    subscription.status.is_in_force().then_some(id)
}

/// Another product in the same Stripe account has its own customers.
fn is_unclaimed(difference: &EventDifference) -> bool {
    let reason = difference.reason.as_deref();
    let reason = reason.and_then(|text| text.parse::<ParkReason>().ok());
    matches!(reason, Some(ParkReason::Customer(_)))
}
