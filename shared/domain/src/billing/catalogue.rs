//! The catalogue: what each price buys, and what an operator does not know yet.

use super::PackName;
use crate::{Price, PriceKind, StripeId};

/// All prices there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue(Vec<Price>);

impl Catalogue {
    /// A catalogue of these prices.
    pub fn new(prices: Vec<Price>) -> Self {
        Catalogue(prices)
    }

    /// What a price buys.
    pub fn price(&self, id: &StripeId) -> Option<&Price> {
        self.0.iter().find(|price| price.price_id == id.as_str())
    }

    /// What a checkout names; a price of a subscription is no pack.
    pub fn pack(&self, name: &PackName) -> Option<&Price> {
        let named = match name {
            PackName::Price(id) => self.price(id),
            PackName::PaymentLink(link) => self
                .0
                .iter()
                .find(|price| price.payment_link.as_deref() == Some(link.as_str())),
            PackName::Unnamed => None,
        };
        named.filter(|price| price.kind == PriceKind::Pack)
    }
}

#[cfg(test)]
mod tests;
