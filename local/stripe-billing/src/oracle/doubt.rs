//! Cases that the events alone do not decide, or the rules leave open. A test may
//! exclude such histories, or check one kind of them at a time.

use std::collections::BTreeSet;

use super::stretch::{is_as_billed, seconds_of_whole};
use super::{Fraction, Returned};
use crate::act::Crediting;
use crate::calendar::{day_of_month, interval_before};
use crate::engine::World;
use crate::objects::{Invoice, InvoiceStatus, Line, LineKind, Refund};

/// Why a history has more than one valid result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// A proration of 0 that names nothing. A credit and a debit look alike,
    /// unless another line of the invoice names what it credits, or it is the
    /// only proration, its API version names debits, and no other line covers
    /// its time. The oracle knows which it is.
    ZeroUnnamed,
    /// A change during a trial, whose prorations are 0. In the oracle it neither
    /// grants nor removes anything.
    ChangeInTrial,
    /// A debit of 0 outside a trial, in the second in which a trial of its
    /// subscription ended. The events do not tell whether the change came before
    /// the end, where it gives nothing. The oracle knows that it came after it:
    /// no valid result is more than the oracle's.
    EndOfTrial,
    /// A credit at a price or quantity that was never billed, after a change
    /// with `proration_behavior: none` under classic billing. The oracle removes
    /// as many units as it states from the latest debit.
    NeverBilled,
    /// A credit of unpaid time that names nothing, if its price is free or
    /// another line, paid or of the same invoice, billed as many units of the
    /// price until the same end. The oracle ignores its invoice.
    UnpaidUnnamed,
    /// The same, and the other line is of a settled invoice that counts for nothing
    /// itself, since it credits this one's, or billed the price for nothing in a trial.
    /// The events show a line that may be meant, and do not tell that an unpaid one is:
    /// nothing is reported as waiting. The credits are the oracle's: none.
    UnpaidTwins,
    /// A credit that names nothing, with several paid lines of the same second
    /// that billed exactly what it credits but were returned in part or have
    /// different values. The oracle knows which one it is.
    ManyUnnamed,
    /// The anchor was moved later, and its new day gives the interval of a
    /// proration that ends a month another length. The oracle uses the anchor
    /// of that time.
    AnchorMoved,
    /// A refund failed in the second in which its charge stated a sum of refunds:
    /// whether that sum includes it cannot be seen.
    RefundTie,
}

pub(super) fn doubts(
    world: &World,
    counting: &BTreeSet<usize>,
    returned: &Returned,
) -> BTreeSet<Doubt> {
    let unnamed = world.crediting() == Crediting::Unnamed;
    let mut doubts = BTreeSet::new();
    for line in world.lines.iter().filter(|line| line.is_proration()) {
        let Some(invoice) = line.invoice.and_then(|index| world.invoices.get(index)) else {
            continue;
        };
        let counts = line.invoice.is_some_and(|index| counting.contains(&index));
        let mut add = |doubt, holds: bool| {
            if holds {
                doubts.insert(doubt);
            }
        };
        if line.trial {
            add(Doubt::ChangeInTrial, true);
            continue;
        }
        let is_credit = line.kind == LineKind::Credit;
        let gives = line.price.credits_milli > 0;
        let is_silent = line.amount == 0 && gives && line.credited.is_none();
        add(
            Doubt::ZeroUnnamed,
            is_silent && (unnamed || is_unclear(world, line, invoice, counting)),
        );
        let is_free_debit = !is_credit && line.amount == 0 && gives;
        add(Doubt::EndOfTrial, is_free_debit && ends_trial(world, line));
        add(Doubt::NeverBilled, is_credit && !is_as_billed(world, line));
        add(
            Doubt::AnchorMoved,
            !is_credit && counts && is_moved(world, line),
        );
        if unnamed && is_credit {
            let settled = invoice.status == InvoiceStatus::Paid;
            let unpaid = settled && !is_backed(world, line, counting);
            let with_own = counting.iter().copied().chain(line.invoice).collect();
            let is_open = !gives || may_be_paid(world, line, &with_own);
            add(Doubt::UnpaidUnnamed, unpaid && is_open);
            let settled = settled_invoices(world);
            let has_twin =
                may_be_paid(world, line, &settled) || is_billed_in_trial(world, line, &settled);
            add(Doubt::UnpaidTwins, unpaid && !is_open && has_twin);
            add(
                Doubt::ManyUnnamed,
                counts && has_choice(world, line, counting, returned),
            );
        }
    }
    if world.refunds.iter().any(|refund| has_tie(world, refund)) {
        doubts.insert(Doubt::RefundTie);
    }
    doubts
}

/// Whether a settled invoice billed as many units of a credit's price in a trial.
fn is_billed_in_trial(world: &World, credit: &Line, settled: &BTreeSet<usize>) -> bool {
    world.lines.iter().any(|line| {
        line.trial
            && line.kind != LineKind::Credit
            && line.subscription == credit.subscription
            && line.price.id == credit.price.id
            && line.quantity == credit.quantity
            && line.start < credit.end
            && credit.start < line.end
            && line.invoice.is_some_and(|index| settled.contains(&index))
    })
}

