//! A subscription as an event shows it: merged into its item, and into the
//! plans of the account in the same transaction.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use serde_dynamo::aws_sdk_dynamodb_1::{from_attribute_value, to_attribute_value};

use super::owner::Owner;
use super::plan::{Plan, Task};
use super::sight::Sight;
use super::versioned::Seen;
use crate::domain::billing::{
    SubscriptionHistory, SubscriptionSnapshot, account_plan, subscription_record,
};
use crate::domain::{Action, CreditAccount, StripeId, Subscription, UserId, decide};
use crate::store::items::{Item, ItemError, account_from_item, read, stamp};
use crate::store::keys::{self, Key};
use crate::store::users::Record;
use crate::store::{Store, StoreError};

/// Where the snapshots lie beside the record that the profile shows.
const HISTORY: &str = "history";

impl Store {
    pub(super) async fn plan_subscription(
        &self,
        task: &Task<'_>,
        sight: &Sight,
        snapshot: &SubscriptionSnapshot,
    ) -> Result<Plan, StoreError> {
        let (user_id, mut parts) = match self.owner(&snapshot.parties, sight, true)? {
            Owner::Known { user_id, parts } => (user_id, parts),
            Owner::Otherwise(plan) => return Ok(*plan),
        };
        let (mut history, seen, account) = self.standing(task, &user_id, &snapshot.id).await?;
        let event = task.event;
        let news = history.note(snapshot, &event.id, event.created);
        let latest = history.latest().filter(|_| news);
        let Some(latest) = latest else {
            return Ok(Plan::applied(Some(user_id), parts));
        };
        let customer = snapshot.parties.customer.as_ref();
        let record = subscription_record(&user_id, &snapshot.id, customer, latest, task.catalogue);
        let record = match record {
            Ok(record) => record,
            Err(problem) => return Ok(Plan::unpriced(problem, &snapshot.id)),
        };
        let plan = account_plan(&record);
        let known = account
            .plans
            .iter()
            .find(|known| known.subscription_id == snapshot.id.as_str());
        let decision = if known == plan.as_ref() {
            None
        } else {
            let action = Action::SetPlan {
                subscription_id: snapshot.id.to_string(),
                plan,
            };
            let command = task.command(&format!("plan:{}", event.id), action)?;
            match decide(&account, &command, task.now) {
                Ok(decision) => Some(decision),
                Err(refusal) => return Ok(Plan::refused(refusal)),
            }
        };
        parts.push(self.put_subscription(&record, &history, seen)?);
        Ok(Plan {
            decision: decision.filter(|_| !task.cause_taken),
            ..Plan::applied(Some(user_id), parts)
        })
    }

    /// The snapshots known so far and the account, in one request.
    async fn standing(
        &self,
        task: &Task<'_>,
        user_id: &UserId,
        id: &StripeId,
    ) -> Result<(SubscriptionHistory, Seen, CreditAccount), StoreError> {
        let item_key = keys::subscription(user_id, Some(id.as_str()));
        let account_key = keys::account(user_id);
        let wanted = [item_key.clone(), account_key.clone()];
        let mut found = self.get_many(&wanted, task.deadline).await?;
        let item = found.take(&item_key);
        let seen = Seen::of(&item_key, item.as_ref())?;
        let history = match item {
            Some(item) => history_from_item(&item_key, item)?,
            None => SubscriptionHistory::default(),
        };
        let account = match found.take(&account_key) {
            Some(item) => account_from_item(user_id, item)?,
            None => CreditAccount::unopened(user_id.clone()),
        };
        Ok((history, seen, account))
    }

    fn put_subscription(
        &self,
        record: &Subscription,
        history: &SubscriptionHistory,
        seen: Seen,
    ) -> Result<TransactWriteItem, StoreError> {
        let key = record.key();
        let mut item = stamp(&key, Subscription::ENTITY, record)?;
        let history =
            to_attribute_value(history).map_err(|error| ItemError::quoting(&key, error))?;
        item.insert(HISTORY.into(), history);
        self.put_as_seen(&key, item, seen)
    }
}

/// A record that was made by something else has no snapshots; whatever Stripe
/// says is news to it.
fn history_from_item(key: &Key, mut item: Item) -> Result<SubscriptionHistory, ItemError> {
    let history: Option<AttributeValue> = item.remove(HISTORY);
    // The rest of it is read for what it must be.
    let _record: Subscription = read(key, Subscription::ENTITY, item)?;
    match history {
        Some(history) => {
            from_attribute_value(history).map_err(|error| ItemError::quoting(key, error))
        }
        None => Ok(SubscriptionHistory::default()),
    }
}
