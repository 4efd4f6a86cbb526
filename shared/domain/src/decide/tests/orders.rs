//! Suite: results that must not depend on the order of business events or the
//! passing of time.
//!
//! Events that arrive together may be written in any order; an account that nobody
//! wrote to for years equals one that was written daily.

mod events;

use std::collections::{BTreeMap, HashMap};

use super::super::super::fixtures::{command, grants};
use super::super::super::{
    AccountPlan, Action, Adjustment, Balance, CreditAccount, CreditsView, GrantSchedule, Lot,
    PastLot, Timestamp, view,
};
use super::super::decide;
use super::model::{Calendar, DAY};
use super::script::Script;
use super::world::{Places, World, keep_places, with_past_lots};
use events::{Book, Event, events};

/// The state of an account, apart from the number of writes.
#[derive(Debug, PartialEq)]
struct Outcome {
    lots: BTreeMap<String, Lot>,
    schedules: Vec<GrantSchedule>,
    plans: Vec<AccountPlan>,
    balance: Balance,
    shown: Vec<CreditsView>,
}

/// An account with some history.
fn grown<'a>(seed: u64, calendar: &'a Calendar) -> (Script, World<'a>) {
    let mut script = Script::new(seed);
    let mut world = World::new(calendar);
    for _ in 0..20 + script.random.upto(60) {
        let (action, now) = script.next(&world);
        // Whoever is erased is given nothing, whatever the order.
        if matches!(action, Action::Adjust(Adjustment::Erased)) {
            continue;
        }
        world.step(&action, now).unwrap();
    }
    (script, world)
}

fn view_without_version(account: &CreditAccount, now: Timestamp) -> CreditsView {
    let shown = view(account, now).unwrap();
    CreditsView {
        version: 0,
        ..shown
    }
}

/// Executes the commands in order, and keeps past credits as the store does: of
/// each lot at most one, under its end.
fn written(world: &World<'_>, commands: &[Action], now: Timestamp) -> Outcome {
    let mut account = world.account.clone();
    let mut past: HashMap<String, PastLot> = world.past.clone();
    let mut places: Places = world.places.clone();
    let mut lots = BTreeMap::new();
    for action in commands {
        let action = with_past_lots(action, &account, &past);
        let decision = decide(&account, &command(action), now).unwrap();
        keep_places(&mut places, &decision).unwrap();
        account = decision.account;
        for left in decision.archived {
            let id = left.lot.terms.id.to_string();
            lots.insert(id.clone(), left.lot.clone());
            past.insert(id, left);
        }
    }
    let here = account.lots.iter().cloned();
    lots.extend(here.map(|lot| (lot.terms.id.to_string(), lot)));
    for (id, end) in &places {
        let left = past.get(id.as_str()).map(|past| &past.lot);
        let lot = account.lot(id).or(left).unwrap();
        assert_eq!(*end, lot.terms.expires_at, "{id} lies under another end");
    }
    let ahead = [0, 1, 20 * DAY, 50 * DAY, 100 * DAY, 400 * DAY];
    let ahead = ahead.map(|seconds| account.as_of.plus_seconds(seconds));
    Outcome {
        lots,
        schedules: account.schedules.clone(),
        plans: account.plans.clone(),
        balance: Balance::of(&account, account.as_of).unwrap(),
        shown: ahead.map(|at| view_without_version(&account, at)).to_vec(),
    }
}

fn one_by_one(world: &World<'_>, events: &[Event], now: Timestamp) -> Outcome {
    let mut book = Book::of(world);
    let commands: Vec<_> = events.iter().map(|event| book.reported(event)).collect();
    written(world, &commands, now)
}

/// What a shop receives at one moment after some history.
fn at_one_moment(script: &mut Script, world: &World<'_>) -> (Vec<Event>, Timestamp) {
    let now = Timestamp::from_unix_seconds(script.clock).unwrap();
    let now = now.max(world.account.as_of);
    (events(script, world, now), now)
}

#[test]
fn business_events_of_one_moment_may_be_written_in_any_order() {
    let calendar = Calendar::walked();
    let mut events_written = 0;
    for seed in 10_000..10_160 {
        let (mut script, world) = grown(seed, &calendar);
        let (mut events, now) = at_one_moment(&mut script, &world);
        let first = one_by_one(&world, &events, now);
        for _ in 0..3 {
            script.random.shuffle(&mut events);
            assert_eq!(
                one_by_one(&world, &events, now),
                first,
                "seed {seed}: {events:#?}"
            );
        }
        events_written += 4 * events.len();
    }
    println!("{events_written} business events written in 640 orders");
}

#[test]
fn business_events_of_one_moment_may_be_settled_in_one_entry() {
    let calendar = Calendar::walked();
    for seed in 30_000..30_160 {
        let (mut script, world) = grown(seed, &calendar);
        let (mut events, now) = at_one_moment(&mut script, &world);
        // A settlement has one subscription at most.
        events.retain(|event| !matches!(event, Event::Subscribed(_)));
        let at_once = Book::of(&world).reported_at_once(&events);
        assert_eq!(
            written(&world, &[at_once], now),
            one_by_one(&world, &events, now),
            "seed {seed}: {events:#?}"
        );
    }
}

#[test]
fn three_years_without_a_write_are_like_a_write_every_day() {
    let calendar = Calendar::walked();
    for seed in 20_000..20_004 {
        let (_, world) = grown(seed, &calendar);
        let mut touched = world.account.clone();
        for day in 1..=3 * 366 {
            let now = world.account.as_of.plus_seconds(day * DAY);
            let nothing = grants(Vec::new());
            touched = decide(&touched, &command(nothing), now).unwrap().account;
            let shown = view_without_version(&touched, now);
            let untouched = view_without_version(&world.account, now);
            assert_eq!(untouched, shown, "seed {seed}, day {day}");
        }
        let now = touched.as_of;
        // Ended lots leave twenty at a time; the untouched account has more.
        let mut rolled = super::super::super::roll_forward(&world.account, now).unwrap();
        while !rolled.archived.is_empty() {
            rolled = super::super::super::roll_forward(&rolled.account, now).unwrap();
        }
        assert_eq!(rolled.account.lots, touched.lots, "seed {seed}");
        assert_eq!(rolled.account.holds, touched.holds, "seed {seed}");
    }
}
