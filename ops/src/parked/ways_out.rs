//! What an operator can do about a parked or refused event. A new park reason
//! needs a line here.

use shared::domain::StripeId;
use shared::domain::billing::{EventRecord, ParkReason};
use shared::store::ItemError;

/// What an operator can do about an open event, the best option first.
pub(super) fn of(id: &StripeId, record: &EventRecord) -> Vec<String> {
    if record.kept_place().is_some() {
        let what = "it is settled; settle what waits for it";
        return vec![format!("{what}: `creditsctl event replay {id}`")];
    }
    let first = match &record.waits_for {
        Some(reason) => of_reason(id, reason),
        None if record.event.is_none() => {
            format!("replay it from Stripe's JSON: `creditsctl event replay {id} --file FILE`")
        }
        None => format!(
            "fix the cause of the refusal, then run `creditsctl event replay {id}`; or supply its object: `creditsctl parked settle {id} --object FILE --reason TEXT`"
        ),
    };
    vec![first, dismissed(id)]
}

/// What an operator can do about an event whose record is lost.
pub(super) fn of_lost(id: &StripeId, problem: &ItemError) -> Vec<String> {
    let first = format!(
        "{}: replay it from Stripe's JSON: `creditsctl event replay {id} --file FILE`",
        problem.full_text()
    );
    vec![first, dismissed(id)]
}

fn dismissed(id: &StripeId) -> String {
    format!("if it must have no effect: `creditsctl parked dismiss {id} --reason TEXT`")
}

fn of_reason(id: &StripeId, reason: &ParkReason) -> String {
    let resend = |what: String| {
        format!(
            "resend {what} from Stripe, or replay it: `creditsctl event replay EVENT --file FILE`"
        )
    };
    match reason {
        ParkReason::Customer(customer) => format!(
            "assign the customer to a user: `creditsctl parked assign {customer} USER --reason TEXT`"
        ),
        ParkReason::Price(price) => {
            format!("add the price {price} to the catalogue, then run `seeds apply`")
        }
        ParkReason::PaymentLink(link) => format!(
            "add the payment link {link} to its price in the catalogue, then run `seeds apply`"
        ),
        ParkReason::Mismatch(price) => format!(
            "make the price {price} in the catalogue match the payment, then run `seeds apply`"
        ),
        ParkReason::Review(object) => format!(
            "fetch the complete {object} from Stripe's API: `creditsctl parked settle {id} --fetch --reason TEXT`"
        ),
        ParkReason::Subscription(subscription) => resend(format!("any event of {subscription}")),
        ParkReason::Invoice(invoice) => resend(format!("invoice.paid of {invoice}")),
        ParkReason::Lines(subscription) => resend(format!(
            "invoice.paid of earlier invoices of {subscription}"
        )),
        ParkReason::Payment(invoice) => resend(format!("invoice_payment.paid of {invoice}")),
        ParkReason::Operator(_) => format!(
            "find the cause, then supply its object: `creditsctl parked settle {id} --object FILE --reason TEXT`"
        ),
    }
}
