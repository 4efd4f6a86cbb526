//! Properties: random snapshots are given in every order and repeatedly, and
//! changes that followed each other are found to have done so.

use proptest::prelude::*;

use super::super::super::fixtures::shuffled;
use super::*;
use crate::fixtures::cases;

const ENDS: [&str; 2] = ["2025-12-01", "2026-01-01"];
const PRICES: [&str; 2] = ["price_pro", "price_team"];

fn statuses() -> impl Strategy<Value = SubscriptionStatus> {
    prop::sample::select(vec![
        Incomplete,
        Trialing,
        Active,
        Active,
        PastDue,
        PastDue,
        Paused,
        Unpaid,
        Cancelled,
        IncompleteExpired,
    ])
}

fn previous() -> impl Strategy<Value = PreviousState> {
    let price = prop::sample::select(&PRICES[..]);
    let fields = (
        prop::option::of(statuses()),
        prop::option::of(prop::sample::select(&ENDS[..])),
        prop::option::of(any::<bool>()),
        prop::option::of(price),
    );
    let said = fields.prop_map(|(status, end, ending, price)| PreviousState {
        status,
        period_start: None,
        period_end: end.map(at),
        cancel_at_period_end: ending,
        prices: price.map(|price| vec![id(price)]),
    });
    prop_oneof![1 => Just(PreviousState::default()), 3 => said]
}

/// Snapshots with distinct ids, within this many seconds.
fn snapshots(count: std::ops::RangeInclusive<usize>, seconds: i64) -> BoxedStrategy<Vec<Reported>> {
    let state = (
        statuses(),
        prop::sample::select(&ENDS[..]),
        any::<bool>(),
        prop::sample::select(&PRICES[..]),
    );
    let one = (0..seconds, state, previous(), prop::bool::weighted(0.1));
    let named = move |all: Vec<_>| {
        let numbered = all.into_iter().enumerate();
        let snapshots = numbered.map(|(number, (second, state, previous, creation))| {
            let (status, end, ending, price) = state;
            let mut one = reported(&format!("evt_{number:02}"), second, status)
                .until(end)
                .ending(ending)
                .price(price);
            one.snapshot.previous = previous;
            one.snapshot.creation = creation;
            one
        });
        snapshots.collect::<Vec<Reported>>()
    };
    prop::collection::vec(one, count).prop_map(named).boxed()
}

fn with_another_order(
    all: BoxedStrategy<Vec<Reported>>,
) -> impl Strategy<Value = [Vec<Reported>; 2]> {
    all.prop_flat_map(|all| {
        let others = shuffled(all.clone());
        others.prop_map(move |others| [all.clone(), others])
    })
}

/// Changes of one second, each with its previous state; no state occurs twice. The
/// events' ids do not show their order.
fn stories() -> impl Strategy<Value = Vec<Reported>> {
    let path = Just(vec![Incomplete, Trialing, Active, PastDue, Paused, Unpaid]).prop_shuffle();
    let change = (1..8_u8, any::<bool>());
    let changes = prop::collection::vec(change, 0..6);
    let names = Just((0..6).collect::<Vec<u32>>()).prop_shuffle();
    (path, changes, names, any::<bool>()).prop_map(|(path, changes, names, creation)| {
        let mut names = names.into_iter().map(|name| format!("evt_{name}"));
        let mut path = path.into_iter();
        let mut last = reported(&names.next().unwrap(), 0, path.next().unwrap());
        last.snapshot.creation = creation;
        let mut all = vec![last.clone()];
        for (number, (fields, ends)) in changes.into_iter().enumerate() {
            let was = last.snapshot.state;
            let mut next = reported(&names.next().unwrap_or("evt_9".to_string()), 0, was.status);
            next.snapshot.state = was.clone();
            if fields & 1 != 0 {
                next.snapshot.state.status = path.next().unwrap();
                next.snapshot.previous.status = Some(was.status);
            }
            if fields & 2 != 0 {
                for item in &mut next.snapshot.state.items {
                    item.period_end = was.period_end().plus_seconds(60);
                }
                next.snapshot.previous.period_end = Some(was.period_end());
            }
            if fields & 4 != 0 {
                next = next.price(&format!("price_{number}"));
                next.snapshot.previous.prices = Some(was.prices());
            }
            if ends && !was.cancel_at_period_end {
                next = next.ending(true).ending_was(false);
            }
            all.push(next.clone());
            last = next;
        }
        all
    })
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn six_snapshots_come_to_the_same_in_each_order(all in snapshots(1..=6, 2)) {
        let history = noted(&all);
        for order in orders(all.len()) {
            let other = noted(order.iter().filter_map(|number| all.get(*number)));
            prop_assert_eq!(&other, &history);
            prop_assert_eq!(other.latest(), history.latest());
        }
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn repetition_does_not_matter_either(
        [all, others] in with_another_order(snapshots(1..=8, 3)),
    ) {
        let (history, other) = (noted(&all), noted(&others));
        prop_assert_eq!(other.latest(), history.latest());
        prop_assert_eq!(other, history);
    }

    #[test]
    fn the_latest_has_ended_if_any_has_and_else_is_of_the_newest_second(
        all in snapshots(1..=8, 3),
    ) {
        let history = noted(&all);
        let latest = history.latest().unwrap();
        let ended = |reported: &&Reported| reported.snapshot.state.status.is_terminal();
        let ends = all.iter().filter(ended).map(|reported| reported.created);
        let newest = all.iter().map(|reported| reported.created).max();
        prop_assert_eq!(latest.state.status.is_terminal(), ends.clone().count() > 0);
        prop_assert_eq!(Some(latest.created), ends.max().or(newest));
    }

    #[test]
    fn what_happened_last_in_a_second_is_the_latest(
        [all, others] in with_another_order(stories().boxed()),
    ) {
        let last = all.last().map(|reported| &reported.event);
        let history = noted(&others);
        prop_assert_eq!(history.latest().map(|latest| &latest.event), last);
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn more_snapshots_of_a_second_than_are_kept_come_to_the_same_in_any_order(
        [all, others] in with_another_order(snapshots(17..=40, 1)),
    ) {
        let (history, other) = (noted(&all), noted(&others));
        let ended = |reported: &&Reported| reported.snapshot.state.status.is_terminal();
        let any_ended = all.iter().any(|reported| ended(&reported));
        let counting = all.iter().rev().filter(|reported| ended(reported) == any_ended);
        let greatest: Vec<_> = counting.map(|reported| &reported.event).take(MAX_SNAPSHOTS).collect();
        let kept: Vec<_> = history.0.iter().map(|kept| &kept.event).collect();
        prop_assert_eq!(kept, greatest);
        prop_assert_eq!(other.latest(), history.latest());
        prop_assert_eq!(other, history);
    }
}
