//! The sender's output: one line per delivery with its effect on the user's
//! numbers, the answer's text if it was refused, and a summary.

use std::collections::BTreeMap;
use std::fmt;

use super::StoryEvent;
use super::delivery::Outcome;
use super::remote::{Answer, Numbers, beginning};

/// One delivery.
pub(super) struct Line<'a> {
    pub(super) event: &'a StoryEvent,
    pub(super) answer: &'a Answer,
    pub(super) before: &'a Numbers,
    pub(super) after: &'a Numbers,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Line {
            event,
            answer,
            before,
            after,
        } = self;
        let free = change(&before.free, &after.free);
        let pro = change(&before.pro, &after.pro);
        let plan = change(&before.plan, &after.plan);
        let (status, event_type, id) = (answer.status, &event.event_type, &event.id);
        write!(
            formatter,
            "{status}  {event_type:<40} {id}  free {free}; pro {pro}; plan {plan}"
        )?;
        if !(200..300).contains(&status) {
            write!(formatter, "\n     {}", beginning(&answer.text))?;
        }
        Ok(())
    }
}

/// `1500`, or `0 -> 10000` if it changed.
fn change(before: &str, after: &str) -> String {
    if before == after {
        after.to_string()
    } else {
        format!("{before} -> {after}")
    }
}

/// Counts final answers by status, and all deliveries.
pub(crate) fn summary(outcomes: &[Outcome]) -> String {
    let mut answers: BTreeMap<u16, usize> = BTreeMap::new();
    for outcome in outcomes {
        let count = answers.entry(outcome.status).or_default();
        *count = count.saturating_add(1);
    }
    let answers: Vec<String> = answers
        .iter()
        .map(|(status, count)| format!("{count} answered {status}"))
        .collect();
    let deliveries: u32 = outcomes.iter().map(|outcome| outcome.attempts).sum();
    format!(
        "{} events in {deliveries} deliveries: {}",
        outcomes.len(),
        answers.join(", ")
    )
}

#[cfg(test)]
mod tests;
