//! Every e-mail that the world's function handed over, as SES would have taken it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde_json::{Value, json};
use shared::domain::Timestamp;
use shared::host::clock::SharedClock;

/// How many are kept.
const MAX_MAILS: usize = 1_000;

/// An e-mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Mail {
    /// When it was handed over.
    pub at: Timestamp,
    /// The receiver's address.
    pub to: String,
    /// The sender's address.
    pub from: String,
    /// The subject.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML.
    pub html: String,
    /// Further headers, name and value.
    pub headers: Vec<(String, String)>,
}

/// What happens to a coming call instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailFault {
    /// It is refused with this status.
    Refused(u16),
    /// The e-mail is taken, and the answer lost.
    LostReply,
}

/// The e-mails. Clones share them.
#[derive(Clone, Debug)]
pub struct Mailbox {
    mails: Arc<Mutex<VecDeque<Mail>>>,
    faults: Arc<Mutex<VecDeque<MailFault>>>,
    clock: SharedClock,
}

impl Mailbox {
    /// An empty mailbox in a time.
    pub fn new(clock: SharedClock) -> Self {
        Mailbox {
            mails: Arc::default(),
            faults: Arc::default(),
            clock,
        }
    }

    /// All e-mails, the oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        let mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        mails.iter().cloned().collect()
    }

    /// Lets coming calls fail.
    pub fn fail(&self, faults: impl IntoIterator<Item = MailFault>) {
        let mut queue = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        queue.extend(faults);
    }

    /// Answers `SendEmail`; none drops the connection.
    pub fn answer(&self, request: &Value) -> Option<(u16, Value)> {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = faults.pop_front();
        drop(faults);
        if let Some(MailFault::Refused(status)) = fault {
            return Some((status, json!({"message": "refused"})));
        }
        let Some(mail) = self.mail(request) else {
            return Some((400, json!({"message": "an e-mail has another form"})));
        };
        let mut mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        if mails.len() >= MAX_MAILS {
            mails.pop_front();
        }
        mails.push_back(mail);
        let taken = (200, json!({"MessageId": format!("mail-{}", mails.len())}));
        (fault != Some(MailFault::LostReply)).then_some(taken)
    }

    fn mail(&self, request: &Value) -> Option<Mail> {
        let text = |path: &str| Some(request.pointer(path)?.as_str()?.to_string());
        let simple = |part: &str| text(&format!("/Content/Simple/{part}/Data"));
        let headers = request.pointer("/Content/Simple/Headers")?.as_array()?;
        let header = |header: &Value| {
            let part = |name: &str| Some(header.get(name)?.as_str()?.to_string());
            Some((part("Name")?, part("Value")?))
        };
        Some(Mail {
            at: self.clock.now(),
            to: text("/Destination/ToAddresses/0")?,
            from: text("/FromEmailAddress")?,
            subject: simple("Subject")?,
            text: simple("Body/Text")?,
            html: simple("Body/Html")?,
            headers: headers.iter().filter_map(header).collect(),
        })
    }
}
