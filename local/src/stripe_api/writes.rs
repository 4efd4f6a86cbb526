//! Which write a request means.

use serde_json::Value;

use super::call::Call;
use super::refusal::Refusal;
use super::resources::Target;
use super::selling::{self, Selling};
use super::writer::Writer;
use super::{customers, refunds};

/// Does a POST or a DELETE. None if there is no such route.
pub(super) fn write(
    (writer, selling): (&mut Writer<'_>, &mut Selling),
    call: &mut Call,
    (path, named): (&str, Option<Target<'_>>),
) -> Option<Result<Value, Refusal>> {
    let method = call.method.clone();
    let Some(named) = named else {
        return without_collection((writer, selling), call, (&method, path));
    };
    match (method.as_str(), named) {
        ("POST", Target::All(it)) => match it.path {
            "customers" => Some(customers::create(writer, call)),
            "refunds" => Some(refunds::create(writer, call)),
            "checkout/sessions" => Some(selling::create_session(writer, selling, call)),
            _ => None,
        },
        ("POST", Target::One(it, id)) => match it.path {
            "customers" => Some(customers::update(writer, call, id)),
            "refunds" => Some(refunds::update(writer, call, id)),
            "subscriptions" => {
                let asked = (call, id);
                Some(selling::update_subscription(writer, selling, asked))
            }
            _ => None,
        },
        ("DELETE", Target::One(it, id)) => match it.path {
            "customers" => Some(customers::delete(writer, call, id)),
            "subscriptions" => {
                let asked = (call, id);
                Some(selling::cancel_subscription(writer, selling, asked))
            }
            _ => None,
        },
        _ => None,
    }
}

/// What lies below a collection's object, or has no list.
fn without_collection(
    (writer, selling): (&mut Writer<'_>, &mut Selling),
    call: &mut Call,
    (method, path): (&str, &str),
) -> Option<Result<Value, Refusal>> {
    match (method, path.strip_prefix("checkout/sessions/")) {
        ("POST", Some(rest)) => {
            let id = rest.strip_suffix("/expire")?;
            Some(selling::expire_session(writer, selling, (call, id)))
        }
        ("POST", None) if path == "billing_portal/sessions" => {
            Some(selling::create_portal_session(writer, selling, call))
        }
        _ => None,
    }
}
