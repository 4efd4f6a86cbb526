//! Random histories for proptest. They shrink by dropping steps, then towards
//! shorter waits and smaller numbers; every part of one is a valid history.

use proptest::prelude::*;

use crate::act::{
    Act, CancelAt, Collection, Crediting, DisputeEnd, History, NoteBy, NoteTo, Proration, Step,
};
use crate::catalogue::sample_catalogue;

const DAY: u32 = 86_400;

/// Start times: noon of 1 March and of 15 January 2026, 31 and 30
/// January 2026 in the morning, the last second of 2027, and 29 February 2028.
const STARTS: [i64; 6] = [
    1_772_366_400,
    1_768_478_400,
    1_769_841_296,
    1_769_757_000,
    1_830_297_599,
    1_835_436_600,
];

/// Histories of the sample catalogue, with any kind of credit proration.
pub fn histories(max_steps: usize) -> impl Strategy<Value = History> {
    let any = prop_oneof![
        3 => Just(Crediting::Named),
        2 => Just(Crediting::PerDebit),
        2 => Just(Crediting::Unnamed),
    ];
    any.prop_flat_map(move |crediting| histories_of(crediting, max_steps))
}

/// Histories of the sample catalogue, with one kind of credit proration.
pub fn histories_of(crediting: Crediting, max_steps: usize) -> impl Strategy<Value = History> {
    let start = prop::sample::select(&STARTS[..]);
    let draft_s = prop_oneof![Just(0_u32), Just(3_600)];
    let first = subscribe().prop_map(|act| Step { wait_s: 0, act });
    let steps = steps(max_steps);
    (start, 1_u8..=2, draft_s, first, steps).prop_map(
        move |(start, users, draft_s, first, rest)| {
            let mut steps = vec![first];
            steps.extend(rest);
            let catalogue = sample_catalogue();
            History {
                start,
                users,
                catalogue,
                crediting,
                draft_s,
                steps,
            }
        },
    )
}

/// Up to `max` steps.
pub fn steps(max: usize) -> impl Strategy<Value = Vec<Step>> {
    let step = (wait(), act()).prop_map(|(wait_s, act)| Step { wait_s, act });
    prop::collection::vec(step, 0..=max)
}

/// Often 0, so that steps share a second.
fn wait() -> impl Strategy<Value = u32> {
    prop_oneof![
        4 => Just(0_u32),
        2 => 1_u32..7_200,
        6 => 0_u32..20 * DAY,
        2 => 20 * DAY..70 * DAY,
        1 => 70 * DAY..370 * DAY,
    ]
}

fn proration() -> impl Strategy<Value = Proration> {
    prop_oneof![
        6 => Just(Proration::InvoiceNow),
        3 => Just(Proration::Pending),
        1 => Just(Proration::None),
    ]
}

/// A subscription, usually a simple one.
pub fn subscribe() -> impl Strategy<Value = Act> {
    let trial = prop_oneof![4 => Just(0_u8), 1 => 1_u8..40];
    let coupon = prop_oneof![6 => Just(0_u8), 1 => Just(100_u8), 2 => 1_u8..100];
    let collection = prop_oneof![3 => Just(Collection::Charge), 1 => Just(Collection::Send)];
    let second = prop::option::weighted(0.3, 0_u8..8);
    let quantity = prop_oneof![2 => Just(1_u8), 1 => 1_u8..=5];
    let parts = (
        0_u8..2,
        0_u8..8,
        quantity,
        second,
        trial,
        coupon,
        0_u8..2,
        collection,
    );
    parts.prop_map(
        |(user, price, quantity, second, trial_days, coupon, currency, collection)| {
            Act::Subscribe {
                user,
                price,
                quantity,
                second,
                trial_days,
                coupon,
                currency,
                collection,
            }
        },
    )
}

/// Any act.
pub fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        1 => Just(Act::Pass),
        3 => subscribe(),
        12 => changes(),
        4 => endings(),
        5 => payments(),
        5 => returns(),
    ]
}

fn changes() -> impl Strategy<Value = Act> {
    let (sub, item) = (0_u8..3, 0_u8..3);
    prop_oneof![
        6 => (sub.clone(), item.clone(), 0_u8..8, proration()).prop_map(
            |(sub, item, price, proration)| Act::ChangePrice { sub, item, price, proration }),
        4 => (sub.clone(), item.clone(), 1_u8..=5, proration()).prop_map(
            |(sub, item, quantity, proration)| Act::ChangeQuantity { sub, item, quantity, proration }),
        4 => (sub.clone(), 0_u8..8, 1_u8..=3, proration()).prop_map(
            |(sub, price, quantity, proration)| Act::AddItem { sub, price, quantity, proration }),
        2 => (sub.clone(), item, proration()).prop_map(
            |(sub, item, proration)| Act::RemoveItem { sub, item, proration }),
        2 => (sub.clone(), prop::bool::weighted(0.8)).prop_map(
            |(sub, prorate)| Act::ResetAnchor { sub, prorate }),
        1 => (sub, prop_oneof![Just(0_u8), 1_u8..40]).prop_map(
            |(sub, days)| Act::MoveTrialEnd { sub, days }),
    ]
}

fn endings() -> impl Strategy<Value = Act> {
    let at = prop_oneof![Just(CancelAt::Flag), Just(CancelAt::Moment)];
    prop_oneof![
        3 => (0_u8..3, prop::bool::weighted(0.7)).prop_map(
            |(sub, prorate)| Act::Cancel { sub, prorate }),
        2 => (0_u8..3, at).prop_map(|(sub, at)| Act::CancelAtPeriodEnd { sub, at }),
        1 => (0_u8..3).prop_map(|sub| Act::Resume { sub }),
    ]
}

fn payments() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => (0_u8..2, any::<bool>()).prop_map(|(user, works)| Act::Card { user, works }),
        3 => (0_u8..4).prop_map(|invoice| Act::Pay { invoice }),
        1 => (0_u8..4).prop_map(|invoice| Act::Void { invoice }),
        1 => (0_u8..4).prop_map(|invoice| Act::Uncollectible { invoice }),
    ]
}

fn returns() -> impl Strategy<Value = Act> {
    let percent = || prop_oneof![1 => Just(100_u8), 2 => 1_u8..=100];
    let by = prop_oneof![Just(NoteBy::Amount), (0_u8..3).prop_map(NoteBy::Line)];
    let to = prop_oneof![
        Just(NoteTo::Card),
        Just(NoteTo::Balance),
        Just(NoteTo::OutOfBand)
    ];
    let end = prop_oneof![
        2 => Just(DisputeEnd::Lost),
        2 => Just(DisputeEnd::Won),
        1 => (1_u8..100).prop_map(DisputeEnd::WonPart),
    ];
    prop_oneof![
        4 => (0_u8..6, percent()).prop_map(|(payment, percent)| Act::Refund { payment, percent }),
        1 => (0_u8..4).prop_map(|refund| Act::FailRefund { refund }),
        3 => (0_u8..6, percent(), by, to).prop_map(
            |(invoice, percent, by, to)| Act::CreditNote { invoice, percent, by, to }),
        1 => (0_u8..3).prop_map(|note| Act::VoidCreditNote { note }),
        2 => (0_u8..6, percent(), any::<bool>()).prop_map(
            |(payment, percent, foreign)| Act::Dispute { payment, percent, foreign }),
        2 => (0_u8..3, end).prop_map(|(dispute, end)| Act::CloseDispute { dispute, end }),
    ]
}
