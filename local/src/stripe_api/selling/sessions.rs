//! Checkout sessions by API: made, and expired before their time.
//! Source: <https://docs.stripe.com/api/checkout/sessions>.

use serde_json::{Value, json};

use super::happen::{self, check_room, text};
use super::line_items::{self, Basket, Mode};
use super::state::{Draft, Selling};
use crate::stripe::{ApiVersion, Effect, Shapes};
use crate::stripe_api::call::Call;
use crate::stripe_api::refusal::Refusal;
use crate::stripe_api::writer::{Writer, metadata, metadata_in};

const MINUTE: i64 = 60;
const DAY: i64 = 86_400;
/// The longest reference of the buyer.
const MAX_REFERENCE: usize = 200;
/// The longest address.
pub(super) const MAX_URL: usize = 5_000;
/// Schemes that a browser would run or show by itself.
const NO_PLACE: [&str; 6] = ["about", "blob", "data", "file", "javascript", "vbscript"];

/// An address to which a browser is sent; an app's own scheme will do.
pub(super) fn url(call: &mut Call, name: &str) -> Result<Option<String>, Refusal> {
    let Some(url) = call.parameters.text(name)? else {
        return Ok(None);
    };
    let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic());
    let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_lowercase());
    let is_place = scheme.is_some_and(|scheme| {
        let letters = scheme
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || b"+-.".contains(&it));
        let starts = scheme.starts_with(|first: char| first.is_ascii_lowercase());
        letters && starts && !NO_PLACE.contains(&scheme.as_str())
    });
    if url.len() > MAX_URL || !is_plain || !is_place {
        let refusal = Refusal::invalid("Not a valid URL").code("url_invalid");
        return Err(refusal.param(name));
    }
    Ok(Some(url))
}

/// The customer that a parameter names, who must be there.
pub(super) fn customer(writer: &Writer<'_>, call: &mut Call) -> Result<Option<Value>, Refusal> {
    let Some(id) = call.parameters.text("customer")? else {
        return Ok(None);
    };
    let customer = writer.shelf.get(&id, "customer", ApiVersion::default());
    let customer = customer.filter(|_| !writer.shelf.is_deleted(&id));
    let missing = || Refusal::missing("customer", &id, "customer");
    customer.cloned().ok_or_else(missing).map(Some)
}

fn expires_at(call: &mut Call, now: i64) -> Result<i64, Refusal> {
    let Some(asked) = call.parameters.integer("expires_at")? else {
        return Ok(now.saturating_add(DAY));
    };
    let earliest = now.saturating_add(30 * MINUTE);
    if !(earliest..=now.saturating_add(DAY)).contains(&asked) {
        let text = "expires_at must be from 30 minutes to 24 hours after the session is made.";
        return Err(Refusal::invalid(text).param("expires_at"));
    }
    Ok(asked)
}

/// The metadata of what the session will make: a subscription or a payment intent.
fn metadata_behind(call: &mut Call, mode: Mode) -> Result<Value, Refusal> {
    let (ours, other) = match mode {
        Mode::Payment => ("payment_intent_data", "subscription_data"),
        Mode::Subscription => ("subscription_data", "payment_intent_data"),
    };
    if call.parameters.has(other) {
        let text = format!("You can not pass `{other}` in `{}` mode.", mode.word());
        return Err(Refusal::invalid(text).param(other));
    }
    metadata_in(&mut call.parameters, ours)
}

/// Who buys, as far as the request says.
struct Buyer {
    customer: Option<Value>,
    email: Option<String>,
    reference: Option<String>,
    /// Whether a payment makes a customer.
    always: bool,
}

fn buyer(writer: &Writer<'_>, call: &mut Call, mode: Mode) -> Result<Buyer, Refusal> {
    let customer = customer(writer, call)?;
    let email = call.parameters.text("customer_email")?;
    if customer.is_some() && email.is_some() {
        let text = "You may only specify one of these parameters: customer, customer_email.";
        return Err(Refusal::invalid(text).param("customer_email"));
    }
    let reference = call.parameters.text("client_reference_id")?;
    if reference
        .as_ref()
        .is_some_and(|it| it.len() > MAX_REFERENCE)
    {
        let text = format!("client_reference_id has at most {MAX_REFERENCE} characters.");
        return Err(Refusal::invalid(text).param("client_reference_id"));
    }
    let always = match call.parameters.text("customer_creation")?.as_deref() {
        None => false,
        Some("always" | "if_required") if mode == Mode::Subscription || customer.is_some() => {
            let text = "customer_creation is for payments without a customer.";
            return Err(Refusal::invalid(text).param("customer_creation"));
        }
        Some("always") => true,
        Some("if_required") => false,
        Some(other) => {
            let text = format!("Invalid customer_creation: {other}; use always or if_required");
            return Err(Refusal::invalid(text).param("customer_creation"));
        }
    };
    Ok(Buyer {
        customer,
        email,
        reference,
        always,
    })
}