/// The settled invoices, by position.
fn settled_invoices(world: &World) -> BTreeSet<usize> {
    let invoices = world.invoices.iter().enumerate();
    let paid = invoices.filter(|(_, invoice)| invoice.status == InvoiceStatus::Paid);
    paid.map(|(index, _)| index).collect()
}

/// Whether a line starts in the second in which a trial ended.
fn ends_trial(world: &World, line: &Line) -> bool {
    let sub = world.subscriptions.get(line.subscription);
    sub.and_then(|sub| sub.trial)
        .is_some_and(|(_, end)| end == line.start)
}

/// Whether no line of an invoice names what it credits, and several of its
/// prorations are of 0 or other lines cover this one.
fn is_unclear(world: &World, line: &Line, invoice: &Invoice, counting: &BTreeSet<usize>) -> bool {
    let lines = invoice.lines.iter();
    let lines = || lines.clone().filter_map(|line| world.lines.get(*line));
    let silent =
        |line: &&Line| line.is_proration() && line.amount == 0 && line.price.credits_milli > 0;
    let several = lines().filter(silent).count() > 1;
    lines().all(|line| line.credited.is_none()) && (several || is_covered(world, line, counting))
}

/// Whether a refund of the same payment was made when this one failed.
fn has_tie(world: &World, failed: &Refund) -> bool {
    let same = |refund: &&Refund| refund.payment == failed.payment;
    let mut others = world.refunds.iter().filter(same);
    others.any(|refund| Some(refund.created) == failed.failed_at)
}

/// Whether the current anchor would give a line another interval.
fn is_moved(world: &World, line: &Line) -> bool {
    let sub = world.subscriptions.get(line.subscription);
    sub.is_some_and(|sub| {
        let start = |anchor| interval_before(line.end, line.price.interval, day_of_month(anchor));
        start(sub.anchor) != start(line.anchor)
    })
}

fn is_backed(world: &World, credit: &Line, counting: &BTreeSet<usize>) -> bool {
    let debit = credit.of.and_then(|debit| world.lines.get(debit));
    let invoice = debit.and_then(|debit| debit.invoice);
    invoice.is_some_and(|invoice| {
        invoice == credit.invoice.unwrap_or(invoice) || counting.contains(&invoice)
    })
}

/// The lines that a credit which names nothing, or may be read that way, could
/// refer to.
fn candidates<'a>(
    world: &'a World,
    credit: &'a Line,
    counting: &'a BTreeSet<usize>,
) -> impl Iterator<Item = (usize, &'a Line)> + Clone {
    world.lines.iter().enumerate().filter(move |(_, line)| {
        line.kind != LineKind::Credit
            && !std::ptr::eq(*line, credit)
            && !line.trial
            && line.subscription == credit.subscription
            && line.price.id == credit.price.id
            && line.start < credit.end
            && credit.start < line.end
            && line
                .invoice
                .is_some_and(|invoice| counting.contains(&invoice))
    })
}

/// Whether paid lines cover all units of a credit at every moment of it.
fn is_covered(world: &World, credit: &Line, counting: &BTreeSet<usize>) -> bool {
    let lines = candidates(world, credit, counting);
    let starts = lines.clone().map(|(_, line)| line.start);
    let ends = lines.clone().map(|(_, line)| line.end);
    let moments = starts
        .chain(ends)
        .filter(|at| (credit.start..credit.end).contains(at));
    let mut moments = moments.chain([credit.start]);
    moments.all(|at| {
        let there = lines
            .clone()
            .filter(|(_, line)| line.start <= at && at < line.end);
        let units: u32 = there.map(|(_, line)| line.quantity).sum();
        units >= credit.quantity
    })
}

/// Whether a paid line billed as much as the credit, until the same end.
fn may_be_paid(world: &World, credit: &Line, counting: &BTreeSet<usize>) -> bool {
    candidates(world, credit, counting).any(|(_, line)| bills(line, credit))
}

fn bills(line: &Line, credit: &Line) -> bool {
    line.quantity == credit.quantity && line.end == credit.end && line.start <= credit.start
}

/// Whether it matters which of several lines a credit removes.
fn has_choice(
    world: &World,
    credit: &Line,
    counting: &BTreeSet<usize>,
    returned: &Returned,
) -> bool {
    let Some(own) = credit.of.and_then(|debit| world.lines.get(debit)) else {
        return false;
    };
    let twins = candidates(world, credit, counting);
    let twins = twins.filter(|(_, line)| bills(line, credit) && line.start == own.start);
    let differs = |(index, line): (usize, &Line)| {
        let invoice = line.invoice.unwrap_or_default();
        let gone = returned
            .share(world, invoice)
            .plus(returned.line_share(world, index));
        seconds_of_whole(own) != seconds_of_whole(line) || gone != Fraction::ZERO
    };
    twins.clone().count() > 1 && twins.clone().any(differs)
}
