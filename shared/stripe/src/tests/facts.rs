//! The facts of checkouts and subscriptions, in both shapes: until acacia and since
//! basil.

use super::*;

fn pack(user: &str) -> PackBought {
    PackBought {
        parties: parties_of(Some(user), None),
        session: id("cs_test_1"),
        payment: Some(id("pi_2")),
        invoice: None,
        pack: PackName::Unnamed,
        quantity: None,
        items: vec![],
        subtotal_minor: 2000,
        paid_minor: 1800,
        currency: "usd".to_string(),
    }
}

#[test]
fn checkouts_report_who_bought_what() {
    check(
        "subscription_bought",
        Fact::SubscriptionBought(parties_of(Some("user-1"), Some("sub_1"))),
    );
    check(
        "pack_bought",
        Fact::PackBought(PackBought {
            pack: PackName::Price(id("price_pack")),
            quantity: Some(3),
            invoice: Some(id("in_2")),
            ..pack("user-1")
        }),
    );
    check(
        "pack_by_link",
        Fact::PackBought(PackBought {
            pack: PackName::PaymentLink(id("plink_1")),
            payment: None,
            paid_minor: 0,
            ..pack("user-of-link")
        }),
    );
    check("pack_unpaid", Fact::Noted);
    check("pack_paid_later", Fact::PackBought(pack("user-of-link")));
}

#[test]
fn a_checkout_of_an_unknown_kind_means_nothing() {
    let bought = example(SINCE_BASIL, "pack_bought");
    for (name, value, expected) in [
        ("mode", "setup", Fact::Ignored),
        ("mode", "of_2030", Fact::Ignored),
        ("payment_status", "of_2030", Fact::Noted),
    ] {
        assert_eq!(fact_of(&with(bought.clone(), name, json!(value))), expected);
    }
    let later = example(SINCE_BASIL, "pack_paid_later");
    assert_eq!(fact_of(&with(later, "mode", json!("setup"))), Fact::Ignored);
    let mut later = example(SINCE_BASIL, "subscription_bought");
    later["type"] = json!("checkout.session.async_payment_succeeded");
    let buyer = parties_of(Some("user-1"), Some("sub_1"));
    assert_eq!(fact_of(&later), Fact::SubscriptionBought(buyer));
}

#[test]
fn a_text_that_is_not_a_user_id_names_no_user() {
    let bought = example(SINCE_BASIL, "pack_bought");
    for (by_metadata, by_link, expected) in [
        (json!("user-1"), json!("user-2"), Some("user-1")),
        (json!("user 1"), json!("user-2"), Some("user-2")),
        (json!("a#b"), json!("a/b"), None),
        (json!(""), json!(null), None),
        (json!(null), json!("user-2"), Some("user-2")),
        (json!("x".repeat(129)), json!(".."), None),
    ] {
        let event = with(bought.clone(), "metadata.user_id", by_metadata);
        let event = with(event, "client_reference_id", by_link);
        let pack = pack_of(&event);
        assert_eq!(pack.parties, parties_of(expected, None), "{event}");
    }
}

#[test]
fn a_quantity_is_a_whole_number_from_one() {
    let bought = example(SINCE_BASIL, "pack_bought");
    for (text, expected) in [("1", 1), ("18446744073709551615", u64::MAX)] {
        let event = with(bought.clone(), "metadata.quantity", json!(text));
        let pack = pack_of(&event);
        assert_eq!(pack.quantity, Some(expected));
    }
    for bad in ["", "0", "-1", "+1", "1.0", "18446744073709551616", "x"] {
        let event = with(bought.clone(), "metadata.quantity", json!(bad));
        let path = "$.data.object.metadata.quantity".to_string();
        assert_eq!(problem_of(&event), (path, "must be a whole number from 1"));
    }
}

fn state(status: SubscriptionStatus) -> SubscriptionState {
    SubscriptionState {
        status,
        items: vec![item("price_plus", START, START + PERIOD)],
        cancel_at_period_end: false,
        cancel_at: None,
        billing_cycle_anchor: Some(moment(START - PERIOD)),
        trial_start: None,
        trial_end: None,
    }
}

fn item(price: &str, from: i64, to: i64) -> SubscriptionItem {
    SubscriptionItem {
        price: id(price),
        period_start: moment(from),
        period_end: moment(to),
    }
}

fn snapshot(state: SubscriptionState, previous: PreviousState) -> Fact {
    Fact::Subscription(SubscriptionSnapshot {
        parties: parties_of(Some("user-1"), Some("sub_1")),
        id: id("sub_1"),
        creation: false,
        state,
        previous,
    })
}

