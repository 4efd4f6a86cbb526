//! Lines: those that bill a period, and the prorations of a change.
//! Source: <https://docs.stripe.com/billing/subscriptions/prorations>.
//!
//! A change in mid-period credits the rest of the period on the old terms and
//! bills it on the new ones, to the second and to the smallest currency unit.

use super::{World, rounded};
use crate::act::Crediting;
use crate::objects::{Line, LineKind, SubscriptionStatus};

impl World {
    /// Bills the current period of an item, or its trial.
    pub(super) fn regular(&mut self, sub: usize, item: usize) -> Option<usize> {
        let mut line = self.blank(sub, item, LineKind::Regular)?;
        if !line.trial {
            line.amount = line.price.amount(&line.currency) * i64::from(line.quantity);
            let coupon = i128::from(self.subscriptions.get(sub)?.coupon);
            line.discount = rounded(i128::from(line.amount) * coupon, 100);
        }
        let index = self.keep(line);
        self.subscriptions.get_mut(sub)?.items.get_mut(item)?.debits = vec![index];
        Some(index)
    }

    /// Bills all items of a subscription for the current period.
    pub(super) fn regulars(&mut self, sub: usize) -> Option<Vec<usize>> {
        let count = self.subscriptions.get(sub)?.items.len();
        (0..count).map(|item| self.regular(sub, item)).collect()
    }

    /// Bills the rest of the period for some units of an item.
    pub(super) fn debit(&mut self, sub: usize, item: usize, quantity: u32) -> Option<usize> {
        let mut line = self.blank(sub, item, LineKind::Debit)?;
        line.quantity = quantity;
        line.amount = self.rest_at_list_price(&line)?;
        let index = self.keep(line);
        let item = self.subscriptions.get_mut(sub)?.items.get_mut(item)?;
        item.debits.push(index);
        Some(index)
    }

    /// Credits the rest of the period of an item.
    pub(super) fn credits(&mut self, sub: usize, item: usize) -> Option<Vec<usize>> {
        let place = self.subscriptions.get_mut(sub)?.items.get_mut(item)?;
        let debits = std::mem::take(&mut place.debits);
        match self.crediting {
            Crediting::Named | Crediting::Unnamed => {
                let mut line = self.blank(sub, item, LineKind::Credit)?;
                line.amount = -self.rest_at_list_price(&line)?;
                line.of = debits.last().copied();
                Some(vec![self.keep(line)])
            }
            Crediting::PerDebit => {
                let credit = |debit: usize| self.credit_of(sub, item, debit);
                debits.into_iter().map(credit).collect()
            }
        }
    }

    /// Flexible billing: credits the debits as billed, not the current terms.
    fn credit_of(&mut self, sub: usize, item: usize, debit: usize) -> Option<usize> {
        let mut line = self.blank(sub, item, LineKind::Credit)?;
        let billed = self.lines.get(debit)?;
        line.price = billed.price.clone();
        line.quantity = billed.quantity;
        line.amount = -rounded(
            i128::from(billed.net()) * i128::from(line.end - line.start),
            i128::from(billed.end - billed.start),
        );
        line.of = Some(debit);
        Some(self.keep(line))
    }

    /// Unit amount x quantity, less the coupon, x the remaining share of the period.
    fn rest_at_list_price(&self, line: &Line) -> Option<i64> {
        let sub = self.subscriptions.get(line.subscription)?;
        if line.trial {
            return Some(0);
        }
        let amount = line.price.amount(&line.currency) * i64::from(line.quantity);
        let paid_percent = 100 - i64::from(sub.coupon);
        Some(rounded(
            i128::from(amount * paid_percent) * i128::from(line.end - line.start),
            i128::from(100 * (sub.period_end - sub.period_start)),
        ))
    }

    /// A line of an item from now to the end of the period; regular ones start
    /// with the period.
    fn blank(&mut self, sub: usize, item: usize, kind: LineKind) -> Option<Line> {
        let owner = self.subscriptions.get(sub)?;
        let item = owner.items.get(item)?;
        let is_proration = kind != LineKind::Regular;
        self.invoice_items_made += usize::from(is_proration);
        Some(Line {
            id: format!("il_{}", self.lines.len() + 1),
            invoice_item: is_proration.then(|| format!("ii_{}", self.invoice_items_made)),
            subscription: sub,
            subscription_id: owner.id.clone(),
            item_id: item.id.clone(),
            price: item.price.clone(),
            quantity: item.quantity,
            amount: 0,
            discount: 0,
            currency: owner.currency.clone(),
            start: if is_proration {
                self.now
            } else {
                owner.period_start
            },
            end: owner.period_end,
            kind,
            trial: owner.status == SubscriptionStatus::Trialing,
            anchor: owner.anchor,
            of: None,
            credited: None,
            invoice: None,
        })
    }

    fn keep(&mut self, line: Line) -> usize {
        self.lines.push(line);
        self.lines.len() - 1
    }
}
