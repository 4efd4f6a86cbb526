//! Which hosts an endpoint may be on, and how hosts are reached.

use std::fmt::Debug;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use outbound::{Destination, Dial, Stream, Tcp, Url, is_public};

/// A connection to a host, once it is made.
pub type Dialled<'a> = Pin<Box<dyn Future<Output = io::Result<Box<dyn Stream>>> + Send + 'a>>;

/// Decides whether a connection may be made, and makes it.
pub trait Hosts: Send + Sync + Debug {
    /// Whether a message may go to an address that the URL's host resolved to.
    fn allow(&self, url: &Url, address: IpAddr) -> bool;

    /// Connects to a host: over TCP, but for runs that must repeat.
    fn dial<'a>(&'a self, to: Destination<'a>) -> Dialled<'a> {
        Box::pin(async move {
            let stream: Box<dyn Stream> = Box::new(Tcp.dial(to).await?);
            Ok(stream)
        })
    }
}

/// The hosts as a wire reaches them.
#[derive(Clone, Debug)]
pub(crate) struct Reached(pub(crate) Arc<dyn Hosts>);

impl Dial for Reached {
    type Stream = Box<dyn Stream>;

    async fn dial(&self, to: Destination<'_>) -> io::Result<Box<dyn Stream>> {
        self.0.dial(to).await
    }
}

/// Hosts of the internet, over TLS.
#[derive(Clone, Copy, Debug, Default)]
pub struct PublicHosts;

impl Hosts for PublicHosts {
    fn allow(&self, url: &Url, address: IpAddr) -> bool {
        url.endpoint.is_tls() && is_public(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_aws_nothing_is_sent_unencrypted_or_inside() {
        let allowed = |url: &str, address: &str| {
            PublicHosts.allow(&url.parse().unwrap(), address.parse().unwrap())
        };
        assert!(allowed("https://hooks.example.com/x", "1.1.1.1"));
        assert!(!allowed("https://hooks.example.com/x", "10.0.0.1"));
        assert!(!allowed(
            "https://169.254.169.254/latest",
            "169.254.169.254"
        ));
        assert!(!allowed("http://127.0.0.1:80/x", "127.0.0.1"));
    }
}
