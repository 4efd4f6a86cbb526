//! What Lambda and SQS do for the function `notify`: its machines, the streams that it is
//! on, and its queue, each as unreliable as they are.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use local::Parts;
use local::dynamodb::Engine;
use local::notices::{LocalQueue, Mailbox, Source, Sources, assemble, failures, sequence_number};
use serde_json::{Value, json};
use shared::domain::{DeliveryOutcome, Endpoint, Recipient, Timestamp};
use shared::host::clock::SharedClock;
use shared::store::Store;

use crate::book::Violation;
use crate::faults::{Climate, Weather};
use crate::fleet::{Fleet, SetUpError, drawn};
use crate::random::Random;
use crate::receivers::{Reach, Receivers, SERVICES, address_of};
use crate::time::{SkewedClock, Time};

/// Machines of the function: one for each call of a round.
const MACHINES: usize = 4;
/// As the template has it.
const TIMEOUT: Duration = Duration::from_secs(20);
/// As the template has it.
const BATCH: usize = 100;
const WAITS: &str = "what waits for another attempt has a message in the queue";
/// Rounds in calm weather that do not come to an end are a mistake.
const CALM_ROUNDS: usize = 2_000;

/// A machine of the function, whose work goes on in tasks of its own.
struct Machine {
    parts: Parts,
    reach: Reach,
    app: Mutex<notify::App>,
}

/// All that tells users and operators. Nothing runs by itself.
pub(crate) struct Alerts {
    pub(crate) receivers: Receivers,
    variables: BTreeMap<String, String>,
    engine: Engine,
    store: Store,
    sources: Sources,
    /// Records that were read and not handled yet.
    waiting: Mutex<BTreeMap<Source, Vec<Value>>>,
    machines: Vec<Machine>,
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn now(time: &Time) -> Timestamp {
    Timestamp::from_unix_seconds_clamped(time.now_s())
}

impl Alerts {
    /// New endpoints, and the function on the tables of a fleet.
    pub(crate) async fn new(fleet: &Fleet, seed: u64, count: usize) -> Result<Self, SetUpError> {
        let failed = |error: &dyn std::fmt::Display| SetUpError(error.to_string());
        let mut functions = fleet.deployment.functions.iter();
        let function = functions.find(|it| it.name == notify::FUNCTION);
        let function = function.ok_or_else(|| failed(&"no function notify"))?;
        let mut variables = function.variables.clone();
        variables.insert("PUBLIC_URL".into(), "https://api.example.com".into());
        let entropy = drawn(seed);
        // Whatever a machine's clock says, they were there before it wrote anything.
        let since = Timestamp::from_unix_seconds_clamped(fleet.time.now_s() - 3_600);
        let mut endpoints = Vec::new();
        for number in 0..count {
            let id = format!("ep_{number}").parse();
            let id = id.map_err(|error| failed(&error))?;
            let secret = notices::generate(entropy.as_ref());
            let endpoint = Endpoint::new(id, address_of(number), secret, since);
            let added = fleet.store.add_endpoint(&endpoint).await;
            added.map_err(|error| failed(&error))?;
            endpoints.push(endpoint);
        }
        let clock: SharedClock = Arc::new(SkewedClock {
            time: fleet.time.clone(),
            off_s: 0,
        });
        let mailbox = Mailbox::new(clock.clone());
        let receivers = Receivers::new(LocalQueue::new(clock), mailbox, endpoints);
        let mut machines = Vec::new();
        for number in 0..MACHINES {
            let climate = Climate::default();
            let reach = Reach {
                receivers: receivers.clone(),
                climate: climate.clone(),
            };
            let parts = fleet.parts_in(number, climate);
            let parts = parts.ok_or_else(|| failed(&"no machine"))?;
            let app = assemble(&variables, SERVICES, &parts, Arc::new(reach.clone()));
            let app = app.map_err(|error| failed(&error))?;
            machines.push(Machine {
                parts,
                reach,
                app: Mutex::new(app),
            });
        }
        Ok(Alerts {
            receivers,
            variables,
            engine: fleet.engine().clone(),
            store: fleet.store.clone(),
            sources: Sources::new(function.filters.clone()),
            waiting: Mutex::default(),
            machines,
        })
    }

    /// Calls of the function that begin at one moment: with what is new in each stream,
    /// perhaps twice, and with what is due in the queue.
    pub(crate) async fn round(&self, weather: &Weather, seed: u64) -> Result<(), Violation> {
        let mut random = Random::new(seed);
        if random.chance(100) {
            self.receivers.turn(random.next());
        }
        let size = random.one_of(BATCH, &[1, 5, 20]);
        let first = random.place(MACHINES);
        let number = |more: usize| first.saturating_add(more) % MACHINES;
        tokio::try_join!(
            self.hand_over(Source::Entries, (number(0), number(1)), size, weather),
            async {
                self.hand_over(Source::Deliveries, (number(2), number(2)), size, weather)
                    .await?;
                self.poll((number(3), number(2)), weather).await
            },
        )?;
        self.receivers.broken().map_or(Ok(()), Err)
    }

