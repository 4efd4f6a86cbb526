//! Suite: what the order of business events and the passing of time may not
//! change.
//!
//! Events that arrive together may be written in any order; and an account that
//! nobody wrote to for years is like one that was written to every day.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::super::fixtures::{
    claw_backs, command, grants, lot_id, take_back_of_drip, unopened,
};
use super::super::super::{
    AccountPlan, Action, Balance, ClawBack, CreditAccount, Credits, CreditsView, Drip, DripGrant,
    DripTerms, Grant, Lot, LotId, LotKind, LotRollover, LotTerms, PastLot, ResetDay, Timestamp,
    view,
};
use super::super::decide;
use super::model::{Calendar, DAY};
use super::script::Script;
use super::world::World;

/// What an account came to, apart from how often it was written.
#[derive(Debug, PartialEq)]
struct Outcome {
    lots: BTreeMap<String, Lot>,
    drips: Vec<Drip>,
    plans: Vec<AccountPlan>,
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

/// Something that a shop hears of, in whatever order.
#[derive(Clone, Debug)]
enum Event {
    /// It means the same whatever else is known.
    Said(Action),
    /// A purchase was paid.
    Paid(LotTerms, Credits),
    /// A longer period was paid.
    PaidAhead(DripTerms),
    /// So much is taken back of a lot; it may not have been heard of yet.
    Refunded(LotId, Credits),
    /// So much is taken back of a longer period.
    RefundedAhead(DripTerms, Credits),
}

/// One event for each of some subscriptions: what is known last counts.
fn plan_events(script: &mut Script) -> Vec<Event> {
    let mut plans: BTreeMap<String, Event> = BTreeMap::new();
    for _ in 0..4 {
        let event = script.plan();
        if let Action::SetPlan {
            subscription_id, ..
        } = &event
        {
            plans.insert(subscription_id.clone(), Event::Said(event));
        }
    }
    plans.into_values().collect()
}

/// Lots and drips that nobody knew of; some have ended before they are heard of.
fn new_events(script: &mut Script, now: Timestamp) -> Vec<Event> {
    let mut events = Vec::new();
    for number in 0..1 + script.random.upto(3) {
        let end = now.plus_seconds(script.random.upto(60 * DAY) - 10 * DAY);
        let rollover = LotRollover {
            from: end.plus_seconds(-script.random.upto(30) * DAY),
            cap: Credits::from_milli(script.random.upto(8_000)),
        };
        let terms = LotTerms {
            id: lot_id(&format!("buy:new-{number}")),
            kind: LotKind::Purchase,
            starts_at: now.plus_seconds(-script.random.upto(2) * DAY),
            expires_at: script.random.percent(50).then_some(end),
            monthly_allocation: Credits::ZERO,
            reset_day_of_month: ResetDay::FIRST,
            rollover: script.random.percent(30).then_some(rollover),
        };
        let target = Credits::from_milli(script.random.upto(20_000));
        let refunded = Event::Refunded(terms.id.clone(), target);
        // Hearing of it twice is like hearing of it once.
        for _ in 0..script.random.upto(2) {
            events.push(refunded.clone());
        }
        let amount = Credits::from_milli(script.random.upto(20_000));
        events.push(Event::Paid(terms, amount));
    }
    for _ in 0..script.random.upto(2) {
        let terms = script.drip().terms;
        let is_there = |event: &Event| match event {
            Event::PaidAhead(other) => other.id == terms.id,
            _ => false,
        };
        if !is_grantable(&terms) || events.iter().any(is_there) {
            continue;
        }
        let taken_back = Credits::from_milli(script.random.upto(terms.total.milli()));
        for _ in 0..script.random.upto(2) {
            events.push(Event::RefundedAhead(terms.clone(), taken_back));
        }
        events.push(Event::PaidAhead(terms));
    }
    events
}

/// Whether the script made a drip that is not there and makes sense.
fn is_grantable(terms: &DripTerms) -> bool {
    let grant = DripGrant {
        terms: terms.clone(),
        taken_back: Credits::ZERO,
    };
    let action = Action::Grant {
        lots: Vec::new(),
        drips: vec![grant],
    };
    decide(&unopened(), &command(action), terms.starts_at).is_ok()
}

/// Each lot and each drip has one target; a lot may have ended before it is
/// granted or given back to.
fn events(script: &mut Script, world: &World<'_>, now: Timestamp) -> Vec<Event> {
    let mut events = plan_events(script);
    let mut new = new_events(script, now);
    // What the script granted before is old.
    let is_new = |event: &Event| match event {
        Event::PaidAhead(terms) | Event::RefundedAhead(terms, _) => {
            let first = terms.months(Credits::ZERO).remove(0).terms.id;
            let left = world.past.contains_key(first.as_str());
            !left && world.account.lot(&first).is_none() && world.account.drip(&terms.id).is_none()
        }
        _ => true,
    };
    new.retain(is_new);
    events.extend(new);
    for drip in &world.account.drips {
        let taken_back = script.random.upto(drip.terms.total.milli());
        if script.random.percent(60) {
            let taken_back = Credits::from_milli(taken_back);
            events.push(Event::RefundedAhead(drip.terms.clone(), taken_back));
        }
    }
    let here = world.account.lots.iter();
    let gone = world.left.iter().filter_map(|id| world.past.get(id));
    let mut lots: BTreeMap<&str, &Lot> =
        gone.map(|it| (it.lot.terms.id.as_str(), &it.lot)).collect();
    lots.extend(here.map(|lot| (lot.terms.id.as_str(), lot)));
    lots.retain(|id, _| id.starts_with("buy:"));
    for lot in lots.values() {
        let target = Credits::from_milli(script.random.upto(lot.granted.milli()));
        if script.random.percent(40) {
            events.push(Event::Refunded(lot.terms.id.clone(), target));
        }
    }
    events
}

/// What a shop has heard so far: which lots and drips were given, and how much
/// is taken back of each.
struct Book {
    given: BTreeSet<LotId>,
    taken_back: BTreeMap<LotId, Credits>,
}

impl Book {
    /// The lots and drips that the account has, or had.
    fn of(world: &World<'_>) -> Self {
        let here = world.account.lots.iter().map(|lot| lot.terms.id.clone());
        let drips = world.account.drips.iter().map(|it| it.terms.id.clone());
        let gone = world.past.values().map(|past| past.lot.terms.id.clone());
        Book {
            given: here.chain(drips).chain(gone).collect(),
            taken_back: BTreeMap::new(),
        }
    }

