//! The body of a checkout, and the order that it becomes once every field is valid.

use serde_json::Value;
use shared::domain::{ClientId, Order, Price, PriceKind, Redacted, StripeId, Timestamp};
use shared::http::{ApiError, Event, Fields};

use crate::app::App;
use crate::bodies::is_on_sale;
use crate::return_url::{Allowed, MAX_LENGTH, is_allowed};

/// The most units of one checkout.
pub(crate) const MAX_QUANTITY: u32 = 100;

const QUANTITY: &str = "must be a whole number from 1 to 100";
const NOT_ON_SALE: &str = "is not a price on sale; see GET /v1/prices";
const NOT_ALLOWED: &str = "is not an address that this app may return to";

/// `POST /api/user/checkout`, as far as the body alone says.
#[derive(Debug)]
pub(crate) struct Asked {
    price_id: Option<StripeId>,
    quantity: Option<u32>,
    currency: Option<String>,
    return_url: Option<Redacted<String>>,
    fields: Fields,
}

impl Asked {
    /// Reads the body.
    pub(crate) fn of(event: &Event) -> Result<Self, ApiError> {
        let mut fields = Fields::of(event)?;
        let price_id = required(&mut fields, "priceId", NOT_ON_SALE, |value| {
            value.as_str()?.parse().ok()
        });
        let quantity = match fields.contains("quantity") {
            true => fields.take("quantity", QUANTITY, |value| {
                let quantity = u32::try_from(value.as_u64()?).ok()?;
                (1..=MAX_QUANTITY).contains(&quantity).then_some(quantity)
            }),
            false => Some(1),
        };
        let expected = "must be three small letters, like usd";
        let currency = fields.take("currency", expected, currency);
        let return_url = return_url(&mut fields);
        Ok(Asked {
            price_id,
            quantity,
            currency,
            return_url,
            fields,
        })
    }

    /// The order, if the price is on sale, in that currency, and the address is allowed.
    pub(crate) async fn order(
        mut self,
        app: &App,
        event: &Event,
        now: Timestamp,
    ) -> Result<Order, ApiError> {
        let price = match &self.price_id {
            Some(id) => app.prices.price(&app.store, now, id.as_str()).await?,
            None => None,
        };
        let price = price.filter(is_on_sale);
        if price.is_none() && self.price_id.is_some() {
            self.fields.problem("priceId", NOT_ON_SALE);
        }
        app.check_return(event, &self.return_url, &mut self.fields)
            .await?;
        let currency = price.as_ref().map(|price| self.currency_of(price));
        let order = self.price_id.zip(price).and_then(|(price_id, price)| {
            Some(Order {
                price_id,
                kind: price.kind,
                quantity: self.quantity?,
                currency: currency.flatten()?,
                return_url: self.return_url?,
            })
        });
        let order = self.fields.finish(order)?;
        debug_assert!(order.kind != PriceKind::None);
        Ok(order)
    }

    /// The currency that was asked for, if the price is sold in it, else the price's own.
    fn currency_of(&mut self, price: &Price) -> Option<String> {
        let Some(asked) = self.currency.take() else {
            return Some(price.currency.clone());
        };
        if price.amount_in(&asked).is_none() {
            self.fields
                .problem("currency", "is not a currency of this price");
            return None;
        }
        Some(asked)
    }
}

/// `returnUrl`, as text.
pub(crate) fn return_url(fields: &mut Fields) -> Option<Redacted<String>> {
    required(fields, "returnUrl", NOT_ALLOWED, |value| {
        let url = value.as_str().filter(|url| url.len() <= MAX_LENGTH)?;
        Some(Redacted::new(url.to_string()))
    })
}

fn required<T>(
    fields: &mut Fields,
    name: &str,
    expected: &str,
    read: impl FnOnce(&Value) -> Option<T>,
) -> Option<T> {
    if !fields.contains(name) {
        fields.problem(name, "is required");
    }
    fields.take(name, expected, read)
}

fn currency(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let is_code = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_lowercase());
    is_code.then(|| text.to_string())
}

impl App {
    /// Notes a problem unless buyers may return to an address.
    pub(crate) async fn check_return(
        &self,
        event: &Event,
        url: &Option<Redacted<String>>,
        fields: &mut Fields,
    ) -> Result<(), ApiError> {
        let Some(url) = url else {
            return Ok(());
        };
        let allowed = if self.settings.return_urls.is_empty() {
            is_allowed(&self.redirects(event).await?, url.expose())
        } else {
            is_allowed(&self.settings.return_urls, url.expose())
        };
        if !allowed {
            fields.problem("returnUrl", NOT_ALLOWED);
        }
        Ok(())
    }

    /// The redirect URIs of the client that the token was issued to.
    async fn redirects(&self, event: &Event) -> Result<Vec<Allowed>, ApiError> {
        let named = ["client_id", "azp", "aud"]
            .iter()
            .find_map(|claim| event.claim(claim));
        let Some(client) = named.and_then(|name| name.parse::<ClientId>().ok()) else {
            return Ok(Vec::new());
        };
        let client = self.store.load_client(&client).await?;
        let client = client.filter(|client| client.active);
        let uris = client.map(|client| client.redirect_uris);
        let uris = uris.unwrap_or_default();
        Ok(uris
            .iter()
            .filter_map(|uri| Allowed::redirect(uri))
            .collect())
    }
}
