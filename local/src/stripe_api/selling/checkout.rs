//! What is done on the page of a checkout: paid, declined, confirmed, paid later.

use serde_json::{Value, json};

use super::happen::{announce, check_room, engine_of, publish, text};
use super::line_items::Mode;
use super::state::{Draft, Selling};
use crate::stripe::{ApiVersion, Effect, PaymentFacts, Shapes};
use crate::stripe_api::customers;
use crate::stripe_api::refusal::Refusal;
use crate::stripe_api::shelf::Shelf;
use crate::stripe_api::writer::Writer;

/// What a button of the page does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CheckoutAct {
    /// A card that works.
    Pay,
    /// A card that is declined.
    Decline,
    /// A card whose bank asks for a confirmation.
    Authenticate,
    /// The confirmation is given.
    Confirm,
    /// The confirmation is refused.
    Refuse,
    /// A bank debit, whose money arrives or fails days later.
    Debit,
    /// The money of the debit arrives.
    Arrive,
    /// The debit fails.
    Fail,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CheckoutEnd {
    /// The buyer goes to this address.
    Sent(String),
    /// The page again.
    Again,
    /// The page again: this card was declined, or its confirmation refused.
    Declined,
    /// This cannot be done now.
    Impossible,
}

/// One line of the page; amounts in the currency's smallest unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ItemLine {
    /// The plan or the pack.
    pub(crate) name: String,
    pub(crate) quantity: i64,
    pub(crate) amount: i64,
    /// How often it is billed; none for once.
    pub(crate) every: Option<String>,
}

/// The page of a checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CheckoutPage {
    /// `open`, `complete` or `expired`.
    pub(crate) status: String,
    pub(crate) payment_status: String,
    pub(crate) is_subscription: bool,
    pub(crate) waits_for_confirmation: bool,
    /// Whether a bank debit is on its way.
    pub(crate) debit_is_due: bool,
    pub(crate) items: Vec<ItemLine>,
    pub(crate) total: i64,
    pub(crate) currency: String,
    pub(crate) email: Option<String>,
    pub(crate) success_url: String,
    pub(crate) cancel_url: Option<String>,
}

fn session_of(shelf: &Shelf, id: &str) -> Option<Value> {
    let session = shelf.get(id, "checkout.session", ApiVersion::default());
    session.cloned()
}

/// Where the buyer goes afterwards.
fn success_url(session: &Value) -> String {
    let id = text(session, "id");
    text(session, "success_url").replace("{CHECKOUT_SESSION_ID}", &id)
}

/// The page of a session that was made here; none if there is none.
pub(in crate::stripe_api) fn checkout_page(
    shelf: &Shelf,
    selling: &Selling,
    id: &str,
) -> Option<CheckoutPage> {
    let session = session_of(shelf, id)?;
    let draft = selling.drafts.get(id)?;
    let is_subscription = text(&session, "mode") == "subscription";
    let items = draft.lines.iter().map(|line| ItemLine {
        name: line.price.plan.clone(),
        quantity: line.quantity,
        amount: line.amount(),
        every: is_subscription.then(|| super::portal::every(&line.price)),
    });
    let optional = |place: &str| {
        let text = session.pointer(place).and_then(Value::as_str);
        text.map(str::to_string)
    };
    Some(CheckoutPage {
        status: text(&session, "status"),
        payment_status: text(&session, "payment_status"),
        is_subscription,
        waits_for_confirmation: selling.to_confirm.contains(id),
        debit_is_due: debit_of(shelf, &session).is_some(),
        items: items.collect(),
        total: total_of(&session),
        currency: text(&session, "currency"),
        email: optional("/customer_details/email"),
        success_url: success_url(&session),
        cancel_url: optional("/cancel_url"),
    })
}

fn total_of(session: &Value) -> i64 {
    let total = session.get("amount_total").and_then(Value::as_i64);
    total.unwrap_or_default()
}

