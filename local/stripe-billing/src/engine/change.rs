//! Changes of a subscription: price, quantity, items, anchor and trial.
//! Source: <https://docs.stripe.com/billing/subscriptions/change-price> and
//! <https://docs.stripe.com/billing/subscriptions/billing-cycle>.
//!
//! A new interval, or the step from free to paid, starts a new period at once.

use super::{MAX_LINES, World};
use crate::act::{Crediting, Proration};
use crate::calendar::{Interval, boundary};
use crate::catalogue::Price;
use crate::objects::{Item, Subscription, SubscriptionStatus};

const DAY: i64 = 86_400;
const MAX_ITEMS: usize = 3;

impl World {
    pub(super) fn change_price(
        &mut self,
        n: u8,
        item: u8,
        price: u8,
        proration: Proration,
    ) -> Option<()> {
        let sub = self.live_subscription(n)?;
        let price = self.price(price)?;
        let owner = self.subscriptions.get(sub)?;
        let item = usize::from(item) % owner.items.len().max(1);
        let alone = owner.items.len() == 1;
        if sells(owner, &price) || (!alone && interval(owner)? != price.interval) {
            return None;
        }
        let quantity = owner.items.get(item)?.quantity;
        self.change_item(sub, item, price, quantity, proration)
    }

    pub(super) fn change_quantity(
        &mut self,
        n: u8,
        item: u8,
        quantity: u8,
        proration: Proration,
    ) -> Option<()> {
        let sub = self.live_subscription(n)?;
        let owner = self.subscriptions.get(sub)?;
        let item = usize::from(item) % owner.items.len().max(1);
        let (sold, quantity) = (owner.items.get(item)?, u32::from(quantity.max(1)));
        if sold.quantity == quantity {
            return None;
        }
        let price = sold.price.clone();
        self.change_item(sub, item, price, quantity, proration)
    }

    fn change_item(
        &mut self,
        sub: usize,
        item: usize,
        price: Price,
        quantity: u32,
        proration: Proration,
    ) -> Option<()> {
        let before = self.subscriptions.get(sub)?.clone();
        let old = before.items.get(item)?;
        room(&before, proration)?;
        let mut after = before.clone();
        set(&mut after, item, price.clone(), quantity)?;
        let restarts = before.status != SubscriptionStatus::Trialing
            && (price.interval != old.price.interval || (cost(&before) == 0 && cost(&after) > 0));
        // Flexible billing does not touch what was billed for the seats that stay.
        let more_seats = self.crediting == Crediting::PerDebit
            && price.id == old.price.id
            && quantity > old.quantity
            && !old.debits.is_empty();
        let mut lines = Vec::new();
        if proration != Proration::None && (restarts || !more_seats) {
            lines = self.credits(sub, item)?;
        }
        let more = quantity.saturating_sub(old.quantity);
        set(self.subscriptions.get_mut(sub)?, item, price, quantity)?;
        if restarts {
            return self.restart(sub, before, lines);
        }
        if proration != Proration::None {
            let quantity = if more_seats { more } else { quantity };
            lines.push(self.debit(sub, item, quantity)?);
        }
        self.bill(sub, before, proration, lines)
    }

    pub(super) fn add_item(
        &mut self,
        n: u8,
        price: u8,
        quantity: u8,
        proration: Proration,
    ) -> Option<()> {
        let sub = self.live_subscription(n)?;
        let price = self.price(price)?;
        let before = self.subscriptions.get(sub)?.clone();
        room(&before, proration)?;
        let fits = interval(&before)? == price.interval && !sells(&before, &price);
        // From free to paid would start a new period: only ChangePrice does that.
        if !fits || before.items.len() >= MAX_ITEMS || cost(&before) == 0 {
            return None;
        }
        let item = self.new_item(price, quantity);
        let quantity = item.quantity;
        self.subscriptions.get_mut(sub)?.items.push(item);
        let mut lines = Vec::new();
        if proration != Proration::None {
            lines.push(self.debit(sub, before.items.len(), quantity)?);
        }
        self.bill(sub, before, proration, lines)
    }

    pub(super) fn remove_item(&mut self, n: u8, item: u8, proration: Proration) -> Option<()> {
        let sub = self.live_subscription(n)?;
        let before = self.subscriptions.get(sub)?.clone();
        room(&before, proration)?;
        let item = usize::from(item).checked_rem(before.items.len())?;
        if before.items.len() < 2 {
            return None;
        }
        let mut lines = Vec::new();
        if proration != Proration::None {
            lines = self.credits(sub, item)?;
        }
        self.subscriptions.get_mut(sub)?.items.remove(item);
        self.bill(sub, before, proration, lines)
    }

