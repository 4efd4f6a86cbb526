//! The planner on histories of the model of Stripe's billing, which the input draws:
//! whatever the order, nothing shown is negative, a repeat changes nothing, and what is
//! granted is what stays paid by the model's own sum.

use std::collections::BTreeMap;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use shared::domain::billing::{
    BillingEvent, BillingTerms, Catalogue, FactKey, FactValue, World, settle,
};
use shared::domain::{Lot, Timestamp, view};
use stripe_billing::strategy::{histories, steps};
use stripe_billing::{History, Shape, World as Model, render};

use crate::draw::Draw;
use crate::target::{Problem, Target};

/// Four bytes of order, one of shape, four of the beginning, and four of each step.
pub(crate) const TARGET: Target = Target {
    name: "planner",
    about: "the planner on drawn histories of subscriptions, in a drawn order",
    longest: 64,
    run,
    seeds,
};

/// Steps after the first, and the bytes that each is drawn from.
const STEPS: usize = 10;
const A_STEP: usize = 4;

fn run(input: &[u8]) -> Result<(), Problem> {
    let mut draw = Draw::of(input);
    let (order, shape) = (draw.u32(), draw.flag());
    let Some(history) = history(draw.rest()) else {
        return Ok(());
    };
    let shape = if shape { Shape::Acacia } else { Shape::Basil };
    let model = Model::run(&history);
    let posted = model.events.iter().filter(|event| shape.posts(event));
    let mut events = Vec::new();
    for event in posted {
        let body = render(event, shape).to_string();
        let read = stripe::read(body.as_bytes());
        events.push(read.map_err(|error| format!("{error}: {body}"))?);
    }
    let catalogue = Catalogue::new(simulator::prices(&history));
    let now = Timestamp::from_unix_seconds_clamped(model.now());
    let in_order = settled(&events, &catalogue, now)?;
    let mut drawn = events.clone();
    shuffle(&mut drawn, order);
    let shuffled = settled(&drawn, &catalogue, now)?;
    let (one, other) = (standing(&in_order), standing(&shuffled));
    if one != other {
        return Err(format!("in order {one:?}, shuffled {other:?}"));
    }
    match simulator::unlike(&history, &one) {
        Some(problem) => Err(problem),
        None => Ok(()),
    }
}

/// A history whose beginning and whose every step is drawn from bytes of its own, so that
/// an input that differs in a few bytes differs in a few steps.
fn history(bytes: &[u8]) -> Option<History> {
    let (beginning, rest) = bytes.split_at(bytes.len().min(A_STEP));
    let mut history = drawn(&histories(0), beginning)?;
    for of_step in rest.chunks(A_STEP).take(STEPS) {
        history.steps.extend(drawn(&steps(1), of_step)?);
    }
    Some(history)
}

/// A value of a strategy, from a seed.
fn drawn<S: Strategy>(strategy: &S, bytes: &[u8]) -> Option<S::Value> {
    let mut seed = [0; 32];
    for (place, byte) in seed.iter_mut().zip(bytes) {
        *place = *byte;
    }
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    Some(strategy.new_tree(&mut runner).ok()?.current())
}

fn shuffle(events: &mut [BillingEvent], order: u32) {
    let mut next = u64::from(order) | 1 << 32;
    for at in (1..events.len()).rev() {
        next ^= next << 13;
        next ^= next >> 7;
        next ^= next << 17;
        let limit = u64::try_from(at).unwrap_or(0).saturating_add(1);
        let other = usize::try_from(next % limit).unwrap_or(0);
        events.swap(at, other);
    }
}

fn settled(
    events: &[BillingEvent],
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<World, Problem> {
    let (mut world, terms) = (World::default(), BillingTerms::default());
    for event in events {
        let ended = settle(&mut world, event, catalogue, now, &terms);
        ended.map_err(|error| error.to_string())?;
        nothing_negative(&world, now)?;
    }
    let before = standing(&world);
    for event in events {
        let ended = settle(&mut world, event, catalogue, now, &terms);
        ended.map_err(|error| error.to_string())?;
    }
    if standing(&world) != before {
        return Err("a repeat changes what stands".to_string());
    }
    Ok(world)
}

fn nothing_negative(world: &World, now: Timestamp) -> Result<(), Problem> {
    for (key, value) in world.facts() {
        let (FactKey::Account(user), FactValue::Account(account)) = (key, value) else {
            continue;
        };
        let shown = view(account, now.max(account.as_of)).map_err(|error| error.to_string())?;
        let figures = [
            shown.total_available,
            shown.held,
            shown.debt,
            shown.pro.remaining,
        ];
        if figures.iter().any(|figure| *figure < 0) {
            return Err(format!("{user} is shown {figures:?}"));
        }
    }
    Ok(())
}

/// What stands of paid lots and of months to come, in thousandths, and how many they are,
/// by user.
fn standing(world: &World) -> BTreeMap<String, (i64, i64)> {
    let mut all: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    let mut add = |user: String, left: i64| {
        let (sum, lots) = all.entry(user).or_default();
        *sum = sum.saturating_add(left);
        *lots = lots.saturating_add(1);
    };
    let is_paid = |lot: &Lot| !lot.terms.id.as_str().starts_with("free:");
    let left = |lot: &Lot| lot.granted.milli().saturating_sub(lot.clawed_back.milli());
    for (key, value) in world.facts() {
        match (key, value) {
            (FactKey::Account(user), FactValue::Account(account)) => {
                for lot in account.lots.iter().filter(|lot| is_paid(lot)) {
                    add(user.to_string(), left(lot));
                }
                for month in account.schedules.iter().flat_map(simulator::to_come) {
                    add(user.to_string(), month);
                }
            }
            (FactKey::PastLot(user, _, _), FactValue::PastLot(past)) if is_paid(&past.lot) => {
                add(user.to_string(), left(&past.lot));
            }
            _ => {}
        }
    }
    all
}

fn seeds() -> Vec<Vec<u8>> {
    let seeds = (0..24_u8).map(|number| {
        let bytes = (0..49_u32).map(|at| {
            let mixed = at
                .wrapping_mul(2_654_435_761)
                .rotate_left(u32::from(number));
            u8::try_from(mixed % 251).unwrap_or(0)
        });
        bytes.collect()
    });
    seeds.collect()
}
