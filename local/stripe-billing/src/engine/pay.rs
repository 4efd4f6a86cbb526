//! How an invoice ends (paid now or late, failed, voided or uncollectible), and
//! what that does to its subscription.
//! Source: <https://docs.stripe.com/billing/subscriptions/overview>.

use super::{World, nth};
use crate::act::Collection;
use crate::objects::{InvoiceStatus, Object, Payment, SubscriptionStatus};

impl World {
    /// Settles an invoice without an amount due; otherwise charges it, or leaves
    /// it open if it is sent to the customer.
    pub(super) fn collect(&mut self, index: usize) -> Option<()> {
        let invoice = self.invoices.get(index)?;
        let sub = self.subscriptions.get(invoice.subscription)?;
        let charged = sub.collection == Collection::Charge;
        let works = self.customers.get(invoice.customer)?.card_works;
        if invoice.remaining() == 0 {
            self.settle(index)
        } else if charged && works {
            self.pay(index)
        } else if charged {
            self.fail(index)
        } else {
            Some(())
        }
    }

    fn fail(&mut self, index: usize) -> Option<()> {
        let invoice = self.invoices.get_mut(index)?;
        invoice.attempts += 1;
        let sub = invoice.subscription;
        self.report_invoice("invoice.payment_failed", index)?;
        let before = self.subscriptions.get(sub)?.clone();
        if before.status.is_live() && before.latest_invoice == Some(index) {
            self.subscriptions.get_mut(sub)?.status = SubscriptionStatus::PastDue;
        }
        self.report_updated(sub, before)
    }

    /// Pays the rest of an invoice by card.
    fn pay(&mut self, index: usize) -> Option<()> {
        let number = self.payments.len();
        let invoice = self.invoices.get_mut(index)?;
        let payment = Payment {
            number: number + 1,
            invoice: index,
            invoice_id: invoice.id.clone(),
            customer_id: self.customers.get(invoice.customer)?.id.clone(),
            amount: invoice.remaining(),
            refunded: 0,
            disputed: 0,
            currency: invoice.currency.clone(),
            created: self.now,
        };
        invoice.attempts += 1;
        invoice.amount_paid += payment.amount;
        invoice.payment = Some(number);
        self.payments.push(payment.clone());
        self.settle(index)?;
        self.report(
            "invoice_payment.paid",
            Some(Object::InvoicePayment(payment)),
        )
    }

    /// The invoice is paid, in whatever way.
    pub(super) fn settle(&mut self, index: usize) -> Option<()> {
        let invoice = self.invoices.get_mut(index)?;
        invoice.status = InvoiceStatus::Paid;
        invoice.paid_at = Some(self.now);
        self.report_invoice("invoice.paid", index)?;
        self.unblock(index, SubscriptionStatus::Active)
    }

    /// Once its latest invoice is out of the way, a past-due subscription is
    /// active again, and an incomplete one gets the status `incomplete`.
    fn unblock(&mut self, index: usize, incomplete: SubscriptionStatus) -> Option<()> {
        let sub = self.invoices.get(index)?.subscription;
        let before = self.subscriptions.get(sub)?.clone();
        if before.latest_invoice != Some(index) {
            return Some(());
        }
        let after = match before.status {
            SubscriptionStatus::PastDue => SubscriptionStatus::Active,
            SubscriptionStatus::Incomplete => incomplete,
            SubscriptionStatus::Trialing
            | SubscriptionStatus::Active
            | SubscriptionStatus::IncompleteExpired
            | SubscriptionStatus::Canceled => return Some(()),
        };
        self.subscriptions.get_mut(sub)?.status = after;
        self.report_updated(sub, before)
    }

    pub(super) fn card(&mut self, user: u8, works: bool) -> Option<()> {
        let user = nth(self.customers.iter().enumerate(), user)?;
        self.customers.get_mut(user)?.card_works = works;
        Some(())
    }

    pub(super) fn pay_late(&mut self, n: u8) -> Option<()> {
        self.pay(self.payable(n)?)
    }

    fn payable(&self, n: u8) -> Option<usize> {
        let all = self.invoices.iter().enumerate();
        nth(all.filter(|(_, invoice)| invoice.can_be_paid()), n)
    }

    pub(super) fn void(&mut self, n: u8) -> Option<()> {
        self.void_invoice(self.payable(n)?)
    }

    /// Voids an invoice and returns what it took from the balance
    /// (<https://docs.stripe.com/changelog/2019-12-03/customer-balances-returned-voided-invoices>).
    pub(super) fn void_invoice(&mut self, index: usize) -> Option<()> {
        let now = self.now;
        let invoice = self.invoices.get_mut(index)?;
        invoice.status = InvoiceStatus::Void;
        invoice.voided_at = Some(now);
        let applied = invoice.ending_balance? - invoice.starting_balance;
        self.customers.get_mut(invoice.customer)?.balance -= applied;
        self.report_invoice("invoice.voided", index)?;
        self.unblock(index, SubscriptionStatus::IncompleteExpired)
    }

    pub(super) fn give_up(&mut self, n: u8) -> Option<()> {
        let now = self.now;
        let all = self.invoices.iter().enumerate();
        let open = all.filter(|(_, invoice)| invoice.status == InvoiceStatus::Open);
        let index = nth(open, n)?;
        let invoice = self.invoices.get_mut(index)?;
        invoice.status = InvoiceStatus::Uncollectible;
        invoice.uncollectible_at = Some(now);
        self.report_invoice("invoice.marked_uncollectible", index)?;
        self.unblock(index, SubscriptionStatus::Incomplete)
    }
}
