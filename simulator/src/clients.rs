//! Who acts: services, users, operators and Stripe, each trying again as a real one does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use local::STRIPE_WEBHOOK_SECRET;
use local::stripe::sign;
use shared::domain::{
    Action, Adjustment, Command as Decided, Credits, Digest, EntryKey, Erasable, Grant,
    IdempotencyKey, LotKind, LotTerms, ResetDay, Timestamp, UserId,
};
use shared::host::clock::Deadline;
use shared::store::{CommitError, CommitRequest};

use crate::book::{Book, Violation};
use crate::checks;
use crate::faults::Weather;
use crate::fleet::{Fleet, Reply, SetUpError};
use crate::money::Merchant;
use crate::plan::{Act, Step};
use crate::random::Random;
use crate::refusals::{Refusals, Window};
use crate::requests::{self, Command, key_of, user_name};

/// How often a client tries before it waits for calm weather.
const TRIES: u32 = 4;
/// How often one tries in calm weather: more than any limit of the product.
pub(crate) const CALM_TRIES: u32 = 30;
/// How long an operator waits.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a run ended before its plan did.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// A promise was broken.
    #[error(transparent)]
    Broken(#[from] Violation),
    /// The run could not be set up.
    #[error("{0}")]
    SetUp(String),
}

impl From<SetUpError> for Failure {
    fn from(error: SetUpError) -> Self {
        Failure::SetUp(error.to_string())
    }
}

/// Everybody, what they know, and the machines between them.
pub(crate) struct Clients {
    pub(crate) fleet: Fleet,
    pub(crate) merchant: Merchant,
    pub(crate) book: Mutex<Book>,
    pub(crate) refusals: Mutex<Refusals>,
    /// The events that were answered 200: Stripe need not deliver them again.
    pub(crate) taken: Mutex<BTreeSet<String>>,
    /// The commands of steps, for those that repeat one.
    pub(crate) commands: BTreeMap<u32, Command>,
}

/// How one call ended for its client.
enum Ended {
    Decided(u16, String),
    Unknown,
}

/// How one call about a user's account ended: with its answer, and what may have been so
/// for the machine that gave it.
enum Told {
    Decided(u16, String, Window),
    Unknown,
}

pub(crate) fn user_id(name: &str) -> Result<UserId, Violation> {
    let parsed = name.parse();
    parsed.map_err(|_| Violation::of("a user has an id", name))
}

