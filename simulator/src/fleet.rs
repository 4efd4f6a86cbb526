//! The machines: several of each function, each with its own memory and a clock that may
//! be off, all on the same tables.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use local::deployment::{Deployment, Function};
use local::dynamodb::{Elsewhere, Engine, InProcessDynamoDb, create_tables, open};
use local::{Handler, LogLevel, Parts, STRIPE_WEBHOOK_SECRET, WorldLines};
use seeds::SeedData;
use serde_json::Value;
use shared::domain::{Price, Timestamp, User, UserId};
use shared::host::clock::Deadline;
use shared::host::entropy::SharedEntropy;
use shared::host::sink::KeptLines;
use shared::http::Event;
use shared::store::{Consistency, Store, TableNames};

use crate::faults::{Climate, Weather};
use crate::network::Network;
use crate::random::Drawn;
use crate::requests::MODEL;
use crate::time::{SkewedClock, Time};

/// How many machines a function has.
const MACHINES: usize = 3;
/// Lambda ends a function that takes longer.
const TIMEOUT: Duration = Duration::from_secs(29);

/// How a world cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("the world cannot be set up: {0}")]
pub struct SetUpError(pub(crate) String);

/// What a caller gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// The function's answer, from a machine whose clock is off by some seconds.
    Answer {
        status: u16,
        body: String,
        off_s: i64,
    },
    /// No answer: whether it was carried out is unknown.
    Lost,
}

/// All machines, their tables and their time.
pub(crate) struct Fleet {
    pub(crate) time: Time,
    /// A store without faults, for checks.
    pub(crate) store: Store,
    /// The same whoever asks, and at once: it takes no time.
    watcher: Store,
    pub(crate) deployment: Deployment,
    parts: Vec<Parts>,
    network: Network,
    machines: Mutex<BTreeMap<(String, usize), Handler>>,
}

impl Fleet {
    /// New tables with the seeded models and these prices. The cards of the model that
    /// uses name change at these moments.
    pub(crate) async fn new(
        seed: u64,
        place: Place,
        start_s: i64,
        changes: &[Timestamp],
        prices: &[Price],
    ) -> Result<Self, SetUpError> {
        let deployment = deployment()?;
        let own = tables(&deployment, place)?;
        let watched = own.client();
        // Nobody is told what a copy writes.
        let copy = Place {
            streams: Streams::Unread,
            ..place
        };
        let network = Network::between(own, tables(&deployment, copy)?);
        let time = Time::from(start_s);
        let entropy = drawn(seed);
        let store = Store::new(network.client(), table_names(), entropy.clone());
        let watcher = Store::new(watched, table_names(), entropy.clone());
        let now = Timestamp::from_unix_seconds_clamped(start_s);
        let data = data(prices, changes)?;
        let report = seeds::apply(&store, &data, now, entropy.as_ref()).await;
        report.map_err(|error| SetUpError(error.to_string()))?;
        let parts = (0..MACHINES).map(|number| {
            let off_s = off_s(number);
            let own = u64::try_from(number).unwrap_or(0);
            Parts {
                client: network.client(),
                clock: Arc::new(SkewedClock {
                    time: time.clone(),
                    off_s,
                }),
                entropy: drawn(seed.wrapping_add(own).wrapping_add(1)),
                lines: WorldLines {
                    kept: KeptLines::default(),
                    log_level: LogLevel::Nothing,
                },
                overrides: overrides(),
            }
        });
        Ok(Fleet {
            parts: parts.collect(),
            network,
            time,
            store,
            watcher,
            deployment,
            machines: Mutex::default(),
        })
    }

