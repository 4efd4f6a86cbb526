//! What clients of the small world do, with amounts of one or two credits.

use shared::domain::{
    Action, Adjustment, Command, Credits, Digester, Entry, EntryKey, Erasable, Grant, HoldId,
    LotKind, LotTerms, OnExpiry, ResetDay, Timestamp, Usage, UserId,
};
use shared::host::clock::Deadline;
use shared::store::{CommitAllRequest, CommitError, CommitRequest, RecentAccounts, Refused, Store};

use crate::book::Violation;

/// Whose account it is.
const USER: &str = "user-1";
/// The client of all commands: two processes of one service.
const CLIENT: &str = "inference-service";
/// The key under which several acts ask for different things.
const SHARED_KEY: &str = "shared";

/// One act of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmallAct {
    /// Charges so many credits.
    Charge(i64),
    /// Charges so many under the key that several use.
    ChargeUnderShared(i64),
    /// Charges one under the shared key and two under its own, in one batch.
    Batch,
    /// Holds two.
    Hold,
    /// Commits so many on the hold that is open.
    Commit(i64),
    /// Releases it.
    Release,
    /// Reports a use of two on it.
    Report,
    /// Extends it.
    Extend,
    /// An operator gives one.
    Give,
    /// An operator takes two.
    Take,
}

impl SmallAct {
    /// All of them.
    pub const ALL: [SmallAct; 13] = [
        SmallAct::Charge(1),
        SmallAct::Charge(2),
        SmallAct::ChargeUnderShared(1),
        SmallAct::ChargeUnderShared(2),
        SmallAct::Batch,
        SmallAct::Hold,
        SmallAct::Commit(1),
        SmallAct::Commit(2),
        SmallAct::Release,
        SmallAct::Report,
        SmallAct::Extend,
        SmallAct::Give,
        SmallAct::Take,
    ];
    /// One of each kind that decides by itself whether it is allowed.
    pub const OF_TRIPLES: [SmallAct; 8] = [
        SmallAct::Charge(2),
        SmallAct::ChargeUnderShared(1),
        SmallAct::ChargeUnderShared(2),
        SmallAct::Batch,
        SmallAct::Hold,
        SmallAct::Commit(2),
        SmallAct::Release,
        SmallAct::Give,
    ];
}

/// How a command ended for its client.
#[derive(Clone, Debug)]
pub(super) enum End {
    Done(Box<Entry>),
    Refused(String),
    KeyReused,
}

/// A command, how it ended, and the versions of the account before and after it.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub(super) command: Command,
    pub(super) end: End,
    pub(super) versions: (u64, u64),
}

/// The time of everything: the small world has no clock.
pub(super) fn now() -> Timestamp {
    // 10 March 2026, noon.
    Timestamp::from_unix_seconds_clamped(1_773_144_000)
}

fn parsed<T: std::str::FromStr>(text: &str) -> Result<T, Violation> {
    let parsed = text.parse();
    parsed.map_err(|_| Violation::of("the small world's names are names", text))
}

pub(super) fn user() -> Result<UserId, Violation> {
    parsed(USER)
}

fn credits(whole: i64) -> Credits {
    Credits::from_milli(whole.saturating_mul(1_000))
}

fn charge(whole: i64) -> Action {
    Action::Charge {
        amount: credits(whole),
        usage: Usage::default(),
    }
}

fn hold(key: &str) -> Result<HoldId, Violation> {
    Ok(HoldId {
        client: parsed(CLIENT)?,
        key: parsed(key)?,
    })
}

fn opened(key: &str, whole: i64) -> Result<Action, Violation> {
    Ok(Action::Hold {
        hold: hold(key)?,
        amount: credits(whole),
        ttl_seconds: 300,
        on_expiry: OnExpiry::Release,
    })
}

fn command(key: &str, action: Action) -> Result<Command, Violation> {
    let mut digester = Digester::new("small/1");
    digester.text("action", &format!("{action:?}"));
    let is_operators = matches!(&action, Action::Grant { .. } | Action::Adjust(_));
    let key = if is_operators {
        EntryKey::Ops(parsed(key)?)
    } else {
        EntryKey::Api {
            client: parsed(CLIENT)?,
            key: parsed(key)?,
        }
    };
    Ok(Command {
        key,
        request_hash: digester.finish(),
        actor: Erasable::new(CLIENT, [7; 16]),
        label: None,
        action,
    })
}

