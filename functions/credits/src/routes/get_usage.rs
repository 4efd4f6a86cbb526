//! `GET /api/user/usage`: the caller's use from one time to another, both inclusive,
//! summed by day, model, operation or session. Writes nothing except the rate counter.

use std::collections::BTreeMap;

use serde::Serialize;
use shared::domain::rating::RatedPart;
use shared::domain::{Credits, CreditsOverflow, EntryKind, Redacted, Timestamp};
use shared::http::{ApiError, Caller, Event, FieldProblems, Response, json_text};
use shared::store::{IndexedEntry, LedgerLine, UsageError};

use crate::app::App;
use crate::parts::{PartBody, PartSums};

pub(crate) const ROUTE_KEY: &str = "GET /api/user/usage";

const SECONDS_PER_DAY: i64 = 86_400;
const DEFAULT_DAYS: i64 = 30;
const MAX_DAYS: i64 = 92;
/// The group of charges that do not name what is grouped by.
const UNNAMED: &str = "unknown";

#[derive(Clone, Copy)]
enum GroupBy {
    Day,
    Model,
    Operation,
    Session,
}

impl GroupBy {
    const ALL: [GroupBy; 4] = [
        GroupBy::Day,
        GroupBy::Model,
        GroupBy::Operation,
        GroupBy::Session,
    ];

    fn as_str(self) -> &'static str {
        match self {
            GroupBy::Day => "day",
            GroupBy::Model => "model",
            GroupBy::Operation => "operation",
            GroupBy::Session => "session",
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = Usage))]
struct UsageBody {
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Moment))]
    from: Timestamp,
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Moment))]
    to: Timestamp,
    #[cfg_attr(feature = "openapi", schema(schema_with = group_by_words))]
    group_by: &'static str,
    rows: Vec<RowBody>,
    total: SumBody,
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = UsageRow))]
struct RowBody {
    key: String,
    #[serde(flatten)]
    sum: SumBody,
}

#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = UsageSum))]
struct SumBody {
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Amount))]
    credits: String,
    requests: u64,
    input_tokens: u64,
    output_tokens: u64,
    /// The parts of what was rated, by unit; charges that named an amount have none.
    breakdown: Vec<PartBody>,
}

#[derive(Clone, Default)]
struct Sum {
    credits: Credits,
    requests: u64,
    input_tokens: u64,
    output_tokens: u64,
    parts: PartSums,
}

pub(crate) async fn respond(app: &App, event: &Event) -> Result<Response, ApiError> {
    // parse
    let caller = Caller::of(event, &app.settings.scope_prefix, &["credits.read"])?;
    let now = app.clock.now();
    let (from, to, group_by) = query(event, now)?;

    // load
    let limiter = &app.settings.usage_limiter;
    let (allowance, lines) = tokio::join!(
        limiter.count(&app.store, &caller.user_id, now),
        app.store.load_range(&caller.user_id, from, to),
    );
    let allowance = allowance?;
    let lines = lines.map_err(|error| match error {
        UsageError::TooLarge => {
            ApiError::RangeTooLarge("There are too many entries between from and to. Ask for less.")
        }
        UsageError::Store(error) => error.into(),
    })?;

    // render
    let (rows, total) = sums(&lines, group_by)
        .map_err(|error| ApiError::Internal(format!("the usage cannot be summed: {error}")))?;
    let row = |(key, sum): (String, Sum)| RowBody {
        key,
        sum: sum.into(),
    };
    let body = UsageBody {
        from,
        to,
        group_by: group_by.as_str(),
        rows: rows.into_iter().map(row).collect(),
        total: total.into(),
    };
    Ok(Response::json(200, json_text(&body)?)
        .with_header("cache-control", "no-store")
        .with_allowance(allowance))
}

fn query(event: &Event, now: Timestamp) -> Result<(Timestamp, Timestamp, GroupBy), ApiError> {
    let mut problems = FieldProblems::new();
    let mut moment = |name: &str, default: Timestamp, seconds_into_day: i64| {
        let Some(text) = event.query(name) else {
            return default;
        };
        moment(text, seconds_into_day).unwrap_or_else(|| {
            let expected = "must be a date such as 2025-11-06 or an RFC 3339 time";
            problems.insert(name.to_string(), expected.to_string());
            default
        })
    };
    // A date means the whole day, at both ends.
    let to = moment("to", now, SECONDS_PER_DAY - 1);
    let from = moment("from", to.plus_seconds(-DEFAULT_DAYS * SECONDS_PER_DAY), 0);
    let group_by = match event.query("groupBy") {
        None => GroupBy::Day,
        Some(text) => {
            let known = GroupBy::ALL.into_iter().find(|by| by.as_str() == text);
            known.unwrap_or_else(|| {
                let words = GroupBy::ALL.map(GroupBy::as_str).join(", ");
                problems.insert("groupBy".into(), format!("must be one of {words}"));
                GroupBy::Day
            })
        }
    };
    if problems.is_empty() && from > to {
        problems.insert("from".into(), "must not be after to".into());
    }
    if !problems.is_empty() {
        return Err(ApiError::InvalidQuery(problems));
    }
    if to.seconds_since(from) > MAX_DAYS * SECONDS_PER_DAY {
        return Err(ApiError::RangeTooLarge(
            "From from to to may be at most 92 days.",
        ));
    }
    Ok((from, to, group_by))
}

