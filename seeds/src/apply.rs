//! Applies the seeds: creates missing records and leaves existing ones
//! unchanged. Each record is its own commit, so the next run completes an
//! interrupted one.

use std::time::Duration;

use shared::domain::billing::{BillingTerms, EventOutcome, ParkReason};
use shared::domain::{Price, Refusal, Timestamp};
use shared::host::clock::Deadline;
use shared::host::entropy::Entropy;
use shared::store::{
    CatalogueCache, CommitError, CommitRequest, Committed, Consistency, Created, DrainRequest,
    Record, Store, StoreError,
};

use crate::compare::compare;
use crate::data::{SeedData, SeedDataError, SeedUser};
use crate::expected::{opening_command, preferences_record, subscription_record, user_record};
use crate::report::{Finding, Report};

/// Time limit for one record.
const DEADLINE: Duration = Duration::from_secs(20);

/// Time limit for the events that wait for a price.
const DRAIN_DEADLINE: Duration = Duration::from_secs(300);

/// Why the seeds could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// A data file cannot be read.
    #[error(transparent)]
    Data(#[from] SeedDataError),
    /// A record could not be written.
    #[error("{record}: {problem}")]
    Record {
        /// Its name.
        record: String,
        /// What went wrong.
        problem: String,
    },
}

/// Creates missing records of the seed data, as of `now`.
pub async fn apply(
    store: &Store,
    data: &SeedData,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<Report, ApplyError> {
    let mut report = Report::default();
    for client in &data.clients {
        create(
            &mut report,
            store,
            "client",
            client.client_id.as_str(),
            client,
        )
        .await?;
    }
    for model in &data.models {
        create(&mut report, store, "model", &model.id, model).await?;
    }
    // They may begin in the past: functions that know no card of a model refuse its use.
    for card in &data.cards {
        create(&mut report, store, "rate card", card.id.as_str(), card).await?;
    }
    for price in &data.prices {
        create(&mut report, store, "price", &price.price_id, price).await?;
    }
    drain(&mut report, store, &data.prices, now).await?;
    for user in &data.users {
        let name = user.email.as_str();
        create(&mut report, store, "user", name, &user_record(user, now)).await?;
        let subscription = subscription_record(user, now);
        create(&mut report, store, "subscription", name, &subscription).await?;
        let preferences = preferences_record(user);
        create(&mut report, store, "preferences", name, &preferences).await?;
        open_account(&mut report, store, user, now, entropy).await?;
    }
    Ok(report)
}

/// Settles the events that wait for these prices.
async fn drain(
    report: &mut Report,
    store: &Store,
    prices: &[Price],
    now: Timestamp,
) -> Result<(), ApplyError> {
    let request = DrainRequest {
        // Parked events passed the terms when they arrived.
        terms: &BillingTerms::default(),
        catalogue: &CatalogueCache::default(),
        now,
        deadline: Deadline::after(DRAIN_DEADLINE),
    };
    let reasons: Vec<_> = prices.iter().flat_map(ParkReason::of_price).collect();
    for reason in &reasons {
        let drained = store.drain(reason, request).await;
        let drained = drained.map_err(|error| ApplyError::Record {
            record: format!("events that wait for {reason}"),
            problem: error.to_string(),
        })?;
        for event in drained.drained {
            let finding = match (event.outcome, event.reason) {
                // Its item is unreadable, so it stays parked.
                (EventOutcome::Parked, Some(reason)) if event.needs_operator => {
                    Finding::Differs(reason)
                }
                _ => Finding::Created,
            };
            report.add("event", event.id.as_str(), finding, 1);
        }
        if drained.still_waiting > 0 {
            let count = drained.still_waiting;
            let waiting = format!("{count} waiting: the amount paid differs from the catalogue");
            report.add("event", &reason.to_string(), Finding::Differs(waiting), 1);
        }
    }
    Ok(())
}

async fn create<T: Record>(
    report: &mut Report,
    store: &Store,
    kind: &'static str,
    name: &str,
    record: &T,
) -> Result<(), ApplyError> {
    let created = store.create(record, Deadline::after(DEADLINE)).await;
    let finding = match created.map_err(|error| failed(kind, name, error))? {
        Created::New => Finding::Created,
        Created::Existing(existing) => match compare(record, existing.as_ref()) {
            Finding::Unchanged => {
                let deadline = Deadline::after(DEADLINE);
                let restored = store.restore_claims(record, deadline).await;
                if restored.map_err(|error| failed(kind, name, error))? {
                    Finding::Created
                } else {
                    Finding::Unchanged
                }
            }
            other => other,
        },
        Created::Erased => Finding::Differs("the user was erased".to_string()),
        Created::Taken { claim, owner } => Finding::Differs(format!("{claim} belongs to {owner}")),
    };
    report.add(kind, name, finding, 1);
    Ok(())
}

fn failed(kind: &str, name: &str, error: StoreError) -> ApplyError {
    ApplyError::Record {
        record: format!("{kind} {name}"),
        problem: match error {
            // Operators may see which item is damaged.
            StoreError::Damaged(damage) => damage.full_text(),
            other => other.to_string(),
        },
    }
}

/// Opens the user's account with its balance, through the normal command and
/// commit.
async fn open_account(
    report: &mut Report,
    store: &Store,
    user: &SeedUser,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<(), ApplyError> {
    let command = opening_command(user, now, entropy)?;
    let committed = store
        .commit(CommitRequest {
            user_id: &user.user_id,
            command: &command,
            guess: None,
            now,
            deadline: Deadline::after(DEADLINE),
        })
        .await;
    let finding = match committed {
        Ok(Committed::Applied(_)) => Finding::Created,
        Ok(Committed::Replayed(entry)) if entry.request_hash == command.request_hash => {
            let account = store.load_account(&user.user_id, Consistency::Strong).await;
            let account = account.map_err(|error| failed("credits", &user.email, error))?;
            if account.version < entry.seq {
                // Only its ledger could restore it.
                Finding::Differs("the account is behind its opening entry".to_string())
            } else {
                Finding::Unchanged
            }
        }
        Ok(Committed::Replayed(_)) => {
            Finding::Differs("it was opened with other amounts".to_string())
        }
        Err(CommitError::Refused(Refusal::AlreadyOpen)) => {
            Finding::Differs("it was opened by something else".to_string())
        }
        Err(error) => {
            return Err(ApplyError::Record {
                record: format!("credits {}", user.email),
                problem: error.to_string(),
            });
        }
    };
    report.add("credits", &user.email, finding, user.pro_credits.len() + 1);
    Ok(())
}