/// What has happened before: all but three of the free credits are spent, and one of
/// them is held.
pub(super) fn before() -> Result<Vec<Command>, Violation> {
    Ok(vec![
        command("spent", charge(1_997))?,
        command("held", opened("held", 1)?)?,
    ])
}

/// The commands of an act, under a key of its own.
pub(super) fn commands(act: SmallAct, key: &str) -> Result<Vec<Command>, Violation> {
    let one = |action| Ok(vec![command(key, action)?]);
    match act {
        SmallAct::Charge(whole) => one(charge(whole)),
        SmallAct::ChargeUnderShared(whole) => Ok(vec![command(SHARED_KEY, charge(whole))?]),
        SmallAct::Batch => Ok(vec![
            command(SHARED_KEY, charge(1))?,
            command(key, charge(2))?,
        ]),
        SmallAct::Hold => one(opened(key, 2)?),
        SmallAct::Commit(whole) => one(Action::Commit {
            hold: hold("held")?,
            amount: credits(whole),
            usage: Usage::default(),
        }),
        SmallAct::Release => one(Action::Release {
            hold: hold("held")?,
        }),
        SmallAct::Report => one(Action::Report {
            hold: hold("held")?,
            amount: credits(2),
            usage: Usage::default(),
        }),
        SmallAct::Extend => one(Action::Extend {
            hold: hold("held")?,
            ttl_seconds: 600,
        }),
        SmallAct::Give => {
            let terms = LotTerms {
                id: parsed(&format!("ops:{key}"))?,
                kind: LotKind::Promo,
                starts_at: now(),
                expires_at: Some(now().plus_seconds(86_400)),
                monthly_allocation: Credits::ZERO,
                reset_day_of_month: ResetDay::FIRST,
                rollover: None,
            };
            one(Action::Grant {
                lots: vec![Grant {
                    terms,
                    amount: credits(1),
                    clawed_back: Credits::ZERO,
                }],
                schedules: Vec::new(),
            })
        }
        SmallAct::Take => one(Action::Adjust(Adjustment::Take { amount: credits(2) })),
    }
}

/// Commits one command, as the routes of a service do.
pub(super) async fn commit(
    store: &Store,
    recent: &RecentAccounts,
    command: &Command,
) -> Result<End, Violation> {
    let user = user()?;
    let committed = store
        .commit(CommitRequest {
            user_id: &user,
            command,
            guess: recent.get(&user),
            now: now(),
            deadline: Deadline::after(std::time::Duration::from_secs(3_600)),
        })
        .await;
    match committed {
        Ok(committed) => {
            if let shared::store::Committed::Applied(decision) = &committed {
                recent.remember(&decision.account);
            }
            Ok(End::Done(Box::new(committed.entry().clone())))
        }
        Err(CommitError::Refused(refusal)) => Ok(End::Refused(refusal.to_string())),
        Err(CommitError::KeyReused) => Ok(End::KeyReused),
        Err(error @ (CommitError::Contended | CommitError::Store(_))) => {
            Err(Violation::of("every command is decided", error.to_string()))
        }
    }
}

/// Commits a batch, as its route does.
pub(super) async fn commit_all(
    store: &Store,
    recent: &RecentAccounts,
    commands: &[Command],
) -> Result<Vec<End>, Violation> {
    let user = user()?;
    let undecided = |error: String| Violation::of("every command is decided", error);
    let account = match recent.get(&user) {
        Some(account) => account,
        None => {
            let strong = shared::store::Consistency::Strong;
            let account = store.load_account(&user, strong).await;
            account.map_err(|error| undecided(error.to_string()))?
        }
    };
    let committed = store
        .commit_all(CommitAllRequest {
            user_id: &user,
            commands,
            account: Some(account),
            now: now(),
            deadline: Deadline::after(std::time::Duration::from_secs(3_600)),
        })
        .await;
    let committed = committed.map_err(|error| undecided(error.to_string()))?;
    recent.remember(&committed.account);
    let ends = committed.results.into_iter().map(|result| match result {
        Ok(committed) => Ok(End::Done(Box::new(committed.entry().clone()))),
        Err(Refused::Rule(refusal)) => Ok(End::Refused(refusal.to_string())),
        Err(Refused::KeyReused) => Ok(End::KeyReused),
        Err(Refused::TooLarge(error)) => Err(undecided(error.to_string())),
    });
    ends.collect()
}
