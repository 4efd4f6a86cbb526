//! The credits that must remain after a history, from what was sold, paid and
//! returned.
//!
//! The oracle splits time into stretches. A line that bills a stretch counts if
//! its invoice is settled. A credit removes a stretch only if its own invoice is
//! settled and everything that this invoice credits counts; otherwise the whole
//! invoice counts for nothing. Returned money scales everything that an invoice
//! did. The oracle reads no ids and no `credited_items`: it knows the debit of a
//! credit from the act that made both.

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

/// The expected result of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// By user id.
    pub users: BTreeMap<String, ExpectedUser>,
    /// The lines that granted credits, to explain a difference.
    pub lots: Vec<ExpectedLot>,
    /// Ambiguities that neither the events nor the rules settle.
    pub doubts: BTreeSet<Doubt>,
}

/// The expected rest of one line.
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
    /// Whether they are of a trial.
    pub trial: bool,
}

/// The expected credits of one user, and what was paid for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedUser {
    /// All credits left, including those of trials, in thousandths, rounded down.
    pub total_milli: i64,
    /// The rounding tolerance: a thousandth per line, and per month of lines
    /// whose credits are granted monthly.
    pub tolerance_milli: i64,
    /// The part of the total from trials.
    pub trial_milli: i64,
    /// The part of the total that was billed at 0 outside trials: free prices, a
    /// coupon of 100 %, and stretches too short to cost anything.
    pub free_milli: i64,
    /// Payments less refunds, lost disputes and credits outside Stripe.
    pub net_payment_minor: i64,
    /// The user's credit balance at Stripe.
    pub balance_minor: i64,
    /// The price of everything that is left, in the smallest unit of the currency.
    pub value_minor: i64,
    /// Money that the merchant gave away: balance from credits of unpaid lines,
    /// money returned twice, credits of something never billed. Where it is 0,
    /// value and balance exceed the net payment by at most half a unit per line.
    pub grants_minor: i64,
}

/// The expected result after all steps of a history.
pub fn expected_credits(history: &History) -> Expected {
    expected_of(&World::run(history))
}

/// The same, for a world.
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

/// Running sums of a user.
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
