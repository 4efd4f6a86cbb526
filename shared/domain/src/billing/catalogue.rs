//! The catalogue: what each price buys, and which rows cannot be read.
//!
//! A row that cannot be read is never taken for a missing one.

use std::collections::BTreeSet;

use super::PackName;
use crate::{Price, PriceKind, StripeId, Timestamp};

/// All prices.
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

    /// The same, with the ids of rows that cannot be read: purchases of those are parked.
    pub fn with_unreadable(self, unreadable: BTreeSet<String>) -> Self {
        Catalogue { unreadable, ..self }
    }

    /// The same, with a cutover: what was paid before it was granted by another
    /// backend and came with an import.
    pub fn with_cutover(self, cutover: Option<Timestamp>) -> Self {
        Catalogue { cutover, ..self }
    }

    /// The cutover, if there is one.
    pub fn cutover(&self) -> Option<Timestamp> {
        self.cutover
    }

    /// Whether another backend granted what was paid at this moment.
    pub fn is_granted_elsewhere(&self, paid_at: Timestamp) -> bool {
        self.cutover.is_some_and(|cutover| paid_at < cutover)
    }

    /// The price with this id.
    pub fn price(&self, id: &StripeId) -> Option<&Price> {
        let mut prices = self.prices.iter();
        prices.find(|price| price.price_id == id.as_str())
    }

    /// Whether the row of a price exists but cannot be read.
    pub fn is_unreadable(&self, id: &StripeId) -> bool {
        self.unreadable.contains(id.as_str())
    }

    /// The price that a checkout names; none if it is a subscription's.
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