    /// Hands over a batch of a stream. It waits for the next round if there was no answer.
    async fn hand_over(
        &self,
        source: Source,
        (one, other): (usize, usize),
        size: usize,
        weather: &Weather,
    ) -> Result<(), Violation> {
        let batch: Vec<Value> = {
            let mut waiting = lock(&self.waiting);
            let waiting = waiting.entry(source).or_default();
            waiting.extend(self.sources.take(&self.engine, source));
            waiting.iter().take(size).cloned().collect()
        };
        if batch.is_empty() {
            return Ok(());
        }
        let is_twice = weather.strikes("batch handed over twice", 120);
        let answer = if is_twice && one != other {
            let both = tokio::try_join!(
                self.call(one, &batch, weather),
                self.call(other, &batch, weather)
            );
            both?.0
        } else {
            if is_twice {
                self.call(one, &batch, weather).await?;
            }
            self.call(one, &batch, weather).await?
        };
        let Some(answer) = answer else {
            return Ok(());
        };
        let again = failures(&answer).into_iter().next();
        let done = again.map_or(batch.len(), |id| {
            let is_it = |it: &Value| sequence_number(it) == Some(&id);
            batch.iter().position(is_it).unwrap_or(0)
        });
        let mut waiting = lock(&self.waiting);
        waiting.entry(source).or_default().drain(..done);
        Ok(())
    }

    /// Hands over what is due in the queue, some of it twice at once: then it is deleted if
    /// one of both is done with it. What was not answered comes again.
    async fn poll(&self, (one, other): (usize, usize), weather: &Weather) -> Result<(), Violation> {
        let queue = &self.receivers.queue;
        loop {
            let messages = queue.receive();
            if messages.is_empty() {
                return Ok(());
            }
            let answers = if weather.strikes("batch handed over twice", 60) {
                let both = tokio::try_join!(
                    self.call(one, &messages, weather),
                    self.call(other, &messages, weather)
                );
                let (one, other) = both?;
                [one, other]
            } else {
                [self.call(one, &messages, weather).await?, None]
            };
            let was_answered = answers.iter().any(Option::is_some);
            for answer in answers.into_iter().flatten() {
                let stays = failures(&answer);
                for message in &messages {
                    let id = message.get("messageId").and_then(Value::as_str);
                    if let Some(id) = id.filter(|id| !stays.iter().any(|stays| stays == id)) {
                        queue.delete(id);
                    }
                }
            }
            if !was_answered {
                return Ok(());
            }
        }
    }

    /// Calls a machine, which may be killed at any moment. None if there is no answer.
    async fn call(
        &self,
        number: usize,
        records: &[Value],
        weather: &Weather,
    ) -> Result<Option<Value>, Violation> {
        let Some(machine) = self.machines.get(number) else {
            return Ok(None);
        };
        machine.reach.climate.set(weather.clone());
        let allowed = if weather.strikes("machine killed", 100) {
            Duration::from_millis(weather.below(150))
        } else {
            TIMEOUT
        };
        let app = lock(&machine.app).clone();
        let event = json!({"Records": records});
        let working = tokio::spawn(async move { app.handle(event, "simulated".into()).await });
        let stop = working.abort_handle();
        let Ok(done) = tokio::time::timeout(allowed, working).await else {
            stop.abort();
            // Connections end with it, too.
            let hosts = Arc::new(machine.reach.clone());
            let app = assemble(&self.variables, SERVICES, &machine.parts, hosts);
            let app = app.map_err(|error| Violation::of("a killed machine is replaced", error))?;
            *lock(&machine.app) = app;
            return Ok(None);
        };
        let answer =
            done.map_err(|error| Violation::of("no input makes a panic", error.to_string()))?;
        Ok((!weather.strikes("answer lost", 40)).then_some(answer))
    }

    /// In calm weather everything that is on its way arrives.
    async fn settle(&self, time: &Time) -> Result<(), Violation> {
        let calm = Weather::now();
        for _ in 0..CALM_ROUNDS {
            for source in [Source::Entries, Source::Deliveries] {
                self.hand_over(source, (0, 1), BATCH, &calm).await?;
            }
            self.poll((2, 3), &calm).await?;
            let is_read = lock(&self.waiting).values().all(Vec::is_empty);
            match self.receivers.queue.next_visible() {
                None if is_read => return Ok(()),
                Some(due) if is_read => time.jump(due.seconds_since(now(time)).max(0)),
                Some(_) | None => {}
            }
        }
        let what = format!("{} messages wait", self.receivers.queue.len());
        Err(Violation::of("in calm weather every alert arrives", what))
    }

    /// In the end receivers answer, and an operator enables endpoints and has sent again
    /// what was given up, as `creditsctl endpoint enable` and `redeliver` do.
    pub(crate) async fn end(&self, time: &Time) -> Result<(), Violation> {
        self.receivers.stand_up();
        self.settle(time).await?;
        let endpoints = self.store.load_endpoints().await;
        for mut endpoint in endpoints.map_err(|error| Violation::unread(&error))? {
            endpoint.set_enabled(true, now(time));
            let saved = self.store.save_endpoint(&mut endpoint).await;
            saved.map_err(|error| Violation::unread(&error))?;
            self.redeliver(endpoint, now(time)).await?;
        }
        self.settle(time).await?;
        self.receivers.broken().map_or(Ok(()), Err)
    }

    async fn redeliver(&self, endpoint: Endpoint, now: Timestamp) -> Result<(), Violation> {
        let recipient = Recipient::Endpoint(endpoint.endpoint_id);
        let mut walk = self.store.walk_deliveries(&recipient, Timestamp::MIN);
        loop {
            let deliveries = walk
                .next_page()
                .await
                .map_err(|error| Violation::unread(&error))?;
            if deliveries.is_empty() {
                return Ok(());
            }
            for mut delivery in deliveries {
                if delivery.outcome == DeliveryOutcome::Pending {
                    let what = format!("{delivery:?}");
                    return Err(Violation::of(WAITS, what));
                }
                if delivery.may_be_asked_again(now) {
                    delivery.ask_again(now);
                    let saved = self.store.save_delivery(&mut delivery).await;
                    saved.map_err(|error| Violation::unread(&error))?;
                }
            }
        }
    }
}
