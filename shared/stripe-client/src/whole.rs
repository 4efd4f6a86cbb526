//! The whole object that an event is about.

use serde_json::Value;
use shared::domain::billing::{BillingEvent, Fact};
use shared::host::clock::Deadline;

use crate::client::Client;
use crate::error::StripeError;
use crate::form::Form;
use crate::objects::Collection;

impl Client {
    /// Reads the object that an event is about, with all lines or line items, from the
    /// account that the event is of. None if it is about nothing that can be read.
    ///
    /// # Errors
    ///
    /// [`StripeError`].
    pub async fn object_of(
        &self,
        event: &BillingEvent,
        deadline: Deadline,
    ) -> Result<Option<Value>, StripeError> {
        let client = self.for_account(event.account.as_ref());
        let one = |collection, id| client.retrieve(collection, id, deadline);
        Ok(Some(match &event.fact {
            Fact::InvoicePaid(invoice) => client.invoice(&invoice.id, deadline).await?,
            Fact::PackBought(bought) => client.checkout_session(&bought.session, deadline).await?,
            Fact::CreditNote(note) => client.credit_note(&note.id, deadline).await?,
            Fact::Subscription(snapshot) => one(Collection::Subscriptions, &snapshot.id).await?,
            Fact::Refund(refund) => one(Collection::Refunds, &refund.id).await?,
            Fact::ChargeRefunded(charge) => one(Collection::Charges, &charge.charge).await?,
            Fact::Dispute(dispute) => one(Collection::Disputes, &dispute.id).await?,
            Fact::CustomerDeleted(customer) => one(Collection::Customers, customer).await?,
            // These two are known by what they name alone.
            Fact::SubscriptionBought(parties) => {
                let Some(subscription) = &parties.subscription else {
                    return Ok(None);
                };
                let filter = Form::new().with("subscription", subscription);
                return client
                    .first(Collection::CheckoutSessions, filter, deadline)
                    .await;
            }
            Fact::InvoicePayment(paid) => {
                let filter = Form::new().with("invoice", &paid.invoice);
                let filter = filter.with("status", "paid");
                return client
                    .first(Collection::InvoicePayments, filter, deadline)
                    .await;
            }
            Fact::Noted | Fact::Ignored => return Ok(None),
        }))
    }

    async fn first(
        &self,
        collection: Collection,
        filter: Form,
        deadline: Deadline,
    ) -> Result<Option<Value>, StripeError> {
        let page = self.every(collection, filter).next(deadline).await?;
        Ok(page.into_iter().flatten().next())
    }
}
