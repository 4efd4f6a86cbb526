//! Which hosts an endpoint may be on.

use std::fmt::Debug;
use std::net::IpAddr;

use outbound::{Url, is_public};

/// Decides whether a connection may be made.
pub trait Hosts: Send + Sync + Debug {
    /// Whether a message may go to an address that the URL's host resolved to.
    fn allow(&self, url: &Url, address: IpAddr) -> bool;
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
