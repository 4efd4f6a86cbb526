//! The tables over the wire, one request at a time: each waits until the test
//! lets it pass, so that a command can be stopped between any two of them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

/// What stands between a command and the tables; it ends when it is dropped.
pub(crate) struct HeldWire {
    pub(crate) url: String,
    gate: Gate,
    serving: JoinHandle<()>,
}

#[derive(Clone)]
struct Gate {
    arrived: watch::Sender<usize>,
    permits: Arc<Semaphore>,
}

impl HeldWire {
    /// In front of tables that are served.
    pub(crate) async fn before(tables: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let gate = Gate {
            arrived: watch::Sender::new(0),
            permits: Arc::new(Semaphore::new(0)),
        };
        let shared = gate.clone();
        let serving = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // Whoever hangs up ends its own connection alone.
                tokio::spawn(relay(client, tables, shared.clone()));
            }
        });
        HeldWire { url, gate, serving }
    }

    /// Lets so many more requests pass, those that wait first.
    pub(crate) fn let_pass(&self, requests: usize) {
        self.gate.permits.add_permits(requests);
    }

    /// Resolves once so many requests have come in all, whether they passed or wait.
    pub(crate) async fn arrived(&self, requests: usize) {
        let mut arrived = self.gate.arrived.subscribe();
        // The sender lives as long as this does.
        let _ = arrived.wait_for(|count| *count >= requests).await;
    }
}

impl Drop for HeldWire {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Hands requests on as they are let pass, and their answers back.
async fn relay(client: TcpStream, tables: SocketAddr, gate: Gate) -> io::Result<()> {
    let mut client = BufReader::new(client);
    let mut server = BufReader::new(TcpStream::connect(tables).await?);
    while let Some(request) = message(&mut client).await? {
        gate.arrived.send_modify(|count| *count += 1);
        if let Ok(permit) = gate.permits.acquire().await {
            permit.forget();
        }
        server.write_all(&request).await?;
        let Some(answer) = message(&mut server).await? else {
            break;
        };
        client.write_all(&answer).await?;
    }
    Ok(())
}

/// One message of HTTP with a length, as its bytes; none at the end.
async fn message(from: &mut BufReader<TcpStream>) -> io::Result<Option<Vec<u8>>> {
    let mut message = Vec::new();
    loop {
        let start = message.len();
        if from.read_until(b'\n', &mut message).await? == 0 {
            return Ok(None);
        }
        if message[start..] == *b"\r\n" {
            break;
        }
    }
    let head = String::from_utf8_lossy(&message).to_lowercase();
    let mut lines = head.lines();
    let length = lines.find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
    let body = message.len();
    message.resize(body + length, 0);
    from.read_exact(&mut message[body..]).await?;
    Ok(Some(message))
}
