//! What buttons came to, kept until the page has shown it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shared::domain::UserId;
use shared::host::entropy::Entropy;

use super::call::Answered;

/// How many are kept.
const MAX_NOTICES: usize = 50;

/// What a button came to.
#[derive(Clone, Debug, Default)]
pub(super) struct Notice {
    /// Whether it was done.
    pub(super) done: bool,
    /// In a few words.
    pub(super) title: String,
    /// More, line by line.
    pub(super) lines: Vec<String>,
    /// The call of the API behind it.
    pub(super) answered: Option<Answered>,
    /// Where to go on: an address and its text.
    pub(super) link: Option<(String, String)>,
    /// The form that sends the same request again, under the same key.
    pub(super) again: Vec<(String, String)>,
}

/// Where a button leads.
pub(super) enum Done {
    /// To another page.
    Elsewhere(String),
    /// Back to the page of a user, with what it came to.
    Here(UserId, Box<Notice>),
}

impl Done {
    /// Back to the page of a user.
    pub(super) fn here(user: &UserId, notice: Notice) -> Self {
        Done::Here(user.clone(), Box::new(notice))
    }
}

impl Notice {
    /// It was done.
    pub(super) fn done(title: impl Into<String>) -> Self {
        Notice {
            done: true,
            title: title.into(),
            ..Notice::default()
        }
    }

    /// It was not done, because of this.
    pub(super) fn problem(title: impl Into<String>, line: impl Into<String>) -> Self {
        Notice {
            title: title.into(),
            lines: vec![line.into()],
            ..Notice::default()
        }
    }

    /// The answer of the API, with a title if it was done.
    pub(super) fn of(answered: Answered, title: impl FnOnce(&Answered) -> String) -> Self {
        let mut notice = if answered.is_done() {
            Notice::done(title(&answered))
        } else {
            let title = format!("Refused with {}", answered.status);
            Notice::problem(title, answered.problem())
        };
        notice.answered = Some(answered);
        notice
    }
}

/// The last notices. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Notices(Arc<Mutex<VecDeque<(String, Notice)>>>);

impl Notices {
    /// Keeps a notice; its id.
    pub(super) fn keep(&self, notice: Notice, entropy: &dyn Entropy) -> String {
        let id = hex::encode(entropy.bytes());
        let mut kept = self.kept();
        kept.push_back((id.clone(), notice));
        while kept.len() > MAX_NOTICES {
            kept.pop_front();
        }
        id
    }

    /// A notice by its id.
    pub(super) fn find(&self, id: &str) -> Option<Notice> {
        let kept = self.kept();
        let found = kept.iter().find(|(known, _)| known == id);
        found.map(|(_, notice)| notice.clone())
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<(String, Notice)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
