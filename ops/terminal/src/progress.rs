//! Shows progress on standard error, if that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A progress line, removed when it is dropped. Clones share the count.
#[derive(Clone, Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// Counts up to a known total, or without one.
    pub fn of(what: &str, total: Option<u64>) -> Self {
        // indicatif draws on standard error, and only if that is a terminal.
        let bar = match total {
            Some(total) => ProgressBar::new(total),
            None => ProgressBar::new_spinner(),
        };
        let template = match total {
            Some(_) => "{msg} {wide_bar} {pos}/{len} ({per_sec})",
            None => "{spinner} {msg} {pos} ({per_sec})",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_string());
        Progress(bar)
    }

    /// Adds this many to the count.
    pub fn advance(&self, more: u64) {
        self.0.inc(more);
    }

    /// Writes while the line is hidden, so that the two do not mix.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
