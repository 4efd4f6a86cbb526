//! Suite: commands that state a use instead of an amount.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::super::fixtures::*;
use super::super::{Action, HoldStatus, OnExpiry, Refusal, Timestamp, Usage};
use crate::rating::{Estimate, MeteredUsage, Pool, RateCard, RateCards, RatingError};
use crate::{Credits, Erasable, Metered, MeteredRequest};

fn card(id: &str, from: Timestamp, rates: &[(Pool, &str)]) -> RateCard {
    RateCard {
        id: id.parse().unwrap(),
        effective_from: from,
        effective_until: None,
        milli_per_million: rates
            .iter()
            .map(|(pool, rate)| (*pool, credits(rate)))
            .collect(),
        tiers: Vec::new(),
        per_request_milli: Credits::ZERO,
        images: Vec::new(),
        provider_cost: None,
        maker_price: None,
    }
}

/// Two models; the cards of the first change an hour after every story begins.
fn cards() -> Arc<RateCards> {
    let begin = at(NOW);
    let change = begin.plus_seconds(3_600);
    let all = [
        card(
            "big@2025-11-01",
            at("2025-11-01"),
            &[(Pool::Input, "1000"), (Pool::Output, "4000")],
        ),
        card(
            "big@2025-11-06",
            change,
            &[(Pool::Input, "2000"), (Pool::Output, "8000")],
        ),
        card("small@2025-11-01", at("2025-11-01"), &[(Pool::Input, "0")]),
    ];
    Arc::new(RateCards::new(all).unwrap())
}

fn metered(model: &str, request: MeteredRequest) -> Action {
    Action::Metered(Box::new(Metered {
        model_id: model.to_string(),
        request,
        cards: cards(),
    }))
}

fn used(tokens: &[(Pool, u32)]) -> MeteredUsage {
    MeteredUsage {
        tokens: tokens.iter().copied().collect::<BTreeMap<_, _>>(),
        ..MeteredUsage::default()
    }
}

fn charge_of(model: &str, tokens: &[(Pool, u32)]) -> Action {
    let (used, usage) = (used(tokens), Usage::default());
    metered(model, MeteredRequest::Charge { used, usage })
}

fn commit_of(model: &str, tokens: &[(Pool, u32)]) -> Action {
    let request = MeteredRequest::Commit {
        hold: hold_id("h"),
        used: used(tokens),
        usage: Usage::default(),
    };
    metered(model, request)
}

fn hold_of(model: &str, input: u32, max_output: u32) -> Action {
    let request = MeteredRequest::Hold {
        hold: hold_id("h"),
        estimate: Estimate {
            input,
            max_output,
            ..Estimate::default()
        },
        ttl_seconds: 86_400,
        on_expiry: OnExpiry::Settle,
    };
    metered(model, request)
}

#[test]
fn a_use_is_charged_what_its_card_says_and_the_entry_says_how() {
    let session = Some(Erasable::new("chat-1", [1; 16]));
    let request = MeteredRequest::Charge {
        used: used(&[(Pool::Input, 1_500), (Pool::Output, 250)]),
        usage: Usage {
            session: session.clone(),
            ..Usage::default()
        },
    };
    let mut story = story("10", &[]);
    let entry = story.decides(metered("big", request)).entry;
    // 1.5 credits of input and 1 of output.
    assert_eq!(entry.outcome.amount, credits("2.5"));
    let expected = Usage {
        model_id: Some("big".to_string()),
        operation: None,
        input_tokens: Some(1_500),
        output_tokens: Some(250),
        session,
    };
    assert_eq!(entry.outcome.usage, expected);
    let rating = entry.outcome.rating.unwrap();
    assert_eq!(rating.card.as_str(), "big@2025-11-01");
    let parts: Vec<String> = rating
        .breakdown
        .iter()
        .map(|part| format!("{} {} {}", part.unit, part.count, part.cost))
        .collect();
    assert_eq!(parts, ["input 1500 1.5", "output 250 1"]);
    story.stands(&["free:2025-11-01 10 0 2.5 0 0"]);
}

#[test]
fn a_hold_keeps_aside_the_most_that_the_call_can_cost() {
    let mut story = story("10", &[]);
    let entry = story.decides(hold_of("big", 1_000, 1_000)).entry;
    assert_eq!(entry.outcome.amount, credits("5"));
    assert_eq!(entry.outcome.usage.model_id.as_deref(), Some("big"));
    let rating = entry.outcome.rating.unwrap();
    assert_eq!(rating.card.as_str(), "big@2025-11-01");
    assert_eq!(rating.breakdown, []);
    story.stands(&["free:2025-11-01 10 0 0 5 0"]);
}