    /// Sends an event to one of the machines of its function. A machine may be killed at
    /// any moment, and its answer may be lost; a killed one is replaced.
    pub(crate) async fn call(&self, event: &serde_json::Value) -> Result<Reply, SetUpError> {
        let weather = Weather::now();
        let route = event.get("routeKey").and_then(|it| it.as_str());
        let name = self.function_of(route.unwrap_or_default())?;
        let limit = u64::try_from(MACHINES).unwrap_or(1);
        let number = usize::try_from(weather.below(limit)).unwrap_or(0);
        let handler = self.machine(&name, number)?;
        let read: Event =
            serde_json::from_value(event.clone()).map_err(|error| SetUpError(error.to_string()))?;
        let allowed = if weather.strikes("machine killed", 25) {
            Duration::from_millis(weather.below(120))
        } else {
            TIMEOUT
        };
        let working = tokio::spawn(weather.clone().over(async move { handler(read).await }));
        let stop = working.abort_handle();
        let Ok(done) = tokio::time::timeout(allowed, working).await else {
            stop.abort();
            self.replace(&name, number);
            return Ok(Reply::Lost);
        };
        let response = done.map_err(|error| SetUpError(format!("a task failed: {error}")))?;
        if weather.strikes("answer lost", 20) {
            return Ok(Reply::Lost);
        }
        Ok(Reply::Answer {
            status: response.status_code(),
            body: response.body().to_string(),
            off_s: off_s(number),
        })
    }

    /// The version of a user's account at this moment.
    pub(crate) async fn version_of(&self, user: &UserId) -> Result<u64, SetUpError> {
        let account = self.watcher.load_account(user, Consistency::Strong).await;
        let account = account.map_err(|error| SetUpError(error.to_string()))?;
        Ok(account.version)
    }

    /// Where its tables are.
    pub(crate) fn engine(&self) -> &Engine {
        self.network.engine()
    }

    /// What a machine is built from whose work goes on in tasks of its own.
    pub(crate) fn parts_in(&self, number: usize, climate: Climate) -> Option<Parts> {
        let place = number.checked_rem(self.parts.len())?;
        let parts = self.parts.get(place)?;
        Some(Parts {
            client: self.network.under(climate).client(),
            ..parts.clone()
        })
    }

    /// Somebody whose address is known.
    pub(crate) async fn introduce(&self, user: UserId, address: &str) -> Result<(), SetUpError> {
        let now = Timestamp::from_unix_seconds_clamped(self.time.now_s());
        let mut known = User::known_by_id(user, now);
        known.email = Some(address.to_string().into());
        let deadline = Deadline::after(TIMEOUT);
        let created = self.store.create(&known, deadline).await;
        let created = created.map_err(|error| SetUpError(error.to_string()));
        created.map(|_| ())
    }

    fn function_of(&self, route_key: &str) -> Result<String, SetUpError> {
        let mut routes = self.deployment.routes.iter();
        let route = routes.find(|route| route.key == route_key);
        let name = route.map(|route| route.function.clone());
        name.ok_or_else(|| SetUpError(format!("no function answers {route_key}")))
    }

    fn machine(&self, name: &str, number: usize) -> Result<Handler, SetUpError> {
        let mut machines = self.machines.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (name.to_string(), number);
        if let Some(known) = machines.get(&key) {
            return Ok(known.clone());
        }
        let mut functions = self.deployment.functions.iter();
        let function: Option<&Function> = functions.find(|it| it.name == name);
        let parts = self.parts.get(number);
        let (Some(function), Some(parts)) = (function, parts) else {
            return Err(SetUpError(format!("there is no function {name}")));
        };
        let built = parts.assemble(function);
        let built = built.map_err(|error| SetUpError(error.to_string()))?;
        let built = built.ok_or_else(|| SetUpError(format!("{name} has no route")))?;
        machines.insert(key, built.clone());
        Ok(built)
    }

    /// What a killed machine remembered is gone.
    fn replace(&self, name: &str, number: usize) {
        let mut machines = self.machines.lock().unwrap_or_else(PoisonError::into_inner);
        machines.remove(&(name.to_string(), number));
    }
}

/// By how many seconds the clock of a machine is off.
fn off_s(number: usize) -> i64 {
    [0, 290, -290].get(number).copied().unwrap_or(0)
}

pub(crate) fn drawn(seed: u64) -> SharedEntropy {
    Arc::new(Drawn::of(seed))
}

