//! Answers that are kept. A young one is given without a call; an older one is checked by its ETag; if the API cannot
//! be reached, the last one is given and marked as stale.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;
use tokio::sync::Mutex as AsyncMutex;

use crate::error::{Error, ErrorKind, NetworkError};
use crate::machine::{Deadline, Moment};
use crate::transport::{Ask, Reply, Transport, parsed};

/// Where an answer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// The API said so during this call.
    Fresh,
    /// The API said so a short time ago; it was not asked.
    Cached,
    /// The API could not be asked. It last said so then, by the machine's date.
    Stale {
        /// When the API last said so.
        since: SystemTime,
    },
}

/// An answer that may come from memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    /// The answer.
    pub value: T,
    /// Where it comes from.
    pub freshness: Freshness,
}

/// What a reader accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A young answer is enough.
    Young,
    /// The API is to be asked.
    Asked,
}

/// The last answer to one request.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    lasts: Duration,
    /// Held while the API is asked, so that it is asked once.
    asking: AsyncMutex<()>,
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    entry: Option<Entry<T>>,
    /// Grows when everything is forgotten, so that an answer on its way is not kept.
    era: u64,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    value: T,
    etag: Option<String>,
    checked: Moment,
    /// Whether something is known to have changed since.
    is_outdated: bool,
}

impl<T> Entry<T> {
    fn is_young(&self, lasts: Duration) -> bool {
        !self.is_outdated && self.checked.age().is_some_and(|age| age < lasts)
    }
}

impl<T: Clone + DeserializeOwned> Kept<T> {
    pub(crate) fn lasting(lasts: Duration) -> Self {
        Kept {
            lasts,
            asking: AsyncMutex::new(()),
            state: Mutex::new(State {
                entry: None,
                era: 0,
            }),
        }
    }

    /// Forgets the answer, and any that is on its way.
    pub(crate) fn forget(&self) {
        self.with(|state| {
            state.entry = None;
            state.era = state.era.wrapping_add(1);
        });
    }

    /// Has the API asked at the next reading.
    pub(crate) fn outdate(&self) {
        self.with(|state| {
            if let Some(entry) = &mut state.entry {
                entry.is_outdated = true;
            }
            // An answer on its way may be of before the change.
            state.era = state.era.wrapping_add(1);
        });
    }

    /// Whether there is something to show without the API.
    pub(crate) fn has_any(&self) -> bool {
        self.with(|state| state.entry.is_some())
    }

    pub(crate) async fn read(
        &self,
        transport: &Transport,
        ask: Ask,
        wanted: Wanted,
        deadline: Deadline,
    ) -> Result<Answer<T>, Error> {
        if let Some(young) = self.young(wanted) {
            return Ok(young);
        }
        let Ok(_asking) = tokio::time::timeout(deadline.left(), self.asking.lock()).await else {
            let problem = "another call for the same took too long".to_string();
            let error = ErrorKind::Network(NetworkError { problem });
            return self.stale_or(error.into());
        };
        if let Some(young) = self.young(wanted) {
            return Ok(young);
        }
        let (entry, era) = self.with(|state| (state.entry.clone(), state.era));
        let etag = entry.as_ref().and_then(|entry| entry.etag.clone());
        let ask = Ask {
            if_none_match: etag,
            ..ask
        };
        match transport.send(&ask, deadline).await {
            Ok(reply) => match value_of(&reply, entry) {
                Ok(value) => {
                    self.keep(value.clone(), reply.etag, era);
                    let freshness = Freshness::Fresh;
                    Ok(Answer { value, freshness })
                }
                Err(error) => self.stale_or(error),
            },
            Err(error) => self.stale_or(error),
        }
    }

    fn young(&self, wanted: Wanted) -> Option<Answer<T>> {
        match wanted {
            Wanted::Asked => None,
            Wanted::Young => self.with(|state| {
                let young = state.entry.as_ref();
                let young = young.filter(|entry| entry.is_young(self.lasts))?;
                Some(Answer {
                    value: young.value.clone(),
                    freshness: Freshness::Cached,
                })
            }),
        }
    }

    fn keep(&self, value: T, etag: Option<String>, era: u64) {
        let entry = Entry {
            value,
            etag,
            checked: Moment::now(),
            is_outdated: false,
        };
        self.with(|state| {
            if state.era == era {
                state.entry = Some(entry);
            }
        });
    }

    /// The last answer if the API could not be asked. If it refused, nothing is shown any more.
    fn stale_or(&self, error: Error) -> Result<Answer<T>, Error> {
        // What this client cannot read may come from somebody else, such as the sign-in page of a hotel.
        let is_away = error.kind.may_pass()
            || matches!(error.kind, ErrorKind::Unreadable { .. })
            || error.kind.status().is_some_and(|code| code >= 500);
        self.with(|state| match (&state.entry, is_away) {
            (Some(entry), true) => Ok(Answer {
                value: entry.value.clone(),
                freshness: Freshness::Stale {
                    since: entry.checked.date(),
                },
            }),
            (None, true) => Err(error),
            (_, false) => {
                state.entry = None;
                Err(error)
            }
        })
    }

    fn with<R>(&self, act: impl FnOnce(&mut State<T>) -> R) -> R {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn value_of<T: DeserializeOwned>(reply: &Reply, entry: Option<Entry<T>>) -> Result<T, Error> {
    match (reply.status, entry) {
        (304, Some(entry)) => Ok(entry.value),
        _ => parsed(reply),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(value: u32, lasts: Duration) -> Kept<u32> {
        let kept = Kept::lasting(lasts);
        kept.keep(value, None, 0);
        kept
    }

    fn failed(kind: ErrorKind) -> Error {
        kind.into()
    }

    fn away() -> Error {
        let problem = "offline".to_string();
        failed(ErrorKind::Network(NetworkError { problem }))
    }

    #[test]
    fn an_answer_is_young_until_its_time_is_over_or_something_changed() {
        let long = kept(1, Duration::from_secs(3600));
        let young = long.young(Wanted::Young).unwrap();
        assert_eq!((young.value, young.freshness), (1, Freshness::Cached));
        assert_eq!(long.young(Wanted::Asked), None);
        assert_eq!(kept(1, Duration::ZERO).young(Wanted::Young), None);
        long.outdate();
        assert_eq!(long.young(Wanted::Young), None);
        assert!(long.has_any());
    }

    #[test]
    fn what_was_on_its_way_when_all_was_forgotten_is_not_kept() {
        let kept = kept(1, Duration::from_secs(3600));
        kept.forget();
        kept.keep(2, None, 0);
        assert!(!kept.has_any());
        kept.keep(3, None, 1);
        assert!(kept.has_any());
    }

    #[test]
    fn an_old_answer_is_shown_while_the_api_is_away_and_never_after_a_refusal() {
        let kept = kept(1, Duration::ZERO);
        let page = ErrorKind::Unreadable {
            status: 200,
            problem: "a page".into(),
        };
        for kind in [ErrorKind::of_answer(500, None, b"{}"), page, away().kind] {
            let error = failed(kind);
            let stale = kept.stale_or(error).unwrap();
            assert!(matches!(stale.freshness, Freshness::Stale { .. }));
            assert_eq!(stale.value, 1);
        }
        let refused = failed(ErrorKind::of_answer(403, None, b"{}"));
        assert!(kept.stale_or(refused).is_err());
        assert!(!kept.has_any());
        assert!(kept.stale_or(away()).is_err());
    }
}
