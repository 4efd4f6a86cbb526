//! Log lines, character by character, as CloudWatch gets them. Nothing is sent to
//! CloudWatch.

use super::*;
use crate::domain::Timestamp;
use crate::host::clock::Clock;
use crate::host::sink::KeptLines;

#[derive(Debug)]
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_seconds(1_800_000_000).unwrap()
    }
}

#[track_caller]
fn check(build: impl FnOnce(&mut Line<'_>), expected: &str) {
    let lines = KeptLines::default();
    let log = Log::new("credits", Arc::new(Stopped), lines.clone());
    let mut line = log.line(Level::Info);
    build(&mut line);
    line.write();
    assert_eq!(lines.take(), [expected]);
}

#[test]
fn a_line_without_metrics_is_a_plain_object() {
    check(
        |line| {
            line.text("reason", "it said \"no\"\n");
            line.number("status", 500);
        },
        r#"{"Function":"credits","level":"INFO","reason":"it said \"no\"\u000a","status":500}"#,
    );
}

#[test]
fn metrics_are_named_in_the_embedded_metric_format_beside_their_values() {
    check(
        |line| {
            line.metric("Latency", Unit::Milliseconds, Figure::thousandths(1_234));
            line.metric("ReadUnits", Unit::Count, Figure::halves(1));
            line.count("Throttles", 0);
            line.count("Refused", 2);
        },
        concat!(
            r#"{"_aws":{"Timestamp":1800000000000,"CloudWatchMetrics":[{"Namespace":"DedicatedCredits","#,
            r#""Dimensions":[["Function"]],"Metrics":[{"Name":"Latency","Unit":"Milliseconds"},"#,
            r#"{"Name":"ReadUnits","Unit":"Count"},{"Name":"Refused","Unit":"Count"}]}]},"#,
            r#""Function":"credits","level":"INFO","Latency":1.234,"ReadUnits":0.5,"Refused":2}"#
        ),
    );
}

#[test]
fn a_counter_by_further_dimensions_has_a_directive_of_its_own() {
    check(
        |line| {
            line.dimension("Type", "invoice.paid");
            line.dimension("Outcome", "applied");
            line.count_one_by(&["Type", "Outcome"], "Events");
            line.count_one_by(&["Outcome"], "NeedsOperator");
            line.count("ParkedEvents", 1);
        },
        concat!(
            r#"{"_aws":{"Timestamp":1800000000000,"CloudWatchMetrics":["#,
            r#"{"Namespace":"DedicatedCredits","Dimensions":[["Function"]],"Metrics":[{"Name":"ParkedEvents","Unit":"Count"}]},"#,
            r#"{"Namespace":"DedicatedCredits","Dimensions":[["Function","Type","Outcome"]],"Metrics":[{"Name":"Events","Unit":"Count"}]},"#,
            r#"{"Namespace":"DedicatedCredits","Dimensions":[["Function","Outcome"]],"Metrics":[{"Name":"NeedsOperator","Unit":"Count"}]}]},"#,
            r#""Function":"credits","level":"INFO","Type":"invoice.paid","Outcome":"applied","Events":1,"NeedsOperator":1,"ParkedEvents":1}"#
        ),
    );
}

#[test]
fn no_value_of_a_dimension_is_more_than_a_word() {
    let long = "x".repeat(MAX_DIMENSION);
    for (value, expected) in [
        ("", "none".to_string()),
        ("a\"b\\c\nd\u{0}é ~", "a_b_c_d__ ~".to_string()),
        (&format!("{long}y"), long.clone()),
    ] {
        check(
            |line| line.dimension("Type", value),
            &format!(r#"{{"Function":"credits","level":"INFO","Type":"{expected}"}}"#),
        );
    }
}
