//! A Stripe on loopback that answers as it was told, by path. It knows nothing of what
//! its objects mean.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The key that it is called with; it does not look at it.
pub const STRIPE_KEY: &str = "rk_test_of_a_test_0123456789";

/// A Stripe that answers reads. Clones are the same one.
#[derive(Clone, Default)]
pub struct StripeApi {
    url: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    answers: BTreeMap<String, (u16, Value)>,
    asked: Vec<String>,
}

impl StripeApi {
    /// It knows nothing yet, and says so.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stripe = StripeApi {
            url: format!("http://{}", listener.local_addr().unwrap()),
            ..StripeApi::default()
        };
        let serving = stripe.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        stripe
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// From now on it has this object at a path below `/v1/`.
    pub fn has(&self, path: &str, object: Value) {
        self.says(path, 200, object);
    }

    /// From now on it says this of a path below `/v1/`.
    pub fn says(&self, path: &str, status: u16, body: Value) {
        let mut state = self.state.lock().unwrap();
        state.answers.insert(format!("/v1/{path}"), (status, body));
    }

    /// The paths, with their queries, that it was asked for since the last time.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().asked)
    }

    async fn serve(self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        let mut first = String::new();
        let mut line = String::new();
        while stream.read_line(&mut line).await.unwrap_or(0) > 2 {
            if first.is_empty() {
                first = line.clone();
            }
            line.clear();
        }
        let Some(target) = first.split(' ').nth(1) else {
            return;
        };
        let (status, body) = self.answer(target);
        let body = body.to_string();
        let length = body.len();
        let head = "Request-Id: req_1\r\nStripe-Should-Retry: false\r\nConnection: close";
        let answer =
            format!("HTTP/1.1 {status} x\r\n{head}\r\nContent-Length: {length}\r\n\r\n{body}");
        // Whoever no longer waits has gone.
        let _ = stream.write_all(answer.as_bytes()).await;
    }

    fn answer(&self, target: &str) -> (u16, Value) {
        let mut state = self.state.lock().unwrap();
        state.asked.push(target.to_string());
        let path = target.split('?').next().unwrap_or_default();
        let unknown = || (404, json!({"error": {"code": "resource_missing"}}));
        state.answers.get(path).cloned().unwrap_or_else(unknown)
    }
}
