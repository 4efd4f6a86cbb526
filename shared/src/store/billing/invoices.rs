//! A paid invoice: its lots, once, less what is known to be returned already.

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use serde::Serialize;

use super::owner::Owner;
use super::plan::{Plan, Task};
use super::sight::Sight;
use crate::domain::billing::{InvoiceLot, PaidFor, PaidInvoice, SettledInvoice, invoice_lots};
use crate::domain::{CreditAccount, StripeId, UserId, decide};
use crate::store::items::{account_from_item, stamp};
use crate::store::keys;
use crate::store::{Store, StoreError};

const TRIAL: &str = "Trial";

/// That a user had the trial of a plan, and by which invoice.
#[derive(Serialize)]
struct Trial<'a> {
    user_id: &'a UserId,
    invoice: &'a StripeId,
}

impl Store {
    pub(super) async fn plan_invoice(
        &self,
        task: &Task<'_>,
        sight: &Sight,
        paid: &PaidInvoice,
    ) -> Result<Plan, StoreError> {
        let (user_id, mut parts) = match self.owner(&paid.parties, sight, false)? {
            Owner::Known { user_id, parts } => (user_id, parts),
            Owner::Otherwise(plan) => return Ok(*plan),
        };
        if sight.invoice.settled.is_some() {
            return Ok(Plan::applied(Some(user_id), parts));
        }
        let mut lots = match invoice_lots(paid, task.catalogue) {
            Ok(lots) => lots,
            Err(problem) => return Ok(Plan::unpriced(problem, &paid.id)),
        };
        let mut invoice = sight.invoice.clone();
        if let Some(id) = &paid.payment {
            let mut payment = sight.payment.clone();
            let paid_for = PaidFor::Invoice(paid.id.clone());
            if payment.paid_for.get_or_insert(paid_for.clone()) == &paid_for {
                invoice
                    .returned_minor
                    .insert(id.clone(), payment.returned_minor());
                parts.push(self.put_versioned(&keys::payment(id), &payment, sight.payment_seen)?);
            }
        }
        let (account, trial) = self
            .account_and_trial(task, &user_id, paid, &mut lots)
            .await?;
        parts.extend(trial);
        let settled = SettledInvoice {
            user_id: user_id.clone(),
            paid_minor: paid.paid_minor,
            lots,
        };
        let action = settled.grant(invoice.all_returned_minor());
        let gives = !settled.lots.is_empty() && !task.cause_taken;
        invoice.settled = Some(settled);
        parts.push(self.put_versioned(&keys::invoice(&paid.id), &invoice, sight.invoice_seen)?);
        let plan = Plan::applied(Some(user_id), parts);
        if !gives {
            return Ok(plan);
        }
        let action = match action {
            Ok(action) => action,
            Err(problem) => return Ok(Plan::refused(problem)),
        };
        let command = task.command(&format!("invoice:{}", paid.id), action)?;
        Ok(match decide(&account, &command, task.now) {
            Ok(decision) => Plan {
                decision: Some(decision),
                ..plan
            },
            Err(refusal) => Plan::refused(refusal),
        })
    }

    /// The account and, if the invoice has a trial, whether the user had that
    /// one before, in one request. A trial that was had gives nothing; a new one
    /// is noted by the part that comes back.
    async fn account_and_trial(
        &self,
        task: &Task<'_>,
        user_id: &UserId,
        paid: &PaidInvoice,
        lots: &mut Vec<InvoiceLot>,
    ) -> Result<(CreditAccount, Vec<TransactWriteItem>), StoreError> {
        let account_key = keys::account(user_id);
        let trial_key = |lot: &InvoiceLot| {
            let plan = lot.trial_of.as_deref();
            plan.map(|plan| keys::trial(plan, user_id))
        };
        let mut wanted = vec![account_key.clone()];
        wanted.extend(lots.iter().filter_map(trial_key));
        let mut found = self.get_many(&wanted, task.deadline).await?;
        let account = match found.take(&account_key) {
            Some(item) => account_from_item(user_id, item)?,
            None => CreditAccount::unopened(user_id.clone()),
        };
        let mut kept = Vec::new();
        let mut parts = Vec::new();
        for lot in lots.drain(..) {
            if let Some(key) = trial_key(&lot) {
                if found.take(&key).is_some() {
                    continue;
                }
                let trial = Trial {
                    user_id,
                    invoice: &paid.id,
                };
                let mut item = stamp(&key, TRIAL, trial)?;
                item.insert("lot".into(), AttributeValue::S(lot.lot.to_string()));
                parts.push(self.put_new(&key, item)?);
            }
            kept.push(lot);
        }
        *lots = kept;
        Ok((account, parts))
    }
}
