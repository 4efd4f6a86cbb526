//! Which snapshot is the latest, as tables whose snapshots are given in every order.

mod orders;

use super::super::SubscriptionItem;
use super::super::fixtures::id;
use super::*;
use crate::fixtures::at;
use SubscriptionStatus::{
    Active, Cancelled, Expired, Incomplete, IncompleteExpired, PastDue, Paused, Trialing, Unpaid,
};

/// A snapshot and the event that reports it.
#[derive(Clone, Debug)]
struct Reported {
    event: StripeId,
    created: Timestamp,
    snapshot: SubscriptionSnapshot,
}

/// An event of this second without a previous state.
#[track_caller]
fn reported(event: &str, second: i64, status: SubscriptionStatus) -> Reported {
    Reported {
        event: id(event),
        created: at("2025-11-01").plus_seconds(second),
        snapshot: SubscriptionSnapshot {
            parties: super::super::Parties::default(),
            id: id("sub_1"),
            creation: false,
            state: SubscriptionState {
                status,
                items: vec![SubscriptionItem {
                    price: id("price_pro"),
                    period_start: at("2025-11-01"),
                    period_end: at("2025-12-01"),
                }],
                cancel_at_period_end: false,
                cancel_at: None,
                billing_cycle_anchor: None,
                trial_start: None,
                trial_end: None,
            },
            previous: PreviousState::default(),
        },
    }
}

impl Reported {
    fn creation(mut self) -> Self {
        self.snapshot.creation = true;
        self
    }

    fn status_was(mut self, status: SubscriptionStatus) -> Self {
        self.snapshot.previous.status = Some(status);
        self
    }

    fn until(mut self, period_end: &str) -> Self {
        for item in &mut self.snapshot.state.items {
            item.period_end = at(period_end);
        }
        self
    }

    fn until_was(mut self, period_end: &str) -> Self {
        self.snapshot.previous.period_end = Some(at(period_end));
        self
    }

    fn ending(mut self, ending: bool) -> Self {
        self.snapshot.state.cancel_at_period_end = ending;
        self
    }

    fn ending_was(mut self, ending: bool) -> Self {
        self.snapshot.previous.cancel_at_period_end = Some(ending);
        self
    }

    fn price(mut self, price: &str) -> Self {
        for item in &mut self.snapshot.state.items {
            item.price = id(price);
        }
        self
    }

    fn price_was(mut self, price: &str) -> Self {
        self.snapshot.previous.prices = Some(vec![id(price)]);
        self
    }
}

fn noted<'a>(all: impl IntoIterator<Item = &'a Reported>) -> SubscriptionHistory {
    let mut history = SubscriptionHistory::default();
    for reported in all {
        let before = history.clone();
        let news = history.note(&reported.snapshot, &reported.event, reported.created);
        assert_eq!(news, history != before, "{reported:?}");
    }
    history
}

/// All orders of the numbers below `count`.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let last = count.saturating_sub(1);
    let with_last = |order: Vec<usize>| {
        (0..count).map(move |place| {
            let mut order = order.clone();
            order.insert(place, last);
            order
        })
    };
    orders(last).into_iter().flat_map(with_last).collect()
}

/// The event of the latest, whatever the order of the snapshots; each is given a
/// second time at the end.
#[track_caller]
fn check(all: &[Reported], latest: &str) {
    let history = noted(all);
    let found = history.latest().map(|latest| latest.event.as_str());
    assert_eq!(found, Some(latest), "{all:#?}");
    for order in orders(all.len()) {
        let in_order = order.iter().filter_map(|number| all.get(*number));
        let again = noted(in_order.chain(all));
        assert_eq!(again, history, "{order:?} of {all:#?}");
    }
}

#[test]
fn an_empty_history_has_no_latest_snapshot() {
    assert_eq!(SubscriptionHistory::default().latest(), None);
}

