//! Time passes: periods and trials end, drafts are finalised, and unpaid first
//! invoices expire after 23 hours.

use super::World;
use crate::calendar::boundary;
use crate::objects::{InvoiceStatus, Subscription, SubscriptionStatus};

/// The time limit of a first payment.
const INCOMPLETE_S: i64 = 23 * 3_600;

/// The next thing due, by position.
#[derive(Clone, Copy)]
enum Due {
    Draft(usize),
    Subscription(usize),
}

impl World {
    /// Advances to `to`, doing everything due on the way.
    pub fn advance(&mut self, to: i64) {
        while let Some((at, due)) = self.next_due().filter(|(at, _)| *at <= to) {
            self.now = at.max(self.now);
            let done = match due {
                Due::Draft(index) => self.finalize_and_collect(index),
                Due::Subscription(index) => self.period_over(index),
            };
            // It always applies; otherwise stop rather than loop forever.
            if done.is_none() {
                break;
            }
        }
        self.now = to.max(self.now);
    }

    /// The earliest first; at equal times drafts before periods.
    fn next_due(&self) -> Option<(i64, Due)> {
        let drafts = self.invoices.iter().enumerate();
        let drafts = drafts.filter(|(_, invoice)| invoice.status == InvoiceStatus::Draft);
        let drafts = drafts.map(|(index, invoice)| (invoice.finalize_at, Due::Draft(index)));
        let subs = self.subscriptions.iter().enumerate();
        let subs = subs.filter_map(|(index, sub)| Some((due(sub)?, Due::Subscription(index))));
        drafts.chain(subs).min_by_key(|(at, _)| *at)
    }

    fn period_over(&mut self, sub: usize) -> Option<()> {
        let before = self.subscriptions.get(sub)?.clone();
        if before.status == SubscriptionStatus::Incomplete {
            return self.expire(sub, before);
        }
        if before.cancel_at.is_some_and(|at| at <= before.period_end) {
            return self.end(sub, "subscription_cycle", Vec::new());
        }
        let owner = self.subscriptions.get_mut(sub)?;
        if owner.status == SubscriptionStatus::Trialing {
            owner.status = SubscriptionStatus::Active;
        }
        owner.cycle += 1;
        owner.period_start = owner.period_end;
        owner.period_end = boundary(
            owner.anchor,
            owner.items.first()?.price.interval,
            owner.cycle,
        );
        let lines = self.regulars(sub)?;
        let invoice = self.draft(sub, "subscription_cycle", lines)?;
        self.report_updated(sub, before)?;
        if self.draft_s == 0 {
            self.finalize_and_collect(invoice)?;
        }
        Some(())
    }

    fn expire(&mut self, sub: usize, before: Subscription) -> Option<()> {
        self.subscriptions.get_mut(sub)?.status = SubscriptionStatus::IncompleteExpired;
        self.report_updated(sub, before.clone())?;
        let latest = before.latest_invoice?;
        if self.invoices.get(latest)?.can_be_paid() {
            self.void_invoice(latest)?;
        }
        Some(())
    }
}

fn due(sub: &Subscription) -> Option<i64> {
    match sub.status {
        SubscriptionStatus::Incomplete => Some(sub.created + INCOMPLETE_S),
        SubscriptionStatus::Trialing | SubscriptionStatus::Active | SubscriptionStatus::PastDue => {
            Some(sub.period_end)
        }
        SubscriptionStatus::IncompleteExpired | SubscriptionStatus::Canceled => None,
    }
}
