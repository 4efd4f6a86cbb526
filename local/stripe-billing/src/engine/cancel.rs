//! The end of a subscription, at once or with its period.
//! Source: <https://docs.stripe.com/api/subscriptions/cancel>.

use super::World;
use crate::act::CancelAt;
use crate::objects::SubscriptionStatus;

impl World {
    /// Without proration pending items are dropped; with it they are invoiced.
    pub(super) fn cancel(&mut self, n: u8, prorate: bool) -> Option<()> {
        let sub = self.live_subscription(n)?;
        for draft in self.drafts_of(sub) {
            self.finalize_and_collect(draft)?;
        }
        let trialing = self.subscriptions.get(sub)?.status == SubscriptionStatus::Trialing;
        let lines = if prorate && !trialing {
            self.all_credits(sub)?
        } else {
            Vec::new()
        };
        if !prorate {
            self.subscriptions.get_mut(sub)?.pending.clear();
        }
        self.end(sub, "subscription_update", lines)
    }

    /// Ends a subscription now, with a final invoice for what is not billed yet.
    pub(super) fn end(
        &mut self,
        sub: usize,
        reason: &'static str,
        lines: Vec<usize>,
    ) -> Option<()> {
        let now = self.now;
        let nothing = lines.is_empty() && self.subscriptions.get(sub)?.pending.is_empty();
        let last = if nothing {
            None
        } else {
            Some(self.draft(sub, reason, lines)?)
        };
        let owner = self.subscriptions.get_mut(sub)?;
        owner.status = SubscriptionStatus::Canceled;
        owner.canceled_at = owner.canceled_at.or(Some(now));
        owner.ended_at = Some(now);
        self.report_subscription("customer.subscription.deleted", sub)?;
        match last {
            Some(last) => self.finalize_and_collect(last),
            None => Some(()),
        }
    }

    pub(super) fn cancel_at_period_end(&mut self, n: u8, at: CancelAt) -> Option<()> {
        let sub = self.live_subscription(n)?;
        let before = self.subscriptions.get(sub)?.clone();
        let owner = self.subscriptions.get_mut(sub)?;
        owner.cancel_at_period_end = at == CancelAt::Flag;
        owner.cancel_at = Some(owner.period_end);
        owner.canceled_at = Some(self.now);
        self.report_updated(sub, before)
    }

    pub(super) fn resume(&mut self, n: u8) -> Option<()> {
        let sub = self.live_subscription(n)?;
        let before = self.subscriptions.get(sub)?.clone();
        before.cancel_at?;
        let owner = self.subscriptions.get_mut(sub)?;
        owner.cancel_at_period_end = false;
        owner.cancel_at = None;
        owner.canceled_at = None;
        self.report_updated(sub, before)
    }
}
