//! What alarms and the dashboard wait for, a function writes. A name that was
//! changed in one place alone would leave an alarm silent for ever.

use std::collections::BTreeSet;

use super::{all_sources, check, root};

/// The names of our own metrics in the template of alarms and dashboard.
fn waited_for() -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("infra/observability.yaml")).unwrap();
    let mut names = BTreeSet::new();
    let mut is_ours = false;
    for line in text.lines() {
        if line.contains("Namespace:") {
            is_ours = line.contains("Namespace: DedicatedCredits");
        }
        // An alarm's, on the same line or the next; else the dashboard's.
        let alarm = line.split_once("MetricName: ").filter(|_| is_ours);
        let found = alarm.or_else(|| line.split_once("[\"DedicatedCredits\", \""));
        let name = found.and_then(|(_, rest)| rest.split([',', '"', ' ']).next());
        names.extend(name.map(str::to_string));
    }
    names
}

#[test]
fn every_custom_metric_in_use_is_written_by_a_function() {
    let names = waited_for();
    assert!(names.len() >= 10, "{names:?}");
    let sources: Vec<_> = all_sources()
        .into_iter()
        .filter(|source| {
            source.path.starts_with("shared/src") || source.path.starts_with("functions/")
        })
        .filter(|source| !source.path.contains("tests"))
        .collect();
    let written = |name: &String| {
        let text = format!("\"{name}\"");
        sources.iter().any(|source| source.text.contains(&text))
    };
    let silent = names.iter().filter(|name| !written(name));
    let silent = silent.map(|name| {
        format!("{name}: infra/observability.yaml waits for it, and nothing in shared or functions writes it")
    });
    check(silent.collect());
}

/// Two stages of one account would be counted as one.
#[test]
fn every_metric_of_ours_is_looked_at_for_one_deployed_function() {
    let text = std::fs::read_to_string(root().join("infra/observability.yaml")).unwrap();
    let mut findings = Vec::new();
    let mut seen = 0;
    for (line, number) in text.lines().zip(1..) {
        let alarm = line.split_once("{ Name: Function, Value: ");
        let board = line.split_once("\"Function\", \"");
        for (is_deployed, value) in [
            (alarm.map(|(_, value)| value.starts_with("!Ref ")), alarm),
            (board.map(|(_, value)| value.starts_with("${")), board),
        ] {
            seen += usize::from(value.is_some());
            if is_deployed == Some(false) {
                findings.push(format!(
                    "infra/observability.yaml:{number}: name the function by its parameter"
                ));
            }
        }
    }
    assert!(seen >= 20, "{seen}");
    check(findings);
}
