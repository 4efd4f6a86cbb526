//! The reader of Stripe's events: what lacks an id, or the mode, is no event, and whatever
//! else is missing never makes credits out of nothing.

use serde_json::Value;
use shared::domain::Timestamp;
use shared::domain::billing::{BillingTerms, Catalogue, Fact, FactKey, FactValue, World, settle};

use crate::seeds;
use crate::target::{Problem, Target};

/// A body as it is posted.
pub(crate) const TARGET: Target = Target {
    name: "event",
    about: "the reader of Stripe's events, alone and with the planner on empty tables",
    longest: 16_384,
    run,
    seeds: seeds::events,
};

/// The fields without which nobody knows what an event is about.
const NEEDED: [&str; 5] = ["/object", "/id", "/type", "/created", "/livemode"];

fn run(input: &[u8]) -> Result<(), Problem> {
    let read = stripe::read(input);
    if let Err(error) = &read {
        // It is logged and answered.
        let _ = error.to_string();
        return Ok(());
    }
    let Ok(event) = read else { return Ok(()) };
    let Ok(json) = serde_json::from_slice::<Value>(input) else {
        return Err("what is no JSON is an event".to_string());
    };
    let again = stripe::read(json.to_string().as_bytes());
    if again.as_ref() != Ok(&event) {
        return Err(format!("written anew it says {again:?}, not {event:?}"));
    }
    let is_of_credits = !matches!(event.fact, Fact::Ignored | Fact::Noted);
    let data = is_of_credits.then_some("/data");
    for place in NEEDED.into_iter().chain(data) {
        let without = without(&json, place);
        if stripe::read(without.to_string().as_bytes()).is_ok() {
            return Err(format!("an event without {place} is read"));
        }
    }
    alone(&event)
}

/// Nobody is known, so an event alone gives nobody paid credits: whatever names a user may
/// be believed, and what it pays for is nothing of the catalogue.
fn alone(event: &shared::domain::billing::BillingEvent) -> Result<(), Problem> {
    let mut world = World::default();
    let terms = BillingTerms::default();
    let empty = Catalogue::new(Vec::new());
    let now = Timestamp::from_unix_seconds_clamped(event.created.unix_seconds().max(0));
    settle(&mut world, event, &empty, now, &terms).map_err(|error| error.to_string())?;
    for (key, value) in world.facts() {
        if let (FactKey::Account(user), FactValue::Account(account)) = (key, value) {
            let paid = account.lots.iter().filter(|lot| {
                !lot.terms.id.as_str().starts_with("free:") && !lot.granted.is_zero()
            });
            if paid.count() > 0 {
                return Err(format!("{user} gets credits that nothing sells"));
            }
        }
    }
    Ok(())
}

fn without(json: &Value, place: &str) -> Value {
    let mut json = json.clone();
    if let Some((parent, name)) = place.rsplit_once('/')
        && let Some(fields) = json.pointer_mut(parent).and_then(Value::as_object_mut)
    {
        fields.remove(name);
    }
    json
}
