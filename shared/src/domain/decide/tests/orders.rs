//! Suite: what the order of business events and the passing of time may not
//! change.
//!
//! Events that arrive together may be written in any order; and an account that
//! nobody wrote to for years is like one that was written to every day.

use std::collections::{BTreeMap, HashMap};

use super::super::super::fixtures::{command, lot_id};
use super::super::super::{
    Action, Balance, ClawBack, CreditAccount, Credits, CreditsView, Grant, Lot, LotKind, LotTerms,
    PastLot, ResetDay, Timestamp, view,
};
use super::super::decide;
use super::model::{Calendar, DAY};
use super::script::Script;
use super::world::World;

/// What an account came to, apart from how often it was written.
#[derive(Debug, PartialEq)]
struct Outcome {
    lots: BTreeMap<String, Lot>,
    plans: Vec<super::super::super::AccountPlan>,
    balance: Balance,
    shown: Vec<CreditsView>,
}

/// An account with some history behind it.
fn grown<'a>(seed: u64, calendar: &'a Calendar) -> (Script, World<'a>) {
    let mut script = Script::new(seed);
    let mut world = World::new(calendar);
    for _ in 0..20 + script.random.upto(60) {
        let (action, now) = script.next(&world);
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

/// Business events that mean something else to different lots: each lot has one
/// target; a lot may have ended before it is granted or given back to.
fn events(script: &mut Script, world: &World<'_>, now: Timestamp) -> Vec<Action> {
    let mut events = vec![Action::SetPlans(script.plans())];
    for number in 0..1 + script.random.upto(3) {
        let end = now.plus_seconds(script.random.upto(60 * DAY) - 10 * DAY);
        let terms = LotTerms {
            id: lot_id(&format!("buy:new-{number}")),
            kind: LotKind::Purchase,
            starts_at: now.plus_seconds(-script.random.upto(2) * DAY),
            expires_at: script.random.percent(50).then_some(end),
            monthly_allocation: Credits::ZERO,
            reset_day_of_month: ResetDay::FIRST,
        };
        let amount = Credits::from_milli(script.random.upto(20_000));
        events.push(Action::Grant(vec![Grant { terms, amount }]));
    }
    let here = world.account.lots.iter();
    let gone = world.left.iter().filter_map(|id| world.past.get(id));
    let mut lots: BTreeMap<&str, &Lot> =
        gone.map(|it| (it.lot.terms.id.as_str(), &it.lot)).collect();
    lots.extend(here.map(|lot| (lot.terms.id.as_str(), lot)));
    lots.retain(|id, _| id.starts_with("buy:"));
    for lot in lots.values() {
        let target = script.random.upto(lot.granted.milli());
        if script.random.percent(40) {
            events.push(Action::ClawBack(vec![ClawBack {
                lot: lot.terms.id.clone(),
                target: Credits::from_milli(target),
                past: None,
            }]));
        }
    }
    events
}

/// Writes the events one after the other.
fn written(world: &World<'_>, events: &[Action], now: Timestamp) -> Outcome {
    let mut account = world.account.clone();
    let mut past: HashMap<String, PastLot> = world.past.clone();
    let mut lots = BTreeMap::new();
    for event in events {
        let mut event = event.clone();
        if let Action::ClawBack(wanted) = &mut event {
            let here = account.lot(&wanted[0].lot).is_some();
            let left = past.get(wanted[0].lot.as_str());
            wanted[0].past = left.filter(|_| !here).cloned();
        }
        let decision = decide(&account, &command(event), now).unwrap();
        account = decision.account;
        for left in decision.archived {
            let id = left.lot.terms.id.to_string();
            lots.insert(id.clone(), left.lot.clone());
            past.insert(id, left);
        }
    }
    let here = account.lots.iter().cloned();
    lots.extend(here.map(|lot| (lot.terms.id.to_string(), lot)));
    let ahead = [0, 1, 20 * DAY, 50 * DAY, 100 * DAY, 400 * DAY];
    let ahead = ahead.map(|seconds| account.as_of.plus_seconds(seconds));
    Outcome {
        lots,
        plans: account.plans.clone(),
        balance: Balance::of(&account, account.as_of).unwrap(),
        shown: ahead.map(|at| view_without_version(&account, at)).to_vec(),
    }
}

#[test]
fn business_events_of_one_moment_may_be_written_in_any_order() {
    let calendar = Calendar::walked();
    let mut events_written = 0;
    for seed in 10_000..10_080 {
        let (mut script, world) = grown(seed, &calendar);
        let now = Timestamp::from_unix_seconds(script.clock).unwrap();
        let now = now.max(world.account.as_of);
        let mut events = events(&mut script, &world, now);
        let first = written(&world, &events, now);
        for _ in 0..3 {
            script.random.shuffle(&mut events);
            assert_eq!(
                written(&world, &events, now),
                first,
                "seed {seed}: {events:#?}"
            );
        }
        events_written += 4 * events.len();
    }
    println!("{events_written} business events written in 320 orders");
}

#[test]
fn three_years_without_a_write_are_like_a_write_every_day() {
    let calendar = Calendar::walked();
    for seed in 20_000..20_004 {
        let (_, world) = grown(seed, &calendar);
        let mut touched = world.account.clone();
        for day in 1..=3 * 366 {
            let now = world.account.as_of.plus_seconds(day * DAY);
            let plans = Action::SetPlans(touched.plans.clone());
            touched = decide(&touched, &command(plans), now).unwrap().account;
            let shown = view_without_version(&touched, now);
            let untouched = view_without_version(&world.account, now);
            assert_eq!(untouched, shown, "seed {seed}, day {day}");
        }
        let now = touched.as_of;
        let rolled = super::super::super::roll_forward(&world.account, now).unwrap();
        assert_eq!(rolled.account.lots, touched.lots, "seed {seed}");
        assert_eq!(rolled.account.holds, touched.holds, "seed {seed}");
    }
}
