//! Random histories, each reported as it happened and in one other order.

use domain::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use stripe_billing::strategy::histories_of;
use stripe_billing::{Crediting, History, Shape, World, expected_of};

use crate::catalogue::catalogue;
use crate::delivery::{Order, deliveries, events};
use crate::ledger::{Ledger, Lots};
use crate::sentences::{Holds, Reported, all_orders_leave_the_same};
use crate::story::story;

/// At most so many steps has a history after its first.
const STEPS: usize = 10;

/// So many histories are tried unless the environment asks for more.
const HISTORIES: u32 = 5_000;

/// A history reported in a shape, as it happened and in these orders; and in each by
/// processes that are cut short.
pub(crate) fn check(history: &History, shape: Shape, orders: &[Order]) -> Holds {
    let world = World::run(history);
    let expected = expected_of(&world);
    let events = events(&world, shape);
    let catalogue = catalogue(&history.catalogue);
    let end = world.now() + 1;
    let check = |ledger: &Ledger, lots: &Lots| {
        let (world, expected) = (&world, &expected);
        let reported = Reported {
            world,
            expected,
            ledger,
            lots,
        };
        reported.check()
    };
    let mut first: Option<Lots> = None;
    for order in [Order::AsTheyHappened].iter().chain(orders) {
        let reported = deliveries(&events, *order, end);
        // One to three transactions, by the length of the history.
        let plans = 1 + u32::try_from(events.len() % 3).unwrap();
        let cut = (plans, Timestamp::from_unix_seconds_clamped(end));
        for ledger in [
            Ledger::settled(&reported, &catalogue),
            Ledger::cut(&reported, &catalogue, cut),
        ] {
            let lots = ledger.lots();
            let checked = check(&ledger, &lots).and_then(|()| match &first {
                Some(first) => all_orders_leave_the_same(first, &lots),
                None => Ok(()),
            });
            checked.map_err(|problem| {
                format!("{shape:?} {order:?}: {problem}\n{lots:?}\nof {expected:?}")
            })?;
            first.get_or_insert(lots);
        }
    }
    Ok(())
}

fn cases(crediting: Crediting) -> impl Strategy<Value = (History, Shape, Order)> {
    let shape = prop_oneof![Just(Shape::Acacia), Just(Shape::Basil)];
    let order = prop_oneof![
        2 => any::<u64>().prop_map(Order::Late),
        2 => any::<u64>().prop_map(Order::Shuffled),
        1 => Just(Order::Backwards),
    ];
    (histories_of(crediting, STEPS), shape, order)
}

/// Whoever builds the tests with `HISTORIES=100000` asks for more of them.
fn wanted() -> u32 {
    option_env!("HISTORIES").map_or(HISTORIES, |asked| asked.parse().unwrap())
}

#[track_caller]
fn check_histories(crediting: Crediting, count: u32) {
    let config = Config {
        cases: count,
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let outcome = runner.run(&cases(crediting), |(history, shape, order)| {
        check(&history, shape, &[order]).map_err(TestCaseError::fail)
    });
    match outcome {
        Ok(()) => println!("{crediting:?}: {count} histories"),
        Err(TestError::Fail(reason, (history, ..))) => panic!("{reason}\n{}", story(&history)),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

#[test]
fn credits_are_those_that_stay_paid_where_credits_name_their_lines() {
    check_histories(Crediting::Named, wanted() / 2);
}

#[test]
fn credits_are_those_that_stay_paid_where_credits_name_nothing() {
    check_histories(Crediting::Unnamed, wanted() / 4);
}

#[test]
fn credits_are_those_that_stay_paid_where_every_debit_is_credited_by_itself() {
    check_histories(Crediting::PerDebit, wanted() / 4);
}
