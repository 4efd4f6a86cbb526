//! Warnings, errors of libraries and panics, each on one line; never the data they
//! quote.

use std::sync::Arc;

use super::*;
use crate::host::clock::SystemClock;
use crate::host::sink::KeptLines;

const QUOTING: [&str; 1] = ["runtime::events"];

/// The lines that the subscriber writes for whatever `report` does.
fn reported(report: impl FnOnce()) -> Vec<String> {
    let lines = KeptLines::default();
    let log = Log::new("credits", Arc::new(SystemClock), lines.clone());
    tracing::subscriber::with_default(
        LogSubscriber {
            log,
            quoting: &QUOTING,
        },
        report,
    );
    lines.take()
}

#[test]
fn a_warning_of_ours_is_a_line() {
    let lines = reported(|| tracing::warn!(failure = %"no\nconnection", "not opened"));
    assert_eq!(
        lines,
        [concat!(
            r#"{"Function":"credits","level":"WARN","message":"not opened","#,
            r#""target":"shared::host::log::own::tests","reason":"failure=no\u000aconnection"}"#
        )]
    );
}

#[test]
fn of_others_only_errors_are_reported() {
    let lines = reported(|| {
        tracing::trace!(target: "runtime", "the whole payload");
        tracing::warn!(target: "runtime::work", "trying again");
        let span = tracing::error_span!(target: "runtime", "invoke");
        let _entered = span.enter();
        tracing::info!("ours, and of no interest");
        tracing::error!(target: "runtime::work", error = ?"gone", "gave up");
    });
    assert_eq!(
        lines,
        [concat!(
            r#"{"Function":"credits","level":"ERROR","message":"gave up","#,
            r#""target":"runtime::work","reason":"error=\"gone\""}"#
        )]
    );
}

#[test]
fn an_error_that_quotes_an_event_is_reported_without_it() {
    let lines = reported(|| {
        tracing::error!(target: "runtime::events", error = ?"the payload", "not an event");
    });
    assert_eq!(
        lines,
        [
            r#"{"Function":"credits","level":"ERROR","message":"not an event","target":"runtime::events"}"#
        ]
    );
}

#[test]
fn a_panic_is_reported_by_its_place_and_not_by_what_it_said() {
    let lines = KeptLines::default();
    let before = std::panic::take_hook();
    report_panics(&Log::new("credits", Arc::new(SystemClock), lines.clone()));
    let panicked = std::panic::catch_unwind(|| panic!("about somebody@example.com"));
    std::panic::set_hook(before);
    assert!(panicked.is_err());
    // Another test may panic at the same time; its line is not checked here.
    let lines = lines.take().join("\n");
    let start = r#"{"Function":"credits","level":"ERROR","message":"a panic","place":"shared/src/host/log/own/tests.rs:"#;
    assert!(lines.contains(start), "{lines}");
    assert!(!lines.contains("somebody"), "{lines}");
}
