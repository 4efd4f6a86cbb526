//! `POST /api/users/{userId}/charges/batch`: several charges of one user, each under its
//! own key and with its own result, in as few transactions as hold them. A charge that is
//! refused does not stop the others.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};
use shared::domain::{Command, IdempotencyKey, view};
use shared::http::{ApiError, Event, Fields, Response, json_text};
use shared::store::{CommitAllRequest, Committed, Consistency, Refused};

use crate::app::App;
use crate::asked::Asked;
use crate::bodies::{self, MAX_CHARGES};
use crate::routes::post_charge;
use crate::service::{ServiceCall, status_of, write_body};

pub(crate) const ROUTE_KEY: &str = "POST /api/users/{userId}/charges/batch";

/// 64 KiB: room for the longest labels and sessions.
const MAX_BODY_BYTES: usize = 64 * 1024;
const KEY: &str = "must be 1 to 64 letters, digits and _-.:";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BatchBody {
    results: Vec<ResultBody>,
    total_available: i64,
    version: u64,
}

/// The result of one charge: its status, and its answer or its error.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultBody {
    idempotency_key: IdempotencyKey,
    /// The status that the charge alone would have been answered with.
    status: u16,
    /// Whether the charge was done before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    replayed: bool,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let call = ServiceCall::of(app, event)?;
    let charges = charges(event)?;

    // load: the models and rate cards that the charges name
    let (mut commands, mut keys) = (Vec::new(), Vec::new());
    for (key, charge) in charges {
        let problem = match command(app, &call, &key, charge).await? {
            Ok(command) => {
                commands.push(command);
                None
            }
            Err(problem) => Some(problem),
        };
        keys.push((key, problem));
    }

    let account = match app.recent.get(&call.user_id) {
        Some(account) => account,
        None => {
            let strong = Consistency::Strong;
            app.store.load_account(&call.user_id, strong).await?
        }
    };

    // decide, commit
    let now = app.clock.now();
    let request = CommitAllRequest {
        user_id: &call.user_id,
        commands: &commands,
        account: Some(account),
        now,
        deadline: call.deadline,
    };
    let committed = app.store.commit_all(request).await.map_err(|error| {
        app.recent.forget(&call.user_id);
        ApiError::from(error)
    })?;
    app.recent.remember(&committed.account);

    // render
    let mut done = committed.results.into_iter();
    let mut results = Vec::new();
    for (key, problem) in keys {
        let result = match problem {
            Some(problem) => Err(problem),
            None => outcome(done.next()),
        };
        results.push(result_body(app, key, result)?);
    }
    let body = BatchBody {
        results,
        total_available: view(&committed.account, now)?.total_available,
        version: committed.account.version,
    };
    Ok(Response::json(200, json_text(&body)?).with_header("cache-control", "no-store"))
}

/// The charges of the body, each with its key. What else is wrong with one of them is
/// its own result.
fn charges(event: &Event) -> Result<Vec<(IdempotencyKey, Fields)>, ApiError> {
    let mut body = Fields::up_to(event, MAX_BODY_BYTES)?;
    if !body.contains("charges") {
        body.problem("charges", "is required");
    }
    let listed = body.list("charges", 1..=MAX_CHARGES).unwrap_or_default();
    let (mut seen, mut charges) = (BTreeSet::new(), Vec::new());
    for (number, mut charge) in listed.into_iter().enumerate() {
        let key = charge.take("idempotencyKey", KEY, |value| {
            value.as_str()?.parse::<IdempotencyKey>().ok()
        });
        let name = format!("charges[{number}].idempotencyKey");
        match key {
            None => body.problem(&name, KEY),
            Some(key) if !seen.insert(key.clone()) => body.problem(&name, "must not appear twice"),
            Some(key) => charges.push((key, charge)),
        }
    }
    body.finish(Some(charges))
}

/// The command of one charge, the same as if it were sent alone, or what is wrong with
/// the charge.
async fn command(
    app: &App,
    call: &ServiceCall,
    key: &IdempotencyKey,
    mut charge: Fields,
) -> Result<Result<Command, ApiError>, ApiError> {
    let spending = call.read(app, key, &mut charge, bodies::spending).await?;
    let asked = match charge.finish(spending) {
        Ok(spending) => Asked::Charge(spending),
        Err(problem) => return Ok(Err(problem)),
    };
    let cards = app.cards_for(asked.rated_model()).await?;
    Ok(Ok(call.command(
        app,
        post_charge::ROUTE_KEY,
        key,
        asked,
        cards,
    )))
}

fn outcome(result: Option<Result<Committed, Refused>>) -> Result<Committed, ApiError> {
    match result {
        Some(Ok(committed)) => Ok(committed),
        Some(Err(Refused::Rule(refusal))) => Err(refusal.into()),
        Some(Err(Refused::KeyReused)) => Err(ApiError::IdempotencyKeyReused),
        Some(Err(Refused::TooLarge(error))) => Err(ApiError::Internal(error.to_string())),
        None => Err(ApiError::Internal("a charge has no result".to_string())),
    }
}

fn result_body(
    app: &App,
    idempotency_key: IdempotencyKey,
    result: Result<Committed, ApiError>,
) -> Result<ResultBody, ApiError> {
    let (status, replayed, rest) = match result {
        Ok(committed) => {
            let entry = committed.entry();
            let replayed = matches!(committed, Committed::Replayed(_));
            let rest = serde_json::to_value(write_body(entry)?);
            (status_of(entry), replayed, rest)
        }
        Err(error) => {
            let (status, rest) = app.refusal(error).as_result();
            (status, false, Ok(Value::Object(rest)))
        }
    };
    match rest {
        Ok(Value::Object(rest)) => Ok(ResultBody {
            idempotency_key,
            status,
            replayed,
            rest,
        }),
        Ok(_) | Err(_) => Err(ApiError::Internal("a charge cannot be shown".to_string())),
    }
}

/// What `openapi.yaml` says of this route.
#[cfg(feature = "openapi")]
pub(crate) fn describe() -> shared::http::openapi::Described {
    crate::openapi_of_several::batch(ROUTE_KEY)
}
