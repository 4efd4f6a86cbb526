//! `GET /api/user/credits/history`: the caller's ledger, newest first, page by page. It
//! writes nothing except the rate counter.

use serde::Serialize;
use shared::domain::{EntryKey, EntryKind, Redacted, Timestamp};
use shared::http::{ApiError, Caller, Event, FieldProblems, Response, json_text};
use shared::store::{Cursor, LedgerLine};

use crate::app::App;
use crate::parts::{PartBody, breakdown};

pub(crate) const ROUTE_KEY: &str = "GET /api/user/credits/history";

const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: usize = 100;

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = History))]
struct HistoryBody {
    entries: Vec<LineBody>,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<shared::http::openapi::Cursor>, required = true))]
    next_cursor: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = Entry))]
struct LineBody {
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    seq: u64,
    id: String,
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::EntryKindText))]
    kind: &'static str,
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Amount))]
    amount: String,
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::SignedAmount))]
    free_delta: String,
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::SignedAmount))]
    pro_delta: String,
    #[cfg_attr(feature = "openapi", schema(minimum = 0))]
    total_available: i64,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    model_id: Option<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<shared::http::openapi::OperationText>, required = true))]
    operation: Option<&'static str>,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    input_tokens: Option<u32>,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    output_tokens: Option<u32>,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    label: Option<String>,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    session: Option<String>,
    #[cfg_attr(feature = "openapi", schema(required = true))]
    rate_card: Option<String>,
    /// How the amount comes about; empty if no card says it.
    breakdown: Vec<PartBody>,
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Moment))]
    at: Timestamp,
}

struct Query {
    limit: usize,
    cursor: Option<Cursor>,
    kind: Option<EntryKind>,
}

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let caller = Caller::of(event, &app.settings.scope_prefix, &["credits.read"])?;
    let Query {
        limit,
        cursor,
        kind,
    } = query(event)?;
    let now = app.clock.now();

    // load
    let limiter = &app.settings.history_limiter;
    let (allowance, page) = tokio::join!(
        limiter.count(&app.store, &caller.user_id, now),
        app.store.load_history(&caller.user_id, limit, cursor, kind),
    );
    let (allowance, page) = (allowance?, page?);

    // render
    let body = HistoryBody {
        entries: page.lines.into_iter().map(line).collect(),
        next_cursor: page.next.map(|cursor| cursor.to_text()),
    };
    Ok(Response::json(200, json_text(&body)?)
        .with_header("cache-control", "no-store")
        .with_allowance(allowance))
}

fn query(event: &Event) -> Result<Query, ApiError> {
    let mut problems = FieldProblems::new();
    let mut problem = |name: &str, text: String| problems.insert(name.to_string(), text);
    let limit = match event.query("limit") {
        None => DEFAULT_LIMIT,
        Some(text) => match text.parse() {
            // Rust's integer parser accepts a leading plus; a query must not have one.
            Ok(limit) if (1..=MAX_LIMIT).contains(&limit) && !text.starts_with('+') => limit,
            _ => {
                problem("limit", "must be a whole number from 1 to 100".to_string());
                DEFAULT_LIMIT
            }
        },
    };
    let cursor = event.query("cursor").and_then(|text| {
        let cursor = Cursor::from_text(text);
        if cursor.is_none() {
            problem("cursor", "must be the nextCursor of an answer".to_string());
        }
        cursor
    });
    let kind = event.query("kind").and_then(|text| {
        let kind = EntryKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text);
        if kind.is_none() {
            let known = EntryKind::ALL.map(EntryKind::as_str).join(", ");
            problem("kind", format!("must be one of {known}"));
        }
        kind
    });
    if problems.is_empty() {
        Ok(Query {
            limit,
            cursor,
            kind,
        })
    } else {
        Err(ApiError::InvalidQuery(problems))
    }
}

fn line(line: LedgerLine) -> LineBody {
    let entry = line.entry;
    // The label of an operator's entry is the operator's reason, which is not the user's.
    let is_callers = matches!(line.key, EntryKey::Api { .. });
    LineBody {
        seq: entry.seq,
        id: match line.key {
            EntryKey::Api { key, .. } | EntryKey::Ops(key) => key.into(),
            EntryKey::Cause(cause) => cause.into(),
        },
        kind: entry.kind.as_str(),
        amount: entry.amount.to_string(),
        free_delta: entry.free_delta.to_string(),
        pro_delta: entry.pro_delta.to_string(),
        total_available: entry.total_available,
        model_id: entry.model_id,
        operation: entry.operation.map(|operation| operation.as_str()),
        input_tokens: entry.input_tokens,
        output_tokens: entry.output_tokens,
        label: entry
            .label
            .filter(|_| is_callers)
            .map(Redacted::into_exposed),
        session: entry.session.map(Redacted::into_exposed),
        rate_card: entry.rate_card.map(Into::into),
        breakdown: breakdown(&line.parts),
        at: entry.at,
    }
}

/// What `openapi.yaml` says of this route.
#[cfg(feature = "openapi")]
pub(crate) fn describe() -> shared::http::openapi::Described {
    use shared::http::openapi::{Cursor as CursorText, EntryKindText, ErrorCode, Header, Route};
    let text = "The user's ledger, newest first";
    let mut route = Route::of_user(ROUTE_KEY, "getHistory", text, &["credits.read"]);
    let (cursor, kind) = (route.named::<CursorText>(), route.named::<EntryKindText>());
    let limit = serde_json::json!({
        "type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT,
    });
    let next = serde_json::json!({"cursor": "$response.body#/nextCursor"});
    route
        .query("limit", limit, "How many entries at most.")
        .query("cursor", cursor, "Where the page before ended.")
        .query("kind", kind, "Only entries of this kind.")
        .answers::<HistoryBody>(200, "A page of the ledger.", &Header::LIMITED)
        .link(200, "getHistory", next)
        .failing(&[ErrorCode::RateLimited])
        .finish()
}
