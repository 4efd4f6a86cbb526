//! How far a command is, on standard error, for whoever looks at a terminal.
//! Where nobody does, nothing is drawn.

use indicatif::{ProgressBar, ProgressStyle};

/// A line that counts; it goes when it is dropped. Clones count together.
#[derive(Clone, Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// Counts up to a number that is known, or without an end in sight.
    pub fn of(what: &str, total: Option<u64>) -> Self {
        // The library draws on standard error, and only if that is a terminal.
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

    /// So many more are done.
    pub fn advance(&self, more: u64) {
        self.0.inc(more);
    }

    /// Writes while the line is out of the way, so that the two do not mix.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
