//! Money returned of each invoice and line: refunds, lost disputes and credit
//! notes, with a note's refund counted once. Of a dispute only the money that
//! moved counts, as a share of what was withdrawn.

use std::collections::BTreeMap;

use super::Fraction;
use crate::engine::World;
use crate::objects::{CreditNote, Dispute};

/// Returned money.
pub(crate) struct Returned {
    /// In the smallest unit, by invoice, for whole invoices.
    minor: BTreeMap<usize, Fraction>,
    /// In the smallest unit, by line, for lines that credit notes name.
    of_lines: BTreeMap<usize, Fraction>,
}

impl Returned {
    pub(crate) fn of(world: &World) -> Self {
        let mut returned = Self {
            minor: BTreeMap::new(),
            of_lines: BTreeMap::new(),
        };
        let issued = world.notes.iter().filter(|note| note.voided_at.is_none());
        for note in issued {
            returned.add_note(world, note);
        }
        for (index, refund) in world.refunds.iter().enumerate() {
            let of_note = world
                .notes
                .iter()
                .any(|note| refund_of(note) == Some(index));
            let payment = world.payments.get(refund.payment);
            if let Some(payment) = payment.filter(|_| !of_note && refund.failed_at.is_none()) {
                add(
                    &mut returned.minor,
                    payment.invoice,
                    Fraction::whole(refund.amount),
                );
            }
        }
        for dispute in &world.disputes {
            if let Some(payment) = world.payments.get(dispute.payment) {
                add(&mut returned.minor, payment.invoice, lost(dispute));
            }
        }
        returned
    }

    fn add_note(&mut self, world: &World, note: &CreditNote) {
        let failed = refund_of(note).and_then(|index| world.refunds.get(index));
        if failed.is_some_and(|refund| refund.failed_at.is_some()) {
            return;
        }
        let amount = Fraction::whole(note.amount);
        match &note.line {
            Some(named) => add(&mut self.of_lines, named.line, amount),
            None => add(&mut self.minor, note.invoice, amount),
        }
    }

    /// The returned share of a whole invoice, at most 1.
    pub(crate) fn share(&self, world: &World, invoice: usize) -> Fraction {
        let total = world
            .invoices
            .get(invoice)
            .map_or(0, |invoice| invoice.total);
        let minor = self.minor.get(&invoice).copied();
        let share = minor.map(|minor| minor.over(Fraction::whole(total.max(0))));
        share.unwrap_or(Fraction::ZERO).at_most(Fraction::ONE)
    }

    /// The returned share of a line alone, at most 1.
    pub(crate) fn line_share(&self, world: &World, line: usize) -> Fraction {
        let net = world.lines.get(line).map_or(0, |line| line.net());
        let minor = self.of_lines.get(&line).copied();
        let share = minor.map(|minor| minor.over(Fraction::whole(net.max(0))));
        share.unwrap_or(Fraction::ZERO).at_most(Fraction::ONE)
    }

    /// Money returned of a customer's invoices beyond their totals.
    pub(crate) fn too_much(&self, world: &World, customer: usize) -> Fraction {
        let mut sum = Fraction::ZERO;
        for (index, minor) in &self.minor {
            let invoice = world.invoices.get(*index);
            if let Some(invoice) = invoice.filter(|invoice| invoice.customer == customer) {
                let total = Fraction::whole(invoice.total.max(0));
                sum = sum.plus(minor.minus(total).or_zero());
            }
        }
        sum
    }
}

fn refund_of(note: &CreditNote) -> Option<usize> {
    note.refund.as_ref().map(|(index, _, _)| *index)
}

fn add(sums: &mut BTreeMap<usize, Fraction>, key: usize, amount: Fraction) {
    let sum = sums.entry(key).or_insert(Fraction::ZERO);
    *sum = sum.plus(amount);
}

/// The money that a dispute took, in the payment's currency, in whole units:
/// where the account has another currency, a part of a unit counts as one.
fn lost(dispute: &Dispute) -> Fraction {
    let amounts = || dispute.transactions.iter().map(|moved| moved.amount);
    let withdrawn: i64 = amounts()
        .filter(|amount| *amount < 0)
        .map(|amount| -amount)
        .sum();
    let gone = -amounts().sum::<i64>();
    let lost = Fraction::whole(dispute.amount).times(Fraction::of(gone, withdrawn));
    Fraction::whole(lost.ceil())
}

/// Payments of a customer less the money returned.
pub(crate) fn net_payment(world: &World, customer: usize) -> i64 {
    let is_theirs = |invoice: usize| {
        let invoice = world.invoices.get(invoice);
        invoice.is_some_and(|invoice| invoice.customer == customer)
    };
    let mut net = Fraction::ZERO;
    for (index, payment) in world.payments.iter().enumerate() {
        if !is_theirs(payment.invoice) {
            continue;
        }
        net = net.plus(Fraction::whole(payment.amount));
        let refunds = world.refunds.iter();
        for refund in refunds.filter(|refund| refund.payment == index && refund.failed_at.is_none())
        {
            net = net.minus(Fraction::whole(refund.amount));
        }
        let disputes = world.disputes.iter();
        for dispute in disputes.filter(|dispute| dispute.payment == index) {
            net = net.minus(lost(dispute));
        }
    }
    for note in world.notes.iter().filter(|note| is_theirs(note.invoice)) {
        net = net.minus(Fraction::whole(note.out_of_band));
    }
    net.floor()
}
