//! Money that came back: refunds and disputes of payments, and the payments of
//! invoices, which say whose money it was.
//!
//! What is known lies with the payment. As soon as it is known what was paid,
//! the lots of that are set to what is to be gone of them.

use super::plan::{Plan, Task};
use super::sight::{Names, Sight};
use super::versioned::read_versioned;
use crate::domain::billing::{Fact, Invoice, PackLot, PaidFor, Payment, SettledInvoice};
use crate::domain::{Action, CreditAccount, LotTerms, PastLot, StripeId, UserId, decide};
use crate::store::items::{account_from_item, past_credit_from_item};
use crate::store::keys;
use crate::store::{Store, StoreError};

/// DynamoDB reads no more items at one moment.
const MOST_IN_SNAPSHOT: usize = 100;

/// An account, and those of some lots that have left it, as of one moment.
pub(super) struct AccountAndPast {
    pub(super) account: CreditAccount,
    pub(super) past: Vec<PastLot>,
}

impl Store {
    /// An event about a payment.
    pub(super) async fn plan_return(
        &self,
        task: &Task<'_>,
        sight: &Sight,
        id: &StripeId,
    ) -> Result<Plan, StoreError> {
        let mut payment = sight.payment.clone();
        note(&mut payment, task);
        if payment == sight.payment {
            return Ok(Plan::applied(payment.user_id().cloned(), Vec::new()));
        }
        let part = self.put_versioned(&keys::payment(id), &payment, sight.payment_seen)?;
        let plan = Plan::applied(payment.user_id().cloned(), vec![part]);
        match &payment.paid_for {
            None => Ok(plan),
            Some(PaidFor::Pack(pack)) => {
                self.take_back_pack(task, sight, &payment, pack, plan).await
            }
            Some(PaidFor::Invoice(invoice)) => {
                self.take_back_invoice(task, sight, (id, &payment), invoice, plan)
                    .await
            }
        }
    }

    async fn take_back_pack(
        &self,
        task: &Task<'_>,
        sight: &Sight,
        payment: &Payment,
        pack: &PackLot,
        plan: Plan,
    ) -> Result<Plan, StoreError> {
        let returned = payment.returned_minor();
        if returned == sight.payment.returned_minor() {
            return Ok(plan);
        }
        let terms = [pack.terms()];
        let seen = self.account_and_past(task, &pack.user_id, &terms).await?;
        let action = pack.claw_back(returned, &seen.past);
        self.claw_back(task, &seen.account, action, plan)
    }

    async fn take_back_invoice(
        &self,
        task: &Task<'_>,
        sight: &Sight,
        (payment_id, payment): (&StripeId, &Payment),
        id: &StripeId,
        mut plan: Plan,
    ) -> Result<Plan, StoreError> {
        let key = keys::invoice(id);
        let (known, seen) = if Names::of(&task.event.fact).invoice == Some(id) {
            (sight.invoice.clone(), sight.invoice_seen)
        } else {
            let mut found = self
                .get_many(std::slice::from_ref(&key), task.deadline)
                .await?;
            let (known, seen) = read_versioned::<Invoice>(&key, found.take(&key))?;
            (known.unwrap_or_default(), seen)
        };
        let mut invoice = known.clone();
        let returned = payment.returned_minor();
        invoice.returned_minor.insert(payment_id.clone(), returned);
        if invoice == known {
            return Ok(plan);
        }
        plan.parts.push(self.put_versioned(&key, &invoice, seen)?);
        let Some(settled) = &invoice.settled else {
            return Ok(plan);
        };
        plan.user_id = Some(settled.user_id.clone());
        let (before, after) = (known.all_returned_minor(), invoice.all_returned_minor());
        if before == after || settled.lots.is_empty() {
            return Ok(plan);
        }
        self.take_back_lots(task, settled, after, plan).await
    }

    async fn take_back_lots(
        &self,
        task: &Task<'_>,
        settled: &SettledInvoice,
        returned_minor: u64,
        plan: Plan,
    ) -> Result<Plan, StoreError> {
        let terms = settled.all_terms();
        let seen = self
            .account_and_past(task, &settled.user_id, &terms)
            .await?;
        match settled.claw_back(returned_minor, &seen.past) {
            Ok(action) => self.claw_back(task, &seen.account, action, plan),
            Err(problem) => Ok(Plan::refused(problem)),
        }
    }

    fn claw_back(
        &self,
        task: &Task<'_>,
        account: &CreditAccount,
        action: Action,
        plan: Plan,
    ) -> Result<Plan, StoreError> {
        let command = task.command(&cause(task), action)?;
        Ok(match decide(account, &command, task.now) {
            Ok(decision) => Plan {
                decision: Some(decision),
                ..plan
            },
            Err(refusal) => Plan::refused(refusal),
        })
    }

    /// The account and the given lots as far as they are past, as of one
    /// moment: a lot that left and came back in between would be taken for
    /// another.
    async fn account_and_past(
        &self,
        task: &Task<'_>,
        user_id: &UserId,
        terms: &[LotTerms],
    ) -> Result<AccountAndPast, StoreError> {
        let account_key = keys::account(user_id);
        let past_keys = terms.iter().map(|terms| keys::past_credit(user_id, terms));
        let wanted: Vec<_> = std::iter::once(account_key.clone())
            .chain(past_keys)
            .collect();
        let mut found = if wanted.len() <= MOST_IN_SNAPSHOT {
            self.get_snapshot(&wanted, task.deadline).await?
        } else {
            self.get_in_turn(&wanted, task.deadline).await?
        };
        let account = match found.take(&account_key) {
            Some(item) => account_from_item(user_id, item)?,
            None => CreditAccount::unopened(user_id.clone()),
        };
        let mut past = Vec::new();
        for key in wanted.iter().skip(1) {
            if let Some(item) = found.take(key) {
                past.push(past_credit_from_item(key, item)?);
            }
        }
        Ok(AccountAndPast { account, past })
    }
}

/// Takes note of what the event says about its payment.
fn note(payment: &mut Payment, task: &Task<'_>) {
    let event = task.event;
    let mut link = None;
    match &event.fact {
        Fact::InvoicePayment(paid) => link = Some(&paid.invoice),
        Fact::Refund(refund) => payment.note_refund(refund),
        Fact::Dispute(funds) => payment.note_dispute(funds),
        Fact::ChargeRefunded(charge) => {
            payment.note_charge(charge, &event.id, event.created);
            link = charge.invoice.as_ref();
        }
        _ => {}
    }
    if let (Some(invoice), None) = (link, &payment.paid_for) {
        payment.paid_for = Some(PaidFor::Invoice(invoice.clone()));
    }
}

/// What the ledger knows the change by. Under a cause that is taken, the
/// event's own id sets it apart: what is taken back is an absolute figure.
fn cause(task: &Task<'_>) -> String {
    let event = task.event;
    let cause = match &event.fact {
        Fact::Refund(refund) => {
            format!("refund:{}:{}", refund.id, refund.status.as_str())
        }
        Fact::Dispute(funds) => format!("dispute:{}:{}", funds.id, funds.phase.as_str()),
        Fact::InvoicePayment(paid) => format!("payment:{}:{}", paid.payment, paid.invoice),
        _ => format!("charge:{}", event.id),
    };
    if task.cause_taken {
        format!("{cause}:{}", event.id)
    } else {
        cause
    }
}