#[test]
fn a_subscription_has_items_with_their_own_periods_or_with_its_own() {
    let end = START + PERIOD;
    for (shape, apart) in [(UNTIL_ACACIA, 0), (SINCE_BASIL, 60)] {
        let created = subscription_of(&example(shape, "subscription_created"));
        assert!(created.creation);
        let expected = SubscriptionState {
            items: vec![
                item("price_addon", START + apart, end - apart),
                item("price_addon", START + 2 * apart, end - 2 * apart),
                item("price_plus", START, end),
            ],
            ..state(SubscriptionStatus::Incomplete)
        };
        assert_eq!(created.state, expected);
        assert_eq!(created.previous, PreviousState::default());
    }
}

#[test]
fn subscriptions_report_what_they_are_and_were() {
    check(
        "subscription_renewed",
        snapshot(
            state(SubscriptionStatus::Active),
            PreviousState {
                period_start: Some(moment(START - PERIOD)),
                period_end: Some(moment(START)),
                prices: Some(vec![id("price_plus")]),
                ..PreviousState::default()
            },
        ),
    );
    check(
        "subscription_ended",
        snapshot(
            SubscriptionState {
                trial_start: Some(moment(START - 2 * PERIOD)),
                trial_end: Some(moment(START - PERIOD)),
                ..state(SubscriptionStatus::Cancelled)
            },
            PreviousState::default(),
        ),
    );
}

#[test]
fn the_flag_of_an_end_and_its_moment_are_distinguished() {
    for (shape, flag) in [(UNTIL_ACACIA, true), (SINCE_BASIL, false)] {
        let ending = SubscriptionState {
            cancel_at_period_end: flag,
            cancel_at: Some(moment(START + PERIOD)),
            ..state(SubscriptionStatus::Active)
        };
        let not_ending = PreviousState {
            cancel_at_period_end: Some(false),
            ..PreviousState::default()
        };
        assert_eq!(
            fact_of(&example(shape, "subscription_cancelled_at_end")),
            snapshot(ending, not_ending)
        );
    }
}

#[test]
fn both_fields_of_an_end_are_taken_together_with_what_they_are_now() {
    // (flag, end) now, the previous values in the event, whether it was ending before
    let end = json!(START + PERIOD);
    for (flag, cancel_at, previous, expected) in [
        (
            true,
            json!(null),
            json!({"cancel_at_period_end": false}),
            Some(false),
        ),
        (true, end.clone(), json!({"cancel_at": null}), Some(true)),
        (false, end.clone(), json!({"cancel_at": null}), Some(false)),
        (
            false,
            end.clone(),
            json!({"cancel_at_period_end": true}),
            Some(true),
        ),
        (false, json!(null), json!({"cancel_at": START}), Some(true)),
        (
            false,
            json!(null),
            json!({"cancel_at_period_end": true, "cancel_at": null}),
            Some(true),
        ),
        (true, end.clone(), json!({"status": "trialing"}), None),
        (true, end, json!(null), None),
    ] {
        let event = example(SINCE_BASIL, "subscription_ended");
        let event = with(event, "cancel_at_period_end", json!(flag));
        let mut event = with(event, "cancel_at", cancel_at);
        event["data"]["previous_attributes"] = previous;
        let snapshot = subscription_of(&event);
        assert_eq!(snapshot.previous.cancel_at_period_end, expected, "{event}");
    }
}

#[test]
fn every_word_for_a_status_has_its_meaning() {
    for (word, expected) in [
        ("incomplete", SubscriptionStatus::Incomplete),
        ("incomplete_expired", SubscriptionStatus::IncompleteExpired),
        ("trialing", SubscriptionStatus::Trialing),
        ("active", SubscriptionStatus::Active),
        ("past_due", SubscriptionStatus::PastDue),
        ("canceled", SubscriptionStatus::Cancelled),
        ("unpaid", SubscriptionStatus::Unpaid),
        ("paused", SubscriptionStatus::Paused),
        ("of_2030", SubscriptionStatus::Unpaid),
    ] {
        let mut event = with(
            example(SINCE_BASIL, "subscription_ended"),
            "status",
            json!(word),
        );
        event["data"]["previous_attributes"] = json!({"status": word});
        let previous = PreviousState {
            status: Some(expected),
            ..PreviousState::default()
        };
        let read = subscription_of(&event);
        assert_eq!((read.state.status, read.previous), (expected, previous));
    }
}
