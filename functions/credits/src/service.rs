//! The parts that service routes share: caller, user and key of a request, and the
//! commit with its response.

use std::time::Duration;

use serde::Serialize;
use shared::domain::{
    Command, Digest, Digester, EntryKey, EntryKind, Erasable, HoldId, IdempotencyKey, Timestamp,
    Usage, UserId,
};
use shared::host::clock::Deadline;
use shared::http::{ApiError, Event, Fields, Response, ServiceCaller, json_text};
use shared::store::{CommitError, CommitRequest, Committed};

use crate::app::App;
use crate::asked::{Asked, Spending};
use crate::fields;

/// The caller, user, key and route of a request.
pub(crate) struct ServiceRequest {
    caller: ServiceCaller,
    route: String,
    user_id: UserId,
    /// The caller's key, as sent.
    idempotency_key: IdempotencyKey,
    deadline: Deadline,
}

/// Below the function's timeout of ten seconds, so that a timeout error still reaches
/// the caller.
const DEADLINE: Duration = Duration::from_secs(8);

/// The user in the path of a service route; an invalid user id is 404.
pub(crate) fn user_of_path(event: &Event) -> Result<UserId, ApiError> {
    event
        .path_parameter("userId")
        .and_then(|text| text.parse().ok())
        .ok_or(ApiError::NotFound)
}

impl ServiceRequest {
    /// Reads token, path and key: everything before the body.
    pub(crate) fn of(app: &App, event: &Event) -> Result<Self, ApiError> {
        let deadline = Deadline::after(DEADLINE);
        let prefix = &app.settings.scope_prefix;
        let caller = ServiceCaller::of(event, prefix, &["credits.charge"])?;
        let user_id = user_of_path(event)?;
        let idempotency_key: IdempotencyKey = event
            .header("idempotency-key")
            .and_then(|text| text.parse().ok())
            .ok_or(ApiError::InvalidRequest(
                "Send an Idempotency-Key header of 1 to 64 letters, digits and _-.: with this.",
            ))?;
        Ok(ServiceRequest {
            caller,
            route: event.route_key().to_string(),
            user_id,
            idempotency_key,
            deadline,
        })
    }

    fn key(&self) -> EntryKey {
        EntryKey::Api {
            client: self.caller.client.clone(),
            key: self.idempotency_key.clone(),
        }
    }

    /// The name of the hold that this request opens: the request's own key.
    pub(crate) fn new_hold(&self) -> HoldId {
        HoldId {
            client: self.caller.client.clone(),
            key: self.idempotency_key.clone(),
        }
    }

    /// The hold in the path, among those of this caller.
    pub(crate) fn hold_of_path(&self, event: &Event) -> Result<HoldId, ApiError> {
        let key = event
            .path_parameter("holdId")
            .and_then(|text| text.parse().ok())
            .ok_or(ApiError::NotFound)?;
        Ok(HoldId {
            client: self.caller.client.clone(),
            key,
        })
    }

    /// The body of a charge, a report or a commit, with all problems named at once; so
    /// the model is checked here too.
    pub(crate) async fn spending(&self, app: &App, event: &Event) -> Result<Spending, ApiError> {
        let mut body = Fields::of(event)?;
        let amount = fields::amount(&mut body);
        let usage = fields::usage(&mut body);
        let label = fields::label(&mut body);
        if !self.may_name_model(app, &usage).await? {
            body.problem("modelId", "is not an available model");
        }
        body.finish(amount.map(|amount| Spending {
            amount,
            usage,
            label,
        }))
    }

    /// A repeat under this key gets its recorded answer, even if the model is no longer
    /// on offer.
    async fn may_name_model(&self, app: &App, usage: &Usage) -> Result<bool, ApiError> {
        if app.offers_model_of(usage).await? {
            return Ok(true);
        }
        let done = app.store.load_entry(&self.user_id, &self.key()).await?;
        Ok(done.is_some())
    }

    /// The digest that recognises a repeat under the same key.
    fn digest(&self, asked: &Asked) -> Digest {
        let mut digester = Digester::new("request/1");
        digester
            .text("route", &self.route)
            .text("user_id", self.user_id.as_str());
        asked.digest(&mut digester);
        digester.finish()
    }

    /// Decides and commits the request, or finds the entry of an earlier commit.
    pub(crate) async fn commit(self, app: &App, asked: Asked) -> Result<Committed, ApiError> {
        let sealed = |text: &str| Erasable::new(text, app.entropy.bytes());
        let request_hash = self.digest(&asked);
        let (action, label) = asked.into_action();
        let command = Command {
            key: self.key(),
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
            // The cached account is as good as before; if it is outdated, the next
            // commit's condition fails and returns the current one.
            Ok(Committed::Replayed(_)) | Err(CommitError::Refused(_) | CommitError::KeyReused) => {}
            Err(CommitError::Contended | CommitError::Store(_)) => app.recent.forget(&self.user_id),
        }
        committed.map_err(|error| app.refusal(error.into()))
    }
}

/// The outcome of a charge or hold; exact amounts as decimal text, balances in whole
/// credits.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = Write))]
pub(crate) struct WriteBody {
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::IdempotencyKeyText, required = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    charge_id: Option<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::IdempotencyKeyText, required = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    hold_id: Option<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Amount))]
    amount: String,
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Amount))]
    free_used: String,
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Amount))]
    pro_used: String,
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::HoldStatusText, required = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Moment, required = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    total_available: i64,
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    held: i64,
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    debt: i64,
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    version: u64,
}

/// Renders the response from the entry alone, so that a repeat gets the same bytes.
pub(crate) fn answer(committed: &Committed) -> Result<Response, ApiError> {
    let entry = committed.entry();
    let (free_used, pro_used) = entry
        .used_by_command()
        .map_err(|error| ApiError::Internal(error.to_string()))?;
    let hold = entry.outcome.hold.as_ref();
    let charge_id = match (&entry.key, hold) {
        (EntryKey::Api { key, .. }, None) => Some(key.to_string()),
        (EntryKey::Api { .. } | EntryKey::Cause(_) | EntryKey::Ops(_), _) => None,
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
    let makes_something = matches!(entry.kind, EntryKind::Charge | EntryKind::Hold);
    let status_code = if makes_something { 201 } else { 200 };
    let answer = Response::json(status_code, json_text(&body)?);
    let answer = answer.with_header("cache-control", "no-store");
    Ok(match committed {
        Committed::Applied(_) => answer,
        Committed::Replayed(_) => answer.with_header("idempotent-replayed", "true"),
    })
}
