//! Answering: every request ends here, with one response and one log line, which also
//! carries its metrics.
//!
//! The line names the route and the outcome, never the caller or anything the request
//! said. The function is the metrics' only dimension, because every combination of
//! dimensions is billed. Counters that only an alarm reads are omitted while zero:
//! `ServerErrors`, `TransactionConflicts`, `Throttles`, `LedgerMismatches`.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use super::{ApiError, Event, Response};
use crate::host::clock::Stopwatch;
use crate::host::log::{Figure, Level, Line, Log, Unit};
use crate::store::{Store, Work, WorkDone};

/// Answers one request of a function.
#[derive(Clone, Copy, Debug)]
pub struct Answering<'a> {
    event: &'a Event,
    log: &'a Log,
    work: &'a Work,
}

impl<'a> Answering<'a> {
    /// An answerer for one request: the event, the function's log, and the store of
    /// this request alone ([`Store::for_one_request`]), whose counters go into the log
    /// line.
    pub fn of(event: &'a Event, log: &'a Log, store: &'a Store) -> Self {
        Answering {
            event,
            log,
            work: store.work(),
        }
    }

    /// Runs a route and writes the log line. The caller pins the route, because every
    /// layer that moves it reserves room for it.
    pub async fn run<F>(self, route: Pin<&mut F>) -> Response
    where
        F: Future<Output = Result<Response, ApiError>>,
    {
        self.run_and(route, |_, _| {}).await
    }

    /// The same; `more` adds the members that only this function logs.
    pub async fn run_and<F>(
        self,
        route: Pin<&mut F>,
        more: impl FnOnce(&Response, &mut Line<'_>),
    ) -> Response
    where
        F: Future<Output = Result<Response, ApiError>>,
    {
        let stopwatch = Stopwatch::start();
        let outcome = caught(route).await;
        let latency = stopwatch.elapsed();
        let (response, error) = match outcome {
            Ok(response) => (response, None),
            Err(error) => (error.to_response(self.event.request_id()), Some(error)),
        };
        let mut line = self.line(&response, error.as_ref(), latency);
        more(&response, &mut line);
        line.write();
        response
    }

    fn line(&self, response: &Response, error: Option<&ApiError>, latency: Duration) -> Line<'_> {
        let status = response.status_code();
        let failed = status >= 500;
        let level = if failed { Level::Error } else { Level::Info };
        let mut line = self.log.line(level);
        line.text("request_id", self.event.request_id());
        if let Some(id) = self.event.lambda_request_id() {
            line.text("lambda_request_id", id);
        }
        line.text("route", self.event.route_key());
        line.text(
            "outcome",
            error.map_or_else(|| word(response), ApiError::outcome),
        );
        line.number("status", status.into());
        if let Some(reason) = error.and_then(ApiError::log_text) {
            line.text("reason", reason);
        }
        line.count("Requests", 1);
        line.count("ServerErrors", failed.into());
        let damaged = error.is_some_and(ApiError::is_of_damage);
        line.count("LedgerMismatches", damaged.into());
        let microseconds = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        let milliseconds = Figure::thousandths(microseconds);
        line.metric("Latency", Unit::Milliseconds, milliseconds);
        add_work(&mut line, self.work.done());
        line
    }
}

/// The outcome of a request that succeeded.
fn word(response: &Response) -> &'static str {
    if response.status_code() == 304 {
        "not_modified"
    } else if response.header("idempotent-replayed").is_some() {
        "replayed"
    } else {
        "answered"
    }
}

/// Adds what a request has cost on DynamoDB, as metrics.
pub fn add_work(line: &mut Line<'_>, done: WorkDone) {
    let WorkDone {
        requests,
        read_half_units,
        write_half_units,
        conflicts,
        throttles,
        retries,
        trouble,
    } = done;
    line.metric("DynamoDbRequests", Unit::Count, Figure::whole(requests));
    line.metric("ReadUnits", Unit::Count, Figure::halves(read_half_units));
    line.metric("WriteUnits", Unit::Count, Figure::halves(write_half_units));
    line.count("TransactionConflicts", conflicts);
    line.count("Throttles", throttles);
    if retries > 0 {
        line.number("retries", retries);
    }
    if let Some(trouble) = trouble {
        line.text("trouble", &trouble);
    }
}

/// Runs a route and turns a panic into an error like any other: answered, counted, and
/// on the same log line. State shared by requests survives a panic, because each change
/// to it is one call on a map or a list.
async fn caught<F>(mut route: Pin<&mut F>) -> Result<Response, ApiError>
where
    F: Future<Output = Result<Response, ApiError>>,
{
    poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| route.as_mut().poll(context)));
        // The panic message is not logged, because it may quote anything.
        let panicked = |_| Poll::Ready(Err(ApiError::Internal("the route panicked".into())));
        polled.unwrap_or_else(panicked)
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::host::clock::SystemClock;
    use crate::host::sink::KeptLines;

    /// The response and the log line of a route.
    async fn answered(
        route: impl Future<Output = Result<Response, ApiError>>,
    ) -> (Response, Value) {
        let lines = KeptLines::default();
        let log = Log::new("credits", Arc::new(SystemClock), lines.clone());
        let event = json!({"routeKey": "GET /x", "requestContext": {"requestId": "r-1"}});
        let event: Event = serde_json::from_value(event).unwrap();
        let answering = Answering {
            event: &event,
            log: &log,
            work: &Work::default(),
        };
        let response = answering.run(pin!(route)).await;
        let lines = lines.take();
        assert_eq!(lines.len(), 1, "{lines:?}");
        (response, serde_json::from_str(&lines[0]).unwrap())
    }

    #[tokio::test]
    async fn a_route_that_panics_is_answered_and_counted_and_quotes_nothing() {
        let (response, line) = answered(async {
            tokio::task::yield_now().await;
            panic!("about somebody@example.com")
        })
        .await;
        assert_eq!(response.status_code(), 500);
        assert!(response.body().contains("\"requestId\":\"r-1\""));
        assert_eq!(line["outcome"], "internal");
        assert_eq!(line["ServerErrors"], 1);
        assert!(!line.to_string().contains("somebody"), "{line}");
    }

    #[tokio::test]
    async fn only_what_contradicts_itself_is_a_mismatch() {
        for (error, outcome, mismatches) in [
            (ApiError::Damaged("an item".into()), "damaged", json!(1)),
            (
                ApiError::Internal("a mistake".into()),
                "internal",
                json!(null),
            ),
            (ApiError::TryAgain("busy".into()), "try_again", json!(null)),
            (ApiError::NotFound, "not_found", json!(null)),
        ] {
            let reason = json!(error.log_text());
            let (_, line) = answered(async { Err(error) }).await;
            assert_eq!(line["outcome"], outcome);
            assert_eq!(line["LedgerMismatches"], mismatches);
            assert_eq!(line["reason"], reason);
        }
    }
}
