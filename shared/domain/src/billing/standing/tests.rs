//! The record and plan of a latest snapshot, as tables.

use super::super::fixtures::{catalogue, id, plan};
use super::super::{Parties, PreviousState, SubscriptionHistory, SubscriptionSnapshot};
use super::*;
use crate::billing::{SubscriptionItem, SubscriptionState};
use crate::fixtures::at;
use SubscriptionStatus::{
    Active, Cancelled, Expired, Incomplete, IncompleteExpired, PastDue, Paused, Trialing, Unpaid,
};

/// When the tables' snapshots are created, unless they say otherwise.
const SAID: &str = "2025-11-06T14:30:00Z";

fn item(price: &str, period_end: &str) -> SubscriptionItem {
    SubscriptionItem {
        price: id(price),
        period_start: at("2025-11-01"),
        period_end: at(period_end),
    }
}

/// A snapshot of November 2025.
fn latest(status: SubscriptionStatus, prices: &[&str]) -> DatedSnapshot {
    DatedSnapshot {
        event: id("evt_1"),
        created: at(SAID),
        creation: false,
        state: SubscriptionState {
            status,
            items: prices
                .iter()
                .map(|price| item(price, "2025-12-01"))
                .collect(),
            cancel_at_period_end: true,
            cancel_at: None,
            billing_cycle_anchor: None,
            trial_start: None,
            trial_end: None,
        },
        previous: PreviousState::default(),
        past_due_since: None,
    }
}

fn record_of(latest: &DatedSnapshot, catalogue: &Catalogue) -> Result<Subscription, StripeId> {
    let user_id = "user-1".parse().unwrap();
    let customer = id("cus_1");
    subscription_record(&user_id, &id("sub_1"), Some(&customer), latest, catalogue)
}

#[track_caller]
fn check_lapse(latest: &DatedSnapshot, lapses_at: Option<&str>) {
    let record = record_of(latest, &catalogue()).unwrap();
    assert_eq!(record.lapses_at, lapses_at.map(at), "{latest:?}");
}

#[test]
fn in_good_standing_it_lapses_with_the_grace_after_the_period() {
    for status in [Active, Trialing] {
        check_lapse(&latest(status, &["price_pro"]), Some("2025-12-04"));
        check_lapse(&latest(status, &["price_team"]), Some("2025-12-08"));
        check_lapse(&latest(status, &["price_free"]), Some("2025-12-01"));
    }
}

#[test]
fn past_due_it_lapses_with_the_grace_after_that_was_said() {
    let said = Some("2025-11-09T14:30:00Z");
    check_lapse(&latest(PastDue, &["price_pro"]), said);
    check_lapse(&latest(PastDue, &["price_free"]), Some(SAID));
}

#[test]
fn what_changes_while_it_is_past_due_makes_its_grace_no_longer() {
    let snapshot = |status, before, ending| SubscriptionSnapshot {
        parties: Parties::default(),
        id: id("sub_1"),
        creation: false,
        state: SubscriptionState {
            cancel_at_period_end: ending,
            ..latest(status, &["price_pro"]).state
        },
        previous: PreviousState {
            status: before,
            cancel_at_period_end: before.is_none().then_some(!ending),
            ..PreviousState::default()
        },
    };
    let mut history = SubscriptionHistory::default();
    let began = snapshot(PastDue, Some(Active), false);
    history.note(&began, &id("evt_1"), at("2025-11-01T01:00:00Z"));
    check_lapse(history.latest().unwrap(), Some("2025-11-04T01:00:00Z"));
    let changed = snapshot(PastDue, None, true);
    history.note(&changed, &id("evt_2"), at("2025-11-03"));
    check_lapse(history.latest().unwrap(), Some("2025-11-04T01:00:00Z"));
    let paid = snapshot(Active, Some(PastDue), true);
    history.note(&paid, &id("evt_3"), at("2025-11-05"));
    check_lapse(history.latest().unwrap(), Some("2025-12-04"));
    history.note(&began, &id("evt_4"), at("2025-11-20"));
    check_lapse(history.latest().unwrap(), Some("2025-11-23"));
}

#[test]
fn unpaid_or_paused_it_lapses_at_once() {
    check_lapse(&latest(Unpaid, &["price_pro"]), Some(SAID));
    check_lapse(&latest(Paused, &["price_pro"]), Some(SAID));
}

#[test]
fn what_never_began_or_has_ended_does_not_lapse() {
    for status in [Incomplete, IncompleteExpired, Cancelled, Expired] {
        check_lapse(&latest(status, &["price_pro"]), None);
    }
}

#[test]
fn the_longest_grace_stays_within_time() {
    let mut endless = latest(Active, &["price_endless"]);
    let price = Price {
        grace_days: u32::MAX,
        ..plan("endless", 1, 1, "1")
    };
    let catalogue = Catalogue::new(vec![price]);
    for item in &mut endless.state.items {
        item.period_end = Timestamp::MAX;
    }
    let record = record_of(&endless, &catalogue).unwrap();
    assert_eq!(record.lapses_at, Some(Timestamp::MAX));
}

