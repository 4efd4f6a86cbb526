//! Retrieving and listing.

use serde_json::Value;

use super::call::Call;
use super::filters::wanted;
use super::pages::{Listed, Page};
use super::refusal::Refusal;
use super::resources::{ITEMS, Resource, Target};
use super::shelf::Shelf;

/// Events are shown for thirty days.
/// Source: <https://docs.stripe.com/api/events>.
const EVENTS_FOR: i64 = 30 * 86_400;

/// Whether an object is shown at this moment.
fn is_shown(object: &Value, now: i64) -> bool {
    let is_event = object.get("object").is_some_and(|kind| kind == "event");
    let created = object.get("created").and_then(Value::as_i64);
    !is_event || created.unwrap_or_default() >= now.saturating_sub(EVENTS_FOR)
}

/// Answers a GET.
pub(super) fn read(
    shelf: &Shelf,
    call: &mut Call,
    target: Target<'_>,
    now: i64,
) -> Result<Value, Refusal> {
    match target {
        Target::All(resource) => list(shelf, call, resource, now),
        Target::One(resource, id) => {
            call.parameters.done()?;
            one(shelf, call, resource, id, now).cloned()
        }
        Target::Within(resource, id, list) => {
            one(shelf, call, resource, id, now)?;
            let page = Page::read(&mut call.parameters)?;
            call.parameters.done()?;
            let members = shelf.members(id, list.field, call.version).iter();
            let listed = Listed {
                word: list.word,
                url: &call.path,
            };
            page.cut(members, |_| true, listed)
        }
    }
}

fn one<'a>(
    shelf: &'a Shelf,
    call: &Call,
    resource: &Resource,
    id: &str,
    now: i64,
) -> Result<&'a Value, Refusal> {
    let object = shelf.get(id, resource.object, call.version);
    let object = object.filter(|object| is_shown(object, now));
    object.ok_or_else(|| Refusal::missing(resource.word, id, "id"))
}

fn list(shelf: &Shelf, call: &mut Call, resource: &Resource, now: i64) -> Result<Value, Refusal> {
    let page = Page::read(&mut call.parameters)?;
    let wanted = wanted(resource.filters, &mut call.parameters)?;
    call.parameters.done()?;
    let fits =
        |object: &Value| is_shown(object, now) && wanted.iter().all(|wanted| wanted.fits(object));
    let listed = Listed {
        word: resource.word,
        url: &call.path,
    };
    let all = shelf.list(resource.object, call.version);
    page.cut(all, fits, listed)
}

/// The items of a subscription, whose list stands under a path of its own.
pub(super) fn items(shelf: &Shelf, call: &mut Call) -> Result<Value, Refusal> {
    let page = Page::read(&mut call.parameters)?;
    let id = call.parameters.text("subscription")?;
    call.parameters.done()?;
    let Some(id) = id else {
        let refusal = Refusal::invalid("Missing required param: subscription.");
        return Err(refusal.code("parameter_missing").param("subscription"));
    };
    if shelf.get(&id, "subscription", call.version).is_none() {
        return Err(Refusal::missing("subscription", &id, "subscription"));
    }
    let listed = Listed {
        word: ITEMS.word,
        url: &call.path,
    };
    let items = shelf.members(&id, ITEMS.field, call.version).iter();
    page.cut(items, |_| true, listed)
}
