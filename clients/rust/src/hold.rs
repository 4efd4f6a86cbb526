//! A hold in the hands of a service: it reports in the background, is committed once, and is released when it is
//! dropped.
//!
//! What a guard never does is to release a hold whose commit may have been carried out, or may still be: such a hold
//! is left to its expiry, and can be committed under the same key for a day after it.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;

use crate::answers::Held;
use crate::background::Background;
use crate::commands::Commands;
use crate::error::{Error, ErrorKind};
use crate::requests::{HoldTerms, IdempotencyKey, Spending};
use crate::tokens::TokenError;

/// An open hold. Dropping it releases the credits in the background, on the runtime that opened it. If that runtime
/// is shut down first, or the process ends, nothing is sent: then the hold expires by itself, as its terms say.
#[derive(Debug)]
pub struct HoldGuard {
    shared: Arc<Shared>,
    opened: Held,
}

#[derive(Debug)]
struct Shared {
    commands: Commands,
    background: Background,
    runtime: Handle,
    user_id: String,
    hold_id: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    stage: Stage,
    /// Whether the guard is gone.
    is_dropped: bool,
    /// The last commit and its key: asked for again, it is the same command.
    commit: Option<(Spending, IdempotencyKey)>,
    /// The newest report that was not sent yet.
    report: Option<Spending>,
    is_reporting: bool,
    report_error: Option<Error>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Open,
    /// A commit is under way.
    Committing,
    /// A commit may have been carried out.
    Unknown,
    /// Committed, released, or left to its expiry.
    Closed,
}

/// Opens a hold as a task of its own, so that a caller who gives up leaves no hold behind.
pub(crate) async fn open(
    commands: Commands,
    background: Background,
    user_id: String,
    terms: HoldTerms,
) -> Result<HoldGuard, Error> {
    let runtime = Handle::current();
    let key = IdempotencyKey::unique();
    let shared = Arc::new(Shared {
        commands,
        background,
        runtime: runtime.clone(),
        user_id,
        hold_id: key.to_string(),
        state: Mutex::default(),
    });
    let piece = shared.background.begin();
    let task = runtime.spawn(async move {
        let opened = shared.open(&key, &terms).await;
        // If nobody takes the guard, it is dropped before its work counts as done.
        (opened, piece)
    });
    match task.await {
        Ok((opened, _)) => opened,
        Err(_) => Err(interrupted()),
    }
}

impl HoldGuard {
    /// The hold's id.
    pub fn id(&self) -> &str {
        &self.shared.hold_id
    }

    /// The answer that opened it.
    pub fn opened(&self) -> &Held {
        &self.opened
    }

    /// Reports the use so far, in the background. One report is under way at a time; of those that wait, the newest
    /// is sent. A report that fails is given up: see [`report_error`](HoldGuard::report_error).
    pub fn report(&self, spending: Spending) {
        let begins = self.shared.with(|state| {
            if state.stage != Stage::Open {
                return false;
            }
            state.report = Some(spending);
            !std::mem::replace(&mut state.is_reporting, true)
        });
        if begins {
            let shared = self.shared.clone();
            let work = async move { shared.send_reports().await };
            self.shared.background.spawn(&self.shared.runtime, work);
        }
    }

    /// Why the last report failed, if it did.
    pub fn report_error(&self) -> Option<Error> {
        self.shared.with(|state| state.report_error.clone())
    }

    /// Has the hold expire so many seconds from now, never earlier than before.
    pub async fn extend(&self, ttl_seconds: u32) -> Result<Held, Error> {
        let key = IdempotencyKey::unique();
        let commands = &self.shared.commands;
        commands.extend(self.shared.hold(), &key, ttl_seconds).await
    }

