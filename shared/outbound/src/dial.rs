//! How a connection is made: over TCP, or within the process where a run must repeat.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// A connection of any kind, so that requests are compiled once for all.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Where a connection goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination<'a> {
    /// An address that was checked.
    Address(SocketAddr),
    /// A name, which is resolved, and a port.
    Name(&'a str, u16),
}

/// Makes connections. A function is compiled with the kind that it uses, so others cost it
/// nothing.
pub trait Dial: Send + Sync {
    /// The connections.
    type Stream: Stream + 'static;

    /// Connects.
    fn dial(&self, to: Destination<'_>) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

/// TCP.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tcp;

impl Dial for Tcp {
    type Stream = TcpStream;

    async fn dial(&self, to: Destination<'_>) -> io::Result<TcpStream> {
        let stream = match to {
            Destination::Address(address) => TcpStream::connect(address).await?,
            Destination::Name(host, port) => TcpStream::connect((host, port)).await?,
        };
        // Requests are small and waited for.
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}
