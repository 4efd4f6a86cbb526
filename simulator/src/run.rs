//! One run of a plan: bursts of steps that meet at every request to the tables, and what
//! must hold after each.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::task::JoinSet;

use shared::domain::Timestamp;

use crate::alerts::Alerts;
use crate::book::Violation;
use crate::checks::{self, Ledger};
use crate::clients::{CALM_TRIES, Clients, Failure, user_id};
use crate::demands::Demands;
use crate::faults::{Counts, Weather};
use crate::fleet::{Fleet, Place, Streams, card_id};
use crate::money::{self, Merchant};
use crate::plan::{Burst, Plan};
use crate::random::Random;
use crate::requests::{self, Command, user_name};
use crate::rules::{Cards, Rules};

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Steps that were taken.
    pub steps: u64,
    /// Commands that were done, and answers that refused one.
    pub commands: (u64, u64),
    /// Events of Stripe.
    pub events: u64,
    /// Entries of all ledgers.
    pub entries: u64,
    /// Alerts that entries demanded, messages that brought them to endpoints, and e-mails.
    pub alerts: (u64, u64, u64),
    /// Faults, by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// A digest of all ledgers: two runs of one plan have the same.
    pub ledgers: u64,
}

/// Whole ledgers are looked at after every so many bursts, and at the end.
const LOOKS: usize = 8;
/// What tells is called in every so many bursts, and at the end.
const CALLS: usize = 3;
/// A run under way.
struct Run {
    clients: Arc<Clients>,
    users: Vec<String>,
    cards: Cards,
    /// What tells users and operators; none in seeds without receivers.
    alerts: Option<Arc<Alerts>>,
}

/// How many cards follow the first.
const CARDS: i64 = 12;

/// How many steps a history at Stripe has at most.
const STEPS_AT_STRIPE: usize = 10;

/// The plan of a seed: so many steps of so many users, and what one or two of them do at
/// Stripe.
pub fn plan_of(seed: u64, steps: u32, users: usize) -> Result<Plan, Failure> {
    let history = money::history(seed, STEPS_AT_STRIPE)?;
    let merchant = Merchant::of(&history, false);
    let lasts_s = merchant.end_s.saturating_sub(history.start);
    Ok(Plan::draw(seed, steps, users, history, lasts_s))
}

/// Runs a plan to its end, or to the first promise that is broken, on a runtime of its
/// own whose clock is paused: time passes when everybody waits.
pub fn run_plan(plan: &Plan) -> Result<Report, Failure> {
    run_plan_at(plan, None)
}

/// The same with its tables in another DynamoDB, at an address on loopback.
pub fn run_plan_at(plan: &Plan, address: Option<SocketAddr>) -> Result<Report, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    let runtime = runtime.map_err(|error| Failure::SetUp(error.to_string()))?;
    runtime.block_on(run(plan, address))
}

