//! The calls that sell: customers, checkout sessions, sessions of the customer portal.
//! Each says what Stripe's own library says for the same parameters, in the same order.
//!
//! Source: <https://docs.stripe.com/api/checkout/sessions/create>,
//! <https://docs.stripe.com/api/customers/create>,
//! <https://docs.stripe.com/api/customer_portal/sessions/create>.

use serde_json::Value;
use shared::domain::{StripeId, Timestamp, UserId};
use shared::host::clock::Deadline;

use crate::client::Client;
use crate::error::StripeError;
use crate::form::{Form, path_part};
use crate::idempotency::IdempotencyKey;
use crate::objects::Collection;

/// The metadata key that names the user, which the webhook reads.
const USER: &str = "user_id";
/// The metadata key that names the price of a pack, which the webhook reads.
const PRICE: &str = "price_id";
/// The metadata key that says how many were bought, which the webhook reads.
const QUANTITY: &str = "quantity";
/// The metadata key by which a session is found again.
const CHECKOUT: &str = "checkout";

/// A customer to make.
#[derive(Clone, Copy, Debug)]
pub struct NewCustomer<'a> {
    /// The user, named in the metadata.
    pub user: &'a UserId,
    /// Where receipts go.
    pub email: &'a str,
    /// The name, if it is known.
    pub name: Option<&'a str>,
}

/// What a session is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckoutMode {
    /// A recurring price.
    Subscription,
    /// A price that is paid once.
    Payment,
}

/// A checkout session to make: one price of one buyer.
#[derive(Clone, Copy, Debug)]
pub struct NewCheckout<'a> {
    /// What it is for.
    pub mode: CheckoutMode,
    /// The user, named on the session and on what it makes.
    pub user: &'a UserId,
    /// The buyer.
    pub customer: &'a StripeId,
    /// The price.
    pub price: &'a StripeId,
    /// How many, from 1.
    pub quantity: u32,
    /// The currency, `usd`.
    pub currency: &'a str,
    /// Where the buyer goes after paying.
    pub success_url: &'a str,
    /// Where the buyer goes who closes the page.
    pub cancel_url: &'a str,
    /// When the session ends: 30 minutes to 24 hours from now.
    pub expires_at: Timestamp,
    /// The mark by which the session is found again.
    pub mark: &'a str,
}

