//! Two or three things at once, in every order of their requests: whichever
//! it is, it comes to the same as one after the other.
//!
//! Whoever is reported that it is unfinished is delivered again, as Stripe does,
//! and in the end every event once more, which must change nothing.

mod linking;
mod many_lots;
mod money;
mod rivals;

use std::collections::HashSet;

use shared::domain::Price;
use shared::domain::billing::{BillingEvent, EventOutcome};
use shared::store::{CatalogueCache, SettleError, Settled, Store};
use tests::dump;

use super::SOMEBODY;
use super::ground::{Ground, charge_on, now, settle_on};
use super::holds_true::Scene;
use super::interleave::{Orders, Player, every_interleaving};

const LINK: &str = "checkout.session.completed";
const PAID: &str = "invoice.paid";
const OF_INVOICE: &str = "invoice_payment.paid";
const REFUND: &str = "refund.created";

/// Something that happens while something else does.
#[derive(Clone)]
enum Act {
    /// An event is delivered.
    Deliver(Box<BillingEvent>),
    /// The inference service charges somebody.
    Charge(&'static str),
    /// An operator applies a catalogue of one price.
    Apply(Box<Price>),
}

/// What came of it; an event that was not settled is delivered again.
type Acted = Result<Option<Settled>, Again>;

impl Act {
    async fn run(self, store: Store, catalogue: CatalogueCache) -> Acted {
        match self {
            Act::Deliver(event) => match settle_on(&store, &catalogue, &event).await {
                Ok(settled) => Ok(Some(settled)),
                Err(SettleError::Unfinished) => Err(Again(*event)),
                Err(error) => panic!("{}: {error}", event.id),
            },
            Act::Charge(amount) => {
                charge_on(&store, SOMEBODY, amount).await.unwrap();
                Ok(None)
            }
            Act::Apply(price) => {
                let data = seeds::SeedData {
                    clients: Vec::new(),
                    models: Vec::new(),
                    cards: Vec::new(),
                    prices: vec![*price],
                    users: Vec::new(),
                };
                let entropy = shared::host::entropy::SystemEntropy;
                seeds::apply(&store, &data, now(), &entropy).await.unwrap();
                Ok(None)
            }
        }
    }
}

/// It was answered 503.
struct Again(BillingEvent);

/// What stands before, and what then happens at once.
struct Race {
    name: &'static str,
    /// The prices in the tables; empty where a process remembers all it needs.
    prices: Vec<Price>,
    /// What processes remember of the catalogue; none = nothing yet.
    remembered: Option<CatalogueCache>,
    before: Vec<BillingEvent>,
    at_once: Vec<Act>,
}

/// What a race came to.
struct End {
    ground: Ground,
    scene: Scene,
}

impl End {
    /// What became of an event.
    #[track_caller]
    fn outcome(&self, event: &BillingEvent) -> &str {
        &self.scene.records[event.id.as_str()]
    }
}

impl Race {
    fn new(
        name: &'static str,
        remembered: &CatalogueCache,
        before: &[BillingEvent],
        at_once: &[BillingEvent],
    ) -> Self {
        Race {
            name,
            prices: Vec::new(),
            remembered: Some(remembered.clone()),
            before: before.to_vec(),
            at_once: at_once
                .iter()
                .cloned()
                .map(Box::new)
                .map(Act::Deliver)
                .collect(),
        }
    }

    fn and(mut self, act: Act) -> Self {
        self.at_once.push(act);
        self
    }

    async fn ground(&self) -> Ground {
        let ground = match &self.remembered {
            Some(catalogue) => Ground::new(catalogue),
            None => Ground::with(&self.prices).await,
        };
        ground.settle_all(&self.before).await;
        ground
    }