    /// The command for an event; none if it has to wait for what it is about.
    fn command(&mut self, event: &Event) -> Option<Action> {
        let known = |book: &Book, id: &LotId| book.taken_back.get(id).copied().unwrap_or_default();
        match event.clone() {
            Event::Said(action) => Some(action),
            Event::Paid(terms, amount) => {
                self.given.insert(terms.id.clone());
                Some(grants(vec![Grant {
                    taken_back: known(self, &terms.id),
                    terms,
                    amount,
                }]))
            }
            Event::PaidAhead(terms) => {
                self.given.insert(terms.id.clone());
                let taken_back = known(self, &terms.id);
                let drips = vec![DripGrant { terms, taken_back }];
                let lots = Vec::new();
                Some(Action::Grant { lots, drips })
            }
            Event::Refunded(lot, target) => {
                self.taken_back.insert(lot.clone(), target);
                let past = None;
                let is_known = self.given.contains(&lot);
                is_known.then(|| claw_backs(vec![ClawBack { lot, target, past }]))
            }
            Event::RefundedAhead(terms, taken_back) => {
                self.taken_back.insert(terms.id.clone(), taken_back);
                let is_known = self.given.contains(&terms.id);
                is_known.then(|| take_back_of_drip(&terms, taken_back))
            }
        }
    }
}

/// Writes the events one after the other.
fn written(world: &World<'_>, events: &[Event], now: Timestamp) -> Outcome {
    let mut account = world.account.clone();
    let mut past: HashMap<String, PastLot> = world.past.clone();
    let mut lots = BTreeMap::new();
    let mut book = Book::of(world);
    for mut event in events.iter().filter_map(|event| book.command(event)) {
        if let Action::ClawBack { lots: wanted, .. } = &mut event {
            for one in wanted {
                let here = account.lot(&one.lot).is_some();
                let left = past.get(one.lot.as_str());
                one.past = left.filter(|_| !here).cloned();
            }
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
        drips: account.drips.clone(),
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
            let nothing = grants(Vec::new());
            touched = decide(&touched, &command(nothing), now).unwrap().account;
            let shown = view_without_version(&touched, now);
            let untouched = view_without_version(&world.account, now);
            assert_eq!(untouched, shown, "seed {seed}, day {day}");
        }
        let now = touched.as_of;
        // Ended lots leave twenty at a time; of the untouched account there are more.
        let mut rolled = super::super::super::roll_forward(&world.account, now).unwrap();
        while !rolled.archived.is_empty() {
            rolled = super::super::super::roll_forward(&rolled.account, now).unwrap();
        }
        assert_eq!(rolled.account.lots, touched.lots, "seed {seed}");
        assert_eq!(rolled.account.holds, touched.holds, "seed {seed}");
    }
}
