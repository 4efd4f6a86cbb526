//! What a story leaves at Stripe, event by event.

use serde_json::Value;

use super::{Shapes, StoryEvent};

/// Something that happened at Stripe.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// The id of its event.
    pub id: String,
    /// The event, if the version in which the story is sent knows it.
    pub event: Option<StoryEvent>,
    /// What became of Stripe's objects.
    pub effects: Vec<Effect>,
}

/// A change of one object.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// It is as the event says.
    Put(Shapes),
    /// It is there; if it was before, it stays as it was.
    Keep(Shapes),
    /// Some of its fields are otherwise now, if it is there.
    Patch(String, Value),
    /// It has members that are read page by page: its id, the list's name, the
    /// whole list.
    Members(String, &'static str, Shapes),
    /// It is deleted.
    Delete(Shapes),
}