#[test]
fn the_newer_second_counts_whatever_it_says() {
    check(&[reported("evt_1", 0, Active)], "evt_1");
    check(
        &[reported("evt_b", 0, Unpaid), reported("evt_a", 1, Active)],
        "evt_a",
    );
    // Its previous state is about the other second.
    check(
        &[
            reported("evt_b", 0, PastDue).status_was(Active),
            reported("evt_a", 1, Active),
        ],
        "evt_a",
    );
}

#[test]
fn an_ended_snapshot_wins_over_later_ones() {
    for end in [Cancelled, IncompleteExpired, Expired] {
        check(
            &[reported("evt_1", 0, end), reported("evt_2", 9, Active)],
            "evt_1",
        );
        check(
            &[
                reported("evt_1", 0, end),
                reported("evt_2", 0, Active).status_was(end),
            ],
            "evt_1",
        );
    }
    check(
        &[
            reported("evt_2", 0, Cancelled),
            reported("evt_1", 1, Cancelled),
        ],
        "evt_1",
    );
}

#[test]
fn in_one_second_whoever_says_what_was_before_comes_after_it() {
    // Otherwise the other would count in each of these.
    check(
        &[
            reported("evt_b", 0, PastDue),
            reported("evt_a", 0, Active).status_was(PastDue),
        ],
        "evt_a",
    );
    check(
        &[
            reported("evt_b", 0, Active).until("2026-01-01"),
            reported("evt_a", 0, Active).until_was("2026-01-01"),
        ],
        "evt_a",
    );
    check(
        &[
            reported("evt_b", 0, Active),
            reported("evt_a", 0, Active).ending(true).ending_was(false),
        ],
        "evt_a",
    );
    check(
        &[
            reported("evt_b", 0, Active).price("price_team"),
            reported("evt_a", 0, Active).price_was("price_team"),
        ],
        "evt_a",
    );
}

#[test]
fn all_previous_attributes_must_match() {
    check(
        &[
            reported("evt_b", 0, PastDue),
            reported("evt_a", 0, Active)
                .status_was(PastDue)
                .price("price_team")
                .price_was("price_year"),
        ],
        "evt_b",
    );
}

#[test]
fn a_creation_comes_before_everything_of_its_second() {
    check(
        &[
            reported("evt_b", 0, Active).creation(),
            reported("evt_a", 0, Incomplete),
        ],
        "evt_a",
    );
    check(
        &[
            reported("evt_c", 0, Incomplete).creation(),
            reported("evt_b", 0, Active).status_was(Incomplete),
            reported("evt_a", 0, Active).ending(true).ending_was(false),
        ],
        "evt_a",
    );
}

#[test]
fn two_that_each_say_they_follow_the_other_are_distinguished_by_what_they_are() {
    check(
        &[
            reported("evt_b", 0, Active).status_was(PastDue),
            reported("evt_a", 0, PastDue).status_was(Active),
        ],
        "evt_a",
    );
    check(
        &[
            reported("evt_a", 0, Active).ending(true).ending_was(false),
            reported("evt_b", 0, Active).ending_was(true),
        ],
        "evt_b",
    );
    // Neither follows a third because of that.
    check(
        &[
            reported("evt_b", 0, Active).status_was(PastDue),
            reported("evt_a", 0, PastDue).status_was(Active),
            reported("evt_c", 0, Trialing),
        ],
        "evt_a",
    );
}

#[test]
fn three_that_follow_each_other_in_a_circle_are_distinguished_by_what_they_are() {
    check(
        &[
            reported("evt_a", 0, Active)
                .price("price_a")
                .price_was("price_c"),
            reported("evt_c", 0, Active)
                .price("price_b")
                .price_was("price_a"),
            reported("evt_b", 0, Active)
                .price("price_c")
                .price_was("price_b"),
        ],
        "evt_c",
    );
}

