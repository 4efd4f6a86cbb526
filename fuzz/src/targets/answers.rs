//! Objects of Stripe's API, read for an event that showed too little of them: only the
//! object that the event is about, and what it says is what the event would have said.

use serde_json::Value;

use crate::draw::Draw;
use crate::seeds;
use crate::target::{Problem, Target};

/// The number of an event of the stories, in two bytes, and an object.
pub(crate) const TARGET: Target = Target {
    name: "answers",
    about: "objects that Stripe's API answers, for an event that needs them",
    longest: 16_384,
    run,
    seeds: objects,
};

thread_local! {
    static EVENTS: Vec<Vec<u8>> = seeds::events();
}

fn run(input: &[u8]) -> Result<(), Problem> {
    let mut draw = Draw::of(input);
    let number = usize::from(draw.byte()) * 256 + usize::from(draw.byte());
    let object = draw.rest();
    let posted = EVENTS.with(|events| {
        let number = number.checked_rem(events.len())?;
        events.get(number).cloned()
    });
    let Some(posted) = posted else { return Ok(()) };
    let Ok(like) = stripe::read(&posted) else {
        return Ok(());
    };
    let Ok(fact) = stripe::read_object(object, &like) else {
        return Ok(());
    };
    if stripe::read_object(object, &like).as_ref() != Ok(&fact) {
        return Err("the same object says two things".to_string());
    }
    let (Ok(mut event), Ok(object)) = (
        serde_json::from_slice::<Value>(&posted),
        serde_json::from_slice::<Value>(object),
    ) else {
        return Err("what is no JSON is an object".to_string());
    };
    let kind = event.pointer("/data/object/object").cloned();
    if object.get("object") != kind.as_ref() {
        return Err("an object of another kind is taken".to_string());
    }
    // The event with this object in it is readable, and states a fact of the same kind.
    if let Some(place) = event.pointer_mut("/data/object") {
        *place = object;
    }
    match stripe::read(event.to_string().as_bytes()) {
        Ok(read) if std::mem::discriminant(&read.fact) == std::mem::discriminant(&fact) => Ok(()),
        other => Err(format!("in its event it says {other:?}, alone {fact:?}")),
    }
}

fn objects() -> Vec<Vec<u8>> {
    let events = seeds::events();
    let all = events.iter().enumerate().filter_map(|(number, event)| {
        let event: Value = serde_json::from_slice(event).ok()?;
        let object = event.pointer("/data/object")?.to_string();
        let number = u16::try_from(number).ok()?.to_be_bytes();
        Some([number.as_slice(), object.as_bytes()].concat())
    });
    all.collect()
}
