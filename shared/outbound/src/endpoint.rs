//! Where a host listens: over TLS anywhere, over plain HTTP on this machine alone.
//! Anything else would hand secrets to whoever listens in between.

use std::str::FromStr;

/// Host, port, and whether TLS is spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: bool,
}

/// A URL that is not one of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be http to this machine, like http://127.0.0.1:12111")]
pub struct NotThisMachine;

const HTTPS: u16 = 443;
const HTTP: u16 = 80;

/// The names of this machine, as written in a URL and as connected to.
const THIS_MACHINE: [(&str, &str); 3] = [
    ("127.0.0.1", "127.0.0.1"),
    ("localhost", "localhost"),
    ("[::1]", "::1"),
];

impl FromStr for Endpoint {
    type Err = NotThisMachine;

    /// Parses `http://127.0.0.1:12111`, `http://localhost` or `http://[::1]:12111`, with
    /// or without a slash at the end.
    fn from_str(text: &str) -> Result<Self, NotThisMachine> {
        let rest = text.strip_prefix("http://").ok_or(NotThisMachine)?;
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        Endpoint::on_this_machine(authority).ok_or(NotThisMachine)
    }
}

impl Endpoint {
    /// A host over TLS, at the usual port.
    pub fn https(host: &str) -> Self {
        Endpoint {
            host: host.to_string(),
            port: HTTPS,
            tls: true,
        }
    }

    /// This machine over plain HTTP: a host and perhaps a port.
    pub(crate) fn on_this_machine(authority: &str) -> Option<Self> {
        let mut hosts = THIS_MACHINE
            .iter()
            .filter_map(|(written, host)| Some((host, authority.strip_prefix(written)?)));
        let (host, after) = hosts.next()?;
        Some(Endpoint {
            host: host.to_string(),
            port: port(after, HTTP)?,
            tls: false,
        })
    }

    /// Another host over TLS: its name and perhaps a port.
    pub(crate) fn elsewhere(authority: &str) -> Option<Self> {
        let end = authority.find(':').unwrap_or(authority.len());
        let (host, after) = authority.split_at_checked(end)?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        let is_name = !host.is_empty() && host.bytes().all(is_plain);
        Some(Endpoint {
            host: is_name.then(|| host.to_ascii_lowercase())?,
            port: port(after, HTTPS)?,
            tls: true,
        })
    }

    /// Whether it speaks TLS.
    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// The `Host` header.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        match (self.tls, self.port) {
            (true, HTTPS) | (false, HTTP) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }
}

/// The port after a host's name; the usual one if there is none.
fn port(after: &str, usual: u16) -> Option<u16> {
    match after.strip_prefix(':') {
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => port.parse().ok(),
        None if after.is_empty() => Some(usual),
        Some(_) | None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_goes_to_this_machine_alone() {
        for (good, authority) in [
            ("http://127.0.0.1:12111", "127.0.0.1:12111"),
            ("http://localhost/", "localhost"),
            ("http://[::1]:8000/", "[::1]:8000"),
        ] {
            let endpoint: Endpoint = good.parse().unwrap();
            assert_eq!(
                (endpoint.authority().as_str(), endpoint.tls),
                (authority, false)
            );
        }
        for bad in [
            "",
            "https://api.stripe.com",
            "https://127.0.0.1:1",
            "http://10.0.0.1",
            "http://127.0.0.1.example.com",
            "http://localhost:80@example.com",
            "http://localhost:+80",
            "http://localhost:99999",
            "http://localhost/v1",
            "localhost:80",
        ] {
            assert_eq!(bad.parse::<Endpoint>(), Err(NotThisMachine), "{bad}");
        }
        assert_eq!(
            Endpoint::https("api.stripe.com").authority(),
            "api.stripe.com"
        );
    }
}