    /// Invoices the prorations of an update, or keeps them pending.
    fn bill(
        &mut self,
        sub: usize,
        before: Subscription,
        proration: Proration,
        lines: Vec<usize>,
    ) -> Option<()> {
        let invoice = if proration == Proration::InvoiceNow && !lines.is_empty() {
            Some(self.draft(sub, "subscription_update", lines)?)
        } else {
            self.subscriptions.get_mut(sub)?.pending.extend(lines);
            None
        };
        self.report_updated(sub, before)?;
        match invoice {
            Some(invoice) => self.finalize_and_collect(invoice),
            None => Some(()),
        }
    }

    pub(super) fn reset_anchor(&mut self, n: u8, prorate: bool) -> Option<()> {
        let sub = self.live_subscription(n)?;
        let before = self.subscriptions.get(sub)?.clone();
        if before.status == SubscriptionStatus::Trialing {
            return None;
        }
        let lines = if prorate {
            self.all_credits(sub)?
        } else {
            Vec::new()
        };
        self.restart(sub, before, lines)
    }

    /// Credits the rest of the period of every item.
    pub(super) fn all_credits(&mut self, sub: usize) -> Option<Vec<usize>> {
        let count = self.subscriptions.get(sub)?.items.len();
        let mut lines = Vec::new();
        for item in 0..count {
            lines.extend(self.credits(sub, item)?);
        }
        Some(lines)
    }

    /// Starts a new period now and bills all of it.
    fn restart(&mut self, sub: usize, before: Subscription, mut lines: Vec<usize>) -> Option<()> {
        let now = self.now;
        let owner = self.subscriptions.get_mut(sub)?;
        let end = boundary(now, interval(owner)?, 1);
        (owner.anchor, owner.cycle) = (now, 1);
        (owner.period_start, owner.period_end) = (now, end);
        owner.cancel_at = owner.cancel_at.map(|_| end);
        lines.extend(self.regulars(sub)?);
        let invoice = self.draft(sub, "subscription_update", lines)?;
        self.report_updated(sub, before)?;
        self.finalize_and_collect(invoice)
    }

    pub(super) fn move_trial_end(&mut self, n: u8, days: u8) -> Option<()> {
        let now = self.now;
        let sub = self.live_subscription(n)?;
        let before = self.subscriptions.get(sub)?.clone();
        let end = now + i64::from(days) * DAY;
        let owner = self.subscriptions.get_mut(sub)?;
        let (start, old_end) = owner.trial?;
        if owner.status != SubscriptionStatus::Trialing || end == old_end {
            return None;
        }
        owner.trial = Some((start, end));
        if days == 0 {
            owner.status = SubscriptionStatus::Active;
            return self.restart(sub, before, Vec::new());
        }
        (owner.anchor, owner.cycle) = (end, 0);
        (owner.period_start, owner.period_end) = (now, end);
        owner.cancel_at = owner.cancel_at.map(|_| end);
        let lines = self.regulars(sub)?;
        let invoice = self.draft(sub, "subscription_update", lines)?;
        self.report_updated(sub, before)?;
        self.finalize_and_collect(invoice)
    }
}

fn set(sub: &mut Subscription, item: usize, price: Price, quantity: u32) -> Option<()> {
    let item = sub.items.get_mut(item)?;
    (item.price, item.quantity) = (price, quantity);
    Some(())
}

fn interval(sub: &Subscription) -> Option<Interval> {
    Some(sub.items.first()?.price.interval)
}

/// Stripe allows a price once per subscription.
fn sells(sub: &Subscription, price: &Price) -> bool {
    sub.items.iter().any(|item| item.price.id == price.id)
}

/// The price of a period before discounts.
fn cost(sub: &Subscription) -> i64 {
    let amount = |item: &Item| item.price.amount(&sub.currency) * i64::from(item.quantity);
    sub.items.iter().map(amount).sum()
}

/// Whether the lines after a change still fit on one invoice, whatever happens
/// to the subscription next.
fn room(sub: &Subscription, proration: Proration) -> Option<()> {
    let debits: usize = sub.items.iter().map(|item| item.debits.len().max(1)).sum();
    let pending = match proration {
        Proration::Pending => sub.pending.len() + debits + 1,
        Proration::InvoiceNow | Proration::None => sub.pending.len(),
    };
    (pending + debits + 1 + sub.items.len() < MAX_LINES).then_some(())
}
