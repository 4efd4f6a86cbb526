//! What the service routes have in common: who calls for whom under which key,
//! the digest of what is asked, and the commit with its answer.

use std::time::Duration;

use serde::Serialize;
use shared::domain::{
    Action, Command, Digest, Digester, Entry, EntryKey, EntryKind, Erasable, HoldId, Timestamp,
    UserId,
};
use shared::host::clock::Deadline;
use shared::http::{ApiError, Event, Response, ServiceCaller, json_text};
use shared::store::{CommitRequest, Committed};

use crate::App;

/// A request of the inference service that changes a user's credits.
pub(crate) struct ServiceRequest {
    pub(crate) caller: ServiceCaller,
    pub(crate) user_id: UserId,
    key: EntryKey,
    /// The caller's key as it was sent.
    pub(crate) idempotency_key: shared::domain::IdempotencyKey,
    deadline: Deadline,
    digester: Digester,
}

/// Below the function's timeout of ten seconds, so that a refusal for want of
/// time still reaches the caller.
const DEADLINE: Duration = Duration::from_secs(8);

/// The user of a service route's path; what cannot be a user is not found.
pub(crate) fn user_of_path(event: &Event) -> Result<UserId, ApiError> {
    event
        .path_parameter("userId")
        .and_then(|text| text.parse().ok())
        .ok_or(ApiError::NotFound)
}

impl ServiceRequest {
    /// Token, path and key; everything that comes before the body.
    pub(crate) fn of(app: &App, event: &Event) -> Result<Self, ApiError> {
        let deadline = Deadline::after(DEADLINE);
        let prefix = &app.settings.scope_prefix;
        let caller = ServiceCaller::of(event, prefix, &["credits.charge"])?;
        let user_id = user_of_path(event)?;
        let idempotency_key: shared::domain::IdempotencyKey = event
            .header("idempotency-key")
            .and_then(|text| text.parse().ok())
            .ok_or(ApiError::InvalidRequest(
                "Send an Idempotency-Key of 1 to 64 letters, digits and _-.: with this.",
            ))?;
        let mut digester = Digester::new("request/1");
        digester
            .text("route", event.route_key())
            .text("user_id", user_id.as_str());
        Ok(ServiceRequest {
            key: EntryKey::Api {
                client: caller.client.clone(),
                key: idempotency_key.clone(),
            },
            caller,
            user_id,
            idempotency_key,
            deadline,
            digester,
        })
    }

    /// The hold of the path, among those of this caller.
    pub(crate) fn hold_of_path(&mut self, event: &Event) -> Result<HoldId, ApiError> {
        let key = event
            .path_parameter("holdId")
            .and_then(|text| text.parse().ok())
            .ok_or(ApiError::NotFound)?;
        let hold = HoldId {
            client: self.caller.client.clone(),
            key,
        };
        self.digester.text("hold", &hold.to_string());
        Ok(hold)
    }

    /// Where the parsed body adds its fields, so that another body under the
    /// same key shows.
    pub(crate) fn digester(&mut self) -> &mut Digester {
        &mut self.digester
    }

    /// Whether something was recorded under this key; the commit tells a repeat
    /// from a key used twice.
    pub(crate) async fn key_is_used(&self, app: &App) -> Result<bool, ApiError> {
        let entry = app.store.load_entry(&self.user_id, &self.key).await?;
        Ok(entry.is_some())
    }

    /// Commits the action and answers from the entry alone.
    pub(crate) async fn commit(
        self,
        app: &App,
        action: Action,
        label: Option<String>,
    ) -> Result<Response, ApiError> {
        let sealed = |text: &str| Erasable::new(text, app.entropy.bytes());
        let request_hash: Digest = self.digester.finish();
        let command = Command {
            key: self.key,
            request_hash,
            actor: sealed(self.caller.client.as_str()),
            label: label.as_deref().map(sealed),
            action,
        };
        let committed = app
            .store
            .commit(CommitRequest {
                user_id: &self.user_id,
                command: &command,
                guess: app.recent.get(&self.user_id),
                now: app.clock.now(),
                deadline: self.deadline,
            })
            .await;
        match &committed {
            Ok(Committed::Applied(decision)) => app.recent.remember(&decision.account),
            Ok(Committed::Replayed(_)) | Err(_) => app.recent.forget(&self.user_id),
        }
        let committed = committed.map_err(|error| app.refusal(error.into()))?;
        let replayed = matches!(committed, Committed::Replayed(_));
        let answer = answer(committed.entry())?;
        Ok(if replayed {
            answer.with_header("idempotent-replayed", "true")
        } else {
            answer
        })
    }
}

/// What became of a charge or hold; exact amounts as decimal text, balances in
/// whole credits.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WriteBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    charge_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hold_id: Option<String>,
    amount: String,
    free_used: String,
    pro_used: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    total_available: i64,
    held: i64,
    debt: i64,
    version: u64,
}

fn answer(entry: &Entry) -> Result<Response, ApiError> {
    let (free_used, pro_used) = entry
        .used_by_command()
        .map_err(|error| ApiError::Internal(error.to_string()))?;
    let hold = entry.outcome.hold.as_ref();
    let charge_id = match (&entry.key, hold) {
        (EntryKey::Api { key, .. }, None) => Some(key.to_string()),
        _ => None,
    };
    let body = WriteBody {
        charge_id,
        hold_id: hold.map(|hold| hold.id.key.to_string()),
        amount: entry.outcome.amount.to_string(),
        free_used: free_used.to_string(),
        pro_used: pro_used.to_string(),
        status: hold.map(|hold| hold.status.as_str()),
        expires_at: hold.map(|hold| hold.expires_at),
        total_available: entry.shown_after.total_available,
        held: entry.shown_after.held,
        debt: entry.shown_after.debt,
        version: entry.seq,
    };
    let status_code = match entry.kind {
        EntryKind::Charge | EntryKind::Hold => 201,
        _ => 200,
    };
    Ok(Response::json(status_code, json_text(&body)?).with_header("cache-control", "no-store"))
}
