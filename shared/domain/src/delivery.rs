//! Deliveries: a notice on its way to an endpoint or to the user's mailbox.
//!
//! What follows from an attempt is decided here: when the next one is due, when to give
//! up, and when an endpoint is disabled. Nothing here sends.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{EndpointId, ParseIdentifierError, Redacted, Timestamp, UserId};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The pauses between attempts; the last one repeats.
const PAUSES: [i64; 8] = [
    5,
    MINUTE,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    12 * HOUR,
];
/// No attempt begins later than this after the delivery was asked for.
const TRIED_FOR: i64 = 3 * DAY;
/// An endpoint that has failed for so long is disabled.
const FAILS_FOR: i64 = DAY;
/// A rolled secret still signs for so long.
const ROLLED_FOR: i64 = DAY;
/// Deliveries are kept for so long; a replay reaches less far back.
const KEPT_FOR: i64 = 90 * DAY;
/// How far a replay reaches back, in seconds.
pub const REPLAYED_FOR: i64 = 30 * DAY;

/// A secret that signs, `whsec_…`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointSecret {
    /// The secret, as its receiver has it.
    pub secret: Redacted<String>,
    /// Until when it signs; none = until it is rolled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Where an operator wants notices sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its id, chosen here.
    pub endpoint_id: EndpointId,
    /// Its address; Redacted, because a path may hold a secret.
    pub url: Redacted<String>,
    /// The secrets that sign, the newest first.
    pub secrets: Vec<EndpointSecret>,
    /// Since when it gets notices. Entries before that are not told to it.
    pub created_at: Timestamp,
    /// Since when it is disabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Timestamp>,
    /// Since when every attempt has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// Grows with each change.
    pub version: u64,
}

impl Endpoint {
    /// A new endpoint.
    pub fn new(endpoint_id: EndpointId, url: String, secret: String, now: Timestamp) -> Self {
        Endpoint {
            endpoint_id,
            url: url.into(),
            secrets: vec![EndpointSecret {
                secret: secret.into(),
                until: None,
            }],
            created_at: now,
            disabled_at: None,
            failing_since: None,
            version: 1,
        }
    }

    /// Whether notices are sent to it.
    pub fn is_enabled(&self) -> bool {
        self.disabled_at.is_none()
    }

    /// The secrets that sign at `now`.
    pub fn signing(&self, now: Timestamp) -> impl Iterator<Item = &str> {
        let signs = move |secret: &&EndpointSecret| secret.until.is_none_or(|until| now < until);
        let secrets = self.secrets.iter().filter(signs);
        secrets.map(|secret| secret.secret.expose().as_str())
    }

    /// Adds a secret; the ones before it sign for another day.
    pub fn roll(&mut self, secret: String, now: Timestamp) {
        self.secrets
            .retain(|old| old.until.is_none_or(|until| now < until));
        for old in &mut self.secrets {
            old.until = Some(old.until.unwrap_or(now.plus_seconds(ROLLED_FOR)));
        }
        let newest = EndpointSecret {
            secret: secret.into(),
            until: None,
        };
        self.secrets.insert(0, newest);
    }

    /// Notes an attempt that succeeded. Whether that changes anything.
    pub fn succeeded(&mut self) -> bool {
        self.failing_since.take().is_some()
    }

    /// Notes an attempt that failed; an endpoint that has failed for a day is disabled.
    /// Whether that changes anything.
    pub fn failed(&mut self, now: Timestamp) -> bool {
        let is_first = self.failing_since.is_none();
        let since = *self.failing_since.get_or_insert(now);
        let disables = self.is_enabled() && now.seconds_since(since) >= FAILS_FOR;
        if disables {
            self.disabled_at = Some(now);
        }
        is_first || disables
    }

    /// Disables it, or enables it with a clean record.
    pub fn set_enabled(&mut self, enabled: bool, now: Timestamp) {
        self.failing_since = None;
        self.disabled_at = (!enabled).then_some(self.disabled_at.unwrap_or(now));
    }
}

/// Whom a delivery is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Recipient {
    /// An endpoint.
    Endpoint(EndpointId),
    /// The user, by e-mail.
    Mail,
}

const MAIL: &str = "mail";

impl fmt::Display for Recipient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Recipient::Endpoint(id) => write!(formatter, "{id}"),
            Recipient::Mail => formatter.write_str(MAIL),
        }
    }
}

impl FromStr for Recipient {
    type Err = ParseIdentifierError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            MAIL => Ok(Recipient::Mail),
            id => id.parse().map(Recipient::Endpoint),
        }
    }
}

impl TryFrom<String> for Recipient {
    type Error = ParseIdentifierError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Recipient> for String {
    fn from(recipient: Recipient) -> Self {
        recipient.to_string()
    }
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryOutcome {
    /// It is to be sent, or sent again.
    Pending,
    /// An e-mail is being handed over. If it stays so, whether it was sent is unclear,
    /// and it is not sent again.
    Sending,
    /// The receiver has it.
    Delivered,
    /// All attempts failed.
    Failed,
    /// Its endpoint was disabled, so it was not sent.
    Withheld,
    /// The user has switched such e-mails off.
    Off,
    /// The user got an e-mail of this kind on this day already.
    Limited,
    /// It is too old for an e-mail.
    Stale,
    /// The user has no address, or mail to it bounces.
    Undeliverable,
}

impl DeliveryOutcome {
    /// Its name in items, lists and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            DeliveryOutcome::Pending => "pending",
            DeliveryOutcome::Sending => "sending",
            DeliveryOutcome::Delivered => "delivered",
            DeliveryOutcome::Failed => "failed",
            DeliveryOutcome::Withheld => "withheld",
            DeliveryOutcome::Off => "off",
            DeliveryOutcome::Limited => "limited",
            DeliveryOutcome::Stale => "stale",
            DeliveryOutcome::Undeliverable => "undeliverable",
        }
    }
}

