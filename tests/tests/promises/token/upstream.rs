//! An issuer on loopback: a token endpoint and a key set whose answers a test decides,
//! and what it was asked. Each connection carries one request. Whatever is not `/keys` is
//! the token endpoint, so it can stand for any other server as well.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the issuer does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// An answer of a status with a body.
    Of(u16, String),
    /// Reads it and never answers.
    Silence,
    /// Closes the connection in the middle of an answer.
    Cut,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Reply::Of(status, body.to_string())
    }
}

/// A request as it arrived: method and path, the head in lower case, and the body.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) what: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

struct State {
    token: Reply,
    /// Answers to the first requests for keys, before `keys`.
    first_keys: VecDeque<Reply>,
    keys: Reply,
    asked: Vec<Asked>,
}

/// The issuer. It listens as long as the test's runtime runs.
pub(crate) struct Upstream {
    pub(crate) url: String,
    state: Arc<Mutex<State>>,
}

impl Upstream {
    /// Listens on a port of its own.
    pub(crate) async fn start(keys: &Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            token: Reply::Of(500, "nobody has said what to answer".into()),
            first_keys: VecDeque::new(),
            keys: Reply::json(200, keys),
            asked: Vec::new(),
        }));
        let own = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, own.clone()));
            }
        });
        Upstream { url, state }
    }

    /// What the token endpoint answers from now on.
    pub(crate) fn answers(&self, reply: Reply) {
        self.state.lock().unwrap().token = reply;
    }

    /// What is answered to the next request for keys, once.
    pub(crate) fn keys_once(&self, reply: Reply) {
        self.state.lock().unwrap().first_keys.push_back(reply);
    }

    /// What is answered to requests for keys from now on.
    pub(crate) fn keys(&self, reply: Reply) {
        self.state.lock().unwrap().keys = reply;
    }

    /// What was asked since the last call.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.state.lock().unwrap().asked)
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let Some(asked) = read(&mut stream).await else {
        return;
    };
    let reply = {
        let mut state = state.lock().unwrap();
        let reply = if asked.what == "GET /keys" {
            let first = state.first_keys.pop_front();
            first.unwrap_or_else(|| state.keys.clone())
        } else {
            state.token.clone()
        };
        state.asked.push(asked);
        reply
    };
    match reply {
        Reply::Silence => std::future::pending().await,
        Reply::Cut => {
            let half = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"access_token\":";
            stream.write_all(half).await.unwrap();
        }
        Reply::Of(status, body) => {
            let head = format!(
                "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
                 location: /elsewhere\r\n\r\n",
                body.len()
            );
            // A client that has heard enough may be gone.
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(body.as_bytes()).await;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                let line = text.lines().next().unwrap();
                return Some(Asked {
                    what: line.trim_end_matches(" HTTP/1.1").to_string(),
                    head,
                    body: body.to_string(),
                });
            }
        }
        let count = stream.read(&mut part).await.ok()?;
        if count == 0 {
            return None;
        }
        bytes.extend_from_slice(&part[..count]);
    }
}
