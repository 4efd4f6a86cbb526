//! Random uses of models and ratings, for property tests of items: any value the types
//! allow.

use proptest::prelude::*;

use super::erasables;
use crate::domain::rating::{NanoCredits, Pool, RatedPart, RatedUnit, Rating};
use crate::domain::{Operation, Usage};

pub(super) fn usages() -> impl Strategy<Value = Usage> {
    let operations = prop::sample::select(vec![
        Operation::Completion,
        Operation::Chat,
        Operation::Embedding,
        Operation::FunctionCall,
    ]);
    let tokens = || prop::option::of(any::<u32>());
    let model = prop::option::of("[a-z0-9.-]{1,30}");
    let session = prop::option::of(erasables(".{1,64}"));
    (
        model,
        prop::option::of(operations),
        tokens(),
        tokens(),
        session,
    )
        .prop_map(
            |(model_id, operation, input_tokens, output_tokens, session)| Usage {
                model_id,
                operation,
                input_tokens,
                output_tokens,
                session,
            },
        )
}

pub(crate) fn ratings() -> impl Strategy<Value = Rating> {
    let units = prop_oneof![
        prop::sample::select(Pool::ALL.to_vec()).prop_map(RatedUnit::Tokens),
        prop::sample::select(vec![
            RatedUnit::Request,
            RatedUnit::ProviderCost,
            RatedUnit::Rounding
        ]),
        ("[a-z0-9x]{1,20}", "[a-z]{1,20}")
            .prop_map(|(size, quality)| RatedUnit::Images { size, quality }),
    ];
    let part = (units, any::<u64>(), 0..=NanoCredits::MAX.get());
    let parts = prop::collection::vec(part, 0..5);
    ("[a-z0-9.-]{1,30}@2026-11-[12][0-9]", parts).prop_map(|(card, parts)| Rating {
        card: card.parse().unwrap(),
        breakdown: parts
            .into_iter()
            .map(|(unit, count, nano)| RatedPart {
                unit,
                count,
                cost: NanoCredits::new(nano.into()).unwrap(),
            })
            .collect(),
    })
}
