//! Stretches of time: what was billed and paid for, and what was credited of it
//! in which stretch.

use std::collections::BTreeSet;

use super::{Fraction, Returned};
use crate::calendar::{Interval, Unit, boundary, day_of_month, interval_before};
use crate::engine::World;
use crate::objects::{InvoiceStatus, Line, LineKind};

/// The credits that a line granted and those left.
pub(crate) struct Lot {
    /// Credits in thousandths.
    pub(crate) granted: Fraction,
    /// Credits in thousandths.
    pub(crate) left: Fraction,
    /// The value of the rest at its price, in the smallest unit.
    pub(crate) value: Fraction,
    /// Money returned beyond its amount, in the smallest unit.
    pub(crate) grant: Fraction,
    pub(crate) trial: bool,
    /// The number of parts in which its credits are granted.
    pub(crate) parts: i64,
}

/// The invoices that count: settled, as is everything they credit.
pub(crate) fn counting(world: &World) -> BTreeSet<usize> {
    let mut counting = BTreeSet::new();
    // Credits look back, or to their own invoice, so one pass in order does.
    for (index, invoice) in world.invoices.iter().enumerate() {
        let lines = invoice
            .lines
            .iter()
            .filter_map(|line| world.lines.get(*line));
        let mut credited = lines.filter_map(|credit| world.lines.get(credit.of?));
        let backed = credited.all(|debit| {
            let of = debit.invoice;
            of == Some(index) || of.is_some_and(|of| counting.contains(&of))
        });
        if invoice.status == InvoiceStatus::Paid && backed {
            counting.insert(index);
        }
    }
    counting
}

/// The result of a line, if it bills something and its invoice counts.
pub(crate) fn lot(
    world: &World,
    index: usize,
    counting: &BTreeSet<usize>,
    returned: &Returned,
) -> Option<Lot> {
    let line = world.lines.get(index)?;
    let invoice = line.invoice.filter(|invoice| counting.contains(invoice))?;
    if line.kind == LineKind::Credit {
        return None;
    }
    if line.trial && !line.price.is_free() {
        let credits = Fraction::whole(line.price.trial_credits_milli);
        let is_trial = line.kind == LineKind::Regular;
        return is_trial.then_some(Lot {
            granted: credits,
            left: credits,
            value: Fraction::ZERO,
            grant: Fraction::ZERO,
            trial: true,
            parts: 1,
        });
    }
    let granted = i128::from(line.price.credits_milli) * i128::from(line.quantity);
    let length = i128::from(line.end - line.start);
    let granted = Fraction::new(granted * length, i128::from(seconds_of_whole(line)));
    let gone = returned
        .share(world, invoice)
        .plus(returned.line_share(world, index));
    let kept = kept(world, index, counting, returned)?;
    let months = months(line);
    let in_time = share(&kept, &[(line.start, line.end)]).minus(gone);
    let in_credits = share(&kept, &months).minus(gone);
    let net = Fraction::whole(line.net());
    Some(Lot {
        granted,
        left: granted.times(in_credits.or_zero()),
        value: net.times(in_time.or_zero()),
        grant: net.times(Fraction::ZERO.minus(in_time).or_zero()),
        trial: false,
        parts: i64::try_from(months.len()).unwrap_or(i64::MAX),
    })
}

/// The equal parts in which the credits of a line are granted: months from its
/// start, of which the last may be shorter.
fn months(line: &Line) -> Vec<(i64, i64)> {
    let month = Interval::new(Unit::Month, 1);
    let mut months = Vec::new();
    let mut from = line.start;
    while line.price.monthly && from < line.end {
        let number = i64::try_from(months.len()).unwrap_or(i64::MAX);
        let to = boundary(line.start, month, number + 1).min(line.end);
        months.push((from, to));
        from = to;
    }
    if months.is_empty() {
        months.push((line.start, line.end));
    }
    months
}

/// The kept share of a line with equal parts.
fn share(kept: &[(i64, i64, Fraction)], parts: &[(i64, i64)]) -> Fraction {
    let mut sum = Fraction::ZERO;
    for (from, to) in parts {
        for (start, end, units) in kept {
            let common = (*end).min(*to) - (*start).max(*from);
            if common > 0 {
                sum = sum.plus(units.times(Fraction::of(common, to - from)));
            }
        }
    }
    let count = i64::try_from(parts.len()).unwrap_or(i64::MAX);
    sum.over(Fraction::whole(count))
}

/// The seconds of the interval that contains a line.
pub(crate) fn seconds_of_whole(line: &Line) -> i64 {
    if line.kind == LineKind::Regular && !line.trial {
        return line.end - line.start;
    }
    let day = day_of_month(line.anchor);
    line.end - interval_before(line.end, line.price.interval, day)
}

/// The share of a line's units that no credit removed, by stretch.
fn kept(
    world: &World,
    index: usize,
    counting: &BTreeSet<usize>,
    returned: &Returned,
) -> Option<Vec<(i64, i64, Fraction)>> {
    let line = world.lines.get(index)?;
    let credits = world.lines.iter().filter(|credit| credit.of == Some(index));
    let credits: Vec<(&Line, Fraction)> = credits
        .filter_map(|credit| {
            let invoice = credit
                .invoice
                .filter(|invoice| counting.contains(invoice))?;
            let strength = Fraction::ONE.minus(returned.share(world, invoice));
            Some((credit, strength))
        })
        .collect();
    let mut moments: BTreeSet<i64> = [line.start, line.end].into();
    for (credit, _) in &credits {
        moments.extend([credit.start, credit.end].map(|at| at.clamp(line.start, line.end)));
    }
    let all = Fraction::whole(i64::from(line.quantity));
    let mut kept = Vec::new();
    for (from, to) in moments.iter().zip(moments.iter().skip(1)) {
        let mut units = all;
        for (credit, strength) in &credits {
            if credit.start <= *from && *to <= credit.end {
                let taken = Fraction::whole(i64::from(credit.quantity)).at_most(all);
                units = units.minus(taken.times(*strength)).or_zero();
            }
        }
        kept.push((*from, *to, units.over(all)));
    }
    Some(kept)
}

/// The amount of a credit for something never billed: a price or quantity other
/// than its debit's, or no debit at all.
pub(crate) fn unbilled(
    world: &World,
    credit: &Line,
    returned: &Returned,
    invoice: usize,
) -> Fraction {
    if is_as_billed(world, credit) {
        return Fraction::ZERO;
    }
    let strength = Fraction::ONE.minus(returned.share(world, invoice));
    Fraction::whole(-credit.amount).times(strength)
}

/// Whether a credit matches exactly what its debit billed.
pub(crate) fn is_as_billed(world: &World, credit: &Line) -> bool {
    let debit = credit.of.and_then(|debit| world.lines.get(debit));
    debit
        .is_some_and(|debit| debit.price.id == credit.price.id && debit.quantity == credit.quantity)
}

/// Balance from settled invoices that count for nothing.
pub(crate) fn unbacked(world: &World, customer: usize, counting: &BTreeSet<usize>) -> Fraction {
    let theirs = world.invoices.iter().enumerate();
    let theirs = theirs.filter(|(index, invoice)| {
        let paid = invoice.status == InvoiceStatus::Paid;
        invoice.customer == customer && paid && !counting.contains(index)
    });
    let given = theirs.map(|(_, invoice)| (-invoice.total).max(0));
    Fraction::whole(given.sum())
}
