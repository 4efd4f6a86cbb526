//! Says on standard error how far a long run is, and listens for Ctrl-C. Standard output
//! stays the same whether anybody looks or not.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use shared::host::clock::Stopwatch;
use tokio::sync::oneshot;

/// How often a terminal is told, and how often a log.
const OFTEN: Duration = Duration::from_secs(2);
const SELDOM: Duration = Duration::from_secs(30);

/// How far a run is, and whether it is to end early. Threads share it.
#[derive(Debug)]
pub(crate) struct Progress {
    watch: Stopwatch,
    of: u64,
    /// What is counted, and what each of it is made of.
    nouns: (&'static str, &'static str),
    done: AtomicU64,
    parts: AtomicU64,
    is_stopped: AtomicBool,
}

impl Progress {
    /// Nothing is done yet of so many.
    pub(crate) fn of(of: u64, nouns: (&'static str, &'static str)) -> Self {
        Progress {
            watch: Stopwatch::start(),
            of,
            nouns,
            done: AtomicU64::new(0),
            parts: AtomicU64::new(0),
            is_stopped: AtomicBool::new(false),
        }
    }

    /// One more is done, with its parts.
    pub(crate) fn add(&self, parts: u64) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.parts.fetch_add(parts, Ordering::Relaxed);
    }

    /// Whether somebody pressed Ctrl-C.
    pub(crate) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    /// Milliseconds since the start, at least one.
    pub(crate) fn millis(&self) -> u128 {
        self.watch.elapsed().as_millis().max(1)
    }

    /// Tells until the run has ended.
    pub(crate) fn tell(&self, ended: oneshot::Receiver<()>) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(self.tell_until(ended));
        Ok(())
    }

    async fn tell_until(&self, mut ended: oneshot::Receiver<()>) {
        let is_terminal = io::stderr().is_terminal();
        let every = if is_terminal { OFTEN } else { SELDOM };
        loop {
            tokio::select! {
                _ = &mut ended => break,
                () = tokio::time::sleep(every) => say(is_terminal, &self.line()),
                pressed = tokio::signal::ctrl_c() => {
                    if pressed.is_err() {
                        continue;
                    }
                    if self.is_stopped.swap(true, Ordering::Relaxed) {
                        std::process::exit(130);
                    }
                    let what = "it ends with what is under way; Ctrl-C again ends it at once";
                    say(false, what);
                }
            }
        }
        if is_terminal {
            say(true, "");
        }
    }

    fn line(&self) -> String {
        let done = self.done.load(Ordering::Relaxed);
        let parts = u128::from(self.parts.load(Ordering::Relaxed));
        let (of, (what, part)) = (self.of, self.nouns);
        let millis = self.millis();
        let a_second = parts.saturating_mul(1_000).div_euclid(millis);
        let left = u128::from(of.saturating_sub(done)).saturating_mul(millis);
        let left = left
            .checked_div(u128::from(done))
            .map_or("?".to_string(), |left| left.div_euclid(1_000).to_string());
        format!("{done} of {of} {what}, {a_second} {part} a second, {left} s left")
    }
}

/// A terminal's line is written over the last one.
fn say(over: bool, line: &str) {
    let (before, after) = if over { ("\r\x1b[K", "") } else { ("", "\n") };
    let mut to = io::stderr().lock();
    // Who closes standard error wants to hear nothing.
    let _ = write!(to, "{before}{line}{after}").and_then(|()| to.flush());
}
