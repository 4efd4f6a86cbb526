//! Suite: which thresholds a command crosses.
//!
//! Each alert is raised by the command that crosses the threshold and by no other.

use super::super::LotKind;
use super::super::fixtures::*;
use super::*;

use Alert::{Free75, Free90, Free100, ProEmpty, ProLow};

/// Charges the amounts in order and returns the alerts of each charge.
#[track_caller]
fn check(mut story: Story, charges: &[(&str, &[Alert])]) -> Story {
    for (amount, expected) in charges {
        let alerts = story.decides(charge(amount)).entry.outcome.alerts;
        assert_eq!(alerts, *expected, "after {amount}");
    }
    story
}

#[test]
fn the_free_thresholds_are_reported_once_each_as_they_are_crossed() {
    let charges: [(&str, &[Alert]); 7] = [
        ("74.999", &[]),
        ("0.001", &[Free75]),
        ("14", &[]),
        ("1", &[Free90]),
        ("9.999", &[]),
        ("0.001", &[Free100]),
        ("0", &[]),
    ];
    check(story("100", &[]), &charges);
    check(story("100", &[]), &[("100", &[Free75, Free90, Free100])]);
    check(
        story("100", &[]),
        &[("89", &[Free75]), ("11", &[Free90, Free100])],
    );
    check(story("0", &[("buy:a", "100", None)]), &[("1", &[])]);
}

#[test]
fn a_new_month_starts_anew() {
    let november = check(story("100", &[]), &[("80", &[Free75])]);
    check(
        november.when("2025-12-01"),
        &[("70", &[]), ("5", &[Free75])],
    );
}

#[test]
fn pro_credits_are_low_at_a_tenth_of_the_last_grant_and_then_empty() {
    let pack = [("buy:a", "100", None)];
    let charges: [(&str, &[Alert]); 4] = [
        ("89.999", &[]),
        ("0.001", &[ProLow]),
        ("9", &[]),
        ("1", &[ProEmpty]),
    ];
    check(story("0", &pack), &charges);
    check(story("0", &pack), &[("100", &[ProLow, ProEmpty])]);
}

#[test]
fn the_last_grant_is_the_lot_that_started_last() {
    let packs = [("buy:old", "1000", Some("2026-01-01"))];
    let topped_up = story("0", &packs).does(grant("buy:new", "100", None));
    check(topped_up, &[("1000", &[]), ("89", &[]), ("1", &[ProLow])]);
}

#[test]
fn a_grant_raises_no_alert_and_a_later_crossing_alerts_again() {
    let mut low = check(story("0", &[("buy:a", "100", None)]), &[("95", &[ProLow])]);
    let alerts = low.decides(grant("buy:b", "40", None)).entry.outcome.alerts;
    assert_eq!(alerts, []);
    check(low, &[("40", &[]), ("1", &[ProLow])]);
}

#[test]
fn a_lot_that_has_ended_is_not_the_last_grant() {
    let mut story = story("0", &[("buy:a", "100", None)]);
    let long_ago = Some("2025-11-20");
    story.decides(grant("buy:big", "10000", long_ago));
    // Nothing was written since the big one ended, so it has not left yet.
    check(story.when("2025-11-21"), &[("95", &[ProLow])]);
}

#[test]
fn held_credits_raise_no_alert_until_they_are_used() {
    let mut story = story("100", &[("buy:a", "100", None)]);
    let mut alerts = |action| story.decides(action).entry.outcome.alerts;
    assert_eq!(alerts(hold("1", "200")), []);
    assert_eq!(alerts(release("1")), []);
    assert_eq!(alerts(hold("2", "200")), []);
    assert_eq!(alerts(report("2", "200")), []);
    assert_eq!(alerts(commit("2", "80")), [Free75]);
    assert_eq!(alerts(hold("3", "120")), []);
    assert_eq!(alerts(release("3")), []);
    assert_eq!(alerts(charge("20")), [Free90, Free100]);
}

#[test]
fn taking_back_what_was_left_alerts_too() {
    let mut story = story("0", &[("buy:a", "100", None)]).does(charge("50"));
    let alerts = story.decides(claw_back("buy:a", "45")).entry.outcome.alerts;
    assert_eq!(alerts, [ProLow]);
    let alerts = story.decides(claw_back("buy:a", "60")).entry.outcome.alerts;
    assert_eq!(alerts, [ProEmpty]);
    let alerts = story.decides(claw_back("buy:a", "0")).entry.outcome.alerts;
    assert_eq!(alerts, [], "what was given back alerts nobody");
}

#[test]
fn an_overdraft_is_not_a_grant() {
    let mut story = story("0", &[("buy:a", "100", Some("2026-01-01"))]).does(hold("h", "100"));
    let alerts = story.decides(commit("h", "150")).entry.outcome.alerts;
    assert_eq!(alerts, [ProLow, ProEmpty]);
    let overdraft = story
        .account
        .lots
        .iter()
        .find(|lot| lot.terms.kind == LotKind::Overdraft);
    assert_eq!(overdraft.unwrap().used, credits("50"));
}