impl Clients {
    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds_clamped(self.fleet.time.now_s())
    }

    pub(crate) fn refusals(&self) -> MutexGuard<'_, Refusals> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn taken(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an event was answered 200.
    pub(crate) fn is_taken(&self, body: &str) -> bool {
        self.taken().contains(body)
    }

    /// Takes a step; returns the command of which the client does not know the end.
    pub(crate) async fn step(&self, step: &Step) -> Result<Option<Command>, Failure> {
        match &step.act {
            Act::Again(of) => match self.commands.get(of) {
                Some(command) => self.command(command).await,
                None => Ok(None),
            },
            Act::OtherUnder(of, amount) => {
                let command = Command::other_under(*of, *amount, step.user);
                self.command(&command).await
            }
            Act::Read => self.read(step.user).await.map(|()| None),
            Act::Prefer(on) => self.prefer(step.user, *on).await.map(|()| None),
            Act::Give(amount, days) => {
                let action = self.given(step, *amount, *days)?;
                self.operate(step, action).await.map(|()| None)
            }
            Act::Take(amount) => {
                let amount = milli(*amount);
                let action = Action::Adjust(Adjustment::Take { amount });
                self.operate(step, action).await.map(|()| None)
            }
            Act::Deliver(number) => self.deliver_one(*number).await.map(|()| None),
            Act::Charge(_)
            | Act::Use(..)
            | Act::Batch(_)
            | Act::Hold(..)
            | Act::Estimate(..)
            | Act::Report(..)
            | Act::Extend(..)
            | Act::Commit(..)
            | Act::CommitUse(..)
            | Act::Release(_) => match self.commands.get(&step.number) {
                Some(command) => self.command(command).await,
                None => Ok(None),
            },
        }
    }

    /// Sends an event until it is answered with something else than "try again".
    async fn ask(&self, event: &serde_json::Value, tries: u32) -> Result<Ended, Failure> {
        for _ in 0..tries {
            if let Some((status, body)) = decided(self.fleet.call(event).await?).await? {
                return Ok(Ended::Decided(status, body));
            }
        }
        Ok(Ended::Unknown)
    }

    /// The same for a command, watching its account.
    async fn tell(&self, command: &Command, tries: u32) -> Result<Told, Failure> {
        let user = user_id(&command.user)?;
        let event = command.event();
        for _ in 0..tries {
            let (before, from) = (self.fleet.version_of(&user).await?, self.fleet.time.now_s());
            let reply = self.fleet.call(&event).await?;
            let off_s = match &reply {
                Reply::Answer { off_s, .. } => *off_s,
                Reply::Lost => 0,
            };
            let (after, to) = (self.fleet.version_of(&user).await?, self.fleet.time.now_s());
            if let Some((status, body)) = decided(reply).await? {
                let window = Window {
                    versions: (before, after),
                    seconds: (from.saturating_add(off_s), to.saturating_add(off_s)),
                };
                return Ok(Told::Decided(status, body, window));
            }
        }
        Ok(Told::Unknown)
    }

    /// Sends a command; returns it if its end stays unknown.
    async fn command(&self, command: &Command) -> Result<Option<Command>, Failure> {
        let was_done = self.done_before(command);
        match self.tell(command, TRIES).await? {
            Told::Unknown => Ok(Some(command.clone())),
            Told::Decided(status, body, window) => {
                self.note(command, &was_done, (status, &body), window)?;
                Ok(None)
            }
        }
    }

    /// The keys of a command that were answered as done.
    fn done_before(&self, command: &Command) -> BTreeSet<String> {
        let of_batch = command.body.get("charges").and_then(|it| it.as_array());
        let of_batch = of_batch.into_iter().flatten();
        let of_batch = of_batch.filter_map(|charge| charge.get("idempotencyKey")?.as_str());
        let keys = command.key.iter().map(String::as_str).chain(of_batch);
        let book = self.book();
        let done = keys.filter(|key| book.is_done(&command.user, key));
        done.map(str::to_string).collect()
    }

    fn note(
        &self,
        command: &Command,
        was_done: &BTreeSet<String>,
        (status, body): (u16, &str),
        window: Window,
    ) -> Result<(), Violation> {
        checks::answer(body)?;
        if Refusals::is_one(body) {
            self.refusals().note(&command.user, window, body)?;
        }
        let mut book = self.book();
        if command.key.is_some() {
            return book.note(command, !was_done.is_empty(), status, body);
        }
        match status {
            200 => book.note_batch(command, |key| was_done.contains(key), body),
            _ => Ok(()),
        }
    }

    /// Asks in calm weather how a command ended.
    pub(crate) async fn settle(&self, command: &Command) -> Result<(), Failure> {
        let was_done = self.done_before(command);
        match self.tell(command, CALM_TRIES).await? {
            Told::Decided(status, body, window) => {
                Ok(self.note(command, &was_done, (status, &body), window)?)
            }
            Told::Unknown => {
                let what = format!("{command:?}");
                Err(Violation::of("in calm weather every command is decided", what).into())
            }
        }
    }

    async fn read(&self, user: usize) -> Result<(), Failure> {
        let name = user_name(user);
        let reads = [
            ("GET /api/user/credits", "credits.read"),
            ("GET /api/user", "user.info credits.read"),
            ("GET /api/user/credits/history", "credits.read"),
            ("GET /api/user/usage", "credits.read"),
        ];
        for (route, scope) in reads {
            let event = requests::of_user(&name, route, scope, None);
            match self.ask(&event, 1).await? {
                Ended::Decided(200, body) => checks::answer(&body)?,
                Ended::Decided(status, body) => {
                    let what = format!("{route}: {status} {body}");
                    return Err(Violation::of("a read is answered", what).into());
                }
                Ended::Unknown => {}
            }
        }
        Ok(())
    }

    async fn prefer(&self, user: usize, on: bool) -> Result<(), Failure> {
        let change = serde_json::json!({"usageAlerts": on});
        let route = "PATCH /api/user/preferences";
        let scope = "user.info";
        let event = requests::of_user(&user_name(user), route, scope, Some(&change));
        match self.ask(&event, TRIES).await? {
            Ended::Decided(200, _) | Ended::Unknown => Ok(()),
            Ended::Decided(status, body) => {
                let what = format!("{status} {body}");
                Err(Violation::of("preferences can be changed", what).into())
            }
        }
    }

    fn given(&self, step: &Step, amount: u64, days: u32) -> Result<Action, Violation> {
        let id = format!("ops:{}", key_of(step.number)).parse();
        let id = id.map_err(|_| Violation::of("a lot has a name", key_of(step.number)))?;
        let now = self.now();
        let terms = LotTerms {
            id,
            kind: LotKind::Promo,
            starts_at: now,
            expires_at: Some(now.plus_seconds(i64::from(days).saturating_mul(86_400))),
            monthly_allocation: Credits::ZERO,
            reset_day_of_month: ResetDay::FIRST,
            rollover: None,
        };
        let lot = Grant {
            terms,
            amount: milli(amount),
            clawed_back: Credits::ZERO,
        };
        Ok(Action::Grant {
            lots: vec![lot],
            schedules: Vec::new(),
        })
    }

    /// An operator's command; what it meets on its way decides whether it is done, and a
    /// refusal is nothing special.
    async fn operate(&self, step: &Step, action: Action) -> Result<(), Failure> {
        let user = user_id(&user_name(step.user))?;
        let key: Result<IdempotencyKey, _> = key_of(step.number).parse();
        let key = key.map_err(|_| Violation::of("a key is a key", key_of(step.number)))?;
        let command = Decided {
            key: EntryKey::Ops(key),
            request_hash: Digest::from_bytes([1; 32]),
            actor: Erasable::new("an operator", [7; 16]),
            label: None,
            action,
        };
        let request = CommitRequest {
            user_id: &user,
            command: &command,
            guess: None,
            now: self.now(),
            deadline: Deadline::after(Duration::from_secs(10)),
        };
        let committed = tokio::time::timeout(PATIENCE, self.fleet.store.commit(request)).await;
        match committed {
            // Who waits for ever presses Ctrl-C.
            Err(_) => Ok(()),
            Ok(Ok(_) | Err(CommitError::Refused(_) | CommitError::Store(_))) => Ok(()),
            Ok(Err(other)) => {
                Err(Violation::of("an operator's key is its own", other.to_string()).into())
            }
        }
    }

    /// Delivers one of the events that have happened by now, mostly one that was not taken
    /// yet; Stripe tries later what was not taken.
    async fn deliver_one(&self, number: u64) -> Result<(), Failure> {
        let now = self.fleet.time.now_s();
        let mut random = Random::new(number);
        let is_again = random.chance(250);
        let events = self.merchant.events.iter();
        let happened: Vec<&String> = events
            .filter(|(at, body)| *at <= now && (is_again || !self.is_taken(body)))
            .map(|(_, body)| body)
            .collect();
        match happened.get(random.place(happened.len())) {
            Some(body) => self.deliver(body, 2).await.map(|_| ()),
            None => Ok(()),
        }
    }

    /// Whether an event was taken. Stripe signs each attempt anew; a machine whose clock
    /// is off may find one too old all the same.
    pub(crate) async fn deliver(&self, body: &str, tries: u32) -> Result<bool, Failure> {
        for _ in 0..tries {
            let signature = sign(STRIPE_WEBHOOK_SECRET, self.now(), body.as_bytes());
            match self.ask(&requests::delivery(body, &signature), 1).await? {
                Ended::Decided(200, _) => {
                    self.taken().insert(body.to_string());
                    return Ok(true);
                }
                Ended::Unknown => {}
                Ended::Decided(400, answer) if answer.contains("too far from now") => {}
                Ended::Decided(status, answer) => {
                    let what = format!("{status} {answer}: {body}");
                    return Err(Violation::of("what Stripe signs is taken", what).into());
                }
            }
        }
        Ok(false)
    }
}

/// What a reply says, unless it says "try again", or nothing: then it waits a little.
async fn decided(reply: Reply) -> Result<Option<(u16, String)>, Violation> {
    match reply {
        Reply::Answer {
            status: 500, body, ..
        } => Err(Violation::of("no request is answered 500", body)),
        Reply::Answer { status, body, .. } if !matches!(status, 429 | 502..=504) => {
            Ok(Some((status, body)))
        }
        Reply::Answer { .. } | Reply::Lost => {
            let pause = Duration::from_millis(20 + Weather::now().below(400));
            tokio::time::sleep(pause).await;
            Ok(None)
        }
    }
}

fn milli(amount: u64) -> Credits {
    Credits::from_milli(i64::try_from(amount).unwrap_or(0))
}
