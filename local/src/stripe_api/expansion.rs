//! `expand[]`: ids become the objects they name, and lists that are left out
//! come along. Source: <https://docs.stripe.com/api/expanding_objects>.

use serde_json::Value;

use super::pages::{Listed, Page};
use super::refusal::Refusal;
use super::shelf::Shelf;
use crate::stripe::ApiVersion;

/// How deep an expansion goes.
const MAX_DEPTH: usize = 4;
/// The most expansions of a request.
const MAX_PATHS: usize = 20;

/// The fields whose ids can become objects.
const REFERENCES: [&str; 14] = [
    "balance_transaction",
    "charge",
    "customer",
    "default_price",
    "invoice",
    "latest_charge",
    "latest_invoice",
    "payment_intent",
    "payment_link",
    "price",
    "product",
    "refund",
    "source",
    "subscription",
];

/// Expands along all paths.
pub(super) fn expand(
    shelf: &Shelf,
    version: ApiVersion,
    value: &mut Value,
    paths: &[String],
) -> Result<(), Refusal> {
    if paths.len() > MAX_PATHS {
        let text = format!("At most {MAX_PATHS} expansions are read.");
        return Err(Refusal::invalid(text).param("expand"));
    }
    for path in paths {
        let parts: Vec<&str> = path.split('.').collect();
        if parts.len() > MAX_DEPTH {
            let text = format!("An expansion goes {MAX_DEPTH} levels deep at most: {path}");
            return Err(Refusal::invalid(text).param("expand"));
        }
        let expanding = Expanding {
            shelf,
            version,
            path,
        };
        expanding.along(value, &parts)?;
    }
    Ok(())
}

/// Expansions of a write are judged before it is done: one level, of these fields.
pub(super) fn check_of_write(path: &str, paths: &[String]) -> Result<(), Refusal> {
    let known: &[&str] = match path.split('/').next() {
        Some("customers") => &["subscriptions"],
        Some("refunds") => &["charge", "payment_intent"],
        Some("checkout") => &["customer", "line_items", "payment_intent", "subscription"],
        Some("subscriptions") => &["customer", "latest_invoice"],
        _ => &[],
    };
    match paths.iter().find(|path| !known.contains(&path.as_str())) {
        None => Ok(()),
        Some(path) => Err(impossible(path)),
    }
}

fn impossible(path: &str) -> Refusal {
    Refusal::invalid(format!("This property cannot be expanded ({path}).")).param("expand")
}

#[derive(Clone, Copy)]
struct Expanding<'a> {
    shelf: &'a Shelf,
    version: ApiVersion,
    path: &'a str,
}

impl Expanding<'_> {
    fn impossible(self) -> Refusal {
        impossible(self.path)
    }

    fn along(self, value: &mut Value, parts: &[&str]) -> Result<(), Refusal> {
        let [name, rest @ ..] = parts else {
            return Ok(());
        };
        if let Value::Array(members) = value {
            for member in members {
                self.along(member, parts)?;
            }
            return Ok(());
        }
        if value.get(*name).is_none()
            && let Some(list) = self.left_out(value, name)?
            && let Value::Object(object) = &mut *value
        {
            object.insert((*name).to_string(), list);
        }
        let Some(field) = value.get_mut(*name) else {
            return Err(self.impossible());
        };
        match field {
            Value::String(id) if REFERENCES.contains(name) => {
                // An object that is not kept here stays an id.
                if let Some(object) = self.shelf.any(id, self.version) {
                    *field = object.clone();
                    return self.along(field, rest);
                }
                Ok(())
            }
            Value::Null => Ok(()),
            Value::Object(_) | Value::Array(_) => self.along(field, rest),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => Err(self.impossible()),
        }
    }

    /// A list that an object does not show unless it is asked for.
    fn left_out(self, object: &Value, name: &str) -> Result<Option<Value>, Refusal> {
        let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
        let (kind, id) = (text("object"), text("id"));
        let first = Page::first();
        let by = |field: &'static str| {
            move |other: &Value| other.get(field).and_then(Value::as_str) == Some(id)
        };
        let all = |kind| self.shelf.list(kind, self.version);
        let listed = |url| Listed { word: kind, url };
        let since_basil = self.version >= ApiVersion::Basil;
        match (kind, name) {
            ("checkout.session", "line_items") => {
                let url = format!("/v1/checkout/sessions/{id}/line_items");
                let items = self.shelf.members(id, name, self.version).iter();
                first.cut(items, |_| true, listed(&url)).map(Some)
            }
            ("invoice", "payments") if since_basil => {
                let url = "/v1/invoice_payments";
                let payments = all("invoice_payment");
                first.cut(payments, by("invoice"), listed(url)).map(Some)
            }
            ("charge", "refunds") => {
                let url = format!("/v1/charges/{id}/refunds");
                first
                    .cut(all("refund"), by("charge"), listed(&url))
                    .map(Some)
            }
            ("customer", "subscriptions") => {
                let url = format!("/v1/customers/{id}/subscriptions");
                let is_theirs = by("customer");
                let is_live = |it: &Value| it.get("status").is_some_and(|it| it != "canceled");
                let fits = |it: &Value| is_theirs(it) && is_live(it);
                first.cut(all("subscription"), fits, listed(&url)).map(Some)
            }
            _ => Ok(None),
        }
    }
}
