//! A way to the world that can be cut: before a request, in the middle of it, after it, in the middle of its answer,
//! or for good.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tests::Served;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Pass,
    CutBefore,
    CutInRequest,
    CutAfter,
    CutInAnswer,
    /// Answered as the gateway answers by itself, with a `Retry-After` if it is not zero.
    Answered(u16, u32),
}

/// The fates to come.
enum Plan {
    /// These, then all pass.
    Listed(VecDeque<Fate>),
    /// All the same.
    Always(Fate),
    /// Half of all requests are cut, each way as often as the others; the same for the same seed.
    Seeded(u64),
}

/// A relay before a world; it ends with this.
pub(crate) struct Relay {
    url: String,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    world: String,
    plan: Mutex<Plan>,
    seen: AtomicUsize,
}

impl Relay {
    pub(crate) async fn before(served: &Served) -> Self {
        Relay::to(&served.world.base_url).await
    }

    /// A relay before any server of this machine.
    pub(crate) async fn to(address: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let world = address.strip_prefix("http://").unwrap();
        let shared = Arc::new(Shared {
            world: world.to_string(),
            plan: Mutex::new(Plan::Listed(VecDeque::new())),
            seen: AtomicUsize::new(0),
        });
        let sharing = shared.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let shared = sharing.clone();
                // A side that has gone ends a connection like any other.
                tokio::spawn(async move { shared.serve(client).await });
            }
        });
        Relay {
            url,
            shared,
            accepting,
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The requests that came since this was last asked.
    pub(crate) fn seen(&self) -> usize {
        self.shared.seen.swap(0, Ordering::SeqCst)
    }

    pub(crate) fn next(&self, fates: impl IntoIterator<Item = Fate>) {
        self.plan(Plan::Listed(fates.into_iter().collect()));
    }

    pub(crate) fn always(&self, fate: Fate) {
        self.plan(Plan::Always(fate));
    }

    pub(crate) fn seeded(&self, seed: u64) {
        self.plan(Plan::Seeded(seed));
    }

    fn plan(&self, plan: Plan) {
        *self.shared.plan.lock().unwrap() = plan;
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Shared {
    /// The fate of the next request, and where it is cut, in 256ths.
    fn fate(&self) -> (Fate, usize) {
        match &mut *self.plan.lock().unwrap() {
            Plan::Listed(fates) => (fates.pop_front().unwrap_or(Fate::Pass), 128),
            Plan::Always(fate) => (*fate, 128),
            Plan::Seeded(state) => {
                // A linear congruential generator, of which the upper bits are good enough.
                *state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let fate = match (*state >> 60) % 8 {
                    0 => Fate::CutBefore,
                    1 => Fate::CutInRequest,
                    2 => Fate::CutAfter,
                    3 => Fate::CutInAnswer,
                    _ => Fate::Pass,
                };
                (fate, usize::try_from((*state >> 40) % 256).unwrap())
            }
        }
    }

    async fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        while let Some(request) = message(&mut client).await? {
            self.seen.fetch_add(1, Ordering::SeqCst);
            let (fate, part) = self.fate();
            if let Fate::Answered(status, retry_after) = fate {
                client.write_all(&gateway(status, retry_after)).await?;
                continue;
            }
            if fate == Fate::CutBefore {
                return Ok(());
            }
            let mut server = TcpStream::connect(&self.world).await?;
            if fate == Fate::CutInRequest {
                let part = request.len() * part / 256;
                return server.write_all(&request[..part]).await;
            }
            server.write_all(&request).await?;
            let Some(answer) = message(&mut server).await? else {
                return Ok(());
            };
            match fate {
                Fate::CutAfter => return Ok(()),
                Fate::CutInAnswer => {
                    let part = answer.len() * part / 256;
                    return client.write_all(&answer[..part]).await;
                }
                _ => client.write_all(&answer).await?,
            }
        }
        Ok(())
    }
}

/// What API Gateway says when it asks no function.
fn gateway(status: u16, retry_after: u32) -> Vec<u8> {
    let body = r#"{"message":"Service Unavailable"}"#;
    let retry_after = match retry_after {
        0 => String::new(),
        seconds => format!("retry-after: {seconds}\r\n"),
    };
    let length = body.len();
    format!("HTTP/1.1 {status} Refused\r\ncontent-length: {length}\r\n{retry_after}\r\n{body}")
        .into_bytes()
}

/// A whole HTTP message; none if the connection ends before one begins.
async fn message(from: &mut TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if from.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = match length {
        Some(length) if !text.starts_with("http/1.1 304") => length.trim().parse().unwrap(),
        _ => 0,
    };
    while bytes.len() < head + length {
        if from.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(bytes))
}
