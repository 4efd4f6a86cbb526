//! Hosts within the process: HTTP over connections that are not sockets, so that a run
//! repeats and its time stays virtual.

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// How much a connection holds before its writer waits.
const PIPE: usize = 64 * 1024;

/// A request that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arrived {
    pub(crate) path: String,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Arrived {
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    fn read(head: &str, body: String) -> Option<Self> {
        let mut lines = head.split("\r\n");
        let path = lines.next()?.split(' ').nth(1)?.to_string();
        let headers = lines.filter_map(|line| line.split_once(':'));
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.trim().to_string()));
        Some(Arrived {
            path,
            headers: headers.collect(),
            body,
        })
    }
}

/// What answers requests; none closes the connection instead.
pub(crate) trait Host: Send + 'static {
    fn answer(&mut self, request: Arrived) -> impl Future<Output = Option<(u16, String)>> + Send;
}

/// A connection to a host. It ends with either side.
pub(crate) fn connected(mut host: impl Host) -> DuplexStream {
    let (near, mut far) = tokio::io::duplex(PIPE);
    tokio::spawn(async move {
        let mut buffer = Vec::new();
        while let Some(request) = next(&mut far, &mut buffer).await {
            let Some((status, body)) = host.answer(request).await else {
                return;
            };
            let length = body.len();
            let head = format!("HTTP/1.1 {status} Status\r\ncontent-length: {length}\r\n\r\n");
            if far.write_all((head + &body).as_bytes()).await.is_err() {
                return;
            }
        }
    });
    near
}

/// The next whole request; none once the other side is gone, or if it is none.
async fn next(stream: &mut DuplexStream, buffer: &mut Vec<u8>) -> Option<Arrived> {
    const END: &[u8] = b"\r\n\r\n";
    loop {
        let end = buffer.windows(END.len()).position(|it| it == END);
        if let Some(end) = end {
            let head = String::from_utf8(buffer.get(..end)?.to_vec()).ok()?;
            let from = end.saturating_add(END.len());
            let request = Arrived::read(&head, String::new())?;
            let length: usize = request.header("content-length").parse().unwrap_or(0);
            let to = from.saturating_add(length);
            if let Some(body) = buffer.get(from..to) {
                let body = String::from_utf8(body.to_vec()).ok()?;
                buffer.drain(..to);
                return Some(Arrived { body, ..request });
            }
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
}