async fn run(plan: &Plan, address: Option<SocketAddr>) -> Result<Report, Failure> {
    let merchant = Merchant::of(&plan.history, plan.is_older_shape);
    let counts = Counts::default();
    let prices = money::prices(&plan.history);
    let start_s = plan.history.start;
    let changes = changes(start_s, merchant.end_s.max(start_s.saturating_add(86_400)));
    // Another DynamoDB has streams of another protocol.
    let streams = if plan.endpoints > 0 && address.is_none() {
        Streams::Read
    } else {
        Streams::Unread
    };
    let place = Place { address, streams };
    let fleet = Fleet::new(plan.seed, place, start_s, &changes, &prices).await?;
    let alerts = match streams {
        Streams::Read => Some(Arc::new(
            Alerts::new(&fleet, plan.seed, plan.endpoints).await?,
        )),
        Streams::Unread => None,
    };
    let run = Run {
        alerts,
        clients: Arc::new(Clients {
            fleet,
            merchant,
            book: Mutex::default(),
            refusals: Mutex::default(),
            taken: Mutex::default(),
            commands: commands(plan),
        }),
        users: users(plan),
        cards: cards(&changes),
    };
    if run.alerts.is_some() {
        run.introduce().await?;
    }
    let mut report = Report::default();
    for (number, burst) in plan.bursts.iter().enumerate() {
        let is_close = number % LOOKS == 0;
        let calls = number % CALLS == 0;
        run.burst(burst, &counts, (is_close, calls)).await?;
        report.steps = report.steps.saturating_add(as_u64(burst.steps.len()));
    }
    run.end(plan.seed).await?;
    run.alerted(&mut report).await?;
    run.told(&mut report).await?;
    report.events = as_u64(run.clients.merchant.events.len());
    report.faults = counts.all();
    Ok(report)
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn commands(plan: &Plan) -> BTreeMap<u32, Command> {
    let steps = plan.bursts.iter().flat_map(|burst| &burst.steps);
    let all = steps.filter_map(|step| {
        let command = Command::of(&step.act, step.number, step.user)?;
        Some((step.number, command))
    });
    all.collect()
}

/// When the cards of the model that uses name change: often, on days of their own.
fn changes(start_s: i64, end_s: i64) -> Vec<Timestamp> {
    let lasts_s = end_s.saturating_sub(start_s);
    let moments = (1..=CARDS).map(|number| {
        let after_s = lasts_s.saturating_mul(number).div_euclid(CARDS + 1);
        Timestamp::from_unix_seconds_clamped(start_s.saturating_add(after_s))
    });
    let mut changes: Vec<Timestamp> = moments.collect();
    changes.dedup_by_key(|change| card_id(*change));
    changes
}

/// The seeds' card, and those that follow it.
fn cards(changes: &[Timestamp]) -> Cards {
    let first = format!("{}@2025-01-01", requests::MODEL);
    let later = changes
        .iter()
        .map(|change| (change.unix_seconds(), card_id(*change)));
    [(i64::MIN, first)].into_iter().chain(later).collect()
}

/// The address of a user; every other one has one.
fn address_of(user: &str) -> Option<String> {
    let number: u32 = user.strip_prefix("user-")?.parse().ok()?;
    (number % 2 == 1).then(|| format!("{user}@example.com"))
}

fn users(plan: &Plan) -> Vec<String> {
    let steps = plan.bursts.iter().flat_map(|burst| &burst.steps);
    let of_steps = steps.map(|step| step.user);
    let of_stripe = 0..usize::from(plan.history.users.max(1));
    let all: BTreeSet<usize> = of_steps.chain(of_stripe).collect();
    all.into_iter().map(user_name).collect()
}

impl Run {
    /// Those who have an address are known from the start; others come to be later.
    async fn introduce(&self) -> Result<(), Failure> {
        for user in &self.users {
            if let Some(address) = address_of(user) {
                let id = user_id(user)?;
                self.clients.fleet.introduce(id, &address).await?;
            }
        }
        Ok(())
    }

    /// Takes all steps of a burst at once, then asks in calm weather for what clients do
    /// not know, and looks at everybody who was touched.
    async fn burst(
        &self,
        burst: &Burst,
        counts: &Counts,
        (is_close, calls): (bool, bool),
    ) -> Result<(), Failure> {
        self.clients.fleet.time.jump(burst.wait_s);
        let mut working = JoinSet::new();
        for step in burst.steps.clone() {
            let (clients, weather) = (self.clients.clone(), Weather::of(step.seed, counts));
            working.spawn(weather.over(async move {
                let weather = Weather::now();
                tokio::time::sleep(weather.latency()).await;
                clients.step(&step).await
            }));
        }
        if let (Some(alerts), Some(first), true) = (&self.alerts, burst.steps.first(), calls) {
            let seed = !first.seed;
            let (alerts, weather) = (alerts.clone(), Weather::of(seed, counts));
            working.spawn(async move {
                alerts.round(&weather, seed).await?;
                Ok(None)
            });
        }
        let (mut unknown, mut failed) = (Vec::new(), None);
        while let Some(ended) = working.join_next().await {
            match ended {
                Ok(Ok(Some(command))) => unknown.push(command),
                Ok(Ok(None)) => {}
                Ok(Err(failure)) => failed = failed.or(Some(failure)),
                Err(error) => {
                    let what = error.to_string();
                    return Err(Violation::of("no input makes a panic", what).into());
                }
            }
        }
        if let Some(failure) = failed {
            return Err(failure);
        }
        for command in unknown {
            self.clients.settle(&command).await?;
        }
        let touched: BTreeSet<usize> = burst.steps.iter().map(|step| step.user).collect();
        for user in touched.iter().map(|user| user_name(*user)) {
            if is_close {
                self.look_at(&user).await?;
            } else {
                self.glance_at(&user).await?;
            }
        }
        Ok(())
    }

    /// In the end Stripe delivers everything that was not taken, in any order, and some
    /// of it once more.
    async fn end(&self, seed: u64) -> Result<(), Failure> {
        let left = self
            .clients
            .merchant
            .end_s
            .saturating_sub(self.clients.fleet.time.now_s());
        self.clients.fleet.time.jump(left.max(0).saturating_add(1));
        self.taken_are_recorded().await?;
        let mut random = Random::new(seed);
        let mut all: Vec<(u64, &String)> = Vec::new();
        for (_, body) in &self.clients.merchant.events {
            let (first, again) = (random.next(), random.chance(250));
            if !self.clients.is_taken(body) {
                all.push((first, body));
            }
            if again {
                all.push((random.next(), body));
            }
        }
        all.sort();
        for (_, body) in all {
            if !self.clients.deliver(body, CALM_TRIES).await? {
                let what = body.clone();
                return Err(Violation::of("in calm weather every event is taken", what).into());
            }
        }
        let mut standing = BTreeMap::new();
        for user in &self.users {
            let ledger = self.look_at(user).await?;
            ledger.has_none_of(&self.clients.merchant.ended)?;
            checks::audit(&self.clients.fleet.store, &user_id(user)?).await?;
            standing.insert(user.clone(), ledger.standing());
        }
        match self.clients.merchant.problem(&standing) {
            Some(problem) => Err(Violation::of("credits are those that stay paid", problem).into()),
            None => Ok(()),
        }
    }

    /// What was answered 200 is on record: Stripe does not send it again.
    async fn taken_are_recorded(&self) -> Result<(), Failure> {
        for (_, body) in &self.clients.merchant.events {
            if self.clients.is_taken(body) {
                checks::recorded(&self.clients.fleet.store, body).await?;
            }
        }
        Ok(())
    }

    /// What a user would be shown.
    async fn glance_at(&self, user: &str) -> Result<(), Violation> {
        let account = checks::account(&self.clients.fleet.store, &user_id(user)?).await?;
        checks::shown(&account, self.clients.now().max(account.as_of))
    }

    /// What holds of a user whenever nobody works.
    async fn look_at(&self, user: &str) -> Result<Ledger, Violation> {
        let ledger = Ledger::of(&self.clients.fleet.store, &user_id(user)?).await?;
        let now = self.clients.now().max(ledger.account.as_of);
        checks::shown(&ledger.account, now)?;
        ledger.matches(user, &self.clients.book())?;
        ledger.is_chained()?;
        Rules::hold_for(&ledger.entries, &self.cards)?;
        let mut refusals = self.clients.refusals();
        refusals.hold_for(&user_id(user)?, &ledger.entries)?;
        Ok(ledger)
    }

    /// In the end everything that the ledgers demand was told, and nothing else.
    async fn alerted(&self, report: &mut Report) -> Result<(), Violation> {
        let Some(alerts) = &self.alerts else {
            return Ok(());
        };
        let fleet = &self.clients.fleet;
        alerts.end(&fleet.time).await?;
        let mut demands = Demands::default();
        for user in &self.users {
            let ledger = Ledger::of(&fleet.store, &user_id(user)?).await?;
            demands.add(&ledger.entries)?;
        }
        demands.reached(&alerts.receivers)?;
        for user in &self.users {
            let address = address_of(user);
            let of = (&user_id(user)?, address.as_deref());
            demands.mailed(&fleet.store, of, &alerts.receivers).await?;
        }
        report.alerts = alerts.receivers.counts(demands.len());
        Ok(())
    }

    async fn told(&self, report: &mut Report) -> Result<(), Violation> {
        let (done, refused) = self.clients.book().totals();
        report.commands = (as_u64(done), refused);
        for user in &self.users {
            let ledger = Ledger::of(&self.clients.fleet.store, &user_id(user)?).await?;
            report.entries = report.entries.saturating_add(as_u64(ledger.entries.len()));
            report.ledgers = ledger.mark(report.ledgers);
        }
        Ok(())
    }
}