    /// Charges what was used and frees the rest. It goes on even if the caller gives up waiting. Called again with
    /// the same spending it is the same command, with the same answer.
    ///
    /// After an error with [`outcome_is_unknown`](Error::outcome_is_unknown), dropping the guard no longer releases
    /// the hold: call this again. After any other error the hold is open as before.
    pub async fn commit(&mut self, spending: &Spending) -> Result<Held, Error> {
        let key = self.shared.begin_commit(spending);
        let (shared, spending) = (self.shared.clone(), spending.clone());
        let piece = shared.background.begin();
        let task = self.shared.runtime.spawn(async move {
            let committed = shared.commands.commit(shared.hold(), &key, &spending).await;
            shared.end_commit(&committed);
            drop(piece);
            committed
        });
        task.await.unwrap_or_else(|_| Err(interrupted()))
    }

    /// Frees all of it now, and waits for the answer.
    pub async fn release(self) -> Result<Held, Error> {
        let key = IdempotencyKey::unique();
        self.shared.with(|state| state.report = None);
        let released = self
            .shared
            .commands
            .release(self.shared.hold(), &key)
            .await?;
        self.shared.with(|state| state.stage = Stage::Closed);
        Ok(released)
    }

    /// Leaves the hold open and hands back its id; somebody else commits it, or it expires.
    pub fn leave_open(self) -> String {
        self.shared.with(|state| state.stage = Stage::Closed);
        self.shared.hold_id.clone()
    }
}

impl Drop for HoldGuard {
    fn drop(&mut self) {
        let is_open = self.shared.with(|state| {
            state.is_dropped = true;
            state.report = None;
            let is_open = state.stage == Stage::Open;
            if is_open {
                state.stage = Stage::Closed;
            }
            is_open
        });
        if is_open {
            self.shared.release_in_background();
        }
    }
}

impl Shared {
    fn hold(&self) -> (&str, &str) {
        (&self.user_id, &self.hold_id)
    }

    async fn open(
        self: Arc<Self>,
        key: &IdempotencyKey,
        terms: &HoldTerms,
    ) -> Result<HoldGuard, Error> {
        match self.commands.hold(&self.user_id, key, terms).await {
            Ok(opened) => Ok(HoldGuard {
                shared: self,
                opened,
            }),
            Err(error) => {
                // It may have been opened all the same.
                if error.outcome_is_unknown {
                    self.release_in_background();
                }
                Err(error)
            }
        }
    }

    fn release_in_background(self: &Arc<Self>) {
        let shared = self.clone();
        let work = async move {
            let key = IdempotencyKey::unique();
            // What cannot be released expires.
            let _ = shared.commands.release(shared.hold(), &key).await;
        };
        self.background.spawn(&self.runtime, work);
    }

    async fn send_reports(&self) {
        let next = || {
            self.with(|state| {
                let next = state.report.take();
                state.is_reporting = next.is_some();
                next
            })
        };
        while let Some(spending) = next() {
            let key = IdempotencyKey::unique();
            let reported = self.commands.report(self.hold(), &key, &spending).await;
            self.with(|state| state.report_error = reported.err());
        }
    }

    fn begin_commit(&self, spending: &Spending) -> IdempotencyKey {
        self.with(|state| {
            state.report = None;
            if state.stage != Stage::Closed {
                state.stage = Stage::Committing;
            }
            let same = state.commit.as_ref();
            let same = same.filter(|(committed, _)| committed == spending);
            let key = match same {
                Some((_, key)) => key.clone(),
                None => IdempotencyKey::unique(),
            };
            state.commit = Some((spending.clone(), key.clone()));
            key
        })
    }

    fn end_commit(self: &Arc<Self>, committed: &Result<Held, Error>) {
        let stage = match committed {
            Ok(_) => Stage::Closed,
            Err(error) if error.outcome_is_unknown => Stage::Unknown,
            Err(_) => Stage::Open,
        };
        let is_abandoned = self.with(|state| {
            if state.stage != Stage::Closed {
                state.stage = stage;
            }
            state.stage == Stage::Open && state.is_dropped
        });
        if is_abandoned {
            self.release_in_background();
        }
    }

    fn with<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The runtime shut down while a task of it was awaited.
fn interrupted() -> Error {
    Error {
        outcome_is_unknown: true,
        ..ErrorKind::Token(TokenError::Unavailable("the runtime shut down".into())).into()
    }
}
