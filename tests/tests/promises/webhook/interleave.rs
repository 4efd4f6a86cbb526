//! Tasks that take turns, request by request, in every order there is.
//!
//! Each has a connection of its own on which a request waits until it may
//! pass. A run follows a list of turns; the next run differs from it in the
//! last turn that can be another one. Two requests that change nothing may be
//! swapped without anybody noticing, so of orders that differ in such swaps
//! alone one is run ("sleep sets" in the literature on model checking).

use std::collections::BTreeMap;
use std::future::Future;

use local::dynamodb::{InProcessDynamoDb, Steps};
use shared::store::Store;
use tokio::task::JoinHandle;

use super::ground::{Ground, store_on};

/// A task that waits for its turn before each of its requests.
pub(crate) struct Player<T> {
    connection: InProcessDynamoDb,
    steps: Steps,
    task: JoinHandle<T>,
    passed: usize,
    came_to: Option<T>,
}

impl<T: Send + 'static> Player<T> {
    /// Starts a task on a ground.
    pub(crate) fn start<F>(ground: &Ground, work: impl FnOnce(Store) -> F) -> Self
    where
        F: Future<Output = T> + Send + 'static,
    {
        let connection = ground.connection();
        let steps = connection.faults().step_by_step();
        let task = tokio::spawn(work(store_on(&connection)));
        Player {
            connection,
            steps,
            task,
            passed: 0,
            came_to: None,
        }
    }

    /// Goes on until its next request waits or it is done.
    async fn come(&mut self) {
        if self.came_to.is_some() {
            return;
        }
        tokio::select! {
            biased;
            result = &mut self.task => self.came_to = Some(result.unwrap()),
            () = self.steps.arrived(self.passed + 1) => {}
        }
    }

    /// Lets its request pass; whether that changed anything.
    async fn pass(&mut self) -> bool {
        let before = self.connection.meter().snapshot().total.write_units;
        self.steps.let_pass(1);
        self.passed += 1;
        self.come().await;
        self.connection.meter().snapshot().total.write_units != before
    }
}

/// A moment at which several tasks wait, and which of them were let pass there.
#[derive(Debug)]
struct Turn {
    /// Who may pass here.
    candidates: Vec<usize>,
    /// Whose request at this moment need not be tried: it was, just before, and
    /// what happened since did not touch it.
    asleep: BTreeMap<usize, bool>,
    /// Whom it was tried with, and whether that changed anything.
    tried: BTreeMap<usize, bool>,
    chosen: usize,
}

impl Turn {
    fn next(&self) -> Option<usize> {
        let mut candidates = self.candidates.iter().copied();
        candidates.find(|task| !self.tried.contains_key(task))
    }
}

/// Which orders are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Orders {
    /// Those that differ in more than swaps nobody notices.
    Distinct,
    /// Every single one.
    All,
}

/// All orders, walked through depth first.
#[derive(Debug)]
struct Walk {
    turns: Vec<Turn>,
    orders: Orders,
}

impl Walk {
    /// Plays the tasks in the order of this walk, and beyond it in the first
    /// one that is new. False if all of that was seen before.
    async fn play<T: Send + 'static>(&mut self, players: &mut [Player<T>]) -> bool {
        let mut asleep = BTreeMap::new();
        for depth in 0.. {
            let mut waiting = Vec::new();
            for (number, player) in players.iter_mut().enumerate() {
                player.come().await;
                if player.came_to.is_none() {
                    waiting.push(number);
                }
            }
            if waiting.is_empty() {
                return true;
            }
            if depth == self.turns.len() {
                waiting.retain(|task| !asleep.contains_key(task));
                let Some(first) = waiting.first().copied() else {
                    return false;
                };
                self.turns.push(Turn {
                    candidates: waiting,
                    asleep,
                    tried: BTreeMap::new(),
                    chosen: first,
                });
            }
            let turn = &mut self.turns[depth];
            let chosen = turn.chosen;
            let changed = players[chosen].pass().await;
            turn.tried.insert(chosen, changed);
            let others = turn.asleep.iter().chain(&turn.tried);
            asleep = others
                .filter(|(task, theirs)| **task != chosen && !changed && !**theirs)
                .filter(|_| self.orders == Orders::Distinct)
                .map(|(task, theirs)| (*task, *theirs))
                .collect();
        }
        true
    }

    /// On to the next order; false if there is none.
    fn advance(&mut self) -> bool {
        while let Some(turn) = self.turns.last_mut() {
            if let Some(next) = turn.next() {
                turn.chosen = next;
                return true;
            }
            self.turns.pop();
        }
        false
    }
}

/// How much was played.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Played {
    /// Orders that were played to their end.
    pub(crate) orders: usize,
    /// Beginnings of orders that turned out to be swaps of others.
    pub(crate) left_out: usize,
}

/// Plays tasks in every order of their requests, each time on a ground of its
/// own, and shows `check` what each order came to.
pub(crate) async fn every_interleaving<T: Send + 'static>(
    orders: Orders,
    mut stage: impl FnMut() -> (Ground, Vec<Player<T>>),
    mut check: impl AsyncFnMut(Ground, Vec<T>, &str),
) -> Played {
    let mut walk = Walk {
        turns: Vec::new(),
        orders,
    };
    let mut played = Played::default();
    loop {
        let (ground, mut players) = stage();
        if walk.play(&mut players).await {
            played.orders += 1;
            let turns = walk.turns.iter();
            let turns: String = turns.map(|turn| turn.chosen.to_string()).collect();
            let came_to = players.into_iter().map(|player| player.came_to.unwrap());
            check(ground, came_to.collect(), &turns).await;
        } else {
            played.left_out += 1;
            players.iter().for_each(|player| player.task.abort());
        }
        if !walk.advance() {
            return played;
        }
    }
}