pub(crate) fn deployment() -> Result<Deployment, SetUpError> {
    let parameters = [
        ("Issuer", "http://issuer.invalid"),
        ("TokenEndpoint", "http://issuer.invalid/token"),
        ("JwksUri", "http://issuer.invalid/keys"),
        ("ScopePrefix", ""),
    ];
    let parameters = parameters.map(|(name, value)| (name.to_string(), value.to_string()));
    let template = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml"));
    let read = Deployment::read(template, &parameters.into());
    read.map_err(|error| SetUpError(error.to_string()))
}

/// Where tables are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// In this process, or at an address.
    pub(crate) address: Option<SocketAddr>,
    pub(crate) streams: Streams,
}

/// Whether tables have streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Streams {
    /// As the templates have them.
    Read,
    /// None, because nobody reads them: the embedded engine looks through all records of a
    /// table's stream at every write.
    Unread,
}

/// Empty tables, where nobody else has them.
pub(crate) fn tables(
    deployment: &Deployment,
    place: Place,
) -> Result<InProcessDynamoDb, SetUpError> {
    static TENANTS: AtomicU64 = AtomicU64::new(1);
    let engine: Engine = match place.address {
        Some(address) => {
            let number = TENANTS.fetch_add(1, Ordering::Relaxed);
            let tenant = format!("simulator{}x{number}", std::process::id());
            Elsewhere::new(address, tenant).into()
        }
        None => open(None)
            .map_err(|error| SetUpError(error.to_string()))?
            .into(),
    };
    let mut wanted = deployment.tables.clone();
    if place.streams == Streams::Unread {
        let asked = wanted.iter_mut().map(|table| &mut table.create_table);
        for asked in asked.filter_map(Value::as_object_mut) {
            asked.remove("StreamSpecification");
        }
    }
    create_tables(&engine, &wanted).map_err(|error| SetUpError(error.to_string()))?;
    Ok(InProcessDynamoDb::new(engine))
}

pub(crate) fn table_names() -> TableNames {
    TableNames {
        users: "users".into(),
        credits: "credits".into(),
        billing: "billing".into(),
        notices: "notices".into(),
    }
}

fn overrides() -> BTreeMap<String, String> {
    let own = [
        ("RATE_LIMIT_CREDITS_PER_MINUTE", "0"),
        ("RATE_LIMIT_PROFILE_PER_MINUTE", "0"),
        ("STRIPE_WEBHOOK_SECRETS", STRIPE_WEBHOOK_SECRET),
        ("STRIPE_WEBHOOK_SECRET_ARN", ""),
        ("STRIPE_KEY_SECRET_ARN", ""),
    ];
    own.map(|(name, value)| (name.to_string(), value.to_string()))
        .into()
}

/// Models and cards as everybody has them, cards that raise the rates of the model that
/// uses name again and again, and the prices of the run.
fn data(prices: &[Price], changes: &[Timestamp]) -> Result<SeedData, SetUpError> {
    let mut data = SeedData::read().map_err(|error| SetUpError(error.to_string()))?;
    let own = data.cards.iter().find(|card| card.model_id() == MODEL);
    let first = own.cloned();
    let first = first.ok_or_else(|| SetUpError(format!("{MODEL} has no card")))?;
    let mut card = first.clone();
    for change in changes {
        let id = card_id(*change).parse();
        card.id = id.map_err(|_| SetUpError(format!("{} is no card", card_id(*change))))?;
        card.effective_from = *change;
        for (name, rate) in &mut card.milli_per_million {
            let more = first.milli_per_million.get(name).copied();
            let more = rate.plus(more.unwrap_or(*rate));
            *rate = more.map_err(|error| SetUpError(error.to_string()))?;
        }
        data.cards.push(card.clone());
    }
    data.prices = prices.to_vec();
    data.users = Vec::new();
    Ok(data)
}

/// The card that begins at a moment.
pub(crate) fn card_id(from: Timestamp) -> String {
    format!("{MODEL}@{}", from.date())
}
