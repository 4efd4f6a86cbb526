//! Which of Stripe's objects are read, in which order, and of whom.

use std::collections::BTreeSet;

use serde_json::Value;
use shared::domain::{StripeId, UserId};
use shared::store::ExportPart;
use stripe_client::{Client, Collection, Form, Pages};

use crate::act;
use crate::context::CommandContext;
use crate::ending::Failure;

/// First who owns what, then what was paid, then what came back: each finds what it
/// refers to.
pub(super) const ORDER: [Collection; 7] = [
    Collection::CheckoutSessions,
    Collection::Subscriptions,
    Collection::InvoicePayments,
    Collection::Invoices,
    Collection::Refunds,
    Collection::Disputes,
    Collection::CreditNotes,
];

/// Whose objects are read.
#[derive(Debug)]
pub(super) enum Scope {
    All,
    Customers(BTreeSet<StripeId>),
}

impl Scope {
    /// The lists that have a collection's objects.
    pub(super) async fn lists<'a>(
        &self,
        context: &CommandContext,
        client: &'a Client,
        collection: Collection,
    ) -> Result<Vec<Pages<'a>>, Failure> {
        let customers = match self {
            Scope::All => return Ok(vec![client.every(collection, Form::new())]),
            Scope::Customers(customers) => customers,
        };
        let mut lists = Vec::new();
        for customer in customers {
            match collection {
                // These know no filter by customer.
                Collection::Refunds | Collection::Disputes => {
                    for payment in
                        ids(context, client, Collection::PaymentIntents, customer).await?
                    {
                        let filter = Form::new().with("payment_intent", &payment);
                        lists.push(client.every(collection, filter));
                    }
                }
                Collection::InvoicePayments => {
                    for invoice in ids(context, client, Collection::Invoices, customer).await? {
                        let filter = Form::new().with("invoice", &invoice);
                        lists.push(client.every(collection, filter));
                    }
                }
                Collection::Customers
                | Collection::Subscriptions
                | Collection::Invoices
                | Collection::CheckoutSessions
                | Collection::PaymentIntents
                | Collection::Charges
                | Collection::CreditNotes => {
                    let filter = Form::new().with("customer", customer);
                    lists.push(client.every(collection, filter));
                }
            }
        }
        Ok(lists)
    }
}

/// The ids of a customer's objects.
async fn ids(
    context: &CommandContext,
    client: &Client,
    collection: Collection,
    customer: &StripeId,
) -> Result<Vec<String>, Failure> {
    let pages = client.every(collection, Form::new().with("customer", customer));
    let reading = pages.all(act::deadline());
    let objects = context.stop.unless_asked(reading).await??;
    let ids = objects
        .iter()
        .filter_map(|object| object.get("id")?.as_str());
    Ok(ids.map(str::to_string).collect())
}

/// The customers that a user has claimed. They are searched for in the whole users
/// table, because no index has them.
pub(super) async fn customers_of(
    context: &CommandContext,
    user_id: &UserId,
) -> Result<BTreeSet<StripeId>, Failure> {
    let progress = context.progress("pages of the users table", None);
    let mut customers = BTreeSet::new();
    let mut start = None;
    loop {
        let reading = context
            .store
            .export_page(user_id, ExportPart::Claims, start);
        let (claims, next) = context.stop.unless_asked(reading).await??;
        progress.advance(1);
        let keys = claims.iter().filter_map(|claim| claim.get("pk")?.as_str());
        let ids = keys.filter_map(|key| key.split_once('#'));
        let ids = ids.filter(|(kind, _)| *kind == "STRIPE_CUSTOMER");
        customers.extend(ids.filter_map(|(_, id)| id.parse::<StripeId>().ok()));
        start = next;
        if start.is_none() {
            return Ok(customers);
        }
    }
}

/// The whole object, if a list shows only a part of it.
pub(super) async fn whole(
    context: &CommandContext,
    client: &Client,
    collection: Collection,
    object: Value,
) -> Result<Value, Failure> {
    let field = match collection {
        Collection::Invoices | Collection::CreditNotes => "lines",
        Collection::CheckoutSessions => "line_items",
        Collection::Customers
        | Collection::Subscriptions
        | Collection::InvoicePayments
        | Collection::PaymentIntents
        | Collection::Charges
        | Collection::Refunds
        | Collection::Disputes => return Ok(object),
    };
    let has_more = object.get(field).and_then(|list| list.get("has_more"));
    if has_more.and_then(Value::as_bool) != Some(true) {
        return Ok(object);
    }
    let id = object.get("id").and_then(Value::as_str).unwrap_or_default();
    let id: StripeId = id
        .parse()
        .map_err(|error| Failure::Stripe(format!("Stripe's API: {error}")))?;
    let deadline = act::deadline();
    let reading = async {
        match collection {
            Collection::Invoices => client.invoice(&id, deadline).await,
            Collection::CreditNotes => client.credit_note(&id, deadline).await,
            _ => client.checkout_session(&id, deadline).await,
        }
    };
    Ok(context.stop.unless_asked(reading).await??)
}
