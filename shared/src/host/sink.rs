//! The output of finished log lines: Lambda's standard output, or a list that the local
//! world and tests read.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// Writes finished lines, given without line ends.
pub trait LineSink: Send + Sync + Debug {
    /// Writes a line.
    fn write(&self, line: &str);
}

/// Standard output, where Lambda reads the log.
#[derive(Clone, Copy, Debug, Default)]
pub struct StandardOutput;

impl LineSink for StandardOutput {
    fn write(&self, line: &str) {
        // One write per line, so that lines do not interleave. A line that cannot be
        // written must not fail the request it logs.
        let _ = std::io::stdout()
            .lock()
            .write_all(format!("{line}\n").as_bytes());
    }
}

/// Keeps the newest lines in memory. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct KeptLines(Arc<Mutex<VecDeque<String>>>);

/// The number of lines kept: a process that runs for days must not grow.
const MAX_LINES: usize = 10_000;

impl KeptLines {
    /// Removes and returns all kept lines, oldest first.
    pub fn take(&self) -> Vec<String> {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.drain(..).collect()
    }
}

impl LineSink for KeptLines {
    fn write(&self, line: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= MAX_LINES {
            lines.pop_front();
        }
        lines.push_back(line.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_lines_are_kept_until_they_are_taken() {
        let lines = KeptLines::default();
        for number in 0..=MAX_LINES {
            lines.write(&number.to_string());
        }
        let taken = lines.take();
        assert_eq!(taken.len(), MAX_LINES);
        assert_eq!(taken.first().map(String::as_str), Some("1"));
        assert!(lines.take().is_empty());
    }
}
