//! What an import stores for later Stripe events: the time of the cutover, the
//! trials that were used, and the lots of each subscription.

use shared::domain::billing::{BookLine, LinePeriod, SubscriptionBook};
use shared::domain::{StripeId, Subscription, Tier, Timestamp, UserId};
use shared::store::{
    Created, Cutover, ExpectedRecord, ImportedBook, ImportedTrial, NewRecords, Store, StoreError,
    TooLarge,
};

use super::catalogue_names::PlanNames;
use super::context::{Context, deadline};
use super::credits::CreditRow;
use super::error::ImportError;
use super::file::Row;
use super::outcome::{About, Outcome};
use super::people::{own_name, quantity};
use super::remark::{Remark, Verdict};

/// An item stored beside a user's records and ledger, with its source row.
#[derive(Clone, Debug)]
pub(crate) enum Beside {
    Trial(ImportedTrial, Row),
    Book(ImportedBook, Row),
}

/// The trials of a user's subscriptions, one per plan.
pub(crate) fn trials(
    user_id: &UserId,
    subscriptions: &[(Row, Subscription)],
    plans: &PlanNames,
) -> Vec<Beside> {
    let mut trials: Vec<(ImportedTrial, Row)> = Vec::new();
    for (row, subscription) in subscriptions {
        if row.get("trial_end").is_none() || subscription.tier == Tier::Free {
            continue;
        }
        let plan = plans.of(subscription);
        if trials.iter().any(|(trial, _)| trial.plan == plan) {
            continue;
        }
        let name = subscription.stripe_subscription_id.clone();
        let trial = ImportedTrial {
            plan,
            user_id: user_id.clone(),
            imported_from: name.unwrap_or_else(|| row.id().to_string()),
        };
        trials.push((trial, row.clone()));
    }
    trials
        .into_iter()
        .map(|(trial, row)| Beside::Trial(trial, row))
        .collect()
}

/// The books of a user's subscriptions: the lots of each, which a later credit
/// for unused time claws back.
pub(crate) fn report(
    user_id: &UserId,
    subscriptions: &[(Row, Subscription)],
    lots: &[CreditRow],
) -> Vec<Beside> {
    let mut beside = Vec::new();
    for (row, subscription) in subscriptions {
        let name = subscription.stripe_subscription_id.as_ref();
        // Stripe does not know one that was named here.
        let Some(name) = name.filter(|name| **name != own_name(row)) else {
            continue;
        };
        let mut book = SubscriptionBook::new(user_id.clone());
        for lot in lots {
            if lot.subscription_id() == Some(row.id().trim())
                && let Some(line) = line(row, subscription, lot)
            {
                book.note_line(line);
            }
        }
        if !book.lines.is_empty() {
            let book = ImportedBook {
                subscription: name.clone(),
                book,
            };
            beside.push(Beside::Book(book, row.clone()));
        }
    }
    beside
}

/// The period that a lot was paid for; none without an end or a known price.
fn line(row: &Row, subscription: &Subscription, lot: &CreditRow) -> Option<BookLine> {
    let price: StripeId = subscription.stripe_price_id.as_ref()?.parse().ok()?;
    let period = LinePeriod {
        start: lot.starts_at,
        end: lot.ends_at?,
    };
    let quantity = u64::from(quantity(row));
    BookLine::imported((price, quantity), period, (lot.id.clone(), lot.granted))
}

impl Beside {
    /// Among the records that are created with the ledger.
    pub(crate) fn add_to(&self, new: &mut NewRecords) -> Result<(), StoreError> {
        match self {
            Beside::Trial(trial, _) => new.add(trial),
            Beside::Book(book, _) => new.add(book),
        }
    }

    /// It was created, so reading back expects it.
    pub(crate) fn expect(&self, outcome: &mut Outcome) -> Result<(), StoreError> {
        let (record, row) = match self {
            Beside::Trial(trial, row) => (ExpectedRecord::of(trial)?, row),
            Beside::Book(book, row) => (ExpectedRecord::of(book)?, row),
        };
        outcome.expect_beside(record, About::of(row));
        Ok(())
    }

    /// Creates it by itself.
    pub(crate) async fn settle(
        &self,
        context: &Context,
        outcome: &mut Outcome,
    ) -> Result<(), ImportError> {
        let what = |error| ImportError::store("the items for Stripe events", error);
        match self {
            Beside::Trial(trial, _) => {
                let too_large = TooLarge::record(trial).map_err(|error| what(error.into()))?;
                if context.dry_run || too_large.is_some() {
                    return Ok(());
                }
                match context.store.create(trial, deadline()).await {
                    Ok(Created::New) => self.expect(outcome).map_err(what),
                    // Any trial of the plan counts as used.
                    Ok(_) | Err(StoreError::Damaged(_)) => Ok(()),
                    Err(error) => Err(what(error)),
                }
            }
            Beside::Book(book, row) => {
                if context.dry_run {
                    return Ok(());
                }
                let created = context.store.create(book, deadline()).await;
                let Created::Existing(existing) = created.map_err(what)? else {
                    return self.expect(outcome).map_err(what);
                };
                // Later events may have changed it.
                let known = &existing.book.lines;
                if book.book.lines.iter().any(|line| !known.contains(line)) {
                    let why =
                        "its lots are stored for Stripe events with other values: left unchanged";
                    outcome.remark(Remark::of(row, Verdict::Differs, why));
                }
                Ok(())
            }
        }
    }
}

/// Stores the time of the cutover. All runs must use the same time, because the
/// grants of an earlier run cannot be undone.
pub(crate) async fn store_cutover(
    store: &Store,
    at: Timestamp,
    now: Timestamp,
    dry_run: bool,
) -> Result<(), ImportError> {
    if at > now {
        return Err(ImportError::Cutover(format!(
            "{at} is in the future: stop the old backend first, then give the time when it stopped"
        )));
    }
    let cutover = Cutover { at };
    let what = |error| ImportError::store("the cutover", error);
    let stands = if dry_run {
        let key = shared::store::Record::key(&cutover);
        store.load::<Cutover>(&key).await.map_err(what)?
    } else {
        match store.create(&cutover, deadline()).await.map_err(what)? {
            Created::Existing(stands) => Some(*stands),
            Created::New | Created::Erased | Created::Taken { .. } => None,
        }
    };
    match stands.filter(|stands| *stands != cutover) {
        Some(stands) => Err(ImportError::Cutover(format!(
            "an earlier import used {}; with {at}, payments between the two would be granted twice or not at all",
            stands.at
        ))),
        None => Ok(()),
    }
}
