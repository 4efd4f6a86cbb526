//! Refusals for want of credits: each is held against the balances that the account had
//! between its request and its answer. A refusal from anything else, such as a remembered
//! account or a read that lags behind, states what was never so.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::domain::{
    Balance, CreditAccount, Credits, CreditsOverflow, Entry, Timestamp, UserId, roll_forward,
};

use crate::book::Violation;

const PROMISE: &str = "a refusal states what the account had between request and answer";

/// What may have been so for a machine between a request and its answer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Window {
    /// The account's versions, first and last.
    pub(crate) versions: (u64, u64),
    /// The machine's clock, first and last.
    pub(crate) seconds: (i64, i64),
}

/// What one answer, or one result of a batch, states.
#[derive(Clone, Debug)]
struct Refusal {
    required: Credits,
    available: Credits,
    window: Window,
    answer: String,
}

/// Refusals that were not held against a ledger yet, by user.
#[derive(Debug, Default)]
pub(crate) struct Refusals(BTreeMap<String, Vec<Refusal>>);

impl Refusals {
    /// Whether an answer states what is available.
    pub(crate) fn is_one(body: &str) -> bool {
        body.contains("\"available\"")
    }

    /// Notes all that an answer states.
    pub(crate) fn note(&mut self, user: &str, window: Window, body: &str) -> Result<(), Violation> {
        let answer: Value = serde_json::from_str(body).unwrap_or_default();
        let results = answer.get("results").and_then(Value::as_array);
        let all = results.into_iter().flatten().chain([&answer]);
        for answer in all.filter(|answer| answer.get("available").is_some()) {
            let (required, available) = (amount(answer, "required")?, amount(answer, "available")?);
            if available >= required {
                return Err(Violation::of("who has enough is not refused", body));
            }
            self.0.entry(user.to_string()).or_default().push(Refusal {
                required,
                available,
                window,
                answer: answer.to_string(),
            });
        }
        Ok(())
    }

    /// Holds a user's refusals against the ledger, and forgets them.
    pub(crate) fn hold_for(&mut self, user: &UserId, entries: &[Entry]) -> Result<(), Violation> {
        let mut open = self.0.remove(user.as_str()).unwrap_or_default();
        let mut account = CreditAccount::unopened(user.clone());
        open.retain(|refusal| !refusal.is_true_of(&account));
        for entry in entries {
            for posting in &entry.postings {
                let applied = account.apply(posting);
                applied.map_err(|error| Violation::of(PROMISE, error.to_string()))?;
            }
            account.record(entry.seq, entry.at, entry.hash);
            open.retain(|refusal| !refusal.is_true_of(&account));
        }
        match open.first() {
            Some(refusal) => {
                let Refusal { window, answer, .. } = refusal;
                let what = format!("{user} never had that: {answer}, {window:?}");
                Err(Violation::of(PROMISE, what))
            }
            None => Ok(()),
        }
    }
}

fn amount(answer: &Value, name: &str) -> Result<Credits, Violation> {
    let text = answer.get(name).and_then(Value::as_str);
    let read = text.and_then(|text| text.parse().ok());
    read.ok_or_else(|| Violation::of("a refusal states amounts", answer.to_string()))
}

impl Refusal {
    /// Whether an account, at one of its versions, had what the refusal states.
    fn is_true_of(&self, account: &CreditAccount) -> bool {
        let Window {
            versions: (first, last),
            seconds: (from, to),
        } = self.window;
        (first..=last).contains(&account.version)
            && (from..=to).any(|at| self.is_true_at(account, at) == Ok(true))
    }

    fn is_true_at(&self, account: &CreditAccount, at: i64) -> Result<bool, CreditsOverflow> {
        let at = Timestamp::from_unix_seconds_clamped(at);
        let Ok(rolled) = roll_forward(account, at) else {
            return Ok(false);
        };
        let account = rolled.account;
        let available = Balance::of(&account, account.as_of)?.total_available()?;
        Ok(available == self.available && available < self.required)
    }
}
