//! Stripe: it posts the events of several customers, several at a time, and again what was
//! not answered 200.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use local::stripe::{ApiVersion, Cast, Scenario, Story, StoryEvent};
use shared::domain::Timestamp;
use tokio::task::JoinSet;

use super::judge::{Ledger, standing};
use super::machines::{Fleet, Random};
use crate::engine::Engine;
use crate::events;

const WEBHOOK: &str = "StripeWebhookFunction";
/// How many deliveries are under way at once.
const AT_ONCE: u64 = 3;
/// Deliveries of one event; Stripe gives up after some days.
const TRIES: u32 = 100;
/// All that is reported has happened by now.
const BEGAN_DAYS_AGO: i64 = 100;

/// What each customer does.
const STORIES: [Scenario; 8] = [
    Scenario::Subscribe,
    Scenario::Renew,
    Scenario::Upgrade,
    Scenario::Downgrade,
    Scenario::PaymentFailed,
    Scenario::BuyPack,
    Scenario::BuyPackDelayed,
    Scenario::RefundInvoice,
];

#[derive(Clone)]
pub(super) struct Merchant {
    now: Timestamp,
    events: Arc<Vec<StoryEvent>>,
    deliveries: Arc<AtomicU32>,
}

impl Merchant {
    /// What customers have done by now.
    pub(super) fn of(now: Timestamp) -> Self {
        let began = now.unix_seconds() - BEGAN_DAYS_AGO * 86_400;
        let began = Timestamp::from_unix_seconds_clamped(began);
        let stories = STORIES.iter().zip(users()).map(|(scenario, user)| {
            let cast = Cast::new(&user, &user, began);
            Story::render(*scenario, &cast, ApiVersion::Dahlia)
        });
        Merchant {
            now,
            events: Arc::new(stories.flatten().collect()),
            deliveries: Arc::default(),
        }
    }

    pub(super) fn events(&self) -> usize {
        self.events.len()
    }

    pub(super) fn deliveries(&self) -> u32 {
        self.deliveries.load(Relaxed)
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.events.iter().map(|event| event.id.as_str())
    }

    /// Posts everything, some of it twice, in an order of its own, until each was taken.
    pub(super) async fn post_all(&self, fleet: &Arc<Fleet>, mut random: Random) {
        let mut all: Vec<(u64, StoryEvent)> = Vec::new();
        for event in self.events.iter() {
            all.push((random.below(1 << 20), event.clone()));
            if random.below(4) == 0 {
                all.push((random.below(1 << 20), event.clone()));
            }
        }
        all.sort_by_key(|(place, _)| *place);
        let mut posting = JoinSet::new();
        for lane in 0..AT_ONCE {
            let own = all
                .iter()
                .zip(0_u64..)
                .filter(|(_, at)| at % AT_ONCE == lane);
            let own: Vec<StoryEvent> = own.map(|((_, event), _)| event.clone()).collect();
            let (merchant, fleet) = (self.clone(), fleet.clone());
            let random = Random::of(random.below(1 << 20));
            posting.spawn(async move { merchant.post(&fleet, random, own).await });
        }
        while let Some(posted) = posting.join_next().await {
            posted.unwrap();
        }
    }

    async fn post(&self, fleet: &Fleet, mut random: Random, events: Vec<StoryEvent>) {
        let mut left: Vec<(StoryEvent, u32)> = events.into_iter().map(|it| (it, 0)).collect();
        left.reverse();
        while let Some((event, tries)) = left.pop() {
            assert!(tries < TRIES, "{} is never taken", event.id);
            self.deliveries.fetch_add(1, Relaxed);
            let delivery = events::webhook(&event, self.now);
            let answer = fleet.ask(WEBHOOK, &delivery, &mut random).await;
            match answer.map(|answer| answer.status) {
                Some(200) => {}
                // Others come first, as they do while Stripe waits.
                Some(503) | None => left.insert(0, (event, tries + 1)),
                Some(status) => panic!("{} is answered {status}", event.id),
            }
        }
    }

    /// What stands of each customer's credits where nobody is killed.
    pub(super) async fn in_calm_weather(&self, build: &Path) -> BTreeMap<String, i64> {
        let engine = Engine::start().await.unwrap();
        let fleet = Arc::new(Fleet::of(build, engine.variables(), 0));
        self.clone_uncounted()
            .post(&fleet, Random::of(1), self.events.to_vec())
            .await;
        let mut calm = BTreeMap::new();
        for user in users() {
            let ledger = Ledger::of(&engine.world.store, &user).await;
            calm.insert(user, standing(&ledger));
        }
        calm
    }

    fn clone_uncounted(&self) -> Self {
        Merchant {
            deliveries: Arc::default(),
            ..self.clone()
        }
    }
}

/// The customers.
pub(super) fn users() -> impl Iterator<Item = String> {
    (1..=STORIES.len()).map(|number| format!("customer-{number}"))
}