/// Tier, rank and price of an active subscription to these.
#[track_caller]
fn check_best(prices: &[&str], expected: (Tier, u32, Option<&str>)) {
    let record = record_of(&latest(Active, prices), &catalogue()).unwrap();
    let price = record.stripe_price_id.as_deref();
    assert_eq!((record.tier, record.rank, price), expected, "{prices:?}");
}

#[test]
fn of_several_prices_the_one_of_the_highest_rank_says_what_it_entitles_to() {
    check_best(&["price_free"], (Tier::Free, 0, Some("price_free")));
    check_best(&["price_pro"], (Tier::Pro, 10, Some("price_pro")));
    let team = (Tier::Enterprise, 20, Some("price_team"));
    check_best(&["price_pro", "price_team"], team);
    check_best(&["price_team", "price_pro"], team);
    let year = (Tier::Pro, 10, Some("price_year"));
    check_best(&["price_pro", "price_year"], year);
    check_best(&["price_year", "price_pro"], year);
}

#[test]
fn without_a_plan_among_its_prices_it_entitles_to_nothing() {
    check_best(&[], (Tier::Free, 0, None));
    check_best(&["price_pack"], (Tier::Free, 0, None));
    check_lapse(&latest(Active, &[]), None);
}

#[test]
fn every_price_has_to_be_known() {
    let unknown = latest(Active, &["price_team", "price_new"]);
    let problem = record_of(&unknown, &catalogue());
    assert_eq!(problem, Err(id("price_new")));
}

#[test]
fn an_end_is_an_end_even_of_a_price_that_left_the_catalogue() {
    let ended = record_of(&latest(Cancelled, &["price_new"]), &catalogue()).unwrap();
    assert_eq!((ended.status, ended.tier), (Cancelled, Tier::Free));
    assert_eq!(account_plan(&ended), None);
}

#[test]
fn the_record_says_what_the_snapshot_says() {
    let record = record_of(&latest(Trialing, &["price_pro"]), &catalogue()).unwrap();
    let expected = Subscription {
        user_id: "user-1".parse().unwrap(),
        tier: Tier::Pro,
        rank: 10,
        status: Trialing,
        current_period_start: Some(at("2025-11-01")),
        current_period_end: Some(at("2025-12-01")),
        lapses_at: Some(at("2025-12-04")),
        stripe_customer_id: Some("cus_1".to_string()),
        stripe_subscription_id: Some("sub_1".to_string()),
        stripe_price_id: Some("price_pro".to_string()),
        cancel_at_period_end: true,
        cancel_at: None,
    };
    assert_eq!(record, expected);
}

#[test]
fn the_period_shown_is_that_of_the_plans_item_and_not_the_widest() {
    let mut several = latest(Active, &[]);
    several.state.items = vec![
        item("price_pack", "2026-11-01"),
        item("price_team", "2025-12-01"),
        item("price_year", "2026-11-01"),
    ];
    let record = record_of(&several, &catalogue()).unwrap();
    assert_eq!(record.current_period_end, Some(at("2025-12-01")));
    assert_eq!(record.lapses_at, Some(at("2025-12-08")));
}

/// Whether it ends with the period, by the flag or by a date.
#[track_caller]
fn check_ending(flag: bool, cancel_at: Option<&str>, ends_with_period: bool) {
    let mut snapshot = latest(Active, &["price_pro"]);
    snapshot.state.cancel_at_period_end = flag;
    snapshot.state.cancel_at = cancel_at.map(at);
    let record = record_of(&snapshot, &catalogue()).unwrap();
    assert_eq!(
        record.cancel_at_period_end, ends_with_period,
        "{cancel_at:?}"
    );
    assert_eq!(record.cancel_at, cancel_at.map(at));
}

#[test]
fn an_end_within_the_period_ends_with_it_and_a_later_one_is_only_shown() {
    check_ending(false, None, false);
    check_ending(true, None, true);
    check_ending(false, Some("2025-11-20"), true);
    check_ending(false, Some("2025-12-01"), true);
    check_ending(false, Some("2025-12-01T00:00:01Z"), false);
    check_ending(false, Some("2026-06-01"), false);
}

#[track_caller]
fn check_plan(status: SubscriptionStatus, remembered: bool) {
    let record = record_of(&latest(status, &["price_team"]), &catalogue()).unwrap();
    let expected = remembered.then(|| AccountPlan {
        subscription_id: "sub_1".to_string(),
        tier: Tier::Enterprise,
        rank: 20,
        period_end: Some(at("2025-12-01")),
        lapses_at: record.lapses_at,
        payment_due: matches!(status, PastDue | Unpaid | Paused),
    });
    assert_eq!(account_plan(&record), expected, "{status:?}");
}

#[test]
fn the_account_remembers_what_was_begun_and_has_not_ended() {
    for status in [Trialing, Active, PastDue, Unpaid, Paused] {
        check_plan(status, true);
    }
    for status in [Incomplete, IncompleteExpired, Cancelled, Expired] {
        check_plan(status, false);
    }
}

#[test]
fn the_account_remembers_nothing_that_is_not_at_stripe() {
    let record = record_of(&latest(Active, &["price_pro"]), &catalogue()).unwrap();
    let by_hand = Subscription {
        stripe_subscription_id: None,
        ..record
    };
    assert_eq!(account_plan(&by_hand), None);
}
