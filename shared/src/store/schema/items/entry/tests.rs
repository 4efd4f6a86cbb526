//! The entry item with entries of every kind of posting: what is written reads back
//! with its hash, and no part can be exchanged unnoticed.

use aws_sdk_dynamodb::types::AttributeValue;
use proptest::prelude::*;

use super::*;
use crate::domain::rating::{NanoCredits, Pool, RatedPart, RatedUnit, Rating};
use crate::domain::{LotAmount, PostingCause};
use crate::store::schema::items::random::{cases, entries};
use crate::store::schema::items::size_bytes;

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn every_entry_is_read_back_as_it_was_written(entry in entries()) {
        let item = entry_to_item(&entry).unwrap();
        let read = entry_from_item(&entry.user_id, &entry.key, item).unwrap();
        prop_assert!(read.is_authentic());
        prop_assert_eq!(read, entry);
    }

    #[test]
    fn an_entry_is_only_read_under_its_own_key(entry in entries()) {
        let item = entry_to_item(&entry).unwrap();
        let other = "ops#another".parse().unwrap();
        let refused = entry_from_item(&entry.user_id, &other, item).unwrap_err();
        prop_assert_eq!(refused.problem(), "it carries another key");
    }

    #[test]
    fn an_entry_whose_actor_was_erased_still_verifies(entry in entries()) {
        let mut item = entry_to_item(&entry).unwrap();
        item.remove("actor");
        item.remove("actor_salt");
        let digest = entry.actor.digest.as_bytes().to_vec();
        item.insert("actor_digest".into(), AttributeValue::B(digest.into()));
        let read = entry_from_item(&entry.user_id, &entry.key, item).unwrap();
        prop_assert!(read.actor.text.is_none() && read.is_authentic());
    }

    #[test]
    fn an_entry_that_lost_anything_is_refused_or_shows_it(
        entry in entries(),
        lost in any::<prop::sample::Index>(),
    ) {
        let mut item = entry_to_item(&entry).unwrap();
        let mut names: Vec<String> = item.keys().cloned().collect();
        names.sort();
        let lost = lost.get(&names);
        item.remove(lost);
        if let Ok(read) = entry_from_item(&entry.user_id, &entry.key, item) {
            // The first release wrote no stamp, and without a sender nothing told.
            let is_older = ["schema_version", "tells"].contains(&lost.as_str());
            prop_assert!(is_older || !read.is_authentic(), "{}", lost);
        }
    }
}

#[test]
fn an_entry_sorts_by_time_and_then_by_its_number() {
    let at = |text: &str| text.parse().unwrap();
    let mut keys = [
        keys::at_seq(at("2025-11-06T14:30:00Z"), 10),
        keys::at_seq(at("2025-11-06T14:30:00Z"), 9),
        keys::at_seq(at("2025-11-06T14:30:01Z"), 1),
        keys::at_seq(at("2025-11-06T14:29:59Z"), 999_999_999_999),
    ];
    keys.sort();
    assert_eq!(
        keys,
        [
            "2025-11-06T14:29:59Z#999999999999",
            "2025-11-06T14:30:00Z#000000000009",
            "2025-11-06T14:30:00Z#000000000010",
            "2025-11-06T14:30:01Z#000000000001",
        ]
    );
}

/// A charge over two lots with every optional field.
fn charge(session: &str, rating: Option<Rating>) -> Entry {
    let amount = Credits::from_milli(1_234_567);
    let moved = |lot: &str| Posting::Moved {
        lot: lot.parse().unwrap(),
        amount: LotAmount::Used,
        delta: amount,
        cause: PostingCause::Charge,
    };
    Entry {
        user_id: "0b5e7c1d-4c2a-4a7e-9f53-2d8e6f1a3b90".parse().unwrap(),
        key: "api#inference-service#0b5e7c1d-4c2a-4a7e-9f53-2d8e6f1a3b90"
            .parse()
            .unwrap(),
        seq: 123_456,
        kind: EntryKind::Charge,
        request_hash: Digest::from_bytes([1; 32]),
        postings: vec![
            moved("free:2025-11-01"),
            moved("buy:pi_123456789012345678901234567"),
        ],
        outcome: Outcome {
            amount,
            free_delta: amount,
            pro_delta: amount,
            hold: None,
            usage: Usage {
                model_id: Some("claude-3.5-sonnet".into()),
                operation: Some(Operation::FunctionCall),
                input_tokens: Some(123_456),
                output_tokens: Some(12_345),
                session: Some(Erasable::new(session, [9; 16])),
            },
            rating,
            alerts: Vec::new(),
        },
        balance_after: Balance {
            free_available: amount,
            pro_available: amount,
            held: Credits::ZERO,
            debt: Credits::ZERO,
        },
        shown_after: ShownBalance {
            total_available: 2468,
            held: 0,
            debt: 0,
        },
        at: "2025-11-06T14:30:00Z".parse().unwrap(),
        actor: Erasable::new("inference-service", [7; 16]),
        label: Some(Erasable::new(&"x".repeat(50), [8; 16])),
        previous_hash: Digest::from_bytes([2; 32]),
        hash: Digest::from_bytes([3; 32]),
    }
}

#[track_caller]
fn check_size(what: &str, entry: &Entry) {
    let size = size_bytes(&entry_to_item(entry).unwrap());
    println!("{what}: {size} bytes");
    assert!(size <= 1024, "{what}: {size} bytes");
}

#[test]
fn a_charge_with_label_and_session_fits_the_kilobyte_of_one_write_unit() {
    let named = charge(&"s".repeat(64), None);
    check_size(
        "a charge over two lots with a label of 50 characters",
        &named,
    );
}

/// Counts and costs as large as one call can make them.
#[test]
fn a_charge_that_was_rated_by_every_pool_fits_the_kilobyte_of_one_write_unit() {
    let part = |(unit, count, nano): (RatedUnit, u64, u128)| RatedPart {
        unit,
        count,
        cost: NanoCredits::new(nano).unwrap(),
    };
    let pools = Pool::ALL.map(|pool| (RatedUnit::Tokens(pool), 1_234_567, 12_345_678_901));
    let others = [
        (RatedUnit::Request, 1, 1_000_000_000),
        (RatedUnit::Rounding, 0, 999_999),
    ];
    let rating = Rating {
        card: "claude-3.5-sonnet@2026-11-20".parse().unwrap(),
        breakdown: pools.into_iter().chain(others).map(part).collect(),
    };
    let session = "0b5e7c1d-4c2a-4a7e-9f53-2d8e6f1a3b91";
    let derived = Derived::of(Some(&rating));
    let mut rated = charge(session, Some(rating));
    rated.outcome.usage.input_tokens = derived.input_tokens;
    rated.outcome.usage.output_tokens = derived.output_tokens;
    check_size("the same, rated by every pool", &rated);
}