/// The payment of a complete session whose money is still on its way.
fn debit_of(shelf: &Shelf, session: &Value) -> Option<Shapes> {
    let shapes = shelf.shapes(&text(session, "payment_intent"))?;
    let is_on_its_way = text(shapes.newest()?, "status") == "processing";
    is_on_its_way.then(|| shapes.clone())
}

/// Does what a button says. None if there is no such session.
pub(in crate::stripe_api) fn act_on_checkout(
    writer: &mut Writer<'_>,
    selling: &mut Selling,
    (id, act): (&str, CheckoutAct),
) -> Result<Option<CheckoutEnd>, Refusal> {
    let Some(session) = session_of(writer.shelf, id) else {
        return Ok(None);
    };
    let Some(draft) = selling.drafts.get(id).cloned() else {
        return Ok(None);
    };
    check_room(writer)?;
    let is_open = selling.open.contains(id);
    let confirms = selling.to_confirm.contains(id);
    let is_complete = text(&session, "status") == "complete";
    let sent = CheckoutEnd::Sent(success_url(&session));
    let end = match act {
        CheckoutAct::Pay if is_open && !confirms => {
            complete(writer, selling, (&session, &draft), "succeeded")?;
            sent
        }
        CheckoutAct::Confirm if is_open && confirms => {
            complete(writer, selling, (&session, &draft), "succeeded")?;
            sent
        }
        CheckoutAct::Debit if is_open && text(&session, "mode") == "payment" => {
            complete(writer, selling, (&session, &draft), "processing")?;
            sent
        }
        // A form that is sent twice pays once.
        CheckoutAct::Pay | CheckoutAct::Confirm | CheckoutAct::Debit if is_complete => sent,
        CheckoutAct::Authenticate if is_open => {
            selling.to_confirm.insert(id.to_string());
            CheckoutEnd::Again
        }
        CheckoutAct::Decline if is_open => {
            selling.to_confirm.remove(id);
            CheckoutEnd::Declined
        }
        CheckoutAct::Refuse if is_open && confirms => {
            selling.to_confirm.remove(id);
            CheckoutEnd::Declined
        }
        CheckoutAct::Arrive => settle(writer, selling, &session, true)?,
        CheckoutAct::Fail => settle(writer, selling, &session, false)?,
        CheckoutAct::Pay
        | CheckoutAct::Confirm
        | CheckoutAct::Debit
        | CheckoutAct::Authenticate
        | CheckoutAct::Decline
        | CheckoutAct::Refuse => CheckoutEnd::Impossible,
    };
    Ok(Some(end))
}

/// The buyer has finished; the money is here, or on its way.
fn complete(
    writer: &mut Writer<'_>,
    selling: &mut Selling,
    (session, draft): (&Value, &Draft),
    payment: &'static str,
) -> Result<(), Refusal> {
    let id = text(session, "id");
    let mode = if text(session, "mode") == "payment" {
        Mode::Payment
    } else {
        Mode::Subscription
    };
    let customer = buyer(writer, session, mode)?;
    let made = match mode {
        Mode::Payment => pay(writer, (session, draft), customer.as_deref(), payment)?,
        Mode::Subscription => subscribe(writer, selling, (session, draft), customer.as_deref())?,
    };
    selling.open.remove(&id);
    selling.to_confirm.remove(&id);
    let is_paid = payment == "succeeded";
    let shapes = writer.shelf.shapes(&id).cloned().unwrap_or_default();
    let shapes = shapes.with(&made).with(&json!({
        "customer": customer,
        "payment_status": if is_paid { "paid" } else { "unpaid" },
        "status": "complete",
        "url": null,
    }));
    announce(writer, selling, "checkout.session.completed", shapes)?;
    if let (Mode::Subscription, Some(customer)) = (mode, &customer) {
        publish(writer, selling, customer)?;
    }
    Ok(())
}

