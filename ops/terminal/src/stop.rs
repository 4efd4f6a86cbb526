//! Stopping on request: Ctrl-C (SIGINT) or SIGTERM.
//!
//! The first request takes effect between two commits, so that nothing is left
//! half done. A second one ends the process at once, which is safe too, because
//! commits are atomic.

use tokio::sync::watch;

/// Whether a command has been asked to stop. Clones share the state.
#[derive(Clone, Debug)]
pub struct Stop(watch::Sender<bool>);

/// A command was asked to stop before it finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("interrupted; committed work is kept, run the same command again to continue")]
pub struct Interrupted;

impl Default for Stop {
    fn default() -> Self {
        Stop(watch::Sender::new(false))
    }
}

impl Stop {
    /// No stop requested yet.
    pub fn new() -> Self {
        Stop::default()
    }

    /// Requests a stop.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }

    /// Call it between two commits: an error once a stop is requested.
    pub fn check(&self) -> Result<(), Interrupted> {
        if *self.0.borrow() {
            Err(Interrupted)
        } else {
            Ok(())
        }
    }

    /// Resolves once a stop is requested.
    pub async fn asked(&self) {
        let mut receiver = self.0.subscribe();
        if receiver.wait_for(|asked| *asked).await.is_err() {
            // Unreachable: the sender lives as long as `self`.
            std::future::pending::<()>().await;
        }
    }

    /// Runs a read, which a stop may cancel at any time.
    pub async fn unless_asked<T>(
        &self,
        reading: impl Future<Output = T>,
    ) -> Result<T, Interrupted> {
        tokio::select! {
            biased;
            () = self.asked() => Err(Interrupted),
            value = reading => Ok(value),
        }
    }

    /// From now on SIGINT and SIGTERM request a stop. The second signal calls
    /// `at_once`.
    pub fn listen(&self, at_once: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
        let mut signals = signals()?;
        let stop = self.clone();
        tokio::spawn(async move {
            signals.next().await;
            stop.ask();
            signals.next().await;
            at_once();
        });
        Ok(())
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
fn signals() -> std::io::Result<Signals> {
    use tokio::signal::unix::{SignalKind, signal};
    Ok(Signals {
        interrupt: signal(SignalKind::interrupt())?,
        terminate: signal(SignalKind::terminate())?,
    })
}

#[cfg(unix)]
impl Signals {
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
fn signals() -> std::io::Result<Signals> {
    Ok(Signals)
}

#[cfg(not(unix))]
impl Signals {
    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reading_command_ends_when_interrupted_and_not_before() {
        let stop = Stop::new();
        assert_eq!(stop.unless_asked(async { 7 }).await, Ok(7));
        assert_eq!(stop.check(), Ok(()));
        let asking = stop.clone();
        let asked = async {
            tokio::task::yield_now().await;
            asking.ask();
        };
        let endless = stop.unless_asked(std::future::pending::<()>());
        assert_eq!(tokio::join!(endless, asked).0, Err(Interrupted));
        assert_eq!(stop.check(), Err(Interrupted));
    }
}
