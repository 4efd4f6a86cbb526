//! The verdict on each line of a paid invoice: paid time, credited time, a pack,
//! nothing, or something that waits.

use super::view::View;
use crate::billing::{
    BookLine, InvoiceLine, LineEffect, LineKind, LineLot, LinePeriod, PackLot, PaidInvoice,
    ParkReason, ShareProblem, SubscriptionBook,
};
use crate::{Credits, GrantInterval, LotId, Price, PriceKind, StripeId, UserId};

/// The verdict on a line.
pub(super) enum Verdict {
    /// A line of a subscription's book.
    Book(StripeId, Box<BookLine>),
    /// A pack.
    Pack(PackLot),
    /// It deliberately moves nothing.
    Nothing,
    /// It waits; the other lines do not.
    Waits(ParkReason),
    /// An operator has to settle it; the other lines are settled.
    Operator(String),
    /// The whole invoice waits.
    AllWaits(ParkReason),
}

pub(super) struct LineReader<'a> {
    pub(super) view: &'a View<'a>,
    pub(super) invoice: &'a PaidInvoice,
    pub(super) user_id: &'a UserId,
}

impl LineReader<'_> {
    pub(super) fn verdict(&self, line: &InvoiceLine) -> Verdict {
        let catalogue = self.view.request.catalogue;
        // A line that gives money back buys nothing.
        let buys = line.amount_minor.is_none_or(|amount| amount > 0);
        let Some(id) = &line.price else {
            return match line.kind {
                LineKind::Other if !buys => Verdict::Nothing,
                LineKind::Subscription if line.amount_minor == Some(0) => Verdict::Nothing,
                LineKind::Subscription | LineKind::Proration | LineKind::Other => {
                    Verdict::Operator(format!("its line {} names no price", line.id))
                }
            };
        };
        if catalogue.is_unreadable(id) {
            return Verdict::Waits(ParkReason::Mismatch(id.clone()));
        }
        match catalogue.price(id) {
            None if line.kind == LineKind::Other && !buys => Verdict::Nothing,
            None => Verdict::Waits(ParkReason::Price(id.clone())),
            Some(price) => match price.kind {
                PriceKind::None => self.nothing(line, id),
                PriceKind::Pack => self.pack(line, price),
                PriceKind::Subscription => self.time(line, id, price),
            },
        }
    }

    /// Whether any line of the invoice names what it credits.
    pub(super) fn names_any(&self) -> bool {
        let mut lines = self.invoice.lines.iter();
        lines.any(|line| !line.credited.is_empty())
    }

    fn nothing(&self, line: &InvoiceLine, price: &StripeId) -> Verdict {
        match (&line.subscription, line.period) {
            (Some(subscription), Some(period)) if period.start <= period.end => {
                let line = self.book_line(line, price, period, 0, LineEffect::Nothing);
                Verdict::Book(subscription.clone(), Box::new(line))
            }
            _ => Verdict::Nothing,
        }
    }

    fn book_line(
        &self,
        line: &InvoiceLine,
        price: &StripeId,
        period: LinePeriod,
        quantity: u64,
        effect: LineEffect,
    ) -> BookLine {
        BookLine {
            invoice: self.invoice.id.clone(),
            id: line.id.clone(),
            price: price.clone(),
            period,
            quantity,
            effect,
        }
    }

    /// A line whose price is a pack, in the invoice of a purchase.
    fn pack(&self, line: &InvoiceLine, price: &Price) -> Verdict {
        let unclear = |what: &str| Verdict::Operator(format!("its line {} {what}", line.id));
        let Some(quantity) = line.quantity else {
            return unclear("has no quantity that can be read");
        };
        match line.amount_minor {
            None => return unclear("has no amount that can be read"),
            Some(amount) if amount < 0 => return unclear("gives back a pack"),
            Some(0) if !price.is_free() && quantity > 0 => {
                return unclear("gives a pack for nothing");
            }
            Some(_) => {}
        }
        let lot = match self.invoice.lines.as_slice() {
            // A checkout that created this invoice knows its id, but none of its lines.
            [_] => format!("buy:{}", self.invoice.id),
            _ => format!("buy:{}:{}", self.invoice.id, line.id),
        };
        let (Ok(lot), Some(granted)) = (lot.parse::<LotId>(), times(price.credits, quantity))
        else {
            return unclear("does not fit");
        };
        if !granted.is_positive() {
            return Verdict::Nothing;
        }
        Verdict::Pack(PackLot {
            user_id: self.user_id.clone(),
            lot,
            starts_at: self
                .invoice
                .paid_at
                .unwrap_or(self.view.request.event.created),
            granted,
            paid_minor: self.invoice.paid_minor,
        })
    }

    /// A line whose price is a plan: paid or credited time.
    fn time(&self, line: &InvoiceLine, id: &StripeId, price: &Price) -> Verdict {
        let unclear = |what: &str| Verdict::Operator(format!("its line {} {what}", line.id));
        let Some(subscription) = &line.subscription else {
            return unclear("bills a plan and names no subscription");
        };
        let Some(period) = line.period.filter(|period| period.start <= period.end) else {
            return unclear("has no period that can be read");
        };
        let (Some(quantity), Some(amount)) = (line.quantity, line.amount_minor) else {
            return unclear("has no quantity or amount that can be read");
        };
        let credits = !line.credited.is_empty() || amount < 0;
        let effect = if credits {
            let mut named = line.credited.clone();
            named.sort();
            named.dedup();
            LineEffect::Credits(named)
        } else if amount == 0 && !price.is_free() && line.kind != LineKind::Proration {
            match self.trial(price) {
                Some(lot) => LineEffect::Trial(lot),
                None => LineEffect::Nothing,
            }
        } else if price.credits.is_zero() {
            LineEffect::Nothing
        } else {
            let book = self.view.book(subscription, self.user_id);
            // A change that cost nothing comes from a trial, from a coupon, or from
            // a period too short to bill. A snapshot shows which.
            if amount == 0 && !price.is_free() && book.anchors.is_empty() {
                return Verdict::AllWaits(ParkReason::Subscription(subscription.clone()));
            }
            match self.paid_time(line, period, quantity, price, &book) {
                Ok(lot) => LineEffect::Grants(lot),
                Err(ShareProblem::NeedsAnchor) => {
                    return Verdict::AllWaits(ParkReason::Subscription(subscription.clone()));
                }
                Err(ShareProblem::Impossible) => return unclear("does not fit"),
            }
        };
        let line = self.book_line(line, id, period, quantity, effect);
        Verdict::Book(subscription.clone(), Box::new(line))
    }

    fn trial(&self, price: &Price) -> Option<LineLot> {
        let lot = format!("trial:{}", price.plan).parse().ok()?;
        price.trial_credits.is_positive().then_some(LineLot {
            lot,
            granted: price.trial_credits,
            paid_at: None,
            grace_days: price.grace_days,
            monthly: false,
            rollover: None,
            for_nothing: false,
            unclear: false,
        })
    }

    fn paid_time(
        &self,
        line: &InvoiceLine,
        period: LinePeriod,
        quantity: u64,
        price: &Price,
        book: &SubscriptionBook,
    ) -> Result<LineLot, ShareProblem> {
        let proration = line.kind == LineKind::Proration;
        let share = price.interval().share(period, proration, &book.anchors)?;
        let granted =
            times(price.credits, quantity).and_then(|all| scaled(all, share.part, share.whole));
        let granted = granted.ok_or(ShareProblem::Impossible)?;
        let lot = format!("sub:{}:{}", self.invoice.id, line.id);
        let for_nothing = line.amount_minor == Some(0) && !price.is_free();
        let paid_at = self
            .invoice
            .paid_at
            .unwrap_or(self.view.request.event.created);
        Ok(LineLot {
            lot: lot.parse().map_err(|_| ShareProblem::Impossible)?,
            granted,
            // For a schedule a late payment matters as soon as one of its months is past.
            paid_at: (paid_at > period.start)
                .then_some(paid_at)
                .filter(|paid_at| price.every == GrantInterval::Month || *paid_at > period.end),
            grace_days: price.grace_days,
            monthly: price.every == GrantInterval::Month,
            rollover: (price.rollover.months > 0).then_some(price.rollover),
            for_nothing,
            unclear: for_nothing && !self.names_any(),
        })
    }
}

/// `amount` x `quantity`; none if no lot can hold it.
pub(super) fn times(amount: Credits, quantity: u64) -> Option<Credits> {
    let milli = i128::from(amount.milli()).checked_mul(i128::from(quantity))?;
    let all = i64::try_from(milli).map(Credits::from_milli).ok()?;
    all.is_amount().then_some(all)
}

/// `amount` x `part` / `whole`, rounded down; none if no lot can hold it.
fn scaled(amount: Credits, part: i64, whole: i64) -> Option<Credits> {
    let milli = i128::from(amount.milli()).checked_mul(i128::from(part))?;
    let share = milli.checked_div_euclid(i128::from(whole))?;
    let share = i64::try_from(share).map(Credits::from_milli).ok()?;
    share.is_amount().then_some(share)
}
