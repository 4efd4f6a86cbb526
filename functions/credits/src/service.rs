//! The parts that service routes share: caller, user and key of a request, and the
//! commit with its response.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use shared::domain::rating::RateCards;
use shared::domain::{
    Command, Digester, Entry, EntryKey, EntryKind, Erasable, HoldId, IdempotencyKey, Timestamp,
    UserId,
};
use shared::host::clock::Deadline;
use shared::http::{ApiError, Event, Fields, Response, ServiceCaller, json_text};
use shared::store::{CommitError, CommitRequest, Committed};

use crate::app::App;
use crate::asked::{Asked, Ground};
use crate::fields;
use crate::parts::{PartBody, breakdown};

/// The caller and user of a request.
pub(crate) struct ServiceCall {
    pub(crate) caller: ServiceCaller,
    pub(crate) user_id: UserId,
    pub(crate) deadline: Deadline,
}

/// One request of a call, under its own key.
pub(crate) struct ServiceRequest {
    call: ServiceCall,
    route: String,
    /// The caller's key, as sent.
    idempotency_key: IdempotencyKey,
}

pub(crate) const NO_SUCH_MODEL: &str = "is not an available model";

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

impl ServiceCall {
    /// Reads token and path.
    pub(crate) fn of(app: &App, event: &Event) -> Result<Self, ApiError> {
        let deadline = Deadline::after(DEADLINE);
        let prefix = &app.settings.scope_prefix;
        Ok(ServiceCall {
            caller: ServiceCaller::of(event, prefix, &["credits.charge"])?,
            user_id: user_of_path(event)?,
            deadline,
        })
    }

    fn key(&self, key: &IdempotencyKey) -> EntryKey {
        EntryKey::Api {
            client: self.caller.client.clone(),
            key: key.clone(),
        }
    }

    /// Reads the fields of one request. All its problems are named at once, so the model
    /// that it names is checked here too. A repeat gets its recorded answer, even if the
    /// model is no longer on offer.
    pub(crate) async fn read<T>(
        &self,
        app: &App,
        key: &IdempotencyKey,
        body: &mut Fields,
        read: impl FnOnce(&mut Fields) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        let model = fields::named_model(body);
        let value = read(body);
        if !app.offers(model.as_deref()).await? {
            let done = app.store.load_entry(&self.user_id, &self.key(key)).await?;
            if done.is_none() {
                body.problem("modelId", NO_SUCH_MODEL);
            }
        }
        Ok(value)
    }

    /// The command of one request. The digest recognises a repeat under the same key,
    /// so a charge has the same one alone and in a batch.
    pub(crate) fn command(
        &self,
        app: &App,
        route: &str,
        key: &IdempotencyKey,
        asked: Asked,
        cards: Arc<RateCards>,
    ) -> Command {
        let seal = |text: &str| Erasable::new(text, app.entropy.bytes());
        let mut digester = Digester::new("request/1");
        digester
            .text("route", route)
            .text("user_id", self.user_id.as_str());
        asked.digest(&mut digester);
        Command {
            key: self.key(key),
            request_hash: digester.finish(),
            actor: seal(self.caller.client.as_str()),
            label: asked.label().map(seal),
            action: asked.into_action(&Ground { seal: &seal, cards }),
        }
    }
}

impl ServiceRequest {
    /// Reads token, path and key: everything before the body.
    pub(crate) fn of(app: &App, event: &Event) -> Result<Self, ApiError> {
        let call = ServiceCall::of(app, event)?;
        let idempotency_key: IdempotencyKey = event
            .header("idempotency-key")
            .and_then(|text| text.parse().ok())
            .ok_or(ApiError::InvalidRequest(
                "Send an Idempotency-Key header of 1 to 64 letters, digits and _-.: with this.",
            ))?;
        Ok(ServiceRequest {
            call,
            route: event.route_key().to_string(),
            idempotency_key,
        })
    }

