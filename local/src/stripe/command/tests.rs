//! Tests of the command line, the list of scenarios and the events to send.

use clap::Parser;

use super::*;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    stripe: Stripe,
}

fn read(arguments: &[&str]) -> Result<Stripe, String> {
    let line = [&["stripe"], arguments].concat();
    match Line::try_parse_from(line) {
        Ok(line) => Ok(line.stripe),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn a_scenario_alone_is_enough() {
    let order = read(&["renew"]).unwrap();
    assert_eq!(order.topic, Topic::Story(Scenario::Renew));
    assert_eq!(order.user, "free@example.com");
    assert_eq!(order.url, "http://127.0.0.1:8787");
    assert_eq!(order.api_version, ApiVersion::Dahlia);
    assert_eq!(order.shuffle, None);
    assert_eq!((order.duplicate, order.move_clock), (false, false));
    assert_eq!((order.time, order.suffix), (None, None));
}

#[test]
fn every_default_can_be_overridden() {
    let order = read(&[
        "buy-pack",
        "--user=pro-user",
        "--url=http://127.0.0.1:9000/",
        "--api-version=acacia",
        "--shuffle=7",
        "--duplicate",
        "--time=2026-01-31T13:00:00+01:00",
        "--suffix=mine1",
        "--move-clock",
    ]);
    let order = order.unwrap();
    assert_eq!(order.topic, Topic::Story(Scenario::BuyPack));
    assert_eq!(order.url, "http://127.0.0.1:9000");
    assert_eq!(order.api_version, ApiVersion::Acacia);
    assert_eq!(order.time, "2026-01-31T12:00:00Z".parse().ok());
    assert_eq!(order.suffix.as_deref(), Some("mine1"));
    assert!(order.duplicate && order.move_clock);
}

#[test]
fn what_cannot_be_used_is_refused_with_what_to_write() {
    for (arguments, advice) in [
        (&["renewal"] as &[&str], "`stripe list` shows all of them"),
        (&["renew", "--api-version=v1"], "use acacia, basil"),
        (
            &["renew", "--url=https://example.com"],
            "begin with http://",
        ),
        (&["renew", "--url=http://"], "begin with http://"),
        (&["renew", "--time=now"], "RFC 3339"),
        (&["renew", "--suffix=a_b"], "letters and digits"),
        (&["renew", "--suffix="], "letters and digits"),
        (&["renew", "--shuffle=x"], "invalid digit"),
        (&[], "required"),
    ] {
        let error = read(arguments).unwrap_err();
        assert!(error.contains(advice), "{arguments:?}: {error}");
    }
}

#[test]
fn every_listed_story_can_be_sent() {
    let listed = list();
    let names: Vec<&str> = listed
        .lines()
        .filter(|line| !line.starts_with(' '))
        .flat_map(|line| line.split(' ').next())
        .collect();
    let all = Scenario::ALL.len() + Scenario::NEEDS_API.len();
    assert_eq!(names.len(), all);
    for name in names {
        let topic = read(&[name]).unwrap().topic;
        assert!(matches!(topic, Topic::Story(scenario) if scenario.name() == name));
    }
    assert_eq!(read(&["list"]).unwrap().topic, Topic::List);
}

#[test]
fn a_random_suffix_is_valid_and_differs_each_time() {
    let drawn = random_suffix();
    assert_eq!(suffix(&drawn), Ok(drawn.clone()));
    assert_ne!(random_suffix(), drawn);
}

#[test]
fn a_doubled_and_shuffled_story_still_has_every_event_twice() {
    let order = read(&["renew", "--shuffle=3", "--duplicate"]).unwrap();
    let start = "2026-01-31T12:00:00Z".parse().unwrap();
    let cast = Cast::new("free-user", "a1", start);
    let events = Story::render(Scenario::Renew, &cast, ApiVersion::Dahlia);
    let sent = deliveries(Scenario::Renew, &cast, &order);
    assert_eq!(sent.len(), 2 * events.len());
    for event in &events {
        assert_eq!(sent.iter().filter(|other| *other == event).count(), 2);
    }
    assert_ne!(sent, duplicate(events));
}

#[tokio::test]
async fn without_a_world_the_error_says_how_to_start_one() {
    // Nothing listens on port 1.
    let order = read(&["renew", "--url=http://127.0.0.1:1"]).unwrap();
    let error = run(order).await.unwrap_err().to_string();
    assert!(error.contains("cargo run -p local"), "{error}");
}

#[test]
fn a_lost_event_is_not_delivered_and_all_others_are() {
    let order = read(&["renew", "--lose=invoice.paid", "--duplicate"]).unwrap();
    let start = "2026-01-31T12:00:00Z".parse().unwrap();
    let cast = Cast::new("free-user", "a1", start);
    let events = Story::render(Scenario::Renew, &cast, ApiVersion::Dahlia);
    let kept = events
        .iter()
        .filter(|event| event.event_type != "invoice.paid");
    let sent = deliveries(Scenario::Renew, &cast, &order);
    assert_eq!(sent.len(), 2 * kept.count());
    assert!(sent.iter().all(|event| event.event_type != "invoice.paid"));
}
