//! Every order of every story, told to the planner without a table; and the
//! tables hold what the planner's map of facts does.

use std::collections::BTreeMap;

use local::stripe::{ApiVersion, Scenario};
use seeds::SeedData;
use serde_json::Value;
use shared::domain::billing::{
    BillingEvent, BillingTerms, Catalogue, FactKey, FactValue, World, settle,
};
use shared::domain::{AccountState, CreditAccount, Digest, Timestamp};
use shared::store::Consistency;

use super::shuffles::COMPOSITIONS;
use super::stage::{Place, Snapshot, Stage};
use super::{Random, counted, end_of, reported_by, story};

/// So many histories of each composition.
const HISTORIES: u64 = 2_500;

/// A world as far as it may not depend on the order: what is known of every
/// thing, apart from how often and when it was written.
type Essence = BTreeMap<String, String>;

/// Events, and when and with which prices they are settled.
struct Telling {
    events: Vec<BillingEvent>,
    catalogue: Catalogue,
    now: Timestamp,
}

impl Telling {
    fn of(events: Vec<BillingEvent>) -> Self {
        Telling {
            catalogue: Catalogue::new(SeedData::read().unwrap().prices),
            now: end_of(&events),
            events,
        }
    }

    fn report(&self, world: &World, event: usize) -> World {
        let mut world = world.clone();
        self.add(&mut world, event);
        world
    }

    fn add(&self, world: &mut World, event: usize) {
        let (event, terms) = (&self.events[event], BillingTerms::default());
        settle(world, event, &self.catalogue, self.now, &terms).unwrap();
    }

    fn in_order(&self, order: impl IntoIterator<Item = usize>) -> World {
        let mut world = World::default();
        for event in order {
            self.add(&mut world, event);
        }
        world
    }

    /// The worlds that all orders of all events end in, each with its essence.
    /// Equal worlds are gone on with once.
    fn ends_of_all_orders(&self) -> (Vec<Essence>, u64) {
        let count = self.events.len();
        let mut worlds: BTreeMap<u32, Vec<(Essence, World)>> = BTreeMap::new();
        let beginning = World::default();
        worlds.insert(0, vec![(essence(&beginning), beginning)]);
        let mut steps = 0;
        for heard in 0..(1_u32 << count) {
            for (known, world) in worlds.remove(&heard).unwrap_or_default() {
                for event in 0..count {
                    let next = self.report(&world, event);
                    let seen = essence(&next);
                    steps += 1;
                    if heard & (1 << event) != 0 {
                        let id = &self.events[event].id;
                        assert_eq!(seen, known, "{id} was told again");
                        continue;
                    }
                    let of_these = worlds.entry(heard | (1 << event)).or_default();
                    if of_these.iter().all(|(other, _)| *other != seen) {
                        of_these.push((seen, next));
                    }
                }
                if heard == (1 << count) - 1 {
                    worlds.entry(heard).or_default().push((known, world));
                }
            }
        }
        let ends = worlds.remove(&((1 << count) - 1)).unwrap_or_default();
        (
            ends.into_iter().map(|(essence, _)| essence).collect(),
            steps,
        )
    }
}

/// An account without its ledger, its lots in the order of their ids.
fn account(known: &CreditAccount) -> AccountState {
    let mut account = known.clone().into_state();
    account.version = 0;
    account.as_of = Timestamp::MIN;
    account.head_hash = Digest::ZERO;
    account
        .lots
        .sort_by(|one, other| one.terms.id.cmp(&other.terms.id));
    account
        .schedules
        .sort_by(|one, other| one.terms.id.cmp(&other.terms.id));
    account
}

fn essence(world: &World) -> Essence {
    let facts = world.facts().iter().filter_map(|(key, value)| {
        let said = match value {
            FactValue::Event(record) => format!("{:?} {:?}", record.outcome, record.waits_for),
            FactValue::Queue(queue) if queue.waiting() == 0 => return None,
            FactValue::Queue(queue) => format!("{} wait", queue.waiting()),
            FactValue::Account(known) => format!("{:?}", account(known)),
            // One that was recalled is in its account again.
            FactValue::PastLot(_) if is_recalled(world, key) => return None,
            FactValue::PastLot(past) => format!("{:?}", past.lot),
            FactValue::Claim(_)
            | FactValue::Payment(_)
            | FactValue::Invoice(_)
            | FactValue::Book(_)
            | FactValue::Subscription(..)
            | FactValue::Trial(_) => format!("{value:?}"),
        };
        Some((format!("{key:?}"), said))
    });
    facts.collect()
}

fn is_recalled(world: &World, key: &FactKey) -> bool {
    let FactKey::PastLot(user_id, lot, _) = key else {
        return false;
    };
    match world.get(&FactKey::Account(user_id.clone())) {
        Some(FactValue::Account(account)) => account.lot(lot).is_some(),
        _ => false,
    }
}

