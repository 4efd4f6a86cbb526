//! Load over HTTP: connections that each send a request after the answer to the
//! last. It reads as little of an answer as possible, so that the server
//! dominates the measurement.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use shared::host::clock::Stopwatch;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The result of a load.
#[derive(Clone, Debug, Default)]
pub(crate) struct Loaded {
    /// From each request to its answer.
    pub(crate) times: Vec<Duration>,
    /// From the first request to the last answer.
    pub(crate) whole: Duration,
    /// Number of answers by status.
    pub(crate) statuses: BTreeMap<u16, u32>,
}

impl Loaded {
    /// Answers a second.
    pub(crate) fn per_second(&self) -> u128 {
        let count = self.times.len() as u128;
        count * Duration::from_secs(1).as_nanos() / self.whole.as_nanos().max(1)
    }
}

/// An HTTP request as it goes over the wire, on a connection that stays open.
pub(crate) fn request(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(body) = body {
        let length = body.len();
        text.push_str(&format!(
            "content-type: application/json\r\ncontent-length: {length}\r\n"
        ));
    }
    text.push_str("\r\n");
    text.push_str(body.unwrap_or_default());
    text.into_bytes()
}

/// Sends `calls` requests over this many connections. `make` returns the
/// request with a number, from 0 on.
pub(crate) async fn load(
    address: SocketAddr,
    connections: u32,
    calls: u32,
    make: impl Fn(u32) -> Vec<u8> + Send + Sync + 'static,
) -> Result<Loaded> {
    let (make, next) = (Arc::new(make), Arc::new(AtomicU32::new(0)));
    let stopwatch = Stopwatch::start();
    let mut workers = Vec::new();
    for _ in 0..connections {
        let (make, next) = (make.clone(), next.clone());
        workers.push(tokio::spawn(async move {
            let mut connection = Connection::open(address).await?;
            let mut answers = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= calls {
                    return Ok::<_, Error>(answers);
                }
                let request = make(number);
                let stopwatch = Stopwatch::start();
                let status = connection.ask(&request).await?.status;
                answers.push((status, stopwatch.elapsed()));
            }
        }));
    }
    let mut loaded = Loaded::default();
    for worker in workers {
        for (status, time) in worker.await.map_err(Error::other)?? {
            loaded.times.push(time);
            *loaded.statuses.entry(status).or_default() += 1;
        }
    }
    loaded.whole = stopwatch.elapsed();
    Ok(loaded)
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// One connection, used for one request after the other.
pub(crate) struct Connection {
    stream: TcpStream,
    /// Bytes read beyond the last answer.
    read: Vec<u8>,
}

/// Maximum size of a header block; the measured servers stay far below.
const MAX_HEAD: usize = 64 * 1024;

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let read = Vec::new();
        Ok(Connection { stream, read })
    }

    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request).await?;
        let end = loop {
            if let Some(at) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            if self.read.len() > MAX_HEAD {
                return Err(Error::new(ErrorKind::InvalidData, "an endless head"));
            }
            self.more().await?;
        };
        let head = self.read.get(..end).unwrap_or_default();
        let (status, length) = parse_head(&String::from_utf8_lossy(head))?;
        while self.read.len() < end + length {
            self.more().await?;
        }
        let rest = self.read.split_off(end + length);
        let body = self.read.split_off(end);
        self.read = rest;
        Ok(Answer { status, body })
    }

    async fn more(&mut self) -> Result<()> {
        match self.stream.read_buf(&mut self.read).await? {
            0 => Err(Error::new(ErrorKind::UnexpectedEof, "the server hung up")),
            _ => Ok(()),
        }
    }
}

/// Status and length of the body; all measured servers send the length.
fn parse_head(head: &str) -> Result<(u16, usize)> {
    let bad = |what: &str| Error::new(ErrorKind::InvalidData, format!("an answer {what}"));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let status = status.and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| bad("without a status"))?;
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse().ok())?
    });
    Ok((status, length.ok_or_else(|| bad("without a length"))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_reports_the_status_and_how_long_the_body_is() {
        let head = "HTTP/1.1 201 Created\r\ndate: x\r\nContent-Length: 17\r\n\r\n";
        assert_eq!(parse_head(head).unwrap(), (201, 17));
        for bad in ["", "HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\nx: y\r\n\r\n"] {
            assert!(parse_head(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_request_says_how_long_its_body_is() {
        let bytes = request("POST", "/x", &[("a", "b")], Some("{}"));
        let text = String::from_utf8(bytes).unwrap();
        let expected = "POST /x HTTP/1.1\r\nhost: 127.0.0.1\r\na: b\r\n\
            content-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
        assert_eq!(text, expected);
    }

    #[tokio::test]
    async fn every_answer_of_a_load_is_counted_once() {
        let world = crate::gateway::Served::within().await.unwrap();
        let token = world.token(r#"{"user":"free@example.com","scope":"credits.read"}"#);
        let bearer = format!("Bearer {}", token.await.unwrap());
        let make = move |_| {
            let headers = [("authorization", bearer.as_str())];
            request("GET", "/api/user/credits", &headers, None)
        };
        let loaded = load(world.address, 3, 20, make).await.unwrap();
        assert_eq!(loaded.statuses, BTreeMap::from([(200, 20)]));
        assert_eq!(loaded.times.len(), 20);
    }
}
