//! Short ways to write commands down: opening balances under keys of every
//! kind. Figures are whole credits unless they are written as text.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use shared::domain::{
    Action, Command, Credits, Digest, EntryKey, Erasable, LotKind, OpeningBalance, OpeningFree,
    OpeningLot, ResetDay, Timestamp, Usage, UserId,
};
use shared::host::clock::Deadline;
use shared::store::{CommitError, CommitRequest, Committed, Store};

/// A moment.
#[track_caller]
pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// An exact amount, `"1500"` or `"0.125"`.
#[track_caller]
pub fn credits(text: &str) -> Credits {
    text.parse().unwrap()
}

/// A user by id.
#[track_caller]
pub fn user(id: &str) -> UserId {
    id.parse().unwrap()
}

/// A caller's own key.
#[track_caller]
pub fn api_key(key: &str) -> EntryKey {
    format!("api#inference-service#{key}").parse().unwrap()
}

/// A charge as the inference service makes it, always under the same key.
#[track_caller]
pub fn a_charge(amount: &str) -> Command {
    Command {
        key: api_key("a-charge"),
        request_hash: Digest::from_bytes([1; 32]),
        actor: Erasable::new("a test", [7; 16]),
        label: None,
        action: Action::Charge {
            amount: credits(amount),
            usage: Usage::default(),
        },
    }
}

/// Takes a command the way that every change takes, within ten seconds.
pub async fn commit(
    store: &Store,
    id: &str,
    command: &Command,
    now: Timestamp,
) -> Result<Committed, CommitError> {
    let request = CommitRequest {
        user_id: &user(id),
        command,
        guess: None,
        now,
        deadline: Deadline::after(Duration::from_secs(10)),
    };
    store.commit(request).await
}

/// An opening balance under construction.
#[derive(Clone, Debug)]
pub struct Opening {
    balance: OpeningBalance,
    /// What is hashed as the request; another number is another request.
    request: u8,
}

impl Opening {
    /// 2000 free credits a month of which nothing is used, as of that moment.
    #[track_caller]
    pub fn as_of(moment: &str) -> Self {
        Opening {
            balance: OpeningBalance {
                as_of: at(moment),
                free: OpeningFree {
                    monthly_allocation: credits("2000"),
                    reset_day_of_month: ResetDay::FIRST,
                    granted: None,
                    used: Credits::ZERO,
                },
                lots: Vec::new(),
            },
            request: 1,
        }
    }

    /// So many of this month's free credits used.
    #[track_caller]
    pub fn free_used(mut self, used: &str) -> Self {
        self.balance.free.used = credits(used);
        self
    }

    /// With a lot besides.
    #[track_caller]
    pub fn lot(
        mut self,
        id: &str,
        kind: LotKind,
        (granted, used): (&str, &str),
        expires_at: Option<&str>,
    ) -> Self {
        self.balance.lots.push(OpeningLot {
            id: id.parse().unwrap(),
            kind,
            starts_at: self.balance.as_of,
            expires_at: expires_at.map(at),
            granted: credits(granted),
            used: credits(used),
        });
        self
    }

    /// As a request whose body was another.
    pub fn request(mut self, number: u8) -> Self {
        self.request = number;
        self
    }

    /// The command under a key. Each has a salt of its own, as each request has
    /// in production, so two of them never leave the same entry.
    pub fn under(self, key: EntryKey) -> Command {
        static SALT: AtomicU64 = AtomicU64::new(1);
        let mut salt = [7; 16];
        let number = SALT.fetch_add(1, Ordering::Relaxed);
        salt[..8].copy_from_slice(&number.to_be_bytes());
        Command {
            key,
            request_hash: Digest::from_bytes([self.request; 32]),
            actor: Erasable::new("a test", salt),
            label: None,
            action: Action::Open(self.balance),
        }
    }
}
