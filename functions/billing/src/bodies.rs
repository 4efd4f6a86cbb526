//! The response bodies of this function. Fields are only ever added, because installed
//! apps read them.

use serde::Serialize;
use shared::domain::{Price, PriceKind, Redacted, Timestamp};
use shared::http::PriceBody;

/// What is on sale.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = Prices))]
pub(crate) struct PricesBody {
    /// Subscriptions by rising rank, then packs by rising credits.
    prices: Vec<PriceBody>,
}

impl PricesBody {
    /// The prices on sale among all.
    pub(crate) fn of(prices: &[Price]) -> Self {
        let mut on_sale: Vec<&Price> = prices.iter().filter(|price| is_on_sale(price)).collect();
        on_sale.sort_by_key(|price| {
            let is_pack = price.kind == PriceKind::Pack;
            (is_pack, price.rank, price.credits, &price.price_id)
        });
        PricesBody {
            prices: on_sale.into_iter().map(PriceBody::of).collect(),
        }
    }
}

/// Whether a price can be bought.
pub(crate) fn is_on_sale(price: &Price) -> bool {
    let is_sold = match price.kind {
        PriceKind::Subscription | PriceKind::Pack => true,
        PriceKind::None => false,
    };
    is_sold && price.available
}

/// A page of Stripe's. Whoever has the address can use it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", schema(as = HostedPage))]
pub(crate) struct PageBody {
    /// Where to send the user, in a browser.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub(crate) url: Redacted<String>,
    /// Until when it can be opened.
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Moment))]
    pub(crate) expires_at: Timestamp,
}
