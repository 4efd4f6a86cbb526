//! The event that Stripe would send about an object as it is now.
//!
//! An object says what is; the planner takes events. So an object becomes an event of
//! the moment of the request, and everything that follows is the webhook's.

use serde_json::{Value, json};
use shared::domain::Timestamp;
use shared::domain::billing::BillingEvent;
use stripe::ReadError;
use stripe_client::Collection;

/// The event about an object, or none if the object changes nothing yet: an unpaid
/// invoice, a checkout that is not complete.
///
/// Its id names the run and the object, and is recorded like any other.
pub(super) fn event_about(
    collection: Collection,
    object: &Value,
    now: Timestamp,
) -> Result<Option<BillingEvent>, ReadError> {
    let Some(event_type) = event_type(collection, object) else {
        return Ok(None);
    };
    let id = object.get("id").and_then(Value::as_str).unwrap_or_default();
    // A purchase began when it was made. All else is as it is now.
    let created = match collection {
        Collection::CheckoutSessions | Collection::Invoices => {
            object.get("created").and_then(Value::as_i64)
        }
        Collection::Customers
        | Collection::Subscriptions
        | Collection::InvoicePayments
        | Collection::PaymentIntents
        | Collection::Charges
        | Collection::Refunds
        | Collection::Disputes
        | Collection::CreditNotes => None,
    };
    let event = json!({
        "id": format!("rec_{}_{id}", now.unix_seconds()),
        "object": "event",
        "type": event_type,
        "created": created.unwrap_or_else(|| now.unix_seconds()),
        "livemode": object.get("livemode").and_then(Value::as_bool).unwrap_or(false),
        "data": {"object": object},
    });
    stripe::read(event.to_string().as_bytes()).map(Some)
}

fn event_type(collection: Collection, object: &Value) -> Option<&'static str> {
    let text = |field: &str| object.get(field).and_then(Value::as_str);
    match collection {
        Collection::Subscriptions => Some("customer.subscription.updated"),
        Collection::Invoices => (text("status") == Some("paid")).then_some("invoice.paid"),
        Collection::InvoicePayments => {
            (text("status") == Some("paid")).then_some("invoice_payment.paid")
        }
        Collection::CheckoutSessions => {
            let is_complete = text("status") == Some("complete");
            let is_unpaid = text("payment_status") == Some("unpaid");
            (is_complete && !is_unpaid).then_some("checkout.session.completed")
        }
        Collection::Refunds => Some("refund.updated"),
        Collection::Disputes => Some("charge.dispute.updated"),
        Collection::CreditNotes if text("status") == Some("void") => Some("credit_note.voided"),
        Collection::CreditNotes => Some("credit_note.updated"),
        Collection::Customers => {
            let is_deleted = object.get("deleted").and_then(Value::as_bool) == Some(true);
            is_deleted.then_some("customer.deleted")
        }
        Collection::PaymentIntents | Collection::Charges => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_paid_or_complete_says_nothing_yet() {
        let session =
            |status: &str, payment: &str| json!({"status": status, "payment_status": payment});
        for (collection, object, expected) in [
            (Collection::Invoices, json!({"status": "open"}), None),
            (
                Collection::Invoices,
                json!({"status": "paid"}),
                Some("invoice.paid"),
            ),
            (
                Collection::CheckoutSessions,
                session("open", "unpaid"),
                None,
            ),
            (
                Collection::CheckoutSessions,
                session("complete", "unpaid"),
                None,
            ),
            (
                Collection::CheckoutSessions,
                session("complete", "no_payment_required"),
                Some("checkout.session.completed"),
            ),
            (
                Collection::CreditNotes,
                json!({"status": "void"}),
                Some("credit_note.voided"),
            ),
            (
                Collection::CreditNotes,
                json!({"status": "issued"}),
                Some("credit_note.updated"),
            ),
            (Collection::InvoicePayments, json!({"status": "open"}), None),
            (Collection::Customers, json!({}), None),
            (
                Collection::Customers,
                json!({"deleted": true}),
                Some("customer.deleted"),
            ),
        ] {
            assert_eq!(
                event_type(collection, &object),
                expected,
                "{collection:?} {object}"
            );
        }
    }
}