fn moment(text: &str, seconds_into_day: i64) -> Option<Timestamp> {
    let midnight = format!("{text}T00:00:00Z");
    match (text.parse(), midnight.parse::<Timestamp>()) {
        (Ok(moment), _) => Some(moment),
        (_, Ok(midnight)) => Some(midnight.plus_seconds(seconds_into_day)),
        _ => None,
    }
}

fn sums(
    lines: &[LedgerLine],
    group_by: GroupBy,
) -> Result<(BTreeMap<String, Sum>, Sum), CreditsOverflow> {
    let mut rows = BTreeMap::<String, Sum>::new();
    let mut total = Sum::default();
    for LedgerLine { entry, parts, .. } in lines {
        let is_request = matches!(
            entry.kind,
            EntryKind::Charge | EntryKind::Commit | EntryKind::PastUse
        );
        if !is_request && entry.used.is_zero() {
            continue;
        }
        let key = match group_by {
            GroupBy::Day => entry.at.date(),
            GroupBy::Model => entry.model_id.clone().unwrap_or_else(unnamed),
            GroupBy::Operation => {
                let operation = entry.operation.map(|it| it.as_str().to_string());
                operation.unwrap_or_else(unnamed)
            }
            GroupBy::Session => {
                let session = entry.session.clone().map(Redacted::into_exposed);
                session.unwrap_or_else(unnamed)
            }
        };
        rows.entry(key).or_default().add(entry, parts, is_request)?;
        total.add(entry, parts, is_request)?;
    }
    Ok((rows, total))
}

fn unnamed() -> String {
    UNNAMED.to_string()
}

impl Sum {
    fn add(
        &mut self,
        entry: &IndexedEntry,
        parts: &[RatedPart],
        is_request: bool,
    ) -> Result<(), CreditsOverflow> {
        self.credits = self.credits.plus(entry.used)?;
        // A report has tokens too, but its commit states them again.
        if is_request {
            self.requests += 1;
            self.input_tokens += u64::from(entry.input_tokens.unwrap_or(0));
            self.output_tokens += u64::from(entry.output_tokens.unwrap_or(0));
            self.parts.add(parts);
        }
        Ok(())
    }
}

impl From<Sum> for SumBody {
    fn from(sum: Sum) -> Self {
        SumBody {
            credits: sum.credits.to_string(),
            requests: sum.requests,
            input_tokens: sum.input_tokens,
            output_tokens: sum.output_tokens,
            breakdown: sum.parts.into_bodies(),
        }
    }
}

/// What `openapi.yaml` says of this route.
#[cfg(feature = "openapi")]
pub(crate) fn describe() -> shared::http::openapi::Described {
    use shared::http::openapi::{ErrorCode, Header, Route};
    let moment = || {
        serde_json::json!({
            "anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}],
        })
    };
    let group_by = serde_json::json!({"type": "string", "enum": GroupBy::ALL.map(GroupBy::as_str), "default": "day"});
    Route::of_user(
        ROUTE_KEY,
        "getUsage",
        "Use summed by day, model, operation or session",
        &["credits.read"],
    )
    .text("A date means the whole day, at both ends. A range spans at most 92 days.")
    .query(
        "from",
        moment(),
        "The first moment; by default 30 days before `to`.",
    )
    .query("to", moment(), "The last moment; by default now.")
    .query("groupBy", group_by, "What a row sums up.")
    .answers::<UsageBody>(200, "The sums.", &Header::LIMITED)
    .failing(&[ErrorCode::RangeTooLarge, ErrorCode::RateLimited])
    .finish()
}

#[cfg(feature = "openapi")]
fn group_by_words() -> utoipa::openapi::schema::Object {
    shared::http::openapi::words(GroupBy::ALL.map(GroupBy::as_str), "What a row sums up.")
}