#[test]
fn an_unchanged_previous_attribute_orders_nothing() {
    // Another quantity names the whole item as it was before, of which nothing changed here.
    check(
        &[
            reported("evt_b", 0, PastDue).price_was("price_pro"),
            reported("evt_a", 0, Active)
                .status_was(PastDue)
                .price_was("price_pro"),
        ],
        "evt_a",
    );
}

#[test]
fn without_any_other_sign_the_further_status_counts() {
    let by_finality = [Incomplete, Trialing, Active, PastDue, Paused, Unpaid];
    for (number, one) in by_finality.iter().enumerate() {
        for other in by_finality.iter().skip(number.saturating_add(1)) {
            check(
                &[reported("evt_b", 0, *one), reported("evt_a", 0, *other)],
                "evt_a",
            );
        }
    }
}

#[test]
fn then_the_later_period_and_then_the_greater_event_counts() {
    check(
        &[
            reported("evt_b", 0, Active),
            reported("evt_a", 0, Active).until("2026-01-01"),
        ],
        "evt_a",
    );
    check(
        &[reported("evt_a", 0, Active), reported("evt_b", 0, Active)],
        "evt_b",
    );
}

/// Since when the latest is past due, in seconds, in every order.
#[track_caller]
fn check_past_due(all: &[Reported], since: Option<i64>) {
    let latest = noted(all).latest().map(|latest| latest.event.to_string());
    check(all, &latest.unwrap());
    let history = noted(all);
    let found = history.latest().and_then(|latest| latest.past_due_since);
    let since = since.map(|second| at("2025-11-01").plus_seconds(second));
    assert_eq!(found, since, "{all:#?}");
}

#[test]
fn past_due_counts_from_the_last_change_into_it() {
    check_past_due(&[reported("evt_1", 5, PastDue)], None);
    let began = reported("evt_1", 5, PastDue).status_was(Active);
    check_past_due(std::slice::from_ref(&began), Some(5));
    let changed = reported("evt_2", 9, PastDue).ending(true).ending_was(false);
    check_past_due(&[began.clone(), changed], Some(5));
    check_past_due(
        &[
            began,
            reported("evt_2", 7, Active).status_was(PastDue),
            reported("evt_3", 8, PastDue).status_was(Active),
            reported("evt_4", 9, PastDue).status_was(PastDue),
        ],
        Some(8),
    );
}

#[test]
fn a_repeated_snapshot_changes_nothing() {
    let one = reported("evt_1", 1, Active);
    let mut history = noted([&one]);
    assert!(!history.note(&one.snapshot, &one.event, one.created));
    let older = reported("evt_0", 0, Active);
    assert!(!history.note(&older.snapshot, &older.event, older.created));
    let began = reported("evt_2", 0, PastDue).status_was(Active);
    assert!(history.note(&began.snapshot, &began.event, began.created));
    assert_eq!(history.latest().unwrap().event, one.event);
}

#[test]
fn a_history_is_read_back_as_it_was_written() {
    let plain = noted([&reported("evt_1", 0, Active)]);
    assert_eq!(
        crate::written::written(&plain),
        concat!(
            r#"[{"event":"evt_1","created":"2025-11-01T00:00:00Z","#,
            r#""state":{"status":"active","items":[{"price":"price_pro","#,
            r#""period_start":"2025-11-01T00:00:00Z","period_end":"2025-12-01T00:00:00Z"}],"#,
            r#""cancel_at_period_end":false}}]"#,
        )
    );
    let full = noted(&[
        reported("evt_1", 0, Trialing).creation(),
        reported("evt_2", 0, PastDue)
            .status_was(Trialing)
            .until_was("2025-11-02")
            .price_was("price_team")
            .ending_was(true),
    ]);
    for history in [SubscriptionHistory::default(), plain, full] {
        let written = crate::written::written(&history);
        let read: SubscriptionHistory = crate::written::read_back(&written);
        assert_eq!(read, history);
    }
}