/// What the portal opens with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortalFlow<'a> {
    /// Its first page.
    Home,
    /// Another card.
    PaymentMethodUpdate,
    /// The end of a subscription.
    SubscriptionCancel(&'a StripeId),
    /// Another plan for a subscription.
    SubscriptionUpdate(&'a StripeId),
}

impl Client {
    /// Makes a customer.
    ///
    /// # Errors
    ///
    /// [`StripeError`].
    pub async fn create_customer(
        &self,
        customer: NewCustomer<'_>,
        key: &IdempotencyKey,
        deadline: Deadline,
    ) -> Result<Value, StripeError> {
        let NewCustomer { user, email, name } = customer;
        let mut form = Form::new().with("email", email);
        if let Some(name) = name {
            form = form.with("name", name);
        }
        let form = form.with(&metadata(USER), user);
        self.post("customers", &form, key, deadline).await
    }

    /// The customers with an address, the newest first, at most a hundred.
    ///
    /// # Errors
    ///
    /// [`StripeError`].
    pub async fn customers_with(
        &self,
        email: &str,
        deadline: Deadline,
    ) -> Result<Vec<Value>, StripeError> {
        let filter = Form::new().with("email", email);
        let mut pages = self.every(Collection::Customers, filter);
        Ok(pages.next(deadline).await?.unwrap_or_default())
    }

    /// Makes a checkout session.
    ///
    /// # Errors
    ///
    /// [`StripeError`].
    pub async fn create_checkout(
        &self,
        checkout: NewCheckout<'_>,
        key: &IdempotencyKey,
        deadline: Deadline,
    ) -> Result<Value, StripeError> {
        let form = checkout.form();
        self.post("checkout/sessions", &form, key, deadline).await
    }

    /// The checkout sessions of a customer, the newest first, at most a hundred.
    ///
    /// # Errors
    ///
    /// [`StripeError`].
    pub async fn checkouts_of(
        &self,
        customer: &StripeId,
        deadline: Deadline,
    ) -> Result<Vec<Value>, StripeError> {
        let filter = Form::new().with("customer", customer);
        let mut pages = self.list("checkout/sessions", filter);
        Ok(pages.next(deadline).await?.unwrap_or_default())
    }

    /// Ends an open checkout session: nobody can pay it any more.
    ///
    /// # Errors
    ///
    /// [`StripeError`]; an invalid request if it is not open.
    pub async fn expire_checkout(
        &self,
        session: &StripeId,
        key: &IdempotencyKey,
        deadline: Deadline,
    ) -> Result<Value, StripeError> {
        let path = format!("checkout/sessions/{}/expire", path_part(session.as_str()));
        self.post(&path, &Form::new(), key, deadline).await
    }

    /// Makes a session of the customer portal.
    ///
    /// # Errors
    ///
    /// [`StripeError`].
    pub async fn create_portal(
        &self,
        customer: &StripeId,
        (return_url, flow): (&str, PortalFlow<'_>),
        key: &IdempotencyKey,
        deadline: Deadline,
    ) -> Result<Value, StripeError> {
        let form = Form::new()
            .with("customer", customer)
            .with("return_url", return_url);
        let form = match flow {
            PortalFlow::Home => form,
            PortalFlow::PaymentMethodUpdate => {
                form.with("flow_data[type]", "payment_method_update")
            }
            PortalFlow::SubscriptionCancel(id) => of_subscription(form, "subscription_cancel", id),
            PortalFlow::SubscriptionUpdate(id) => of_subscription(form, "subscription_update", id),
        };
        self.post("billing_portal/sessions", &form, key, deadline)
            .await
    }
}

impl NewCheckout<'_> {
    fn form(&self) -> Form {
        let NewCheckout {
            mode,
            user,
            customer,
            price,
            quantity,
            currency,
            success_url,
            cancel_url,
            expires_at,
            mark,
        } = self;
        let (word, behind) = match mode {
            CheckoutMode::Subscription => ("subscription", "subscription_data"),
            CheckoutMode::Payment => ("payment", "payment_intent_data"),
        };
        let form = Form::new()
            .with("mode", word)
            .with("customer", customer)
            .with("client_reference_id", user)
            .with("line_items[0][price]", price)
            .with("line_items[0][quantity]", quantity)
            .with("currency", currency)
            .with("success_url", success_url)
            .with("cancel_url", cancel_url)
            .with("expires_at", expires_at.unix_seconds())
            .with(&metadata(USER), user)
            .with(&metadata(CHECKOUT), mark);
        let form = match mode {
            // What a subscription grants follows from its invoices.
            CheckoutMode::Subscription => form,
            CheckoutMode::Payment => form
                .with(&metadata(PRICE), price)
                .with(&metadata(QUANTITY), quantity),
        };
        form.with(&format!("{behind}[{}]", metadata_in(USER)), user)
    }
}

fn of_subscription(form: Form, flow: &str, subscription: &StripeId) -> Form {
    form.with("flow_data[type]", flow)
        .with(&format!("flow_data[{flow}][subscription]"), subscription)
}

fn metadata(key: &str) -> String {
    format!("metadata[{key}]")
}

/// `metadata][user_id`, for the inside of other brackets.
fn metadata_in(key: &str) -> String {
    format!("metadata][{key}")
}

/// Whether an object's metadata has this value under a key.
fn says(object: &Value, key: &str, value: &str) -> bool {
    let found = object.get("metadata").and_then(|all| all.get(key));
    found.and_then(Value::as_str) == Some(value)
}

/// Whether a customer is a user's, by its metadata.
pub fn is_customer_of(customer: &Value, user: &UserId) -> bool {
    says(customer, USER, user.as_str())
}

/// Whether a session bears a mark.
pub fn has_mark(session: &Value, mark: &str) -> bool {
    says(session, CHECKOUT, mark)
}