    fn start(&self, before: &Ground) -> (Ground, Vec<Player<Acted>>) {
        let ground = before.copy();
        let mut players = Vec::new();
        for act in self.at_once.iter().cloned() {
            // Each is a process of its own; what it remembers is its own, too.
            let catalogue = self.remembered.clone().unwrap_or_default();
            players.push(Player::start(&ground, |store| act.run(store, catalogue)));
        }
        (ground, players)
    }

    /// Runs it in every order; `check` is told what each came to.
    async fn run(&self, check: impl AsyncFn(&End)) -> usize {
        self.run_orders(Orders::Distinct, check).await
    }

    async fn run_orders(&self, orders: Orders, check: impl AsyncFn(&End)) -> usize {
        let before = self.ground().await;
        // Many orders end in the very same tables; those are looked at once.
        let mut known = HashSet::new();
        let played = every_interleaving(
            orders,
            || self.start(&before),
            async |ground: Ground, came_to: Vec<Result<Option<Settled>, Again>>, turns: &str| {
                for Again(event) in came_to.into_iter().filter_map(Result::err) {
                    let again = ground.settle(&event).await;
                    assert!(again.is_ok(), "{} {turns}: {again:?}", self.name);
                }
                let tables = dump(&ground.connection().client()).await;
                if known.insert(format!("{tables:?}")) {
                    let scene = Scene::of(&ground).await;
                    let end = End { ground, scene };
                    check(&end).await;
                    self.deliver_again(&end, turns).await;
                }
            },
        );
        let played = played.await;
        let ends = known.len();
        println!(
            "{}: {} orders, {} begun and left out, {ends} ends",
            self.name, played.orders, played.left_out
        );
        played.orders
    }

    /// What was refused is looked at again and refused again.
    async fn deliver_again(&self, end: &End, turns: &str) {
        let delivered = self.at_once.iter().filter_map(|act| match act {
            Act::Deliver(event) => Some(event.as_ref()),
            Act::Charge(_) | Act::Apply(_) => None,
        });
        for event in self.before.iter().chain(delivered) {
            let settled = end.ground.settle(event).await.unwrap();
            let refused = settled.event.outcome == EventOutcome::Refused;
            assert!(settled.repeated || refused, "{} {turns}", self.name);
        }
        if dump(&end.ground.connection().client()).await == end.scene.tables {
            return;
        }
        // A refusal is written down again.
        let after = Scene::of(&end.ground).await;
        let difference = after.difference(&end.scene);
        assert_eq!(difference, "", "{} {turns}", self.name);
        assert_eq!(after.entries, end.scene.entries, "{} {turns}", self.name);
    }

    /// One after the other, in the order they are listed.
    async fn one_by_one(&self) -> Scene {
        let ground = self.ground().await;
        for act in self.at_once.iter().cloned() {
            let catalogue = self.remembered.clone().unwrap_or_default();
            let done = act.run(ground.store(), catalogue).await;
            assert!(done.is_ok(), "{}", self.name);
        }
        Scene::of(&ground).await
    }
}

/// What somebody has in the end: pro credits, debt, and grants of the ledger.
type Have = (i64, i64, usize);

/// In every order all events are applied, nothing waits, somebody has what is
/// expected, and the tables say the same as if one had come after the other.
async fn check(race: Race, (pro, debt, grants): Have) -> usize {
    let expected = race.one_by_one().await;
    let orders = race.run(async |end: &End| {
        let what = race.name;
        let scene = &end.scene;
        assert!(scene.waiting.is_empty(), "{what}: {:?}", scene.waiting);
        for (id, outcome) in &scene.records {
            assert_eq!(outcome, "applied", "{what}: {id}");
        }
        let shown = end.ground.shown(SOMEBODY).await;
        assert_eq!((shown.pro.remaining, shown.debt), (pro, debt), "{what}");
        let given = scene.entries_of(SOMEBODY, "invoice:") + scene.entries_of(SOMEBODY, "buy:");
        assert_eq!(given, grants, "{what}: {:?}", scene.entries);
        assert_eq!(scene.difference(&expected), "", "{what}");
    });
    orders.await
}
