//! The state after a history: all objects as they are, and the events so far.
//! [`World::run`] applies a whole history; a server can instead keep a world and
//! call [`World::advance`] and [`World::apply`] as time passes.
//!
//! Objects are never removed, so a position stays valid.

mod billing;
mod cancel;
mod change;
mod money;
mod notes;
mod pay;
mod prorate;
mod renew;
mod subscribe;

use crate::act::{Act, Crediting, History};
use crate::catalogue::Price;
use crate::objects::{
    CreditNote, Customer, Dispute, Event, Invoice, Line, Object, Payment, Refund, Subscription,
};

/// The most lines that an event shows of its invoice.
pub(crate) const MAX_LINES: usize = 10;

/// All objects and events.
#[derive(Clone, Debug)]
pub struct World {
    now: i64,
    crediting: Crediting,
    draft_s: i64,
    catalogue: Vec<Price>,
    items_made: usize,
    invoice_items_made: usize,
    transactions_made: usize,
    /// One per user.
    pub customers: Vec<Customer>,
    /// All subscriptions.
    pub subscriptions: Vec<Subscription>,
    /// All invoices.
    pub invoices: Vec<Invoice>,
    /// All lines and pending prorations.
    pub lines: Vec<Line>,
    /// All successful payments.
    pub payments: Vec<Payment>,
    /// All refunds.
    pub refunds: Vec<Refund>,
    /// All disputes.
    pub disputes: Vec<Dispute>,
    /// All credit notes.
    pub notes: Vec<CreditNote>,
    /// All events, in order.
    pub events: Vec<Event>,
}

