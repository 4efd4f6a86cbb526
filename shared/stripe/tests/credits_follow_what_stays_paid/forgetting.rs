//! The check of the check: a rule that was in force once must be found wrong.

use domain::billing::{BillingEvent, Fact};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use stripe_billing::strategy::histories;
use stripe_billing::{History, Shape, World, expected_of};

use crate::catalogue::catalogue;
use crate::delivery::{Order, deliveries, events};
use crate::ledger::Ledger;
use crate::sentences::{Holds, Reported};

/// Negative lines are dropped, and the total is that of the others: what an
/// upgrade bills for the rest of the period is granted, and the time before it
/// stays granted as well.
fn without_credits(mut event: BillingEvent) -> BillingEvent {
    if let Fact::InvoicePaid(paid) = &mut event.fact {
        let amounts = paid.lines.iter().filter_map(|line| line.amount_minor);
        let credited: i64 = amounts.filter(|amount| *amount < 0).sum();
        paid.total_minor -= credited;
        paid.lines
            .retain(|line| line.amount_minor.is_none_or(|amount| amount >= 0));
    }
    event
}

fn check_forgetfully(history: &History, shape: Shape) -> Holds {
    let world = World::run(history);
    let events = events(&world, shape).into_iter().map(without_credits);
    let events: Vec<_> = events.collect();
    let reported = deliveries(&events, Order::AsTheyHappened, world.now());
    let ledger = Ledger::settled(&reported, &catalogue(&history.catalogue));
    let reported = Reported {
        world: &world,
        expected: &expected_of(&world),
        ledger: &ledger,
        lots: &ledger.lots(),
    };
    reported.check()
}

#[test]
fn forgetting_credits_for_unused_time_is_found_within_100_histories() {
    for shape in [Shape::Acacia, Shape::Basil] {
        let mut runner = TestRunner::default();
        let mut next = || histories(14).new_tree(&mut runner).unwrap().current();
        let found = (1..=100).find(|_| check_forgetfully(&next(), shape).is_err());
        println!("{shape:?}: found by history {found:?}");
        assert!(found.is_some(), "{shape:?}");
    }
}
