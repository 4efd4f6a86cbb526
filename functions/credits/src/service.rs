//! What the service routes have in common: who calls for whom under which key,
//! the digest of what is asked, and the commit with its answer.

use std::time::Duration;

use serde::Serialize;
use shared::domain::{
    Action, Command, Credits, Digester, Entry, EntryKey, EntryKind, Erasable, HoldId,
    IdempotencyKey, Timestamp, Usage, UserId,
};
use shared::host::clock::Deadline;
use shared::http::{ApiError, Event, Fields, Response, ServiceCaller, json_text};
use shared::store::{CommitError, CommitRequest, Committed};

use crate::app::App;
use crate::fields;

/// A request of the inference service that changes a user's credits.
pub(crate) struct ServiceRequest {
    pub(crate) caller: ServiceCaller,
    pub(crate) user_id: UserId,
    key: EntryKey,
    /// The caller's key as it was sent.
    pub(crate) idempotency_key: IdempotencyKey,
    deadline: Deadline,
    digester: Digester,
}

/// What a charge, a report or a commit says.
pub(crate) struct Spending {
    pub(crate) amount: Credits,
    pub(crate) usage: Usage,
    pub(crate) label: Option<String>,
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
        let idempotency_key: IdempotencyKey = event
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

    /// The body of a charge, a report or a commit: how much, and what for.
    pub(crate) async fn spending(
        &mut self,
        app: &App,
        event: &Event,
    ) -> Result<Spending, ApiError> {
        let mut body = Fields::of(event)?;
        let digester = &mut self.digester;
        let amount = fields::amount(&mut body, digester);
        let usage = fields::usage(&mut body, digester);
        let label = fields::label(&mut body, digester);
        // What was done under this key is answered as it was then, even if the
        // model is not on offer any more.
        if !app.offers_model_of(&usage).await?
            && app
                .store
                .load_entry(&self.user_id, &self.key)
                .await?
                .is_none()
        {
            body.problem("modelId", "is no model that is on offer");
        }
        body.finish()?;
        Ok(Spending {
            // Without an amount the body did not come this far.
            amount: amount.unwrap_or(Credits::ZERO),
            usage,
            label,
        })
    }

    /// Where the parsed body adds its fields, so that another body under the
    /// same key shows.
    pub(crate) fn digester(&mut self) -> &mut Digester {
        &mut self.digester
    }

    /// Commits the action and answers from the entry alone.
    pub(crate) async fn commit(
        self,
        app: &App,
        action: Action,
        label: Option<String>,
    ) -> Result<Response, ApiError> {
        let sealed = |text: &str| Erasable::new(text, app.entropy.bytes());
        let command = Command {
            key: self.key,
            request_hash: self.digester.finish(),
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
            // What is remembered is as good as before; if it is old, the next
            // commit's condition says so and brings the new one.
            Ok(Committed::Replayed(_)) | Err(CommitError::Refused(_) | CommitError::KeyReused) => {}
            Err(CommitError::Contended | CommitError::Store(_)) => app.recent.forget(&self.user_id),
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
