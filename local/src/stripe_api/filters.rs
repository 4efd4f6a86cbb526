//! What a list can be narrowed by.

use serde_json::Value;

use super::parameters::{Bounds, Parameters};
use super::refusal::Refusal;

/// A parameter of a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filter {
    /// The parameter; `a[b]` stands for a member of `a`.
    pub(super) name: &'static str,
    pub(super) by: By,
}

/// How a parameter narrows.
#[derive(Clone, Copy, Debug)]
pub(super) enum By {
    /// Equal to the text at one of these places; versions differ in them.
    Text(&'static [&'static str]),
    /// `true` or `false` at this place.
    Flag(&'static str),
    /// A number within bounds.
    Bounds(&'static str),
    /// Equal to the text, or beginning as it does before its `*`.
    Group(&'static str),
    /// One of a list, of so many at most.
    AnyOf(&'static str, usize),
    /// The price of one of the items.
    ItemPrice,
    /// The status of a subscription; those that have ended only if asked for.
    SubscriptionStatus,
}

/// A filter with its value.
#[derive(Debug)]
pub(super) enum Wanted {
    Text(&'static [&'static str], String),
    Flag(&'static str, bool),
    Bounds(&'static str, Bounds),
    AnyOf(&'static str, Vec<String>),
    ItemPrice(String),
    Live,
    Ended,
}

/// Reads the filters of a list.
pub(super) fn wanted(
    filters: &[Filter],
    parameters: &mut Parameters,
) -> Result<Vec<Wanted>, Refusal> {
    let mut wanted = Vec::new();
    for filter in filters {
        wanted.extend(filter.read(parameters)?);
    }
    Ok(wanted)
}

impl Filter {
    fn read(self, parameters: &mut Parameters) -> Result<Option<Wanted>, Refusal> {
        let name = self.name;
        Ok(match self.by {
            By::Text(places) => parameters
                .text(name)?
                .map(|text| Wanted::Text(places, text)),
            By::Flag(place) => match parameters.text(name)?.as_deref() {
                None => None,
                Some("true") => Some(Wanted::Flag(place, true)),
                Some("false") => Some(Wanted::Flag(place, false)),
                Some(other) => {
                    let text = format!("Invalid boolean: {other}");
                    return Err(Refusal::invalid(text).param(name));
                }
            },
            By::Bounds(place) => parameters
                .bounds(name)?
                .map(|bounds| Wanted::Bounds(place, bounds)),
            By::AnyOf(place, most) => match parameters.list(name) {
                list if list.is_empty() => None,
                list if list.len() > most => {
                    let text = format!("{name} takes at most {most} values.");
                    return Err(Refusal::invalid(text).param(name));
                }
                list => Some(Wanted::AnyOf(place, list)),
            },
            By::Group(place) => parameters
                .text(name)?
                .map(|text| Wanted::AnyOf(place, vec![text])),
            By::ItemPrice => parameters.text(name)?.map(Wanted::ItemPrice),
            By::SubscriptionStatus => match parameters.text(name)?.as_deref() {
                None => Some(Wanted::Live),
                Some("all") => None,
                Some("ended") => Some(Wanted::Ended),
                Some(
                    status @ ("active" | "past_due" | "unpaid" | "canceled" | "incomplete"
                    | "incomplete_expired" | "trialing" | "paused"),
                ) => Some(Wanted::Text(&["/status"], status.to_string())),
                Some(other) => {
                    let text = format!("Invalid status: {other}");
                    return Err(Refusal::invalid(text).param(name));
                }
            },
        })
    }
}

fn text<'a>(object: &'a Value, place: &str) -> Option<&'a str> {
    object.pointer(place).and_then(Value::as_str)
}

impl Wanted {
    /// Whether an object is one of those.
    pub(super) fn fits(&self, object: &Value) -> bool {
        let status = || text(object, "/status");
        match self {
            Wanted::Text(places, wanted) => places
                .iter()
                .any(|place| text(object, place) == Some(wanted.as_str())),
            Wanted::Flag(place, wanted) => object.pointer(place) == Some(&Value::Bool(*wanted)),
            Wanted::Bounds(place, bounds) => {
                let number = object.pointer(place).and_then(Value::as_i64);
                number.is_some_and(|number| bounds.hold(number))
            }
            Wanted::AnyOf(place, wanted) => text(object, place)
                .is_some_and(|text| wanted.iter().any(|wanted| matches(wanted, text))),
            Wanted::ItemPrice(price) => {
                let items = object.pointer("/items/data").and_then(Value::as_array);
                let mut items = items.into_iter().flatten();
                items.any(|item| text(item, "/price/id") == Some(price))
            }
            Wanted::Live => status() != Some("canceled"),
            Wanted::Ended => matches!(status(), Some("canceled" | "incomplete_expired")),
        }
    }
}

/// A word, or a beginning such as `invoice.*`.
fn matches(wanted: &str, text: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(beginning) => text.starts_with(beginning),
        None => wanted == text,
    }
}
