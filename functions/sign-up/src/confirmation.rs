//! The event of a user pool after a confirmation. Source: Amazon Cognito developer guide,
//! "Post confirmation Lambda trigger".

use serde::Deserialize;
use serde_json::Value;
use shared::domain::{Introduction, Redacted, UserId};

/// Somebody has confirmed their sign-up; the other source is a new password.
const SIGN_UP: &str = "PostConfirmation_ConfirmSignUp";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trigger {
    trigger_source: String,
    request: Request,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    user_attributes: Attributes,
}

/// Attributes are texts, flags too.
#[derive(Deserialize)]
struct Attributes {
    sub: Redacted<String>,
    email: Option<Redacted<String>>,
    email_verified: Option<String>,
    name: Option<Redacted<String>>,
}

/// Somebody whom the pool has confirmed.
#[derive(Clone, Debug)]
pub(crate) struct Confirmed {
    pub(crate) user_id: UserId,
    pub(crate) introduction: Introduction,
}

/// What an event is about.
#[derive(Clone, Debug)]
pub(crate) enum Confirmation {
    /// A new user.
    Of(Box<Confirmed>),
    /// Somebody who has been a user before.
    OfNobodyNew,
}

impl Confirmation {
    /// Reads an event; none if it is not one of these.
    pub(crate) fn of(event: &Value) -> Option<Self> {
        let trigger = Trigger::deserialize(event).ok()?;
        if trigger.trigger_source != SIGN_UP {
            return Some(Confirmation::OfNobodyNew);
        }
        let attributes = trigger.request.user_attributes;
        let text = |value: &Option<Redacted<String>>| value.as_ref().map(|it| it.expose().clone());
        let is_verified = attributes.email_verified.as_deref() == Some("true");
        let (email, name) = (text(&attributes.email), text(&attributes.name));
        Some(Confirmation::Of(Box::new(Confirmed {
            user_id: attributes.sub.expose().parse().ok()?,
            introduction: Introduction::of(email.as_deref(), is_verified, name.as_deref()),
        })))
    }
}
