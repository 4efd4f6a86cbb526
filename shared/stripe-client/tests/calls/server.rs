//! An HTTP server on loopback that answers as it was told, in turn, and remembers what
//! it was asked. It writes its answers byte by byte, so that they may be wrong.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// One answer.
pub(crate) enum Reply {
    /// JSON with a status and more headers.
    Json(u16, Vec<(&'static str, String)>, Value),
    /// These bytes, and then the connection ends.
    Bytes(Vec<u8>),
    /// The connection ends without an answer.
    Drop,
    /// Nothing, for as long as the other side waits.
    Silence,
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// `GET /v1/…`.
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The server. Clones are the same one.
#[derive(Clone, Default)]
pub(crate) struct Server {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    replies: VecDeque<Reply>,
    asked: Vec<Asked>,
    connections: usize,
}

/// An object as the answer.
pub(crate) fn ok(object: Value) -> Reply {
    Reply::Json(200, Vec::new(), object)
}

/// An error as the answer.
pub(crate) fn error(status: u16, error: Value) -> Reply {
    let request_id = vec![("Request-Id", format!("req_{status}"))];
    Reply::Json(status, request_id, serde_json::json!({"error": error}))
}

impl Server {
    /// A server that gives these answers, one to each request.
    pub(crate) async fn with(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server {
            url: format!("http://{}", listener.local_addr().unwrap()),
            ..Server::default()
        };
        server.state.lock().unwrap().replies = replies.into();
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serving.state.lock().unwrap().connections += 1;
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        server
    }

    /// What it was asked since the last time.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.state.lock().unwrap().asked)
    }

    /// How many connections were made.
    pub(crate) fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }

    async fn serve(self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        while let Some(asked) = read(&mut stream).await {
            let reply = {
                let mut state = self.state.lock().unwrap();
                state.asked.push(asked);
                state.replies.pop_front()
            };
            match reply.expect("a request without an answer") {
                Reply::Json(status, headers, body) => {
                    let body = body.to_string();
                    let mut head = format!("HTTP/1.1 {status} x\r\n");
                    for (name, value) in headers {
                        head.push_str(&format!("{name}: {value}\r\n"));
                    }
                    head.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
                    // Whoever finds the answer too long has gone.
                    let _ = stream.write_all(head.as_bytes()).await;
                }
                Reply::Bytes(bytes) => {
                    let _ = stream.write_all(&bytes).await;
                    return;
                }
                Reply::Drop => return,
                Reply::Silence => {
                    let _ = stream.read_u8().await;
                    return;
                }
            }
        }
    }
}

/// Reads a request; none when the other side has gone.
async fn read(stream: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let line = line.trim_end().to_string();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let mut lines = lines.into_iter();
    let line = lines.next()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| {
            let (name, value) = line.split_once(": ")?;
            Some((name.to_lowercase(), value.to_string()))
        })
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Asked {
        line: line.trim_end_matches(" HTTP/1.1").to_string(),
        headers,
        body: String::from_utf8(body).unwrap(),
    })
}
