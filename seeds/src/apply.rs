//! Applying the seeds: every record is created if it is missing and left alone
//! if it is there. Each is a commit of its own, so a run that was cut short is
//! completed by the next.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use shared::domain::{
    Action, Cause, Command, Credits, Digester, EntryKey, Erasable, LotKind, OpeningBalance,
    OpeningFree, OpeningLot, Period, Preferences, Refusal, ResetDay, Subscription, Tier, Timestamp,
    User,
};
use shared::host::clock::Deadline;
use shared::host::entropy::Entropy;
use shared::store::{CommitError, CommitRequest, Committed, Created, Record, Store, StoreError};

use crate::data::{SeedData, SeedDataError, SeedUser, whole};
use crate::report::{Finding, Line, Report};

/// The ledger key under which an account's seeded balance is opened once.
const OPENING_CAUSE: &str = "seed:opening";
/// What an operator waits at most for one record.
const DEADLINE: Duration = Duration::from_secs(20);

/// Why the seeds could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// A data file cannot be read.
    #[error(transparent)]
    Data(#[from] SeedDataError),
    /// A record could not be written.
    #[error("{record}: {problem}")]
    Record {
        /// Which one.
        record: String,
        /// What went wrong.
        problem: String,
    },
}

/// Writes what is missing of the seed data, as of `now`.
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
    for price in &data.prices {
        create(&mut report, store, "price", &price.price_id, price).await?;
    }
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
        Created::Existing(existing) => compare(record, existing.as_ref()),
        Created::Taken { claim, owner } => Finding::Differs(format!("{claim} belongs to {owner}")),
    };
    report.lines.push(Line {
        kind,
        name: name.to_string(),
        finding,
        records: 1,
    });
    Ok(())
}

fn failed(kind: &str, name: &str, error: StoreError) -> ApplyError {
    ApplyError::Record {
        record: format!("{kind} {name}"),
        problem: error.to_string(),
    }
}

/// What time alone settles: it differs from one application to the next.
const SETTLED_BY_TIME: [&str; 5] = [
    "created_at",
    "last_login_at",
    "current_period_start",
    "current_period_end",
    "lapses_at",
];

fn compare<T: Record>(seeded: &T, existing: &T) -> Finding {
    let fields = |record: &T| match serde_json::to_value(record) {
        Ok(Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let (seeded, existing) = (fields(seeded), fields(existing));
    let names: BTreeSet<&String> = seeded.keys().chain(existing.keys()).collect();
    let differences: Vec<String> = names
        .into_iter()
        .filter(|name| !SETTLED_BY_TIME.contains(&name.as_str()))
        .filter(|name| seeded.get(*name) != existing.get(*name))
        .map(|name| {
            let shown = |fields: &serde_json::Map<String, Value>| match fields.get(name) {
                Some(value) => value.to_string(),
                None => "absent".to_string(),
            };
            format!("{name} is {}, seeded {}", shown(&existing), shown(&seeded))
        })
        .collect();
    if differences.is_empty() {
        Finding::Unchanged
    } else {
        Finding::Differs(differences.join("; "))
    }
}

fn user_record(user: &SeedUser, now: Timestamp) -> User {
    User {
        user_id: user.user_id.clone(),
        email: user.email.clone(),
        display_name: user.display_name.clone(),
        created_at: now,
        last_login_at: None,
        active: user.active,
    }
}

/// Three days, as in the catalogue.
const GRACE_SECONDS: i64 = 3 * 86_400;

fn subscription_record(user: &SeedUser, now: Timestamp) -> Subscription {
    let subscription = user.subscription.clone();
    // The free plan has no period; a paid one is in its current month.
    let period =
        (subscription.tier != Tier::Free).then(|| Period::containing(now, ResetDay::FIRST));
    Subscription {
        user_id: user.user_id.clone(),
        tier: subscription.tier,
        rank: subscription.rank,
        status: subscription.status,
        current_period_start: period.map(|period| period.starts_at),
        current_period_end: period.map(|period| period.ends_at),
        lapses_at: period.map(|period| period.ends_at.plus_seconds(GRACE_SECONDS)),
        stripe_customer_id: subscription.stripe_customer_id,
        stripe_subscription_id: subscription.stripe_subscription_id,
        stripe_price_id: subscription.stripe_price_id,
        cancel_at_period_end: subscription.cancel_at_period_end,
    }
}

fn preferences_record(user: &SeedUser) -> Preferences {
    Preferences {
        user_id: user.user_id.clone(),
        default_model: Some(user.preferences.default_model.clone()),
        email_notifications: user.preferences.email_notifications,
        usage_alerts: user.preferences.usage_alerts,
        enable_streaming: true,
        max_tokens: 4096,
        temperature_hundredths: 70,
    }
}

/// Opens the user's account with its balance, by the same command and commit
/// that everything else takes.
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
            Finding::Unchanged
        }
        Ok(Committed::Replayed(_)) => {
            Finding::Differs("it was opened from other figures".to_string())
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
    report.lines.push(Line {
        kind: "credits",
        name: user.email.clone(),
        finding,
        records: user.pro_credits.len() + 1,
    });
    Ok(())
}

fn opening_command(
    user: &SeedUser,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<Command, ApplyError> {
    let cause: Cause = OPENING_CAUSE.parse().map_err(|_| ApplyError::Record {
        record: OPENING_CAUSE.to_string(),
        problem: "is no cause".to_string(),
    })?;
    // Over the figures as written, not over dates that depend on today.
    let figures = serde_json::json!([user.free_credits, user.pro_credits]).to_string();
    let mut digester = Digester::new("seed/1");
    digester.text("figures", &figures);
    Ok(Command {
        key: EntryKey::Cause(cause),
        request_hash: digester.finish(),
        actor: Erasable::new("seeds", entropy.bytes()),
        action: Action::Open(opening_balance(user, now)?),
    })
}

fn opening_balance(user: &SeedUser, now: Timestamp) -> Result<OpeningBalance, ApplyError> {
    let lots: Result<Vec<OpeningLot>, SeedDataError> = user
        .pro_credits
        .iter()
        .map(|lot| {
            Ok(OpeningLot {
                id: lot.id.clone(),
                kind: LotKind::Purchase,
                starts_at: now,
                expires_at: None,
                granted: whole(lot.granted)?,
                used: whole(lot.used)?,
            })
        })
        .collect();
    let allocation: Credits = whole(user.free_credits.monthly_allocation)?;
    Ok(OpeningBalance {
        as_of: now,
        free: OpeningFree {
            monthly_allocation: allocation,
            reset_day_of_month: user.free_credits.reset_day_of_month,
            used: whole(user.free_credits.used)?,
        },
        lots: lots?,
    })
}
