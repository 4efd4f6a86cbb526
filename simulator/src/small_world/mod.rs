//! The small world: two clients on one account with a few credits, every pair and triple
//! of acts, and every order in which their requests can reach the tables; for pairs also
//! with one reply lost, wherever it can be. Where two orders come to the same tables and
//! the same answers, one of them is followed.

mod acts;
mod judge;
mod turnstile;

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use shared::store::{Consistency, PRIMARY_KEY, RecentAccounts, Store};
use tokio::task::JoinSet;

pub use acts::SmallAct;

use crate::book::Violation;
use crate::clients::Failure;
use crate::fleet::{self, Place, SetUpError, Streams};
use acts::{End, Ended};
use turnstile::{Passage, Turnstile};

/// How many clients there are.
const CLIENTS: usize = 2;
/// The table that accounts and entries are in.
const TABLE: &str = "credits";

/// What the two clients do, each one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmallWorld {
    /// The acts of each client.
    pub acts: [Vec<SmallAct>; CLIENTS],
}

/// What was followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Explored {
    /// States of tables and clients, each met for the first time.
    pub states: u64,
    /// Those of them in which both clients have ended, each of which was judged.
    pub ends: u64,
}

/// Every pair of acts, and every triple of some of them of which one client takes two.
pub fn small_worlds() -> Vec<SmallWorld> {
    let (all, some) = (SmallAct::ALL, SmallAct::OF_TRIPLES);
    let mut worlds = Vec::new();
    for (place, first) in all.iter().enumerate() {
        for second in all.iter().skip(place) {
            worlds.push([vec![*first], vec![*second]]);
        }
    }
    for first in some {
        for second in some {
            for third in some {
                worlds.push([vec![first, second], vec![third]]);
            }
        }
    }
    let worlds = worlds.into_iter().map(|acts| SmallWorld { acts });
    worlds.collect()
}

impl SmallWorld {
    /// Whether a reply may be lost: in triples that would be ten times the work.
    fn may_lose(&self) -> bool {
        self.acts.iter().all(|acts| acts.len() < 2)
    }
}

/// One choice: whose request comes next, and whether its reply is lost.
type Choice = (usize, Passage);

/// Tables, and the two clients before them.
pub struct Explorer {
    runtime: tokio::runtime::Runtime,
    ground: Ground,
}

struct Ground {
    turnstile: Turnstile,
    stores: Vec<Store>,
    /// Asks the tables at once.
    watcher: Store,
    /// What stands in the tables before anybody acts.
    before: Vec<Value>,
}

impl Explorer {
    /// Tables of its own.
    pub fn new() -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build();
        let runtime = runtime.map_err(|error| Failure::SetUp(error.to_string()))?;
        let ground = runtime.block_on(Ground::new())?;
        Ok(Explorer { runtime, ground })
    }

    /// Follows every order of a world.
    pub fn explore(&self, world: &SmallWorld) -> Result<Explored, Failure> {
        self.runtime.block_on(self.ground.explore(world))
    }
}

fn odd(error: impl std::fmt::Display) -> Failure {
    Failure::SetUp(error.to_string())
}

impl Ground {
    async fn new() -> Result<Self, Failure> {
        let place = Place {
            address: None,
            streams: Streams::Unread,
        };
        let tables = fleet::tables(&fleet::deployment()?, place)?;
        let turnstile = Turnstile::before(tables);
        let entropy = fleet::drawn(1);
        let store = |number| {
            let client = turnstile.client(number);
            Store::new(client, fleet::table_names(), entropy.clone())
        };
        let mut ground = Ground {
            stores: (0..CLIENTS).map(|number| store(Some(number))).collect(),
            watcher: store(None),
            turnstile: turnstile.clone(),
            before: Vec::new(),
        };
        for command in acts::before()? {
            acts::commit(&ground.watcher, &RecentAccounts::default(), &command).await?;
        }
        ground.before = ground.stored().await?;
        Ok(ground)
    }

    /// All items of the table, sorted.
    async fn stored(&self) -> Result<Vec<Value>, Failure> {
        let scan = json!({"TableName": TABLE, "ConsistentRead": true});
        let answer = self.turnstile.ask("Scan", &scan).await.map_err(odd)?;
        let items = answer.get("Items").and_then(Value::as_array);
        let mut items = items.cloned().unwrap_or_default();
        items.sort_by_cached_key(Value::to_string);
        Ok(items)
    }

    /// Puts everything back as it was before anybody acted.
    async fn reset(&self) -> Result<(), Failure> {
        self.turnstile.clear();
        let stored = self.stored().await?;
        let changed = stored.iter().filter(|item| !self.before.contains(item));
        for item in changed {
            let key = PRIMARY_KEY.map(|name| (name.to_string(), json!(item.get(name))));
            let key: Value = key.into_iter().collect();
            let delete = json!({"TableName": TABLE, "Key": key});
            let deleted = self.turnstile.ask("DeleteItem", &delete).await;
            deleted.map_err(odd)?;
        }
        let lost = self.before.iter().filter(|item| !stored.contains(item));
        for item in lost {
            let put = json!({"TableName": TABLE, "Item": item});
            self.turnstile.ask("PutItem", &put).await.map_err(odd)?;
        }
        Ok(())
    }