#[test]
fn every_order_of_every_story_in_every_version_is_planned_to_one_end() {
    let (mut stories, mut orders, mut all_steps) = (0, 0_u128, 0);
    for &scenario in Scenario::ALL {
        let mut reported: Vec<Vec<BillingEvent>> = Vec::new();
        for version in ApiVersion::ALL {
            let events = story(scenario, version);
            if !reported.contains(&events) {
                reported.push(events);
            }
        }
        for events in reported {
            let telling = Telling::of(events);
            let (ends, steps) = telling.ends_of_all_orders();
            let as_it_happened = telling.in_order(0..telling.events.len());
            assert!(as_it_happened.reasons().is_empty(), "{scenario}");
            assert_eq!(ends, [essence(&as_it_happened)], "{scenario}");
            stories += 1;
            orders += (1..=telling.events.len() as u128).product::<u128>();
            all_steps += steps;
        }
    }
    println!(
        "{} orders of {stories} stories, {all_steps} steps",
        counted(orders)
    );
}

#[test]
fn twenty_thousand_shuffled_histories_of_several_stories_are_planned_to_one_end_each() {
    let mut reported = 0;
    for (number, composition) in (0..).zip(&COMPOSITIONS) {
        let mut events = Vec::new();
        for (hours, (scenario, version)) in (0..).zip(composition.stories) {
            let start = tests::at(tests::NOW).plus_seconds(hours * 3_600);
            events.extend(reported_by(
                &format!("s{hours}"),
                *scenario,
                *version,
                start,
            ));
        }
        events.sort_by_key(|event| event.created);
        let telling = Telling::of(events);
        let count = telling.events.len();
        let as_it_happened = essence(&telling.in_order(0..count));
        let mut random = Random(number);
        for _ in 0..HISTORIES {
            let order = random.shuffle(count);
            let end = essence(&telling.in_order(order.iter().copied()));
            assert_eq!(end, as_it_happened, "{}: {order:?}", composition.name);
            reported += 1;
        }
    }
    assert!(reported >= 20_000, "{reported}");
}

/// The plain JSON of a value as a table has it.
fn plain(value: &Value) -> Value {
    let (kind, of) = value.as_object().unwrap().iter().next().unwrap();
    match kind.as_str() {
        "N" => serde_json::from_str(of.as_str().unwrap()).unwrap(),
        "L" => of.as_array().unwrap().iter().map(plain).collect(),
        "M" => fields(of, &[]),
        _ => of.clone(),
    }
}

fn fields(item: &Value, without: &[&str]) -> Value {
    let fields = item.as_object().unwrap().iter();
    let fields = fields.filter(|(name, _)| !without.contains(&name.as_str()));
    fields
        .map(|(name, value)| (name.clone(), plain(value)))
        .collect()
}

/// What lies in the billing table under a key, but for what every item has.
fn billing(snapshot: &Snapshot, pk: String, sk: &str) -> Value {
    let sk = sk.to_string();
    let place = Place {
        table: "billing",
        pk,
        sk,
    };
    let kept = snapshot
        .get(&place)
        .unwrap_or_else(|| panic!("no {place:?}"));
    let item = serde_json::to_value(&kept.item).unwrap();
    fields(&item, &["pk", "sk", "entity", "schema_version", "version"])
}

fn check_held(snapshot: &Snapshot, world: &World, what: &str) {
    let mut compared = 0;
    for (key, value) in world.facts() {
        let (mut held, expected) = match (key, value) {
            (FactKey::Payment(id), FactValue::Payment(value)) => (
                billing(snapshot, format!("PAYMENT#{id}"), "PAYMENT"),
                serde_json::to_value(value),
            ),
            (FactKey::Invoice(id), FactValue::Invoice(value)) => (
                billing(snapshot, format!("INVOICE#{id}"), "INVOICE"),
                serde_json::to_value(value),
            ),
            (FactKey::Book(id), FactValue::Book(value)) => (
                billing(snapshot, format!("BOOK#{id}"), "BOOK"),
                serde_json::to_value(value),
            ),
            (FactKey::Event(id), FactValue::Event(value)) => (
                billing(snapshot, format!("EVENT#{id}"), "EVENT"),
                serde_json::to_value(value),
            ),
            _ => continue,
        };
        let mut expected = expected.unwrap();
        // What an open event says lies beside its record, as text.
        if let FactValue::Event(record) = value
            && let Some(event) = &record.event
        {
            expected["event"] = serde_json::to_string(event).unwrap().into();
        }
        // The index of a user's billing has it beside what is said.
        if let (Some(fields), None) = (held.as_object_mut(), expected.get("user_id")) {
            fields.remove("user_id");
        }
        assert_eq!(held, expected, "{what}: {key:?}");
        compared += 1;
    }
    assert!(compared > 0, "{what}");
}

#[tokio::test]
async fn the_tables_hold_what_the_planners_map_of_facts_does_after_every_event() {
    for &scenario in Scenario::ALL {
        for version in [ApiVersion::Acacia, ApiVersion::Dahlia] {
            let telling = Telling::of(story(scenario, version));
            let mut random = Random(7);
            let orders = [
                (0..telling.events.len()).collect(),
                random.shuffle(telling.events.len()),
            ];
            for order in orders {
                let mut stage = Stage::at(telling.now).await;
                let mut world = World::default();
                for event in order {
                    telling.add(&mut world, event);
                    stage.deliver(&telling.events[event]).await;
                    stage.scene().await;
                    let what = format!("{scenario} of {version}");
                    check_held(stage.held(), &world, &what);
                    for value in world.facts().values() {
                        if let FactValue::Account(account) = value {
                            let store = &stage.process.store;
                            let held = store.load_account(&account.user_id, Consistency::Strong);
                            assert_eq!(held.await.unwrap(), **account, "{what}");
                        }
                    }
                }
            }
        }
    }
}
