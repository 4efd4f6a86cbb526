//! New subscriptions, with or without a trial.
//! Source: <https://docs.stripe.com/billing/subscriptions/trials>.

use super::{World, nth};
use crate::act::{Act, Collection, Crediting};
use crate::calendar::boundary;
use crate::catalogue::Price;
use crate::objects::{Item, Subscription, SubscriptionStatus};

const DAY: i64 = 86_400;

impl World {
    /// The price at a position, modulo their number.
    pub(super) fn price(&self, n: u8) -> Option<Price> {
        let index = nth(self.catalogue.iter().enumerate(), n)?;
        self.catalogue.get(index).cloned()
    }

    pub(super) fn new_item(&mut self, price: Price, quantity: u8) -> Item {
        self.items_made += 1;
        Item {
            id: format!("si_{}", self.items_made),
            price,
            quantity: u32::from(quantity.max(1)),
            debits: Vec::new(),
        }
    }

    pub(super) fn subscribe(&mut self, act: Act) -> Option<()> {
        let Act::Subscribe { trial_days, .. } = act else {
            return None;
        };
        let mut sub = self.blank_subscription(act)?;
        if trial_days > 0 {
            let end = self.now + i64::from(trial_days) * DAY;
            sub.status = SubscriptionStatus::Trialing;
            sub.trial = Some((self.now, end));
            (sub.anchor, sub.cycle, sub.period_end) = (end, 0, end);
        }
        let index = self.subscriptions.len();
        self.subscriptions.push(sub);
        let lines = self.regulars(index)?;
        let invoice = self.draft(index, "subscription_create", lines)?;
        self.finalize(invoice)?;
        self.incomplete_if_declined(index, invoice)?;
        self.report_subscription("customer.subscription.created", index)?;
        self.collect(invoice)
    }

    /// A subscription whose first invoice is declined does not start.
    fn incomplete_if_declined(&mut self, index: usize, invoice: usize) -> Option<()> {
        let due = self.invoices.get(invoice)?.remaining();
        let sub = self.subscriptions.get_mut(index)?;
        let works = self.customers.get(sub.customer)?.card_works;
        if due > 0 && sub.collection == Collection::Charge && !works {
            sub.status = SubscriptionStatus::Incomplete;
        }
        Some(())
    }

    fn blank_subscription(&mut self, act: Act) -> Option<Subscription> {
        let Act::Subscribe {
            user,
            price,
            quantity,
            second,
            coupon,
            currency,
            collection,
            ..
        } = act
        else {
            return None;
        };
        let customer = nth(self.customers.iter().enumerate(), user)?;
        let price = self.price(price)?;
        let currencies = price.amounts.iter().enumerate();
        let chosen = price.amounts.get(nth(currencies, currency)?)?.0.clone();
        let second = second.and_then(|second| self.price(second));
        let second = second.filter(|it| it.interval == price.interval && it.id != price.id);
        let interval = price.interval;
        let mut items = vec![self.new_item(price, quantity)];
        items.extend(second.map(|second| self.new_item(second, 1)));
        let owner = self.customers.get_mut(customer)?;
        Some(Subscription {
            id: format!("sub_{}", self.subscriptions.len() + 1),
            customer,
            customer_id: owner.id.clone(),
            user: owner.user.clone(),
            status: SubscriptionStatus::Active,
            items,
            anchor: self.now,
            cycle: 1,
            period_start: self.now,
            period_end: boundary(self.now, interval, 1),
            trial: None,
            cancel_at_period_end: false,
            cancel_at: None,
            canceled_at: None,
            ended_at: None,
            collection,
            coupon: coupon.min(100),
            currency: owner.currency.get_or_insert(chosen).clone(),
            flexible: self.crediting == Crediting::PerDebit,
            created: self.now,
            latest_invoice: None,
            pending: Vec::new(),
        })
    }
}
