//! The catalogue: what each price buys, and what an operator does not know yet.

use std::collections::BTreeSet;

use super::PackName;
use crate::{Price, PriceKind, StripeId, Timestamp};

/// All prices there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    prices: Vec<Price>,
    unreadable: BTreeSet<String>,
    cutover: Option<Timestamp>,
}

impl Catalogue {
    /// A catalogue of these prices.
    pub fn new(prices: Vec<Price>) -> Self {
        Catalogue {
            prices,
            unreadable: BTreeSet::new(),
            cutover: None,
        }
    }

    /// The same, with prices whose rows cannot be read: purchases of those wait.
    pub fn with_unreadable(self, unreadable: BTreeSet<String>) -> Self {
        Catalogue { unreadable, ..self }
    }

    /// The same, where what was paid before a moment was granted by another
    /// backend and came with an import.
    pub fn with_cutover(self, cutover: Option<Timestamp>) -> Self {
        Catalogue { cutover, ..self }
    }

    /// That moment, if there is one.
    pub fn cutover(&self) -> Option<Timestamp> {
        self.cutover
    }

    /// Whether what was paid at a moment was granted by another backend.
    pub fn is_granted_elsewhere(&self, paid_at: Timestamp) -> bool {
        self.cutover.is_some_and(|cutover| paid_at < cutover)
    }

    /// What a price buys.
    pub fn price(&self, id: &StripeId) -> Option<&Price> {
        let mut prices = self.prices.iter();
        prices.find(|price| price.price_id == id.as_str())
    }

    /// Whether there is a row for a price that cannot be read.
    pub fn is_unreadable(&self, id: &StripeId) -> bool {
        self.unreadable.contains(id.as_str())
    }

    /// What a checkout names; a price of a subscription is no pack.
    pub fn pack(&self, name: &PackName) -> Option<&Price> {
        let named = match name {
            PackName::Price(id) => self.price(id),
            PackName::PaymentLink(link) => {
                let mut prices = self.prices.iter();
                prices.find(|price| price.payment_link.as_deref() == Some(link.as_str()))
            }
            PackName::Unnamed => None,
        };
        named.filter(|price| price.kind == PriceKind::Pack)
    }
}

#[cfg(test)]
mod tests;
