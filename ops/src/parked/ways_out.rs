//! What can be done about an event that waits or was refused; whoever adds a
//! reason has to say it here.

use shared::domain::StripeId;
use shared::domain::billing::{EventRecord, ParkReason};
use shared::store::ItemError;

/// What can be done about an open event, the best first.
pub(super) fn of(id: &StripeId, record: &EventRecord) -> Vec<String> {
    let first = match &record.waits_for {
        Some(reason) => of_reason(id, reason),
        None if record.event.is_none() => {
            format!("take its JSON from Stripe: `creditsctl event replay {id} --file FILE`")
        }
        None => format!(
            "mend what it is refused for, then `creditsctl event replay {id}`; or supply its object: `creditsctl parked settle {id} --object FILE --reason TEXT`"
        ),
    };
    vec![first, dismissed(id)]
}

/// What can be done about an event whose record is lost.
pub(super) fn of_lost(id: &StripeId, problem: &ItemError) -> Vec<String> {
    let first = format!(
        "{}: take its JSON from Stripe: `creditsctl event replay {id} --file FILE`",
        problem.full_text()
    );
    vec![first, dismissed(id)]
}

fn dismissed(id: &StripeId) -> String {
    format!("if nothing is to follow: `creditsctl parked dismiss {id} --reason TEXT`")
}

fn of_reason(id: &StripeId, reason: &ParkReason) -> String {
    let resend = |what: String| {
        format!(
            "have Stripe send {what} again, or take it: `creditsctl event replay EVENT --file FILE`"
        )
    };
    match reason {
        ParkReason::Customer(customer) => format!(
            "say whose the customer is: `creditsctl parked assign {customer} USER --reason TEXT`"
        ),
        ParkReason::Price(price) => {
            format!("add the price {price} to the catalogue and apply it with `seeds apply`")
        }
        ParkReason::PaymentLink(link) => format!(
            "give the payment link {link} to its price in the catalogue and apply it with `seeds apply`"
        ),
        ParkReason::Mismatch(price) => format!(
            "make the price {price} in the catalogue fit what was paid and apply it with `seeds apply`"
        ),
        ParkReason::Review(object) => format!(
            "read {object} from Stripe's API, whole: `creditsctl parked settle {id} --object FILE --reason TEXT`"
        ),
        ParkReason::Subscription(subscription) => resend(format!("any event of {subscription}")),
        ParkReason::Invoice(invoice) => resend(format!("invoice.paid of {invoice}")),
        ParkReason::Lines(subscription) => resend(format!(
            "invoice.paid of earlier invoices of {subscription}"
        )),
        ParkReason::Payment(invoice) => resend(format!("invoice_payment.paid of {invoice}")),
        ParkReason::Operator(_) => format!(
            "look why, and supply its object: `creditsctl parked settle {id} --object FILE --reason TEXT`"
        ),
    }
}