/// The customer of a session, made now if there has to be one.
fn buyer(writer: &mut Writer<'_>, session: &Value, mode: Mode) -> Result<Option<String>, Refusal> {
    let known = text(session, "customer");
    if !known.is_empty() {
        return Ok(Some(known));
    }
    if mode == Mode::Payment && text(session, "customer_creation") != "always" {
        return Ok(None);
    }
    let id = writer.id("cus");
    let blank = Shapes::same(&customers::blank(&id, writer.now));
    let email = json!({"email": session.get("customer_email")});
    writer.put("customer.created", blank.with(&email), None)?;
    Ok(Some(id))
}

/// A payment of its own, as a pack has.
fn pay(
    writer: &mut Writer<'_>,
    (session, draft): (&Value, &Draft),
    customer: Option<&str>,
    status: &'static str,
) -> Result<Value, Refusal> {
    let facts = PaymentFacts {
        intent: writer.id("pi"),
        charge: (status == "succeeded").then(|| writer.id("ch")),
        amount: total_of(session),
        currency: text(session, "currency"),
        customer: customer.map(str::to_string),
        created: writer.now,
        status,
        invoice: None,
        metadata: draft.metadata.clone(),
    };
    let intent = Shapes::draw(|version| Some(facts.intent(version)));
    writer.shelf.apply(Effect::Put(intent))?;
    if facts.charge.is_some() {
        let charge = Shapes::draw(|version| Some(facts.charge(version)));
        writer.shelf.apply(Effect::Put(charge))?;
    }
    Ok(json!({"payment_intent": facts.intent}))
}

fn subscribe(
    writer: &mut Writer<'_>,
    selling: &mut Selling,
    (session, draft): (&Value, &Draft),
    customer: Option<&str>,
) -> Result<Value, Refusal> {
    let refused = || Refusal::invalid("This subscription cannot be made.");
    let (line, customer) = draft.lines.first().zip(customer).ok_or_else(refused)?;
    let quantity = u8::try_from(line.quantity).map_err(|_| refused())?;
    let currency = text(session, "currency");
    let engine = engine_of(writer, selling, customer);
    engine.advance(writer.now);
    let price = &line.price.price_id;
    let made = engine.subscribe(price, (quantity, &currency), draft.metadata.clone());
    let made = made.ok_or_else(refused)?;
    let invoice = engine.latest_invoice(&made);
    Ok(json!({"invoice": invoice, "subscription": made}))
}

/// A bank debit ends.
fn settle(
    writer: &mut Writer<'_>,
    selling: &mut Selling,
    session: &Value,
    arrives: bool,
) -> Result<CheckoutEnd, Refusal> {
    let Some(intent) = debit_of(writer.shelf, session) else {
        return Ok(CheckoutEnd::Impossible);
    };
    let shapes = writer.shelf.shapes(&text(session, "id")).cloned();
    let shapes = shapes.unwrap_or_default();
    if !arrives {
        let failed = intent.with(&json!({"status": "requires_payment_method"}));
        writer.shelf.apply(Effect::Put(failed))?;
        let event = "checkout.session.async_payment_failed";
        announce(writer, selling, event, shapes)?;
        return Ok(CheckoutEnd::Again);
    }
    let charge = writer.id("ch");
    let amount = total_of(session);
    let customer = text(session, "customer");
    let facts = PaymentFacts {
        intent: text(session, "payment_intent"),
        charge: Some(charge.clone()),
        amount,
        currency: text(session, "currency"),
        customer: (!customer.is_empty()).then_some(customer),
        created: writer.now,
        status: "succeeded",
        invoice: None,
        metadata: Value::Null,
    };
    let drawn = Shapes::draw(|version| Some(facts.charge(version)));
    writer.shelf.apply(Effect::Put(drawn))?;
    let intent = intent.with(&json!({
        "amount_received": amount,
        "latest_charge": charge,
        "status": "succeeded",
    }));
    writer.shelf.apply(Effect::Put(intent))?;
    let paid = shapes.with(&json!({"payment_status": "paid"}));
    let event = "checkout.session.async_payment_succeeded";
    announce(writer, selling, event, paid)?;
    Ok(CheckoutEnd::Again)
}
