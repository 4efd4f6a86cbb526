//! Why JSON from Stripe cannot be read. The texts are public: they name paths and ids,
//! and never quote values.

use domain::StripeId;

/// Why a body is not a usable event, or not a usable object of an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// A thin event (<https://docs.stripe.com/event-destinations>): it holds no object,
    /// and this endpoint does not fetch objects.
    #[error(
        "This endpoint takes snapshot events, and this is a thin one: \
         set the payload style of the event destination to \"snapshot\"."
    )]
    Thin,
    /// A required field of an event is missing or invalid.
    #[error("The event cannot be read: {path} {problem}.")]
    At {
        /// The JSON path: `$.data.object.lines.data[2].id`.
        path: String,
        /// The problem; never the value.
        problem: &'static str,
        /// The event's id, if it could be read.
        event_id: Option<StripeId>,
        /// The event's type, if it could be read.
        event_type: Option<String>,
    },
    /// A required field of an object is missing or invalid.
    #[error("The object cannot be read: {path} {problem}.")]
    InObject {
        /// The JSON path: `$.lines.data[2].id`.
        path: String,
        /// The problem; never the value.
        problem: &'static str,
    },
    /// The object is not the one that the event is about.
    #[error(
        "This object belongs to another event: \"object\" must be {kind} and \"{field}\" {id}."
    )]
    OtherObject {
        /// The kind of object that the event is about, `invoice`.
        kind: &'static str,
        /// The field that identifies the object.
        field: &'static str,
        /// The value that the field must have.
        id: StripeId,
    },
    /// The event does not concern credits, so its object adds nothing.
    #[error("This event says nothing about credits: its object need not be read.")]
    NothingToRead,
}

/// A problem at a path, before the surrounding event or object is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) path: String,
    pub(crate) problem: &'static str,
}

impl Problem {
    /// The problem of a text that is not JSON.
    pub(crate) fn no_json() -> Self {
        Problem {
            path: "$".to_string(),
            problem: "is not JSON",
        }
    }
}
