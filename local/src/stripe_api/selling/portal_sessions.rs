//! Sessions of the customer portal, by API.
//! Source: <https://docs.stripe.com/api/customer_portal/sessions/create>.

use serde_json::{Value, json};

use super::happen::text;
use super::sessions::{customer, url};
use super::state::{Flow, Portal, Selling};
use crate::stripe::ApiVersion;
use crate::stripe_api::call::Call;
use crate::stripe_api::refusal::Refusal;
use crate::stripe_api::writer::Writer;

/// How long a session may be used.
const HOUR: i64 = 3_600;

pub(in crate::stripe_api) fn create(
    writer: &mut Writer<'_>,
    selling: &mut Selling,
    call: &mut Call,
) -> Result<Value, Refusal> {
    let customer = customer(writer, call)?.ok_or_else(|| Refusal::required("customer"))?;
    let customer = text(&customer, "id");
    let return_url = url(call, "return_url")?;
    let flow = flow(writer, selling, call, &customer)?;
    call.parameters.done()?;
    let secret = hex::encode(writer.entropy.bytes());
    let object = json!({
        "id": writer.id("bps"),
        "object": "billing_portal.session",
        "configuration": "bpc_local",
        "created": writer.now,
        "customer": customer,
        "flow": flow.as_ref().map(drawn),
        "livemode": false,
        "locale": null,
        "on_behalf_of": null,
        "return_url": return_url,
        "url": format!("{}/p/session/{secret}", selling.url),
    });
    let portal = Portal {
        customer,
        return_url,
        expires_at: writer.now.saturating_add(HOUR),
        flow,
    };
    selling.add_portal(secret, portal);
    Ok(object)
}

fn drawn(flow: &Flow) -> Value {
    let after = json!({"hosted_confirmation": null, "redirect": null, "type": "portal_homepage"});
    let (kind, name, details) = match flow {
        Flow::Card => ("payment_method_update", None, Value::Null),
        Flow::Cancel(id) => {
            let name = "subscription_cancel";
            (name, Some(name), json!({"subscription": id}))
        }
        Flow::Update(id) => {
            let name = "subscription_update";
            (name, Some(name), json!({"subscription": id}))
        }
        Flow::Confirm(id, price) => {
            let name = "subscription_update_confirm";
            let items = json!([{"price": price}]);
            (
                name,
                Some(name),
                json!({"subscription": id, "items": items}),
            )
        }
    };
    let mut flow = json!({"after_completion": after, "type": kind});
    if let (Value::Object(flow), Some(name)) = (&mut flow, name) {
        flow.insert(name.to_string(), details);
    }
    flow
}

/// `flow_data`: the one thing that the session is about.
fn flow(
    writer: &Writer<'_>,
    selling: &Selling,
    call: &mut Call,
    customer: &str,
) -> Result<Option<Flow>, Refusal> {
    if !call.parameters.has("flow_data") {
        return Ok(None);
    }
    let kind = call.parameters.required("flow_data[type]")?;
    if kind == "payment_method_update" {
        return Ok(Some(Flow::Card));
    }
    let known = [
        "subscription_cancel",
        "subscription_update",
        "subscription_update_confirm",
    ];
    if !known.contains(&kind.as_str()) {
        let text = format!(
            "Invalid flow_data[type]: must be one of payment_method_update, {}",
            known.join(", ")
        );
        return Err(Refusal::invalid(text).param("flow_data[type]"));
    }
    let at = format!("flow_data[{kind}][subscription]");
    let id = call.parameters.required(&at)?;
    let subscription = writer
        .shelf
        .get(&id, "subscription", ApiVersion::default())
        .filter(|it| text(it, "customer") == customer && text(it, "status") != "canceled");
    let Some(subscription) = subscription else {
        return Err(Refusal::missing("subscription", &id, &at));
    };
    match kind.as_str() {
        "subscription_cancel" => Ok(Some(Flow::Cancel(id))),
        "subscription_update" => Ok(Some(Flow::Update(id))),
        _ => {
            let item = subscription.pointer("/items/data/0/id");
            let item = item.and_then(Value::as_str).unwrap_or_default();
            let price = confirmed(selling, call, &kind, item)?;
            Ok(Some(Flow::Confirm(id, price)))
        }
    }
}

/// The price of the one item that a confirmation changes.
fn confirmed(
    selling: &Selling,
    call: &mut Call,
    kind: &str,
    item: &str,
) -> Result<String, Refusal> {
    let at = |name: &str| format!("flow_data[{kind}][items][0][{name}]");
    let id = call.parameters.required(&at("id"))?;
    if id != item {
        return Err(Refusal::missing("subscription item", &id, &at("id")));
    }
    let price = call.parameters.required(&at("price"))?;
    if selling.price(&price).is_none() {
        return Err(Refusal::missing("price", &price, &at("price")));
    }
    match call.parameters.integer(&at("quantity"))? {
        None | Some(1) => Ok(price),
        Some(_) => {
            let text = "The local portal confirms a change to one unit.";
            Err(Refusal::invalid(text).param(at("quantity")))
        }
    }
}
