//! What holds of every history, however its events arrive.

use std::collections::BTreeMap;

use domain::billing::{BillingEvent, Fact, ParkReason};
use stripe_billing::{Doubt, Expected, ExpectedUser, InvoiceStatus, World};

use crate::ledger::{Ledger, Lots};

/// What is wrong, or nothing.
pub(crate) type Holds = Result<(), String>;

/// A history, what it must leave, and what was settled of it.
pub(crate) struct Reported<'a> {
    pub(crate) world: &'a World,
    pub(crate) expected: &'a Expected,
    pub(crate) ledger: &'a Ledger,
    pub(crate) lots: &'a Lots,
}

impl Reported<'_> {
    pub(crate) fn check(&self) -> Holds {
        self.nothing_is_negative()?;
        self.nothing_waits_that_could_be_settled()?;
        if is_decided(self.expected) {
            if !self.expected.doubts.contains(&Doubt::UnpaidTwins) {
                self.nothing_is_passed_over_in_silence()?;
            }
            self.credits_are_those_that_stay_paid()?;
            self.who_paid_nothing_bought_nothing()?;
        }
        Ok(())
    }

    /// Never more; less only where the events leave it open.
    fn credits_are_those_that_stay_paid(&self) -> Holds {
        let may_be_less = self.expected.doubts.contains(&Doubt::EndOfTrial);
        for (name, user) in &self.expected.users {
            let off = self.total(name) - user.total_milli;
            let is_less = off < -self.rounding(name, user);
            if off > 0 || (is_less && !may_be_less) {
                let (has, due) = (self.total(name), user.total_milli);
                return Err(format!("{name} has {has} and paid for {due} thousandths"));
            }
        }
        Ok(())
    }

    /// The same in money, of which the oracle's sums are independent: what was
    /// bought for nothing is less than what half a unit of money per line buys.
    fn who_paid_nothing_bought_nothing(&self) -> Holds {
        /// The dearest thousandths that a unit buys in the model's catalogue.
        const DEAREST: i64 = 7_000;
        for (name, user) in &self.expected.users {
            let bought = self.total(name) - user.trial_milli - user.free_milli;
            let for_nothing = user.net_payment_minor <= 0 && user.grants_minor == 0;
            if for_nothing && bought > DEAREST * user.tolerance_milli {
                return Err(format!("{name} has {bought} thousandths for no money"));
            }
        }
        Ok(())
    }

    fn nothing_is_negative(&self) -> Holds {
        match self.lots.iter().find(|(_, left)| **left < 0) {
            Some(((user, lot), left)) => Err(format!("{left} is left of {user}'s {lot}")),
            None => Ok(()),
        }
    }

    /// An invoice waits if it credits a line of one that is not paid, or that
    /// counts for nothing itself; or for such a one, which was settled when that
    /// could not be seen; and for a person where events alone do not decide.
    fn nothing_waits_that_could_be_settled(&self) -> Holds {
        let idle = self.idle();
        let waiting = self.ledger.waiting();
        let waits = |number: usize| {
            let id = self.world.invoices[number].id.as_str();
            let mut invoices = waiting.iter().filter_map(|(event, _)| invoice_of(event));
            invoices.any(|waiting| waiting == id)
        };
        for (event, reason) in &waiting {
            let mut of_event = idle.iter().map(|number| &self.world.invoices[*number]);
            let is_idle = of_event.any(|invoice| Some(invoice.id.as_str()) == invoice_of(event));
            let may = match reason {
                ParkReason::Invoice(_) => is_idle,
                ParkReason::Lines(_) => is_idle || idle.iter().any(|number| !waits(*number)),
                ParkReason::Operator(_) => self.expected.doubts.contains(&Doubt::ZeroUnnamed),
                ParkReason::Customer(_)
                | ParkReason::Price(_)
                | ParkReason::PaymentLink(_)
                | ParkReason::Mismatch(_)
                | ParkReason::Review(_)
                | ParkReason::Subscription(_)
                | ParkReason::Payment(_) => false,
            };
            if !may && is_decided(self.expected) {
                return Err(format!("{} waits for {reason} after the end", event.id));
            }
        }
        Ok(())
    }

    /// What counts for nothing waits, or something else of its subscription does.
    fn nothing_is_passed_over_in_silence(&self) -> Holds {
        let waiting = self.ledger.waiting();
        for number in self.idle() {
            let invoice = &self.world.invoices[number];
            let subscription = &self.world.subscriptions[invoice.subscription].id;
            let waits = |(event, reason): &(BillingEvent, ParkReason)| {
                let own = invoice_of(event) == Some(invoice.id.as_str());
                own || matches!(reason, ParkReason::Lines(of) if of.as_str() == subscription)
            };
            if !waiting.iter().any(waits) {
                return Err(format!(
                    "{} counts for nothing, and nothing waits",
                    invoice.id
                ));
            }
        }
        Ok(())
    }

    /// The paid invoices, by their numbers, that credit lines of others that are
    /// not paid or are such invoices themselves.
    fn idle(&self) -> Vec<usize> {
        let mut idle = Vec::new();
        for (number, invoice) in self.world.invoices.iter().enumerate() {
            let lines = invoice.lines.iter().map(|line| &self.world.lines[*line]);
            let mut debits = lines.filter_map(|line| self.world.lines[line.of?].invoice);
            let unpaid = debits.any(|debit| {
                let paid = self.status(debit) == InvoiceStatus::Paid && !idle.contains(&debit);
                debit != number && !paid
            });
            if unpaid && self.status(number) == InvoiceStatus::Paid {
                idle.push(number);
            }
        }
        idle
    }

    fn status(&self, invoice: usize) -> InvoiceStatus {
        self.world.invoices[invoice].status
    }

    fn of_user(&self, user: &str) -> impl Iterator<Item = i64> {
        let own = self.lots.iter().filter(move |((of, _), _)| of == user);
        own.map(|(_, left)| *left)
    }

    fn total(&self, user: &str) -> i64 {
        self.of_user(user).sum()
    }

    /// A thousandth for each line, and one for each lot.
    fn rounding(&self, name: &str, user: &ExpectedUser) -> i64 {
        let lots = i64::try_from(self.of_user(name).count()).unwrap();
        user.tolerance_milli + lots
    }
}

/// Whether reader and planner can know all that the oracle knows. A change in a
/// trial and a moved anchor are reported by snapshots; a change as a trial ends
/// may give less, never more.
pub(crate) fn is_decided(expected: &Expected) -> bool {
    let mut doubts = expected.doubts.iter();
    doubts.all(|doubt| match doubt {
        Doubt::ChangeInTrial | Doubt::AnchorMoved | Doubt::EndOfTrial | Doubt::UnpaidTwins => true,
        Doubt::ZeroUnnamed
        | Doubt::NeverBilled
        | Doubt::UnpaidUnnamed
        | Doubt::ManyUnnamed
        | Doubt::RefundTie => false,
    })
}

/// Whatever stays open, all orders come to the same.
pub(crate) fn all_orders_leave_the_same(one: &Lots, other: &Lots) -> Holds {
    let differing = one
        .iter()
        .filter(|(lot, left)| other.get(*lot) != Some(*left));
    let missing = other.iter().filter(|(lot, _)| !one.contains_key(*lot));
    let differing: BTreeMap<_, _> = differing.chain(missing).collect();
    if differing.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "another order leaves something else of {differing:?}"
        ))
    }
}

fn invoice_of(event: &BillingEvent) -> Option<&str> {
    match &event.fact {
        Fact::InvoicePaid(paid) => Some(paid.id.as_str()),
        _ => None,
    }
}