impl World {
    /// A world at the start of `history`, before its first step.
    pub fn new(history: &History) -> Self {
        let customer = |number: u8| Customer {
            id: format!("cus_{number}"),
            user: format!("user-{number}"),
            currency: None,
            balance: 0,
            card_works: true,
        };
        Self {
            now: history.start,
            crediting: history.crediting,
            draft_s: i64::from(history.draft_s),
            catalogue: history.catalogue.clone(),
            items_made: 0,
            invoice_items_made: 0,
            transactions_made: 0,
            customers: (1..=history.users.max(1)).map(customer).collect(),
            subscriptions: Vec::new(),
            invoices: Vec::new(),
            lines: Vec::new(),
            payments: Vec::new(),
            refunds: Vec::new(),
            disputes: Vec::new(),
            notes: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Applies a whole history.
    pub fn run(history: &History) -> Self {
        let mut world = Self::new(history);
        for step in &history.steps {
            world.advance(world.now + i64::from(step.wait_s));
            world.apply(step.act);
        }
        world
    }

    /// The current time.
    pub const fn now(&self) -> i64 {
        self.now
    }

    /// How credits are made.
    pub const fn crediting(&self) -> Crediting {
        self.crediting
    }

    /// Applies an act now; returns whether it applied.
    pub fn apply(&mut self, act: Act) -> bool {
        self.applied(act).is_some()
    }

    fn applied(&mut self, act: Act) -> Option<()> {
        match act {
            Act::Pass => Some(()),
            Act::Subscribe { .. } => self.subscribe(act),
            Act::ChangePrice {
                sub,
                item,
                price,
                proration,
            } => self.change_price(sub, item, price, proration),
            Act::ChangeQuantity {
                sub,
                item,
                quantity,
                proration,
            } => self.change_quantity(sub, item, quantity, proration),
            Act::AddItem {
                sub,
                price,
                quantity,
                proration,
            } => self.add_item(sub, price, quantity, proration),
            Act::RemoveItem {
                sub,
                item,
                proration,
            } => self.remove_item(sub, item, proration),
            Act::ResetAnchor { sub, prorate } => self.reset_anchor(sub, prorate),
            Act::Cancel { sub, prorate } => self.cancel(sub, prorate),
            Act::CancelAtPeriodEnd { sub, at } => self.cancel_at_period_end(sub, at),
            Act::Resume { sub } => self.resume(sub),
            Act::MoveTrialEnd { sub, days } => self.move_trial_end(sub, days),
            Act::Card { user, works } => self.card(user, works),
            Act::Pay { invoice } => self.pay_late(invoice),
            Act::Void { invoice } => self.void(invoice),
            Act::Uncollectible { invoice } => self.give_up(invoice),
            Act::Refund { payment, percent } => self.refund(payment, percent),
            Act::FailRefund { refund } => self.fail_refund(refund),
            Act::CreditNote {
                invoice,
                percent,
                by,
                to,
            } => self.credit_note(invoice, percent, by, to),
            Act::VoidCreditNote { note } => self.void_note(note),
            Act::Dispute {
                payment,
                percent,
                foreign,
            } => self.dispute(payment, percent, foreign),
            Act::CloseDispute { dispute, end } => self.close_dispute(dispute, end),
        }
    }

    /// An invoice as an event or a look-up shows it.
    pub fn invoice_object(&self, index: usize) -> Option<Object> {
        let invoice = self.invoices.get(index)?;
        let lines = invoice.lines.iter();
        let lines = lines.filter_map(|line| self.lines.get(*line).cloned());
        let payment = invoice.payment.and_then(|index| self.payments.get(index));
        Some(Object::Invoice {
            lines: lines.collect(),
            subscription: Box::new(self.subscriptions.get(invoice.subscription)?.clone()),
            payment: payment.map(|payment| payment.number),
            invoice: Box::new(invoice.clone()),
        })
    }

    /// A subscription as an event or a look-up shows it.
    pub fn subscription_object(&self, index: usize) -> Option<Object> {
        self.updated_object(index, None)
    }

    fn updated_object(&self, index: usize, before: Option<Box<Subscription>>) -> Option<Object> {
        let now = self.subscriptions.get(index)?;
        let latest = now
            .latest_invoice
            .and_then(|index| self.invoices.get(index));
        Some(Object::Subscription {
            now: Box::new(now.clone()),
            before,
            latest_invoice: latest.map(|invoice| invoice.id.clone()),
        })
    }

    fn report(&mut self, kind: &'static str, object: Option<Object>) -> Option<()> {
        let id = format!("evt_{}", self.events.len() + 1);
        let created = self.now;
        self.events.push(Event {
            id,
            created,
            kind,
            object: object?,
        });
        Some(())
    }

    fn report_invoice(&mut self, kind: &'static str, index: usize) -> Option<()> {
        self.report(kind, self.invoice_object(index))
    }

    fn report_subscription(&mut self, kind: &'static str, index: usize) -> Option<()> {
        self.report(kind, self.subscription_object(index))
    }

    /// Emits an update event if a visible field has changed.
    fn report_updated(&mut self, index: usize, before: Subscription) -> Option<()> {
        let object = self.updated_object(index, Some(Box::new(before)))?;
        if crate::render::shows_a_change(&object) {
            self.report("customer.subscription.updated", Some(object))?;
        }
        Some(())
    }

    /// The `n`-th of the subscriptions that can be changed, modulo their number.
    fn live_subscription(&self, n: u8) -> Option<usize> {
        let live = self.subscriptions.iter().enumerate();
        nth(live.filter(|(_, sub)| sub.status.is_live()), n)
    }
}

/// The position of the `n`-th, modulo their number.
fn nth<'a, T: 'a>(found: impl Iterator<Item = (usize, &'a T)>, n: u8) -> Option<usize> {
    let positions: Vec<usize> = found.map(|(index, _)| index).collect();
    let place = usize::from(n).checked_rem(positions.len())?;
    positions.get(place).copied()
}

/// A percentage of an amount, at least 1.
fn part(amount: i64, percent: u8) -> i64 {
    (amount * i64::from(percent.clamp(1, 100)) / 100).max(1)
}

/// `numerator / denominator`, rounded half away from zero.
fn rounded(numerator: i128, denominator: i128) -> i64 {
    if denominator == 0 {
        return 0;
    }
    let half = denominator.abs() / 2;
    let sum = numerator.abs() + half;
    let size = i64::try_from(sum / denominator.abs()).unwrap_or(i64::MAX);
    if (numerator < 0) == (denominator < 0) {
        size
    } else {
        -size
    }
}
