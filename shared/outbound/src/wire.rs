//! The way to one host: one connection at a time, over TLS with ring and the roots that
//! browsers trust. Redirects are answers like any other.
//!
//! The AWS client next to it trusts five roots of Amazon's and nothing else, so it
//! cannot be used here. HTTP and TLS are the crates that it links anyway.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use shared::host::clock::Stopwatch;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::dial::{Destination, Dial, Stream, Tcp};
use crate::endpoint::Endpoint;

/// An idle connection is used again within this time. A frozen sandbox finds older ones
/// closed by the other side.
const KEPT_SECONDS: u64 = 15;

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub enum WireError {
    /// It broke before the whole answer had arrived; the problem.
    Broken(String),
    /// The answer is longer than allowed.
    TooLong,
}

type Sender = SendRequest<Full<Bytes>>;

/// Whether a connection serves more than one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// It is kept for the next request. One that the other side closes in the same
    /// moment loses its request: for requests that may be tried again.
    Kept,
    /// Every request has a connection of its own: for requests that may be sent once.
    Never,
}

/// An answer: its status, headers and whole body.
#[derive(Debug, Default)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, at most as long as the wire allows.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header, if it is there once and is plain text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(value)
    }
}

/// The way to one host, over connections of TCP or of another kind.
pub struct Wire<D = Tcp> {
    dial: D,
    endpoint: Endpoint,
    max_body: usize,
    reuse: Reuse,
    /// The address to connect to, if it was chosen.
    pinned: Option<SocketAddr>,
    /// Built for the first connection.
    tls: OnceLock<TlsConnector>,
    idle: Mutex<Option<(Sender, Stopwatch)>>,
}

impl Wire {
    /// A way to a host whose answers have at most `max_body` bytes. Nothing is connected.
    pub fn new(endpoint: Endpoint, max_body: usize, reuse: Reuse) -> Self {
        Wire::over(Tcp, endpoint, max_body, reuse)
    }
}

impl<D: Dial> Wire<D> {
    /// The same over connections that `dial` makes.
    pub fn over(dial: D, endpoint: Endpoint, max_body: usize, reuse: Reuse) -> Self {
        Wire {
            dial,
            endpoint,
            max_body,
            reuse,
            pinned: None,
            tls: OnceLock::new(),
            idle: Mutex::new(None),
        }
    }

    /// The same for one request to an address that was checked: the name is not resolved
    /// again, so it cannot lead elsewhere. TLS still asks for the name. Of answers only
    /// the status is wanted.
    pub fn pinned(dial: D, endpoint: Endpoint, address: SocketAddr) -> Self {
        Wire {
            pinned: Some(address),
            ..Wire::over(dial, endpoint, 0, Reuse::Never)
        }
    }

    /// The host.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Sends a request and reads the whole answer. Whoever drops this closes the
    /// connection.
    ///
    /// # Errors
    ///
    /// [`WireError`]. It has no limit in time: the caller sets one.
    pub async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, WireError> {
        let mut sender = match self.kept().await {
            Some(sender) => sender,
            None => self.connect().await?,
        };
        let response = sender.send_request(request).await.map_err(broken)?;
        let answer = self.read(response).await?;
        if self.reuse == Reuse::Kept {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            *idle = Some((sender, Stopwatch::start()));
        }
        Ok(answer)
    }

    /// Sends a request and returns the status of the answer. Its body is not read, however
    /// long it is; the connection is closed.
    ///
    /// # Errors
    ///
    /// [`WireError::Broken`]. It has no limit in time: the caller sets one.
    pub async fn status(&self, request: Request<Full<Bytes>>) -> Result<u16, WireError> {
        let mut sender = self.connect().await?;
        let response = sender.send_request(request).await.map_err(broken)?;
        Ok(response.status().as_u16())
    }

    /// The idle connection, if it is still good.
    async fn kept(&self) -> Option<Sender> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let (mut sender, since) = idle?;
        let is_young = since.elapsed().as_secs() < KEPT_SECONDS;
        (is_young && sender.ready().await.is_ok()).then_some(sender)
    }

    async fn connect(&self) -> Result<Sender, WireError> {
        let Endpoint { host, port, tls } = &self.endpoint;
        let name = Destination::Name(host, *port);
        let to = self.pinned.map_or(name, Destination::Address);
        let stream = self.dial.dial(to).await.map_err(broken)?;
        let stream: Box<dyn Stream> = if *tls {
            let name = ServerName::try_from(host.clone()).map_err(broken)?;
            let secured = self.tls()?.connect(name, stream).await;
            Box::new(secured.map_err(broken)?)
        } else {
            Box::new(stream)
        };
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(broken)?;
        // It ends with its sender. What goes wrong is an error of the request.
        tokio::spawn(async move {
            let _ = connection.await;
        });
        Ok(sender)
    }

    fn tls(&self) -> Result<&TlsConnector, WireError> {
        if self.tls.get().is_none() {
            let connector = TlsConnector::from(Arc::new(tls_config()?));
            // Another request may have been faster with the same.
            let _ = self.tls.set(connector);
        }
        let lost = || WireError::Broken("TLS is not set up".to_string());
        self.tls.get().ok_or_else(lost)
    }

    async fn read(&self, response: Response<Incoming>) -> Result<Answer, WireError> {
        let (head, mut body) = response.into_parts();
        let mut answer = Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body: Vec::new(),
        };
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(broken)?.into_data() else {
                continue;
            };
            if answer.body.len().saturating_add(data.len()) > self.max_body {
                return Err(WireError::TooLong);
            }
            answer.body.extend_from_slice(&data);
        }
        Ok(answer)
    }
}

/// Shows only the host.
impl<D> std::fmt::Debug for Wire<D> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Wire({})", self.endpoint.authority())
    }
}

fn tls_config() -> Result<ClientConfig, WireError> {
    let roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions();
    let config = config.map_err(broken)?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// The last cause: the layers above it only say that they failed.
fn broken(error: impl std::error::Error) -> WireError {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = cause.to_string();
        source = cause.source();
    }
    WireError::Broken(text)
}

#[cfg(test)]
mod tests;
