//! Maps names of models and plans from the old backend to the new one.

use std::collections::HashMap;

use shared::domain::Subscription;
use shared::store::Store;

use super::error::ImportError;

/// Plan names of the catalogue, by price.
#[derive(Debug, Default)]
pub(crate) struct PlanNames(HashMap<String, String>);

impl PlanNames {
    /// From the current catalogue.
    pub(crate) async fn load(store: &Store) -> Result<Self, ImportError> {
        let prices = store.load_prices().await;
        let prices = prices.map_err(|error| ImportError::store("the catalogue", error))?;
        let plans = prices.into_iter().map(|price| (price.price_id, price.plan));
        Ok(PlanNames(plans.collect()))
    }

    /// The plan of a subscription: its price's plan, else its tier's name.
    pub(crate) fn of(&self, subscription: &Subscription) -> String {
        let price = subscription.stripe_price_id.as_ref();
        let known = price.and_then(|price| self.0.get(price));
        known
            .cloned()
            .unwrap_or_else(|| subscription.tier.as_str().to_string())
    }
}

/// Model names in requests, by old id.
#[derive(Debug, Default)]
pub(crate) struct ModelNames(HashMap<String, String>);

impl ModelNames {
    pub(crate) fn note(&mut self, old: &str, name: &str) {
        self.0.insert(old.to_string(), name.to_string());
    }

    /// Whether there is such a model.
    pub(crate) fn is_known(&self, old: &str) -> bool {
        self.0.contains_key(old)
    }

    /// An unknown model keeps its old id.
    pub(crate) fn name_of(&self, old: &str) -> String {
        self.0.get(old).cloned().unwrap_or_else(|| old.to_string())
    }
}
