//! Checkout sessions: which user bought a subscription, and paid packs. Source:
//! <https://docs.stripe.com/api/checkout/sessions/object>.

use domain::billing::{BoughtItem, Fact, PackBought, PackName, Parties};

use crate::error::Problem;
use crate::node::Node;
use crate::parties::{in_metadata, parties};

/// `checkout.session.completed`: the buyer has finished, which does not mean that the
/// money has arrived; bank debits take days.
pub(crate) fn completed(session: &Node<'_>) -> Result<Fact, Problem> {
    match session.field("mode")?.text()? {
        "subscription" => subscription_bought(session),
        "payment" => match session.field("payment_status")?.text()? {
            "paid" | "no_payment_required" => pack_bought(session),
            // Unpaid, or any status that is not known to mean paid.
            _ => Ok(Fact::Noted),
        },
        _ => Ok(Fact::Ignored),
    }
}

/// `checkout.session.async_payment_succeeded`: the money arrived later.
pub(crate) fn paid_later(session: &Node<'_>) -> Result<Fact, Problem> {
    match session.field("mode")?.text()? {
        "subscription" => subscription_bought(session),
        "payment" => pack_bought(session),
        _ => Ok(Fact::Ignored),
    }
}

fn subscription_bought(session: &Node<'_>) -> Result<Fact, Problem> {
    // Without it the subscription's owner could not be found.
    session.field("subscription")?.id()?;
    Ok(Fact::SubscriptionBought(buyer(session)?))
}

fn buyer(session: &Node<'_>) -> Result<Parties, Problem> {
    let subscription = session.field("subscription")?.optional_id()?;
    let named = [
        in_metadata(session)?,
        // With a payment link the buyer can choose this value, so it comes last.
        session.field("client_reference_id")?,
    ];
    parties(session, subscription, &named)
}

fn pack_bought(session: &Node<'_>) -> Result<Fact, Problem> {
    Ok(Fact::PackBought(PackBought {
        parties: buyer(session)?,
        session: session.field("id")?.id()?,
        payment: session.field("payment_intent")?.reported()?.optional_id()?,
        invoice: session.field("invoice")?.optional_id()?,
        pack: pack(session)?,
        quantity: quantity(session)?,
        items: items(session).unwrap_or_default(),
        subtotal_minor: session.field("amount_subtotal")?.amount()?,
        paid_minor: session.field("amount_total")?.amount()?,
        currency: session.field("currency")?.currency()?,
    }))
}

fn pack(session: &Node<'_>) -> Result<PackName, Problem> {
    if let Some(price) = session.at("metadata.price_id")?.optional_id()? {
        return Ok(PackName::Price(price));
    }
    let link = session.field("payment_link")?.optional_id()?;
    Ok(link.map_or(PackName::Unnamed, PackName::PaymentLink))
}

/// Metadata values are strings.
fn quantity(session: &Node<'_>) -> Result<Option<u64>, Problem> {
    let Some(place) = session.at("metadata.quantity")?.optional() else {
        return Ok(None);
    };
    let text = place.text()?;
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| digits && *number > 0);
    let number = number.ok_or_else(|| place.problem("must be a whole number from 1"))?;
    Ok(Some(number))
}

/// All line items or none: a partial list would look like a smaller purchase.
fn items(session: &Node<'_>) -> Option<Vec<BoughtItem>> {
    let list = session.look("line_items");
    let members = list.look("data").members().ok()?;
    let items = members.iter().map(item).collect();
    if list.has_all() { items } else { None }
}

fn item(item: &Node<'_>) -> Option<BoughtItem> {
    let quantity = item.look("quantity").optional();
    let quantity = quantity.map_or(Ok(1), |quantity| quantity.amount());
    Some(BoughtItem {
        price: item.look("price").id().ok()?,
        quantity: quantity.ok()?,
    })
}
