//! Returned money: refunds and disputes.
//! Source: <https://docs.stripe.com/refunds> and
//! <https://docs.stripe.com/api/disputes/object>.

use super::{World, nth, part, rounded};
use crate::act::DisputeEnd;
use crate::objects::{Dispute, Object, Payment, Refund, Transaction};

impl World {
    pub(super) fn refund(&mut self, n: u8, percent: u8) -> Option<()> {
        let payment = self.refundable(n)?;
        let amount = part(self.payments.get(payment)?.left(), percent);
        self.refund_payment(payment, amount)?;
        self.report_refund(payment)
    }

    fn refundable(&self, n: u8) -> Option<usize> {
        let all = self.payments.iter().enumerate();
        nth(all.filter(|(_, payment)| payment.left() > 0), n)
    }

    /// Makes a refund, without an event yet.
    pub(super) fn refund_payment(&mut self, payment: usize, amount: i64) -> Option<usize> {
        let paid = self.payments.get_mut(payment)?;
        paid.refunded += amount;
        let index = self.refunds.len();
        self.refunds.push(Refund {
            id: format!("re_{}", index + 1),
            payment,
            payment_number: paid.number,
            amount,
            currency: paid.currency.clone(),
            failed_at: None,
            created: self.now,
        });
        Some(index)
    }

    /// Emits the events of the latest refund, which is of that payment.
    pub(super) fn report_refund(&mut self, payment: usize) -> Option<()> {
        let refund = self.refunds.last()?.clone();
        let payment = self.payments.get(payment)?.clone();
        let refunded_before = payment.refunded - refund.amount;
        self.report("refund.created", Some(Object::Refund(refund)))?;
        self.report(
            "charge.refunded",
            Some(Object::Charge {
                payment,
                refunded_before,
            }),
        )
    }

    /// The bank rejects a refund; the charge no longer counts it.
    pub(super) fn fail_refund(&mut self, n: u8) -> Option<()> {
        let now = self.now;
        let all = self.refunds.iter().enumerate();
        let index = nth(all.filter(|(_, refund)| refund.failed_at.is_none()), n)?;
        let refund = self.refunds.get_mut(index)?;
        refund.failed_at = Some(now);
        let failed = refund.clone();
        self.payments.get_mut(failed.payment)?.refunded -= failed.amount;
        self.report("refund.updated", Some(Object::Refund(failed.clone())))?;
        self.report("refund.failed", Some(Object::Refund(failed)))
    }

    /// A dispute withdraws the money at once.
    pub(super) fn dispute(&mut self, n: u8, percent: u8, foreign: bool) -> Option<()> {
        let index = self.refundable(n)?;
        let payment: &mut Payment = self.payments.get_mut(index)?;
        let amount = part(payment.left(), percent);
        payment.disputed += amount;
        let (number, currency) = (payment.number, payment.currency.clone());
        let mut dispute = Dispute {
            id: format!("dp_{}", self.disputes.len() + 1),
            payment: index,
            payment_number: number,
            amount,
            currency: currency.clone(),
            status: "needs_response",
            transactions: Vec::new(),
            created: self.now,
        };
        self.report(
            "charge.dispute.created",
            Some(Object::Dispute(dispute.clone())),
        )?;
        let (settled, currency) = if foreign {
            (rounded(i128::from(amount) * 4, 5).max(1), "gbp".to_string())
        } else {
            (amount, currency)
        };
        dispute
            .transactions
            .push(self.transaction(-settled, currency));
        self.disputes.push(dispute.clone());
        self.report(
            "charge.dispute.funds_withdrawn",
            Some(Object::Dispute(dispute)),
        )
    }

    fn transaction(&mut self, amount: i64, currency: String) -> Transaction {
        self.transactions_made += 1;
        let id = format!("txn_{}", self.transactions_made);
        Transaction {
            id,
            amount,
            currency,
        }
    }

    pub(super) fn close_dispute(&mut self, n: u8, end: DisputeEnd) -> Option<()> {
        let all = self.disputes.iter().enumerate();
        let index = nth(
            all.filter(|(_, dispute)| dispute.status == "needs_response"),
            n,
        )?;
        let open = self.disputes.get(index)?.clone();
        let withdrawn = open.transactions.first()?.clone();
        let size = -withdrawn.amount;
        let back = match end {
            DisputeEnd::Lost => 0,
            DisputeEnd::Won => size,
            DisputeEnd::WonPart(percent) => part(size, percent).min(size),
        };
        let transaction = (back > 0).then(|| self.transaction(back, withdrawn.currency));
        let dispute = self.disputes.get_mut(index)?;
        dispute.status = if back > 0 { "won" } else { "lost" };
        dispute.transactions.extend(transaction);
        let closed = dispute.clone();
        let won = rounded(i128::from(open.amount) * i128::from(back), i128::from(size));
        self.payments.get_mut(open.payment)?.disputed -= won;
        if back > 0 {
            self.report(
                "charge.dispute.funds_reinstated",
                Some(Object::Dispute(closed.clone())),
            )?;
        }
        self.report("charge.dispute.closed", Some(Object::Dispute(closed)))
    }
}
