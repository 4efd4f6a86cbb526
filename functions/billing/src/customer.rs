//! The customer of Stripe's that a buyer is: the one that is known, or one that is made
//! for them, once, however many requests ask at the same time.

use shared::domain::{Digester, StripeCustomer, StripeId, buying_customer};
use shared::host::clock::Deadline;
use shared::http::ApiError;
use shared::store::CustomerClaimed;
use stripe_client::{Client, IdempotencyKey, NewCustomer, is_customer_of};

use crate::app::App;
use crate::buyer::Buyer;
use crate::stripe_error::api_error;

impl App {
    /// The customer under whom a user buys, made if there is none. `gone` is one that
    /// Stripe no longer has.
    pub(crate) async fn customer(
        &self,
        stripe: &Client,
        buyer: &Buyer,
        gone: Option<&StripeId>,
        deadline: Deadline,
    ) -> Result<StripeId, ApiError> {
        let known = buyer.person.customer.as_ref();
        let found = buying_customer(known, buyer.subscriptions());
        if let Some(customer) = found.filter(|customer| gone != Some(customer)) {
            return Ok(customer);
        }
        let replaced = known.filter(|known| gone == Some(&known.customer_id));
        let made = self.make_customer(stripe, buyer, replaced, deadline);
        let customer = made.await?;
        let who = (&buyer.user_id, self.clock.now());
        let named = self
            .store
            .name_customer(&customer, who, replaced, deadline)
            .await?;
        match named {
            CustomerClaimed::Own(named) | CustomerClaimed::Other(named) => Ok(named.customer_id),
            CustomerClaimed::Taken => {
                let text = "the customer that Stripe returned is another user's";
                Err(ApiError::Damaged(text.to_string()))
            }
        }
    }

    /// A customer at Stripe: one that an interrupted request has left, one that events
    /// have linked to the user, as those of a payment link do, or a new one. All requests
    /// of a user ask under one key, which Stripe may forget after a day; so it is asked
    /// for what is there first.
    async fn make_customer(
        &self,
        stripe: &Client,
        buyer: &Buyer,
        replaced: Option<&StripeCustomer>,
        deadline: Deadline,
    ) -> Result<StripeId, ApiError> {
        let email = buyer.email().unwrap_or_default();
        let there = stripe.customers_with(email, deadline).await;
        let there = there.map_err(|error| api_error(&error))?;
        let (mut left, mut others) = (None, Vec::new());
        for customer in &there {
            let id = customer.get("id").and_then(|id| id.as_str()?.parse().ok());
            let id: Option<StripeId> = id;
            match id.filter(|id| replaced.is_none_or(|gone| gone.customer_id != *id)) {
                Some(id) if is_customer_of(customer, &buyer.user_id) => {
                    left.get_or_insert(id);
                }
                Some(id) => others.push(id),
                None => {}
            }
        }
        let user_id = &buyer.user_id;
        let found = match left {
            Some(left) => Some(left),
            None => self.store.first_linked(user_id, &others, deadline).await?,
        };
        if let Some(found) = found {
            return Ok(found);
        }
        let new = NewCustomer {
            user: &buyer.user_id,
            email,
            name: buyer.name(),
        };
        let key = key(&new, replaced)?;
        let made = stripe.create_customer(new, &key, deadline).await;
        let made = made.map_err(|error| api_error(&error))?;
        let id = made.get("id").and_then(|id| id.as_str()?.parse().ok());
        id.ok_or_else(|| ApiError::Internal("Stripe returned an unusable customer".to_string()))
    }
}

/// The same for all requests that ask for the same customer. Stripe refuses a key that
/// comes with other parameters, so they are part of it.
fn key(
    new: &NewCustomer<'_>,
    replaced: Option<&StripeCustomer>,
) -> Result<IdempotencyKey, ApiError> {
    let generation = replaced.map_or(0, |gone| gone.generation);
    let mut digester = Digester::new("customer/1");
    digester
        .text("user_id", new.user.as_str())
        .text("email", new.email)
        .text("name", new.name.unwrap_or_default());
    let text = format!("customer {} {}", generation + 1, digester.finish());
    IdempotencyKey::new(&text).map_err(|error| ApiError::Internal(error.to_string()))
}