fn blank(
    id: &str,
    (mode, basket, buyer): (Mode, &Basket, &Buyer),
    (now, ends, page): (i64, i64, &str),
) -> Value {
    let total = basket.total();
    let customer = buyer.customer.as_ref();
    let email = customer.map(|it| it.get("email").cloned());
    let email = email.flatten().unwrap_or_else(|| json!(buyer.email));
    let creation = match (mode, customer.is_some(), buyer.always) {
        (Mode::Payment, false, true) => Some("always"),
        (Mode::Payment, false, false) => Some("if_required"),
        (Mode::Subscription, false, _) => Some("always"),
        (Mode::Payment | Mode::Subscription, true, _) => None,
    };
    json!({
        "id": id,
        "object": "checkout.session",
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": false, "liability": null, "status": null},
        "client_reference_id": buyer.reference,
        "created": now,
        "currency": basket.currency,
        "customer": customer.map(|it| text(it, "id")),
        "customer_creation": creation,
        "customer_details": {"address": null, "email": email, "name": null, "phone": null},
        "customer_email": buyer.email,
        "expires_at": ends,
        "invoice": null,
        "livemode": false,
        "locale": null,
        "mode": mode.word(),
        "payment_intent": null,
        "payment_link": null,
        "payment_method_types": match mode {
            Mode::Payment => json!(["card", "us_bank_account"]),
            Mode::Subscription => json!(["card"]),
        },
        "payment_status": "unpaid",
        "status": "open",
        "subscription": null,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted",
        "url": page,
    })
}

pub(in crate::stripe_api) fn create(
    writer: &mut Writer<'_>,
    selling: &mut Selling,
    call: &mut Call,
) -> Result<Value, Refusal> {
    check_room(writer)?;
    let mode = Mode::read(call)?;
    let basket = line_items::read(call, selling, mode)?;
    let buyer = buyer(writer, call, mode)?;
    let success = url(call, "success_url")?.ok_or_else(|| Refusal::required("success_url"))?;
    let cancel = url(call, "cancel_url")?;
    let ends = expires_at(call, writer.now)?;
    let behind = metadata_behind(call, mode)?;
    let shown = metadata(&mut call.parameters, &json!({}))?;
    call.parameters.done()?;

    let id = writer.id("cs_test");
    let page = format!("{}/c/pay/{id}", selling.url);
    let object = blank(&id, (mode, &basket, &buyer), (writer.now, ends, &page));
    let shapes = Shapes::same(&object).with(&json!({
        "cancel_url": cancel,
        "metadata": shown.unwrap_or_else(|| json!({})),
        "success_url": success,
    }));
    let items = line_items::drawn(writer.shelf, &id, &basket, call);
    writer.shelf.apply(Effect::Put(shapes.clone()))?;
    let items = Shapes::same(&json!(items));
    let members = Effect::Members(id.clone(), "line_items", items);
    writer.shelf.apply(members)?;
    let draft = Draft {
        lines: basket.lines,
        metadata: behind,
    };
    selling.drafts.insert(id.clone(), draft);
    selling.open.insert(id);
    Ok(shapes.of(call.version).cloned().unwrap_or_default())
}

pub(in crate::stripe_api) fn expire(
    writer: &mut Writer<'_>,
    selling: &mut Selling,
    (call, id): (&mut Call, &str),
) -> Result<Value, Refusal> {
    check_room(writer)?;
    call.parameters.done()?;
    let session = writer
        .shelf
        .get(id, "checkout.session", ApiVersion::default());
    let session = session.ok_or_else(|| Refusal::missing("checkout session", id, "id"))?;
    let status = text(session, "status");
    if status != "open" || !selling.open.contains(id) {
        let text = format!(
            "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of `{status}`."
        );
        return Err(Refusal::invalid(text));
    }
    happen::expire(writer, selling, id)?;
    let shapes = writer.shelf.shapes(id);
    let object = shapes.and_then(|shapes| shapes.of(call.version));
    Ok(object.cloned().unwrap_or_default())
}
