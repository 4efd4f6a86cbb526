//! The open holds of an account, with the moment at which each was opened: the account
//! does not keep it, the entry of the call does.

use std::fmt;

use serde::Serialize;
use shared::domain::{CreditAccount, Credits, EntryKey, HoldId, OnExpiry, Timestamp};

use crate::context::CommandContext;
use crate::ending::Failure;

/// An open hold.
#[derive(Serialize)]
pub(crate) struct OpenHold {
    id: HoldId,
    #[serde(rename = "amount_milli")]
    amount: Credits,
    #[serde(rename = "reported_milli")]
    reported: Credits,
    /// None if the entry that opened it is missing.
    opened_at: Option<Timestamp>,
    age_seconds: Option<i64>,
    expires_at: Timestamp,
    on_expiry: OnExpiry,
}

/// The open holds of an account that was rolled forward, oldest first.
pub(crate) async fn open_holds(
    context: &CommandContext,
    account: &CreditAccount,
) -> Result<Vec<OpenHold>, Failure> {
    let open = account.holds.iter().filter(|hold| hold.is_open());
    let open: Vec<_> = open.collect();
    let keys: Vec<_> = open
        .iter()
        .map(|hold| {
            let (client, key) = (hold.id.client.clone(), hold.id.key.clone());
            (account.user_id.clone(), EntryKey::Api { client, key })
        })
        .collect();
    let loading = context.store.load_entries_of(&keys);
    let entries = context.stop.unless_asked(loading).await??;
    let holds = open.into_iter().zip(entries).map(|(hold, entry)| {
        let opened_at = entry.map(|entry| entry.at);
        OpenHold {
            id: hold.id.clone(),
            amount: hold.amount,
            reported: hold.reported,
            opened_at,
            age_seconds: opened_at.map(|at| context.now.seconds_since(at)),
            expires_at: hold.expires_at,
            on_expiry: hold.on_expiry,
        }
    });
    let mut holds: Vec<_> = holds.collect();
    holds.sort_by_key(|hold| hold.opened_at);
    Ok(holds)
}

/// A duration in its largest unit.
fn age(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

impl fmt::Display for OpenHold {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OpenHold {
            id,
            amount,
            reported,
            opened_at,
            age_seconds,
            expires_at,
            on_expiry,
        } = self;
        write!(formatter, "{id}  {amount} held")?;
        match (opened_at, age_seconds) {
            (Some(at), Some(seconds)) => {
                write!(formatter, ", opened {at} ({} ago)", age(*seconds))?;
            }
            _ => write!(formatter, ", opened nobody knows when")?,
        }
        if !reported.is_zero() {
            write!(formatter, ", {reported} reported")?;
        }
        let ends = match on_expiry {
            OnExpiry::Release => "released",
            OnExpiry::Settle => "charged as reported",
        };
        write!(formatter, ", {ends} at {expires_at}")
    }
}
