//! What credits a history must leave, from what was sold, paid and returned.
//!
//! The oracle walks time in stretches. Whatever bills a stretch counts if its
//! invoice is settled. A credit takes a stretch away only if its invoice is
//! settled too and all that this invoice credits counts; otherwise that whole
//! invoice counts for nothing. Money that comes back scales all an invoice did.
//! It reads no ids and no `credited_items`: which debit a credit belongs to is
//! known from the act that made both.

mod doubt;
mod fraction;
mod returned;
mod stretch;

use std::collections::{BTreeMap, BTreeSet};

use crate::act::History;
use crate::engine::World;
use crate::objects::LineKind;

pub use doubt::Doubt;
use fraction::Fraction;
use returned::Returned;

/// What a history must leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// By user id.
    pub users: BTreeMap<String, ExpectedUser>,
    /// The lines that leave credits or left some, for finding a difference.
    pub lots: Vec<ExpectedLot>,
    /// Where the events alone, or the law, do not decide.
    pub doubts: BTreeSet<Doubt>,
}

/// What must be left of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedLot {
    /// The user.
    pub user: String,
    /// `in_...`.
    pub invoice: String,
    /// `il_...`.
    pub line: String,
    /// `price_...`.
    pub price: String,
    /// Credits it granted, in thousandths, rounded down.
    pub granted_milli: i64,
    /// Credits left of it, in thousandths, rounded down.
    pub left_milli: i64,
    /// Whether they are a trial's.
    pub trial: bool,
}

/// What one user must have, and what was paid for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedUser {
    /// All credits left, in thousandths, rounded down; those of trials among them.
    pub total_milli: i64,
    /// By how much rounding may move it: a thousandth per line, and per month
    /// of those whose credits come month by month.
    pub tolerance_milli: i64,
    /// Of the total, what trials gave.
    pub trial_milli: i64,
    /// Of the total, what was billed at 0 outside of trials: free prices, a
    /// coupon of 100 %, and stretches too short to cost anything.
    pub free_milli: i64,
    /// Payments less refunds, lost disputes and credits outside of Stripe.
    pub net_payment_minor: i64,
    /// What the user has to the good on the customer's balance.
    pub balance_minor: i64,
    /// What all that is left cost, in the smallest unit of the currency.
    pub value_minor: i64,
    /// Money that the merchant gave without getting it back: balance from
    /// credits of unpaid lines, money returned twice, credits of what was never
    /// billed. Where it is 0, value and balance cannot exceed the net payment
    /// by more than half a unit per line.
    pub grants_minor: i64,
}

/// What a history must leave once all its steps are done.
pub fn expected_credits(history: &History) -> Expected {
    expected_of(&World::run(history))
}

/// The same, of a world that a history has made.
pub fn expected_of(world: &World) -> Expected {
    let returned = Returned::of(world);
    let counting = stretch::counting(world);
    let mut users: Vec<Sums> = vec![Sums::default(); world.customers.len()];
    let mut lots = Vec::new();
    let mut trials = BTreeSet::new();
    for (index, line) in world.lines.iter().enumerate() {
        let Some(sub) = world.subscriptions.get(line.subscription) else {
            continue;
        };
        let Some(sums) = users.get_mut(sub.customer) else {
            continue;
        };
        let invoice = line.invoice.filter(|invoice| counting.contains(invoice));
        if let (Some(invoice), LineKind::Credit) = (invoice, line.kind) {
            sums.lines += 1;
            sums.grants = sums
                .grants
                .plus(stretch::unbilled(world, line, &returned, invoice));
        }
        let Some(lot) = stretch::lot(world, index, &counting, &returned) else {
            continue;
        };
        sums.lines += lot.parts;
        if lot.trial && !trials.insert((sub.customer, line.price.plan.clone())) {
            continue;
        }
        sums.add(&lot, line.net() == 0);
        lots.push(ExpectedLot {
            user: sub.user.clone(),
            invoice: format!("in_{}", invoice.map_or(0, |index| index + 1)),
            line: line.id.clone(),
            price: line.price.id.clone(),
            granted_milli: lot.granted.floor(),
            left_milli: lot.left.floor(),
            trial: lot.trial,
        });
    }
    let customers = world.customers.iter().enumerate().zip(users);
    let users = customers.map(|((index, customer), sums)| {
        let grants = sums.grants.plus(returned.too_much(world, index));
        let grants = grants.plus(stretch::unbacked(world, index, &counting));
        let user = ExpectedUser {
            total_milli: sums.total.floor(),
            tolerance_milli: sums.lines + 1,
            trial_milli: sums.trial.floor(),
            free_milli: sums.free.floor(),
            net_payment_minor: returned::net_payment(world, index),
            balance_minor: -customer.balance,
            value_minor: sums.value.floor(),
            grants_minor: grants.ceil(),
        };
        (customer.user.clone(), user)
    });
    Expected {
        users: users.collect(),
        lots,
        doubts: doubt::doubts(world, &counting, &returned),
    }
}

/// Sums of a user on the way.
#[derive(Clone, Copy)]
struct Sums {
    total: Fraction,
    trial: Fraction,
    free: Fraction,
    value: Fraction,
    grants: Fraction,
    lines: i64,
}

impl Default for Sums {
    fn default() -> Self {
        let zero = Fraction::ZERO;
        Self {
            total: zero,
            trial: zero,
            free: zero,
            value: zero,
            grants: zero,
            lines: 0,
        }
    }
}

impl Sums {
    fn add(&mut self, lot: &stretch::Lot, for_nothing: bool) {
        self.total = self.total.plus(lot.left);
        self.value = self.value.plus(lot.value);
        self.grants = self.grants.plus(lot.grant);
        if lot.trial {
            self.trial = self.trial.plus(lot.left);
        } else if for_nothing {
            self.free = self.free.plus(lot.left);
        }
    }
}
