//! The machines: as many processes of each function as are needed at once, kept while they
//! live. A request may be drawn to lose its machine before it answers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use serde_json::Value;

use crate::lambda::{Program, Sandbox};

/// The longest that a kill waits: about as long as a request takes on a busy machine.
const WAITS_US: u64 = 6_000;
/// In so many thousand requests one is drawn to lose its machine.
const DRAWN: u64 = 300;

/// Numbers from a seed (xorshift64*).
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn of(seed: u64) -> Self {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        random.below(2);
        random
    }

    /// A number from 0 up to below `limit`.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit
    }
}

/// An answer of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u64,
    pub(super) body: String,
    pub(super) is_replayed: bool,
}

pub(super) struct Fleet {
    build: PathBuf,
    variables: Vec<(String, String)>,
    idle: Mutex<BTreeMap<&'static str, Vec<Sandbox>>>,
    to_kill: AtomicU32,
    killed: AtomicU32,
    started: AtomicU32,
    answered: AtomicU32,
    unanswered: AtomicU32,
}

impl Fleet {
    /// Functions of SAM's build, of which so many processes are killed.
    pub(super) fn of(build: &Path, variables: Vec<(String, String)>, to_kill: u32) -> Self {
        Fleet {
            build: build.to_path_buf(),
            variables,
            idle: Mutex::default(),
            to_kill: to_kill.into(),
            killed: 0.into(),
            started: 0.into(),
            answered: 0.into(),
            unanswered: 0.into(),
        }
    }

    /// Sends an event to a machine of a function; none if nobody answered.
    pub(super) async fn ask(
        &self,
        function: &'static str,
        event: &Bytes,
        random: &mut Random,
    ) -> Option<Answer> {
        let mut machine = self.machine(function).await;
        let is_drawn = random.below(1_000) < DRAWN && !self.has_killed_all();
        let after = Duration::from_micros(random.below(WAITS_US));
        let answered = if is_drawn {
            tokio::select! {
                // What is answered in time is not killed.
                biased;
                answered = machine.invoke(event) => Some(answered),
                () = tokio::time::sleep(after) => None,
            }
        } else {
            Some(machine.invoke(event).await)
        };
        let Some(answered) = answered else {
            machine.kill().await.unwrap();
            self.killed.fetch_add(1, Relaxed);
            let _ = self
                .to_kill
                .fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
            self.unanswered.fetch_add(1, Relaxed);
            return None;
        };
        let (answer, _) = answered.unwrap();
        self.keep(function, machine);
        self.answered.fetch_add(1, Relaxed);
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        Some(Answer {
            status: answer["statusCode"].as_u64().unwrap(),
            body: answer["body"].as_str().unwrap_or_default().to_string(),
            is_replayed: answer["headers"]["idempotent-replayed"] == "true",
        })
    }

    async fn machine(&self, function: &'static str) -> Sandbox {
        let idle = self.lock().get_mut(function).and_then(Vec::pop);
        if let Some(idle) = idle {
            return idle;
        }
        self.started.fetch_add(1, Relaxed);
        let bootstrap = self.build.join(function).join("bootstrap");
        let program = Program {
            command: vec![bootstrap.display().to_string()],
            folder: None,
            variables: self.variables.clone(),
        };
        Sandbox::start(&program, None).await.unwrap()
    }

    fn keep(&self, function: &'static str, machine: Sandbox) {
        self.lock().entry(function).or_default().push(machine);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, Vec<Sandbox>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether as many were killed as should be.
    pub(super) fn has_killed_all(&self) -> bool {
        self.to_kill.load(Relaxed) == 0
    }

    /// From now on nobody is killed, and every machine is a new one.
    pub(super) fn is_calm(&self) {
        self.to_kill.store(0, Relaxed);
        self.lock().clear();
    }

    pub(super) fn killed(&self) -> u32 {
        self.killed.load(Relaxed)
    }

    pub(super) fn started(&self) -> u32 {
        self.started.load(Relaxed)
    }

    pub(super) fn answered(&self) -> u32 {
        self.answered.load(Relaxed)
    }

    pub(super) fn unanswered(&self) -> u32 {
        self.unanswered.load(Relaxed)
    }
}