/// A notice on its way to one recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The id of the notice; one for all recipients.
    pub notice_id: String,
    /// Whom it is for.
    pub recipient: Recipient,
    /// The user it is about; none for a test of an endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The kind of notice, or `endpoint.test`.
    pub event: String,
    /// When its entry was written.
    pub at: Timestamp,
    /// The number of its entry; 0 for a test.
    pub seq: u64,
    /// What is sent, as JSON.
    pub payload: Redacted<String>,
    /// What became of it.
    pub outcome: DeliveryOutcome,
    /// How many attempts were made since it was asked for.
    pub attempts: u32,
    /// When it was asked for, at first or again.
    pub asked_at: Timestamp,
    /// Present until the first attempt: the stream's filter goes by it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub asked: bool,
    /// When it last changed.
    pub changed_at: Timestamp,
    /// What the last attempt was answered with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What was wrong with the last attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// A random word of whoever hands an e-mail over, so that two who do so in the same
    /// second never take the other's record for their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handed_over_by: Option<String>,
    /// When it is forgotten, in seconds since 1970.
    pub expires_at: i64,
    /// Grows with each change.
    pub version: u64,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Whether the receiver has it.
    pub succeeded: bool,
    /// The status it answered with, if it answered.
    pub status: Option<u16>,
    /// What was wrong.
    pub problem: Option<String>,
}

/// What is told to a recipient.
#[derive(Clone, Debug)]
pub struct Told {
    /// The id of the notice.
    pub notice_id: String,
    /// The user it is about.
    pub user_id: Option<UserId>,
    /// The kind of notice.
    pub event: String,
    /// When its entry was written.
    pub at: Timestamp,
    /// The number of its entry.
    pub seq: u64,
    /// What is sent.
    pub payload: String,
}

impl Delivery {
    /// A delivery that is asked for now.
    pub fn new(told: Told, recipient: Recipient, now: Timestamp) -> Self {
        Delivery {
            notice_id: told.notice_id,
            recipient,
            user_id: told.user_id,
            event: told.event,
            at: told.at,
            seq: told.seq,
            payload: told.payload.into(),
            outcome: DeliveryOutcome::Pending,
            attempts: 0,
            asked_at: now,
            asked: true,
            changed_at: now,
            status: None,
            problem: None,
            handed_over_by: None,
            expires_at: now.plus_seconds(KEPT_FOR).unix_seconds(),
            version: 1,
        }
    }

    /// Begins to hand over an e-mail, which must not be repeated. `word` is random.
    pub fn hand_over(&mut self, word: String, now: Timestamp) {
        self.handed_over_by = Some(word);
        self.conclude(DeliveryOutcome::Sending, now);
    }

    /// Ends it without an attempt.
    pub fn conclude(&mut self, outcome: DeliveryOutcome, now: Timestamp) {
        self.outcome = outcome;
        self.asked = false;
        self.changed_at = now;
    }

    /// Notes an attempt. Returns the seconds until the next one; none if there is none.
    pub fn note(&mut self, attempt: Attempt, now: Timestamp) -> Option<i64> {
        let Attempt {
            succeeded,
            status,
            problem,
        } = attempt;
        self.attempts = self.attempts.saturating_add(1);
        self.status = status;
        self.problem = problem;
        let pause = self.next_pause();
        let is_too_late = now.plus_seconds(pause) > self.asked_at.plus_seconds(TRIED_FOR);
        let outcome = match (succeeded, is_too_late) {
            (true, _) => DeliveryOutcome::Delivered,
            (false, true) => DeliveryOutcome::Failed,
            (false, false) => DeliveryOutcome::Pending,
        };
        self.conclude(outcome, now);
        (outcome == DeliveryOutcome::Pending).then_some(pause)
    }

    /// The seconds between the attempts made so far and the next.
    pub fn next_pause(&self) -> i64 {
        let made = usize::try_from(self.attempts).unwrap_or(usize::MAX);
        let last = PAUSES.len().saturating_sub(1);
        let pause = PAUSES.get(made.saturating_sub(1).min(last));
        pause.copied().unwrap_or(DAY)
    }

    /// Whether an operator may have it sent again: it ended without arriving, was never
    /// tried, or its next attempt has been due for an hour, so that its message is lost.
    pub fn may_be_asked_again(&self, now: Timestamp) -> bool {
        match self.outcome {
            DeliveryOutcome::Failed | DeliveryOutcome::Withheld => true,
            DeliveryOutcome::Pending => {
                let due = self.changed_at.plus_seconds(self.next_pause());
                self.asked || now > due.plus_seconds(HOUR)
            }
            DeliveryOutcome::Sending
            | DeliveryOutcome::Delivered
            | DeliveryOutcome::Off
            | DeliveryOutcome::Limited
            | DeliveryOutcome::Stale
            | DeliveryOutcome::Undeliverable => false,
        }
    }

    /// Has it sent again, for another three days.
    pub fn ask_again(&mut self, now: Timestamp) {
        self.conclude(DeliveryOutcome::Pending, now);
        self.asked = true;
        self.asked_at = now;
        self.attempts = 0;
        self.expires_at = now.plus_seconds(KEPT_FOR).unix_seconds();
    }
}

#[cfg(test)]
mod tests;
