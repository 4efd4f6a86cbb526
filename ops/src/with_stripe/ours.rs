//! The other way round: what the tables have of Stripe, customers and subscriptions, and
//! Stripe no longer has or never had.

use std::collections::HashSet;

use shared::domain::{StripeId, UserId};
use shared::store::{AtStripe, Item};
use stripe_client::{Client, Collection, Form, StripeError};

use super::collections::Scope;
use crate::act;
use crate::context::CommandContext;
use crate::ending::Failure;

/// The ids that Stripe's lists had.
#[derive(Debug, Default)]
pub(super) struct Listed {
    customers: HashSet<String>,
    subscriptions: HashSet<String>,
}

impl Listed {
    /// Notes an object of a list.
    pub(super) fn note(&mut self, collection: Collection, id: &str) {
        match collection {
            Collection::Subscriptions => self.subscriptions.insert(id.to_string()),
            Collection::Customers => self.customers.insert(id.to_string()),
            Collection::Invoices
            | Collection::InvoicePayments
            | Collection::CheckoutSessions
            | Collection::PaymentIntents
            | Collection::Charges
            | Collection::Refunds
            | Collection::Disputes
            | Collection::CreditNotes => false,
        };
    }

    /// Reads the list of all customers. Of a few, each is asked for by its id.
    pub(super) async fn all_customers(
        &mut self,
        context: &CommandContext,
        client: &Client,
    ) -> Result<(), Failure> {
        let mut pages = client.every(Collection::Customers, Form::new());
        loop {
            let reading = pages.next(act::deadline());
            let Some(page) = context.stop.unless_asked(reading).await?? else {
                return Ok(());
            };
            for object in page {
                let id = object.get("id").and_then(serde_json::Value::as_str);
                self.note(Collection::Customers, id.unwrap_or_default());
            }
        }
    }

    fn has(&self, ours: &Ours) -> bool {
        match ours.collection {
            Collection::Customers => self.customers.contains(ours.id.as_str()),
            _ => self.subscriptions.contains(ours.id.as_str()),
        }
    }
}

/// Something of Stripe's that a user of ours has.
#[derive(Debug)]
pub(super) struct Ours {
    pub(super) collection: Collection,
    pub(super) id: StripeId,
    pub(super) user_id: UserId,
}

/// What Stripe says of something of ours.
#[derive(Debug)]
pub(super) enum Answered {
    Object(serde_json::Value),
    NoSuchObject,
}

/// A page of what the tables have and Stripe's lists had not: customers that were not
/// deleted and subscriptions that have not ended.
pub(super) async fn page(
    context: &CommandContext,
    scope: &Scope,
    listed: &Listed,
    start: Option<Item>,
) -> Result<(Vec<Ours>, Option<Item>), Failure> {
    let reading = context.store.at_stripe_page(start);
    let (rows, next) = context.stop.unless_asked(reading).await??;
    let ours = rows.into_iter().filter_map(|row| of(row, scope));
    let ours = ours.filter(|ours| !listed.has(ours));
    Ok((ours.collect(), next))
}

fn of(row: AtStripe, scope: &Scope) -> Option<Ours> {
    let (collection, customer, ours) = match row {
        AtStripe::Customer { id, user_id } => {
            (Collection::Customers, Some(id.clone()), (id, user_id))
        }
        AtStripe::Subscription(subscription) => {
            let id = subscription.stripe_subscription_id.as_deref()?.parse();
            let customer = subscription.stripe_customer_id.as_deref();
            let customer = customer.and_then(|id| id.parse().ok());
            if subscription.status.is_terminal() {
                return None;
            }
            (
                Collection::Subscriptions,
                customer,
                (id.ok()?, subscription.user_id),
            )
        }
    };
    let (id, user_id) = ours;
    let is_in_scope = match scope {
        Scope::All => true,
        Scope::Customers(customers) => customer.is_some_and(|id| customers.contains(&id)),
    };
    is_in_scope.then_some(Ours {
        collection,
        id,
        user_id,
    })
}

/// Asks Stripe for something that its lists had not.
pub(super) async fn ask(
    context: &CommandContext,
    client: &Client,
    ours: &Ours,
) -> Result<Answered, Failure> {
    let asking = client.retrieve(ours.collection, &ours.id, act::deadline());
    match context.stop.unless_asked(asking).await? {
        Ok(object) => Ok(Answered::Object(object)),
        Err(StripeError::NotFound(_)) => Ok(Answered::NoSuchObject),
        Err(error) => Err(error.into()),
    }
}
