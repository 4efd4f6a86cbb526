//! Invoices: drafted with all pending items, finalised, with the customer's
//! balance applied. Source: <https://docs.stripe.com/billing/customer/balance>.
//!
//! A negative total goes to the balance as credit; a positive one takes from it.

use super::World;
use crate::act::Crediting;
use crate::objects::{CreditedItems, Invoice, InvoiceStatus, LineKind};

impl World {
    /// Drafts an invoice of a subscription: pending items, then `lines`.
    pub(super) fn draft(
        &mut self,
        sub: usize,
        reason: &'static str,
        lines: Vec<usize>,
    ) -> Option<usize> {
        let index = self.invoices.len();
        let id = format!("in_{}", index + 1);
        let owner = self.subscriptions.get_mut(sub)?;
        let mut all = std::mem::take(&mut owner.pending);
        all.extend(lines);
        owner.latest_invoice = Some(index);
        let (customer, currency) = (owner.customer, owner.currency.clone());
        let starting_balance = self.customers.get(customer)?.balance;
        let (mut subtotal, mut total) = (0, 0);
        for line in &all {
            let line = self.lines.get_mut(*line)?;
            line.invoice = Some(index);
            subtotal += line.amount;
            total += line.net();
        }
        self.invoices.push(Invoice {
            id,
            customer,
            subscription: sub,
            reason,
            status: InvoiceStatus::Draft,
            lines: all,
            currency,
            subtotal,
            total,
            starting_balance,
            ending_balance: None,
            amount_due: total.max(0),
            amount_paid: 0,
            pre_payment_notes: 0,
            post_payment_notes: 0,
            created: self.now,
            finalize_at: self.now + self.draft_s,
            finalized_at: None,
            paid_at: None,
            voided_at: None,
            uncollectible_at: None,
            attempts: 0,
            payment: None,
        });
        self.name_credited(index)?;
        Some(index)
    }

    /// Fills in the ids of the lines that the credits of an invoice credit.
    fn name_credited(&mut self, index: usize) -> Option<()> {
        if self.crediting == Crediting::Unnamed {
            return Some(());
        }
        for line in self.invoices.get(index)?.lines.clone() {
            let credit = self.lines.get(line)?;
            let debit = credit.of.and_then(|debit| self.lines.get(debit));
            let named = debit.and_then(|debit| {
                let invoice = self.invoices.get(debit.invoice?)?;
                Some(CreditedItems {
                    invoice: invoice.id.clone(),
                    lines: vec![debit.id.clone()],
                })
            });
            let credit = self.lines.get_mut(line)?;
            if credit.kind == LineKind::Credit {
                credit.credited = named;
            }
        }
        Some(())
    }

    /// Finalises a draft, which fixes its amount due.
    pub(super) fn finalize(&mut self, index: usize) -> Option<()> {
        let now = self.now;
        let invoice = self.invoices.get_mut(index)?;
        if invoice.status != InvoiceStatus::Draft {
            return None;
        }
        let customer = self.customers.get_mut(invoice.customer)?;
        invoice.status = InvoiceStatus::Open;
        invoice.finalized_at = Some(now);
        invoice.starting_balance = customer.balance;
        // At most the amount due, and at most the credit balance.
        let applied = invoice.total.min((-customer.balance).max(0));
        customer.balance += applied;
        invoice.ending_balance = Some(customer.balance);
        invoice.amount_due = (invoice.total - applied).max(0);
        Some(())
    }

    /// Finalises a draft and collects it.
    pub(super) fn finalize_and_collect(&mut self, index: usize) -> Option<()> {
        self.finalize(index)?;
        self.collect(index)
    }

    /// All drafts of a subscription.
    pub(super) fn drafts_of(&self, sub: usize) -> Vec<usize> {
        let all = self.invoices.iter().enumerate();
        let drafts = all.filter(|(_, invoice)| {
            invoice.subscription == sub && invoice.status == InvoiceStatus::Draft
        });
        drafts.map(|(index, _)| index).collect()
    }
}
