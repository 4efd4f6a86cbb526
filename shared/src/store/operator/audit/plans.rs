//! The audit of plans: an account's plans are those of the user's subscriptions that
//! have not ended.
//!
//! An account and a subscription are written in one transaction, so a pair that does not
//! match is read again as of one moment before it is reported. A subscription's record
//! follows from its latest snapshot, except for what the catalogue of that time said.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use serde_dynamo::aws_sdk_dynamodb_1::from_attribute_value;

use super::Finding;
use super::differences::plan_in_words;
use crate::domain::billing::{SubscriptionHistory, account_plan};
use crate::domain::{AccountPlan, CreditAccount, Subscription, UserId};
use crate::host::clock::Deadline;
use crate::store::schema::items::{account_from_item, read};
use crate::store::schema::keys::{self, Key};
use crate::store::schema::records::Record;
use crate::store::{Consistency, Store, StoreError};

/// Operator tools wait longer than an API request.
const PATIENCE: Duration = Duration::from_secs(60);

/// What an account and the users table have of one subscription.
struct Pair {
    plan: Option<AccountPlan>,
    record: Option<Subscription>,
}

impl Store {
    /// Each plan of an account must belong to an existing subscription.
    pub(super) async fn check_plans_of(
        &self,
        account: &CreditAccount,
    ) -> Result<Vec<Finding>, StoreError> {
        let mut findings = Vec::new();
        for plan in &account.plans {
            let key = keys::subscription(&account.user_id, Some(&plan.subscription_id));
            let record = match self.load::<Subscription>(&key).await {
                Ok(record) => record,
                // Reported where the item itself is checked.
                Err(StoreError::Damaged(_)) => continue,
                Err(error) => return Err(error),
            };
            let plan = Some(plan.clone());
            if (Pair { plan, record }).problem().is_some() {
                findings.extend(self.look_at_pair(&account.user_id, &key).await?);
            }
        }
        Ok(findings)
    }

    /// The plan of a subscription that has not ended is also in its user's account.
    pub(super) async fn check_plan(
        &self,
        key: &Key,
        record: &Subscription,
    ) -> Result<Vec<Finding>, StoreError> {
        let Some(plan) = account_plan(record) else {
            return Ok(Vec::new());
        };
        let user_id = &record.user_id;
        let account = match self.load_account(user_id, Consistency::Strong).await {
            Ok(account) => account,
            // Reported where the account itself is checked.
            Err(StoreError::Damaged(_)) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut plans = account.plans.iter();
        if plans.any(|known| known.subscription_id == plan.subscription_id) {
            return Ok(Vec::new());
        }
        let found = self.look_at_pair(user_id, key).await?;
        Ok(found.into_iter().collect())
    }

    /// Checks a plan and its subscription as of one moment.
    async fn look_at_pair(
        &self,
        user_id: &UserId,
        key: &Key,
    ) -> Result<Option<Finding>, StoreError> {
        let account_key = keys::account(user_id);
        let keys = [account_key.clone(), key.clone()];
        let mut found = self.get_snapshot(&keys, Deadline::after(PATIENCE)).await?;
        let account = found.take(&account_key);
        let account = account.map(|item| account_from_item(user_id, item));
        let record = found.take(key);
        let record = record.map(|item| read::<Subscription>(key, Subscription::ENTITY, item));
        // An item that cannot be read is reported on its own.
        let (Ok(account), Ok(record)) = (account.transpose(), record.transpose()) else {
            return Ok(None);
        };
        let plans = account
            .map(|account| account.plans.clone())
            .unwrap_or_default();
        let mut plans = plans.into_iter();
        let plan =
            plans.find(|plan| keys::subscription(user_id, Some(&plan.subscription_id)) == *key);
        let problem = Pair { plan, record }.problem();
        Ok(problem.map(|problem| Finding::new(key, problem)))
    }
}

impl Pair {
    fn problem(&self) -> Option<String> {
        let own = self.record.as_ref().and_then(account_plan);
        match (&self.plan, &self.record, own) {
            (None, _, None) => None,
            (None, _, Some(_)) => {
                Some("it has not ended, and its account has no plan by it".to_string())
            }
            (Some(_), None, _) => {
                Some("it is missing, and its account has a plan by it".to_string())
            }
            (Some(_), Some(_), None) => {
                Some("it has ended, and its account has a plan by it".to_string())
            }
            (Some(plan), Some(_), Some(own)) if own != *plan => {
                let (own, plan) = (plan_in_words(&own), plan_in_words(plan));
                Some(format!("its plan is {own}, and that of its account {plan}"))
            }
            (Some(_), Some(_), Some(_)) => None,
        }
    }
}

/// A record shows what its latest snapshot says.
pub(super) fn check_snapshots(
    key: &Key,
    record: &Subscription,
    history: AttributeValue,
) -> Vec<Finding> {
    let find = |problem: String| vec![Finding::new(key, problem)];
    let history: SubscriptionHistory = match from_attribute_value(history) {
        Ok(history) => history,
        Err(_) => return find("its snapshots cannot be read".to_string()),
    };
    let Some(latest) = history.latest() else {
        return find("it has no snapshot".to_string());
    };
    let state = &latest.state;
    let mut differs = Vec::new();
    if record.status != state.status {
        differs.push("status");
    }
    if record.cancel_at != state.cancel_at {
        differs.push("cancel_at");
    }
    let price = record.stripe_price_id.as_deref();
    let mut items = state.items.iter();
    let is_of_item = items.any(|item| {
        let period = (Some(item.period_start), Some(item.period_end));
        let is_priced = price.is_none_or(|price| item.price.as_str() == price);
        is_priced && period == (record.current_period_start, record.current_period_end)
    });
    if price.is_some() && !is_of_item {
        differs.push("price and period");
    }
    let ends_with_it = state.cancel_at <= record.current_period_end && state.cancel_at.is_some();
    if record.cancel_at_period_end != (state.cancel_at_period_end || ends_with_it) {
        differs.push("cancel_at_period_end");
    }
    let event = &latest.event;
    let differs = differs.into_iter();
    let problems =
        differs.map(|what| format!("its {what} is not that of its latest snapshot, {event}"));
    problems.map(|problem| Finding::new(key, problem)).collect()
}
