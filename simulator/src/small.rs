//! The small world, on the command line.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use simulator::{Explored, Explorer, SmallAct, small_worlds};

use crate::progress::Progress;

/// What was followed of all worlds, or the first promise that was broken. None if it was
/// stopped.
pub(crate) fn explore_all(threads: usize, progress: &Progress) -> Result<Option<String>, String> {
    let worlds = small_worlds();
    let next = AtomicUsize::new(0);
    let total = Mutex::new(Explored::default());
    let failed: Mutex<Option<(usize, String)>> = Mutex::new(None);
    let is_failed = || {
        failed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    };
    let fail = |number: usize, error: String| {
        let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.as_ref().is_none_or(|(known, _)| number < *known) {
            *failed = Some((number, error));
        }
    };
    let work = || {
        let explorer = match Explorer::new() {
            Ok(explorer) => explorer,
            Err(error) => return fail(0, error.to_string()),
        };
        while !is_failed() && !progress.is_stopped() {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(world) = worlds.get(number) else {
                return;
            };
            match explorer.explore(world) {
                Ok(explored) => {
                    progress.add(explored.states);
                    let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
                    total.states = total.states.saturating_add(explored.states);
                    total.ends = total.ends.saturating_add(explored.ends);
                }
                Err(error) => fail(number, error.to_string()),
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(work);
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, error)) = failed {
        return Err(error);
    }
    if progress.is_stopped() {
        return Ok(None);
    }
    let Explored { states, ends } = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Some(format!(
        "{} small worlds, pairs of {} acts and triples of {}: {states} states, {ends} ends judged",
        worlds.len(),
        SmallAct::ALL.len(),
        SmallAct::OF_TRIPLES.len()
    )))
}
