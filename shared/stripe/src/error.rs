//! Why something of Stripe's cannot be read. The texts are public: they name
//! places and ids, and never quote what stands at a place.

use domain::StripeId;

/// Why a body is no event, or no object of an event, that can be acted on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// A thin event (<https://docs.stripe.com/event-destinations>): it holds
    /// no object, and fetching one is not what this endpoint does.
    #[error(
        "This endpoint takes snapshot events, and this is a thin one: \
         set the payload style of the event destination to \"snapshot\"."
    )]
    Thin,
    /// Something needed is missing in an event, or is not what it must be.
    #[error("The event cannot be read: {path} {problem}.")]
    At {
        /// Where, as a JSON path: `$.data.object.lines.data[2].id`.
        path: String,
        /// What is wrong there; never what stands there.
        problem: &'static str,
        /// The event, if its id could be read.
        event_id: Option<StripeId>,
        /// What happened, if that could be read.
        event_type: Option<String>,
    },
    /// Something needed is missing in an object, or is not what it must be.
    #[error("The object cannot be read: {path} {problem}.")]
    InObject {
        /// Where, as a JSON path: `$.lines.data[2].id`.
        path: String,
        /// What is wrong there; never what stands there.
        problem: &'static str,
    },
    /// An object that is not the one its event is about.
    #[error(
        "This object belongs to another event: \"object\" must be {kind} and \"{field}\" {id}."
    )]
    OtherObject {
        /// What kind of object the event is about, `invoice`.
        kind: &'static str,
        /// The field that says which one it is.
        field: &'static str,
        /// What that field must hold.
        id: StripeId,
    },
    /// An event that says nothing about credits, so that its object adds nothing.
    #[error("This event says nothing about credits: its object need not be read.")]
    NothingToRead,
}

/// Something that is not as it must be, before what is around it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) path: String,
    pub(crate) problem: &'static str,
}

impl Problem {
    /// A text that is not even JSON.
    pub(crate) fn no_json() -> Self {
        Problem {
            path: "$".to_string(),
            problem: "is not JSON",
        }
    }
}
