//! A subscription snapshot: merged into the subscription's record and into the
//! plans of the account; its anchor and its trial go into its book.

use super::owner::owner;
use super::settlement::{ChangedBook, Changes, put_books};
use super::view::{Stop, View, parked};
use crate::billing::{
    DatedSnapshot, FactKey, FactValue, ParkReason, Plan, SubscriptionBook, SubscriptionSnapshot,
    account_plan, subscription_record,
};
use crate::{PlanChange, StripeId, UserId};

pub(super) fn plan(view: &View<'_>, snapshot: &SubscriptionSnapshot) -> Result<Plan, Stop> {
    let owner = owner(view, &snapshot.parties, true)?;
    let user_id = owner.user_id.clone();
    let key = FactKey::Subscription(user_id.clone(), snapshot.id.clone());
    view.want(vec![key.clone(), FactKey::Account(user_id.clone())])?;
    let (_, mut history) = view.subscription(&user_id, &snapshot.id);
    let event = view.request.event;
    let mut plan = owner.plan();
    let news = history.note(snapshot, &event.id, event.created);
    let latest = history.latest().cloned();
    let mut changes = Changes::default();
    let mut book = ChangedBook::of(view, &snapshot.id, &user_id);
    // Lines from the time of an older snapshot may arrive late.
    if let Some(anchor) = snapshot.state.billing_cycle_anchor {
        book.after.note_anchor(anchor);
    }
    let Some(latest) = latest.filter(|_| news) else {
        put_books(view, vec![book], &mut plan, &mut changes)?;
        return Ok(plan);
    };
    note_trial(&mut book.after, &latest);
    put_books(view, vec![book], &mut plan, &mut changes)?;
    let record = match record(view, snapshot, &user_id, &latest) {
        Ok(record) => record,
        Err(price) => {
            let waits = parked(ParkReason::Price(price));
            (plan.outcome, plan.reason, plan.parks) = (waits.outcome, waits.reason, waits.parks);
            let cause = format!("trial:{}", event.id);
            return changes.decide(view, &user_id, &cause, plan);
        }
    };
    let account = view.account(&user_id);
    let mut plans = account.plans.iter();
    let known = plans.find(|known| known.subscription_id == snapshot.id.as_str());
    let wanted = account_plan(&record);
    if known != wanted.as_ref() {
        changes.set_plan(PlanChange {
            subscription_id: snapshot.id.to_string(),
            plan: wanted,
        });
    }
    plan.puts
        .insert(key, FactValue::Subscription(Box::new(record), history));
    changes.decide(view, &user_id, &format!("plan:{}", event.id), plan)
}

fn record(
    view: &View<'_>,
    snapshot: &SubscriptionSnapshot,
    user_id: &UserId,
    latest: &DatedSnapshot,
) -> Result<crate::Subscription, StripeId> {
    let customer = snapshot.parties.customer.as_ref();
    subscription_record(
        user_id,
        &snapshot.id,
        customer,
        latest,
        view.request.catalogue,
    )
}

/// Records the end of a trial.
fn note_trial(book: &mut SubscriptionBook, latest: &DatedSnapshot) {
    let state = &latest.state;
    if let (Some(start), Some(end)) = (state.trial_start, state.trial_end) {
        book.trials.insert(start, end);
    }
}
