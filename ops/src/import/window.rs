//! Imports several users at once with the result of a sequential import.
//! Outcomes are taken in order, and two users with the same unique value never
//! run together, so the first one always gets it, also after an interruption.

use std::collections::VecDeque;
use std::future::Future;

use tokio::task::JoinHandle;

use super::error::ImportError;
use super::outcome::Outcome;

/// Enough to keep both ends of a connection busy.
pub(crate) const WIDTH: usize = 16;

/// Users whose imports are in progress.
pub(crate) struct Window {
    width: usize,
    under_way: VecDeque<UnderWay>,
}

struct UnderWay {
    claims: Vec<String>,
    task: JoinHandle<Result<Outcome, ImportError>>,
}

impl Window {
    pub(crate) fn of(width: usize) -> Self {
        Window {
            width,
            under_way: VecDeque::new(),
        }
    }

    /// Waits until a user with these claims may start. One that runs alone or
    /// shares a claim waits for all others. Returns the outcomes of users that
    /// finished, in order.
    pub(crate) async fn make_room(
        &mut self,
        claims: &[String],
        alone: bool,
    ) -> Result<Vec<Outcome>, ImportError> {
        let mut under_way = self.under_way.iter();
        let meets = under_way.any(|other| claims.iter().any(|claim| other.claims.contains(claim)));
        let may_stay = if alone || meets {
            0
        } else {
            self.width.saturating_sub(1)
        };
        let mut outcomes = Vec::new();
        while self.under_way.len() > may_stay {
            let Some(next) = self.under_way.pop_front() else {
                break;
            };
            let ended = next.task.await;
            let ended = ended.map_err(|error| ImportError::Store {
                what: "a part of the import".to_string(),
                problem: error.to_string(),
            })?;
            outcomes.push(ended?);
        }
        Ok(outcomes)
    }

    /// Starts a user's import.
    pub(crate) fn start(
        &mut self,
        claims: Vec<String>,
        import: impl Future<Output = Result<Outcome, ImportError>> + Send + 'static,
    ) {
        let task = tokio::spawn(import);
        self.under_way.push_back(UnderWay { claims, task });
    }
}

/// A failed import leaves no task running.
impl Drop for Window {
    fn drop(&mut self) {
        for under_way in &self.under_way {
            under_way.task.abort();
        }
    }
}
