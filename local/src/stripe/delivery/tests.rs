//! Rounds of delivery against receivers that refuse, fail and recover. The
//! pauses are real, because tokio's test clock must not be in the product's
//! dependencies.

use serde_json::json;

use super::*;

fn events(count: usize) -> Vec<StoryEvent> {
    let event = |number| StoryEvent {
        id: format!("evt_{number}"),
        event_type: "invoice.paid".to_string(),
        body: json!({}),
    };
    (0..count).map(event).collect()
}

/// Delivers to a receiver that answers by event and attempt. Also returns the
/// ids in order of arrival.
async fn against(answers: &[&[u16]]) -> (Vec<Outcome>, Vec<String>) {
    let events = events(answers.len());
    let mut came: Vec<String> = Vec::new();
    let outcomes = deliver(&events, async |event: &StoryEvent| {
        let attempt = came.iter().filter(|id| **id == event.id).count();
        came.push(event.id.clone());
        let position = events.iter().position(|other| other == event).unwrap();
        let answers = answers[position];
        Ok::<u16, ()>(answers[attempt.min(answers.len() - 1)])
    });
    let outcomes = outcomes.await.unwrap();
    (outcomes, came)
}

#[tokio::test]
async fn what_is_accepted_or_refused_is_sent_once() {
    let (outcomes, came) = against(&[&[200], &[400], &[202]]).await;
    assert_eq!(came, ["evt_0", "evt_1", "evt_2"]);
    let statuses: Vec<u16> = outcomes.iter().map(|outcome| outcome.status).collect();
    assert_eq!(statuses, [200, 400, 202]);
}

#[tokio::test]
async fn what_is_not_ready_is_sent_again_after_all_the_others() {
    let (outcomes, came) = against(&[&[503, 503, 200], &[200], &[500, 400]]).await;
    assert_eq!(came, ["evt_0", "evt_1", "evt_2", "evt_0", "evt_2", "evt_0"]);
    let ends: Vec<(u16, u32)> = outcomes
        .iter()
        .map(|outcome| (outcome.status, outcome.attempts))
        .collect();
    assert_eq!(ends, [(200, 3), (200, 1), (400, 2)]);
}

#[tokio::test]
async fn what_never_works_is_given_up_after_a_few_rounds() {
    let (outcomes, came) = against(&[&[503]]).await;
    assert_eq!(came.len(), 1 + PAUSES.len());
    assert_eq!(outcomes[0].status, 503);
}

#[tokio::test]
async fn a_broken_connection_ends_the_delivery() {
    let outcome = deliver(&events(2), async |_: &StoryEvent| Err("gone")).await;
    assert_eq!(outcome, Err("gone"));
}