#[test]
fn a_hold_is_rated_by_the_cards_of_the_moment_at_which_it_was_opened() {
    let tokens = [(Pool::Input, 1_000)];
    let later = story("10", &[]).does(hold_of("big", 1_000, 0)).after(7_200);
    let mut committed = later.clone();
    let outcome = committed.decides(commit_of("big", &tokens)).entry.outcome;
    assert_eq!(outcome.amount, credits("1"));
    assert_eq!(outcome.hold.unwrap().status, HoldStatus::Committed);
    let mut reported = later.clone();
    let request = MeteredRequest::Report {
        hold: hold_id("h"),
        used: used(&tokens),
        usage: Usage::default(),
    };
    let outcome = reported.decides(metered("big", request)).entry.outcome;
    assert_eq!(outcome.amount, credits("1"));
    // A charge of the same moment costs twice as much.
    let mut charged = later;
    let outcome = charged.decides(charge_of("big", &tokens)).entry.outcome;
    assert_eq!(outcome.amount, credits("2"));
    // A hold for an amount keeps its moment too, whatever model it is used for.
    let mut plain = story("10", &[])
        .does(hold_for("h", "5", 86_400, OnExpiry::Release))
        .after(7_200);
    let outcome = plain.decides(commit_of("big", &tokens)).entry.outcome;
    assert_eq!(outcome.amount, credits("1"));
}

#[test]
fn a_use_that_costs_more_than_may_be_charged_on_its_hold_is_refused_as_a_use() {
    let held = story("10", &[]).does(hold_for("h", "4", 86_400, OnExpiry::Release));
    // Four held, six available, four as overdraft.
    let limit = credits("14");
    held.refuses(
        commit_of("big", &[(Pool::Input, 14_001)]),
        &Refusal::UseAboveHold { limit },
    );
    held.refuses(commit("h", "14.001"), &Refusal::AboveHold { limit });
    let mut at_most = held.clone();
    let outcome = at_most
        .decides(commit_of("big", &[(Pool::Input, 14_000)]))
        .entry
        .outcome;
    assert_eq!(outcome.amount, limit);
}

#[test]
fn a_rate_of_zero_is_a_rate_and_a_missing_one_is_refused() {
    let empty = story("0", &[]);
    let mut free = empty.clone();
    let outcome = free
        .decides(charge_of("small", &[(Pool::Input, 9)]))
        .entry
        .outcome;
    assert_eq!(outcome.amount, Credits::ZERO);
    assert_eq!(outcome.rating.unwrap().breakdown.len(), 1);
    let missing = RatingError::NoPool {
        card: "small@2025-11-01".parse().unwrap(),
        pool: Pool::Output,
    };
    let refusal = Refusal::Unrated(missing.clone());
    empty.refuses(charge_of("small", &[(Pool::Output, 1)]), &refusal);
    empty.refuses(hold_of("small", 1, 1), &Refusal::Unestimated(missing));
    let model_id = "other".to_string();
    empty.refuses(charge_of("other", &[]), &Refusal::NoRateCard { model_id });
    let unknown = Refusal::NoSuchHold(hold_id("h"));
    empty.refuses(commit_of("other", &[]), &unknown);
    empty.lacks(charge_of("big", &[(Pool::Input, 1)]), "0.001", "0");
}

/// Counts of input and output, each a charge.
type Batch = Vec<(u32, u32)>;

/// A batch, and the same in another order.
fn batches() -> impl Strategy<Value = (Batch, Batch)> {
    let counts = prop::collection::vec((0..2_000_u32, 0..500_u32), 1..8);
    counts.prop_flat_map(|counts| (Just(counts.clone()), Just(counts).prop_shuffle()))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// At most seven charges of four credits each: nothing is refused.
    #[test]
    fn the_order_of_charges_matters_only_when_one_is_refused((one, other) in batches()) {
        let packs = [("buy:a", "9", Some("2026-01-01")), ("buy:b", "30", None)];
        let charged = |counts: &[(u32, u32)]| {
            let mut story = story("3", &packs);
            let mut amounts: Vec<Credits> = Vec::new();
            for (input, output) in counts {
                let tokens = [(Pool::Input, *input), (Pool::Output, *output)];
                amounts.push(story.decides(charge_of("big", &tokens)).entry.outcome.amount);
            }
            amounts.sort();
            let mut past: Vec<String> = story.past.iter().map(|it| line(&it.lot)).collect();
            past.sort();
            (amounts, story.account.into_state().lots, past)
        };
        prop_assert_eq!(charged(&one), charged(&other));
    }
}
