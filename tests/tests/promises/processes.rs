//! Processes of their own that work on a world's tables over the wire, and are
//! ended with SIGKILL: no destructor runs, and the system alone closes what was
//! open.
//!
//! The process is this very test binary, asked for one ignored test, so that it
//! is built whenever the tests are.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use local::World;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::sync::Notify;

use crate::wire::expose;

/// The variable that says the process which tables to work on.
pub(crate) const URL: &str = "TABLES_OF_A_WORLD";

/// What became of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It did what it was to do, and said this many things to the tables.
    ByItself(usize),
    /// It was killed.
    Killed,
}

/// Passes on what a process says to the tables, up to a point.
struct Relay {
    said: AtomicUsize,
    /// After so many pieces nothing is passed on any more.
    until: usize,
    reached: Notify,
}

impl Relay {
    async fn serve(self: Arc<Self>, listener: TcpListener, tables: String) {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&tables).await.unwrap();
            let (from_client, mut to_client) = client.into_split();
            let (mut from_server, to_server) = server.into_split();
            tokio::spawn(self.clone().pass_on(from_client, to_server));
            tokio::spawn(async move {
                // Whoever was killed takes no answer.
                let _ = copy(&mut from_server, &mut to_client).await;
            });
        }
    }

    async fn pass_on(self: Arc<Self>, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let mut piece = [0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut piece).await {
            if self.said.fetch_add(1, Ordering::Relaxed) >= self.until {
                self.reached.notify_one();
                std::future::pending::<()>().await;
            }
            if to.write_all(&piece[..length]).await.is_err() {
                return;
            }
        }
    }
}

/// Runs an ignored test of this binary as a process on the tables of a world,
/// and kills it once it has said `until` things to them; the last is not passed
/// on.
pub(crate) async fn run(world: &World, test: &str, until: usize) -> End {
    let (tables, _stop) = expose(world).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let relay = Arc::new(Relay {
        said: AtomicUsize::new(0),
        until,
        reached: Notify::new(),
    });
    let address = tables.strip_prefix("http://").unwrap().to_string();
    let serving = tokio::spawn(relay.clone().serve(listener, address));
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--ignored", "--nocapture"])
        .env(URL, url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let end = tokio::select! {
        status = process.wait() => {
            let status = status.unwrap();
            assert!(status.success(), "{test}: {status}");
            End::ByItself(relay.said.load(Ordering::Relaxed))
        }
        () = relay.reached.notified() => {
            process.kill().await.unwrap();
            End::Killed
        }
    };
    serving.abort();
    end
}

/// Points at which to kill a process that says so many things, spread over
/// its life by the golden section, so that no two are alike.
pub(crate) fn points(said: usize) -> impl Iterator<Item = usize> {
    (0..20).map(move |number| 1 + (number * 618 + 37) % 1_000 * said / 1_000)
}