    /// The name of the hold that this request opens: the request's own key.
    pub(crate) fn new_hold(&self) -> HoldId {
        HoldId {
            client: self.call.caller.client.clone(),
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
            client: self.call.caller.client.clone(),
            key,
        })
    }

    /// Reads the body, with all problems named at once.
    pub(crate) async fn body<T>(
        &self,
        app: &App,
        event: &Event,
        read: impl FnOnce(&mut Fields) -> Option<T>,
    ) -> Result<T, ApiError> {
        let mut body = Fields::of(event)?;
        let key = &self.idempotency_key;
        let value = self.call.read(app, key, &mut body, read).await?;
        body.finish(value)
    }

    /// Decides and commits the request, or finds the entry of an earlier commit.
    pub(crate) async fn commit(self, app: &App, asked: Asked) -> Result<Committed, ApiError> {
        let cards = app.cards_for(asked.rated_model()).await?;
        let ServiceRequest {
            call,
            route,
            idempotency_key,
        } = self;
        let command = call.command(app, &route, &idempotency_key, asked, cards);
        let user_id = &call.user_id;
        let committed = app
            .store
            .commit(CommitRequest {
                user_id,
                command: &command,
                guess: app.recent.get(user_id),
                now: app.clock.now(),
                deadline: call.deadline,
            })
            .await;
        match &committed {
            Ok(Committed::Applied(decision)) => app.recent.remember(&decision.account),
            // The cached account is as good as before; if it is outdated, the next
            // commit's condition fails and returns the current one.
            Ok(Committed::Replayed(_)) | Err(CommitError::Refused(_) | CommitError::KeyReused) => {}
            Err(CommitError::Contended | CommitError::Store(_)) => app.recent.forget(user_id),
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
    #[cfg_attr(feature = "openapi", schema(required = false))]
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_card: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(required = false))]
    breakdown: Vec<PartBody>,
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    total_available: i64,
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    held: i64,
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    debt: i64,
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    version: u64,
}

/// What an entry says of its command, and so every repeat of it says too.
pub(crate) fn write_body(entry: &Entry) -> Result<WriteBody, ApiError> {
    let (free_used, pro_used) = entry
        .used_by_command()
        .map_err(|error| ApiError::Internal(error.to_string()))?;
    let hold = entry.outcome.hold.as_ref();
    let charge_id = match (&entry.key, hold) {
        (EntryKey::Api { key, .. }, None) => Some(key.to_string()),
        (EntryKey::Api { .. } | EntryKey::Cause(_) | EntryKey::Ops(_), _) => None,
    };
    let rating = entry.outcome.rating.as_ref();
    Ok(WriteBody {
        charge_id,
        hold_id: hold.map(|hold| hold.id.key.to_string()),
        amount: entry.outcome.amount.to_string(),
        free_used: free_used.to_string(),
        pro_used: pro_used.to_string(),
        status: hold.map(|hold| hold.status.as_str()),
        expires_at: hold.map(|hold| hold.expires_at),
        rate_card: rating.map(|rating| rating.card.to_string()),
        breakdown: rating.map_or_else(Vec::new, |rating| breakdown(&rating.breakdown)),
        total_available: entry.shown_after.total_available,
        held: entry.shown_after.held,
        debt: entry.shown_after.debt,
        version: entry.seq,
    })
}

/// Whether a command made something that has an id.
pub(crate) fn status_of(entry: &Entry) -> u16 {
    if matches!(entry.kind, EntryKind::Charge | EntryKind::Hold) {
        201
    } else {
        200
    }
}

/// Renders the response from the entry alone, so that a repeat gets the same bytes.
pub(crate) fn answer(committed: &Committed) -> Result<Response, ApiError> {
    let entry = committed.entry();
    let answer = Response::json(status_of(entry), json_text(&write_body(entry)?)?);
    let answer = answer.with_header("cache-control", "no-store");
    Ok(match committed {
        Committed::Applied(_) => answer,
        Committed::Replayed(_) => answer.with_header("idempotent-replayed", "true"),
    })
}
