//! Several users at once, as if they came one after the other: what becomes of
//! them is taken in their order, and two that want the same thing for
//! themselves alone are never under way together. So the first of them has it,
//! however often the import is cut short.

use std::collections::VecDeque;
use std::future::Future;

use tokio::task::JoinHandle;

use super::error::ImportError;
use super::outcome::Outcome;

/// Enough to keep both ends of a connection busy.
pub(crate) const WIDTH: usize = 16;

/// Users whose imports are under way.
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

    /// Waits until one with these claims may start: behind all others, if it is
    /// to go alone or wants what one of them wants. What became of those that
    /// ended meanwhile, in their order.
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

    /// Starts one.
    pub(crate) fn start(
        &mut self,
        claims: Vec<String>,
        import: impl Future<Output = Result<Outcome, ImportError>> + Send + 'static,
    ) {
        let task = tokio::spawn(import);
        self.under_way.push_back(UnderWay { claims, task });
    }
}

/// An import that ends before its time leaves nothing under way.
impl Drop for Window {
    fn drop(&mut self) {
        for under_way in &self.under_way {
            under_way.task.abort();
        }
    }
}