    async fn explore(&self, world: &SmallWorld) -> Result<Explored, Failure> {
        let mut explored = Explored::default();
        let (mut known, mut open) = (HashSet::new(), vec![Vec::new()]);
        while let Some(prefix) = open.pop() {
            let path = self.follow(world, prefix, &mut known, &mut open, &mut explored);
            path.await?;
        }
        Ok(explored)
    }

    /// Makes the choices of a prefix, then the first of each state that is new, and notes
    /// the others.
    async fn follow(
        &self,
        world: &SmallWorld,
        prefix: Vec<Choice>,
        known: &mut HashSet<u64>,
        open: &mut Vec<Vec<Choice>>,
        explored: &mut Explored,
    ) -> Result<(), Failure> {
        self.reset().await?;
        let ended = Arc::new(AtomicUsize::new(0));
        let mut working = JoinSet::new();
        for (client, store) in self.stores.iter().enumerate() {
            let acts = world.acts.get(client).cloned().unwrap_or_default();
            let life = live(client, acts, store.clone(), self.watcher.clone());
            let ended = ended.clone();
            working.spawn(async move {
                let all = life.await;
                ended.fetch_add(1, Ordering::Relaxed);
                all
            });
        }
        let mut made: Vec<Choice> = Vec::new();
        loop {
            let waiting = self.when_all_wait(&ended).await;
            if waiting.is_empty() {
                break;
            }
            let choice = match prefix.get(made.len()) {
                Some(choice) => *choice,
                None => {
                    let mut before = made.iter();
                    let may_lose =
                        world.may_lose() && before.all(|(_, it)| *it == Passage::Answered);
                    if !known.insert(self.state(may_lose).await?) {
                        working.shutdown().await;
                        return Ok(());
                    }
                    explored.states = explored.states.saturating_add(1);
                    let mut choices = choices(&waiting, may_lose).into_iter();
                    let Some(first) = choices.next() else { break };
                    open.extend(choices.map(|other| {
                        let more = made.iter().copied();
                        more.chain([other]).collect()
                    }));
                    first
                }
            };
            made.push(choice);
            self.turnstile.let_through(choice.0, choice.1);
        }
        let mut all = Vec::new();
        while let Some(lived) = working.join_next().await {
            all.extend(lived.map_err(odd)??);
        }
        if !known.insert(self.state(false).await?) {
            return Ok(());
        }
        explored.ends = explored.ends.saturating_add(1);
        let judged = judge::judge(&self.watcher, &all).await;
        judged.map_err(|violation| {
            let what = format!("{}; {world:?}, in the order {made:?}", violation.what);
            Failure::Broken(Violation::of(violation.promise, what))
        })
    }

    /// The clients that wait, once everybody waits or has ended.
    async fn when_all_wait(&self, ended: &AtomicUsize) -> Vec<(usize, bool)> {
        loop {
            // The clock is paused: this returns when nobody else can go on.
            tokio::time::sleep(Duration::from_millis(1)).await;
            let waiting = self.turnstile.waiting();
            if waiting.len().saturating_add(ended.load(Ordering::Relaxed)) >= CLIENTS {
                return waiting;
            }
        }
    }

    /// A number for the tables and for all that clients have asked and heard.
    async fn state(&self, may_lose: bool) -> Result<u64, Failure> {
        let mut hasher = DefaultHasher::new();
        for item in self.stored().await? {
            item.to_string().hash(&mut hasher);
        }
        (self.turnstile.heard(), may_lose).hash(&mut hasher);
        Ok(hasher.finish())
    }
}

fn choices(waiting: &[(usize, bool)], may_lose: bool) -> Vec<Choice> {
    let answered = waiting
        .iter()
        .map(|(client, _)| (*client, Passage::Answered));
    let lost = waiting.iter().filter(|(_, is_write)| may_lose && *is_write);
    let lost = lost.map(|(client, _)| (*client, Passage::ReplyLost));
    answered.chain(lost).collect()
}

/// The acts of one client, one after the other.
async fn live(
    client: usize,
    acts: Vec<SmallAct>,
    store: Store,
    watcher: Store,
) -> Result<Vec<Ended>, Failure> {
    let recent = RecentAccounts::default();
    let mut all = Vec::new();
    for (number, act) in acts.into_iter().enumerate() {
        let commands = acts::commands(act, &format!("c{client}-{number}"))?;
        let first = version(&watcher).await?;
        let ends: Vec<End> = match commands.as_slice() {
            [command] => vec![acts::commit(&store, &recent, command).await?],
            several => acts::commit_all(&store, &recent, several).await?,
        };
        let versions = (first, version(&watcher).await?);
        let ended = commands.into_iter().zip(ends).map(|(command, end)| Ended {
            command,
            end,
            versions,
        });
        all.extend(ended);
    }
    Ok(all)
}

async fn version(watcher: &Store) -> Result<u64, Failure> {
    let account = watcher
        .load_account(&acts::user()?, Consistency::Strong)
        .await;
    let account = account.map_err(|error| SetUpError(error.to_string()))?;
    Ok(account.version)
}
