//! Every story in every version: the same tale, in the shapes of its time. What
//! the sender does around them has its tests beside them.

mod shapes;
mod tales;

use serde_json::Value;
use shared::domain::Timestamp;

use super::{ApiVersion, Cast, Scenario, Story, StoryEvent};

/// The last of a month, so that months of different lengths follow.
const START: &str = "2026-01-31T12:00:00Z";

fn start() -> Timestamp {
    START.parse().unwrap()
}

fn cast() -> Cast {
    Cast::new("free-user", "a1", start())
}

fn reported(scenario: Scenario, version: ApiVersion) -> Vec<StoryEvent> {
    Story::render(scenario, &cast(), version)
}

/// The object of the last event of a type.
#[track_caller]
fn object(scenario: Scenario, version: ApiVersion, event_type: &str) -> Value {
    let events = reported(scenario, version);
    let event = events
        .iter()
        .rfind(|event| event.event_type == event_type)
        .unwrap_or_else(|| panic!("{scenario} has no {event_type} in {version}"));
    event.body["data"]["object"].clone()
}

fn seconds(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().unix_seconds()
}

#[test]
fn a_signature_is_what_the_algorithm_says() {
    // Computed with `printf '1769860800.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test_1`.
    let header = super::sign("whsec_test_1", start(), br#"{"id":"evt_1"}"#);
    assert_eq!(
        header,
        "t=1769860800,v1=6c1c3e548a19b35f6f7e26f2d4dde3ad7467dcc25d2c7ec01c9c14b43992212d"
    );
}

#[test]
fn a_signature_changes_with_secret_time_and_body() {
    let signed = super::sign("whsec_a", start(), b"{}");
    let later = start().plus_seconds(1);
    for other in [
        super::sign("whsec_b", start(), b"{}"),
        super::sign("whsec_a", later, b"{}"),
        super::sign("whsec_a", start(), b"{ }"),
    ] {
        assert_ne!(
            signed.split_once("v1=").unwrap().1,
            other.split_once("v1=").unwrap().1
        );
    }
}

#[test]
fn names_are_read_back_and_others_are_refused_with_what_to_write() {
    for scenario in Scenario::ALL {
        assert_eq!(scenario.name().parse(), Ok(*scenario));
    }
    for version in ApiVersion::ALL {
        assert_eq!(version.name().parse(), Ok(version));
        assert!(version.api_version().ends_with(version.name()));
    }
    let error = "subscribed".parse::<Scenario>().unwrap_err();
    assert!(error.to_string().contains("stripe list"), "{error}");
    let error = "Dahlia".parse::<ApiVersion>().unwrap_err();
    assert!(error.to_string().contains("use acacia"), "{error}");
}

#[test]
fn a_shuffle_is_a_permutation_that_its_seed_alone_decides() {
    let events = reported(Scenario::PaymentFailed, ApiVersion::Dahlia);
    let mut orders = Vec::new();
    for seed in 0..50 {
        let shuffled = super::shuffle(events.clone(), seed);
        assert_eq!(shuffled, super::shuffle(events.clone(), seed));
        let order: Vec<String> = shuffled.iter().map(|event| event.id.clone()).collect();
        let mut sorted = shuffled;
        sorted.sort_by_key(|event| events.iter().position(|other| other.id == event.id));
        assert_eq!(sorted, events, "seed {seed}");
        orders.push(order);
    }
    orders.sort();
    orders.dedup();
    assert!(orders.len() > 40, "only {} orders", orders.len());
    assert_eq!(super::shuffle(Vec::new(), 1), Vec::new());
}

#[test]
fn a_duplicated_story_has_each_event_twice_in_a_row() {
    let events = reported(Scenario::Subscribe, ApiVersion::Dahlia);
    let doubled = super::duplicate(events.clone());
    assert_eq!(doubled.len(), 2 * events.len());
    for (pair, event) in doubled.chunks(2).zip(&events) {
        assert!(pair.iter().all(|copy| copy == event));
    }
}

#[test]
fn the_prices_of_the_stories_are_those_of_the_seeded_catalogue() {
    use super::script::{ANNUAL, PACK, PRO, PRO_PLUS, ROLLOVER};
    let prices = seeds::SeedData::read().unwrap().prices;
    let find = |id: &str| prices.iter().find(|price| price.price_id == id).unwrap();
    for plan in [PRO, PRO_PLUS, ANNUAL, ROLLOVER] {
        let price = find(plan.price);
        assert_eq!(i64::try_from(price.amount_minor), Ok(plan.amount));
        assert_eq!(price.kind, shared::domain::PriceKind::Subscription);
        let monthly = price.every == shared::domain::GrantInterval::Month;
        assert_eq!(monthly, plan.months == 12, "{}", plan.price);
    }
    let price = find(PACK.price);
    assert_eq!(i64::try_from(price.amount_minor), Ok(PACK.amount));
    assert_eq!(price.payment_link.as_deref(), Some(PACK.payment_link));
}
