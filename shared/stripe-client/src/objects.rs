//! The calls that the webhook and the operator's tool make, by the objects they read.
//! Objects are returned as Stripe writes them, for the reader of the crate `stripe`.

use serde_json::Value;
use shared::domain::{StripeId, Timestamp};
use shared::host::clock::Deadline;

use crate::client::Client;
use crate::error::StripeError;
use crate::form::{Form, path_part};
use crate::pages::Pages;

/// An invoice has at most some hundred lines; 2,500 fit.
const MAX_PAGES_OF_LINES: u32 = 25;

/// A list of objects that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Collection {
    /// `customers`.
    Customers,
    /// `subscriptions`, ended ones too.
    Subscriptions,
    /// `invoices`, each with its first ten lines.
    Invoices,
    /// `invoice_payments`: what paid which invoice.
    InvoicePayments,
    /// `checkout/sessions`, each with its first ten line items.
    CheckoutSessions,
    /// `payment_intents`.
    PaymentIntents,
    /// `charges`.
    Charges,
    /// `refunds`.
    Refunds,
    /// `disputes`, each with its balance transactions.
    Disputes,
    /// `credit_notes`, each with its first ten lines.
    CreditNotes,
}

impl Collection {
    /// Its path below `/v1/`.
    pub fn path(self) -> &'static str {
        match self {
            Collection::Customers => "customers",
            Collection::Subscriptions => "subscriptions",
            Collection::Invoices => "invoices",
            Collection::InvoicePayments => "invoice_payments",
            Collection::CheckoutSessions => "checkout/sessions",
            Collection::PaymentIntents => "payment_intents",
            Collection::Charges => "charges",
            Collection::Refunds => "refunds",
            Collection::Disputes => "disputes",
            Collection::CreditNotes => "credit_notes",
        }
    }

    /// What a request for many of them says beside the caller's filter.
    fn asked(self, filter: Form) -> Form {
        match self {
            Collection::Subscriptions => filter.with("status", "all"),
            Collection::CheckoutSessions => filter.with_list("expand", &["data.line_items"]),
            Collection::Customers
            | Collection::Invoices
            | Collection::InvoicePayments
            | Collection::PaymentIntents
            | Collection::Charges
            | Collection::Refunds
            | Collection::Disputes
            | Collection::CreditNotes => filter,
        }
    }
}

impl Client {
    /// One object by its id.
    ///
    /// # Errors
    ///
    /// [`StripeError`].
    pub async fn retrieve(
        &self,
        collection: Collection,
        id: &StripeId,
        deadline: Deadline,
    ) -> Result<Value, StripeError> {
        let path = format!("{}/{}", collection.path(), path_part(id.as_str()));
        self.get(&path, &Form::new(), deadline).await
    }

    /// The objects that a filter lets through, the newest first. Stripe says which
    /// filters each list knows, such as `customer` or `created[gte]`.
    pub fn every(&self, collection: Collection, filter: Form) -> Pages<'_> {
        self.list(collection.path(), collection.asked(filter))
    }

    /// Events since a moment, the newest first, of these types (at most twenty; none =
    /// all). Stripe keeps them for thirty days.
    pub fn events(&self, since: Timestamp, types: &[&str]) -> Pages<'_> {
        let filter = Form::new().with("created[gte]", since.unix_seconds());
        self.list("events", filter.with_list("types", types))
    }

    /// An event as Stripe delivered it, for thirty days.
    ///
    /// # Errors
    ///
    /// [`StripeError`].
    pub async fn event(&self, id: &StripeId, deadline: Deadline) -> Result<Value, StripeError> {
        let path = format!("events/{}", path_part(id.as_str()));
        self.get(&path, &Form::new(), deadline).await
    }

    /// An invoice with all of its lines.
    ///
    /// # Errors
    ///
    /// [`StripeError`].
    pub async fn invoice(&self, id: &StripeId, deadline: Deadline) -> Result<Value, StripeError> {
        let invoice = self.retrieve(Collection::Invoices, id, deadline).await?;
        let path = format!("invoices/{}/lines", path_part(id.as_str()));
        self.with_all(invoice, "lines", &path, deadline).await
    }

    /// A checkout session with all of its line items.
    ///
    /// # Errors
    ///
    /// [`StripeError`].
    pub async fn checkout_session(
        &self,
        id: &StripeId,
        deadline: Deadline,
    ) -> Result<Value, StripeError> {
        let path = format!("checkout/sessions/{}", path_part(id.as_str()));
        let form = Form::new().with_list("expand", &["line_items"]);
        let session = self.get(&path, &form, deadline).await?;
        let path = format!("{path}/line_items");
        self.with_all(session, "line_items", &path, deadline).await
    }

    /// A credit note with all of its lines.
    ///
    /// # Errors
    ///
    /// [`StripeError`].
    pub async fn credit_note(
        &self,
        id: &StripeId,
        deadline: Deadline,
    ) -> Result<Value, StripeError> {
        let note = self.retrieve(Collection::CreditNotes, id, deadline).await?;
        let path = format!("credit_notes/{}/lines", path_part(id.as_str()));
        self.with_all(note, "lines", &path, deadline).await
    }

    /// The same object with the whole of a list of which it has only a page.
    async fn with_all(
        &self,
        mut object: Value,
        field: &str,
        path: &str,
        deadline: Deadline,
    ) -> Result<Value, StripeError> {
        let list = object.get_mut(field).and_then(Value::as_object_mut);
        let Some(list) = list else {
            let problem = format!("{path}: the object has no {field}");
            return Err(StripeError::unusable(problem, None));
        };
        if list.get("has_more").and_then(Value::as_bool) != Some(false) {
            let pages = self.list(path, Form::new()).at_most(MAX_PAGES_OF_LINES);
            let all = pages.all(deadline).await?;
            list.insert("data".to_string(), Value::Array(all));
            list.insert("has_more".to_string(), Value::Bool(false));
        }
        Ok(object)
    }
}
