//! A model of a price list, whichever shape the list has.

use std::collections::BTreeMap;

use shared::domain::rating::Pool;

use super::decimal::Decimal;

/// US dollars per million tokens, by pool.
pub(super) type Prices = BTreeMap<Pool, Decimal>;

/// What a list says of one model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ListedModel {
    /// The prices.
    pub(super) prices: Prices,
    /// Other prices above a length of context.
    pub(super) tiers: BTreeMap<u32, Prices>,
    /// Prices that a card cannot have.
    pub(super) not_taken: Vec<String>,
}

/// All models of a list, or why one cannot be taken.
pub(super) type PriceList = BTreeMap<String, Result<ListedModel, String>>;

impl ListedModel {
    /// A model that reasons without a price of its own for it pays as for output.
    pub(super) fn with_reasoning(mut self) -> Self {
        if !self.prices.contains_key(&Pool::Reasoning) {
            for prices in self.tiers.values_mut().chain([&mut self.prices]) {
                if let Some(output) = prices.get(&Pool::Output).copied() {
                    prices.entry(Pool::Reasoning).or_insert(output);
                }
            }
        }
        self
    }
}
