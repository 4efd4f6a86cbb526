//! Where Stripe's API is: at `api.stripe.com` over TLS, or, for tests and the local
//! world, on this machine over plain HTTP. Anything else would be given the key.

use std::str::FromStr;

/// The address of Stripe's API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: bool,
}

/// A URL that is not one of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be http to this machine, like http://127.0.0.1:12111")]
pub struct EndpointError;

const STRIPE: &str = "api.stripe.com";
const HTTPS: u16 = 443;
const HTTP: u16 = 80;

impl Default for Endpoint {
    /// Stripe's own.
    fn default() -> Self {
        Endpoint {
            host: STRIPE.to_string(),
            port: HTTPS,
            tls: true,
        }
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    /// Parses `http://127.0.0.1:12111`, `http://localhost` or `http://[::1]:12111`, with
    /// or without a slash at the end.
    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let rest = text.strip_prefix("http://").ok_or(EndpointError)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let hosts = [
            ("127.0.0.1", "127.0.0.1"),
            ("localhost", "localhost"),
            ("[::1]", "::1"),
        ];
        let mut hosts = hosts
            .iter()
            .filter_map(|(written, host)| Some((host, rest.strip_prefix(written)?)));
        let (host, after) = hosts.next().ok_or(EndpointError)?;
        let port = match after.strip_prefix(':') {
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                port.parse().map_err(|_| EndpointError)?
            }
            None if after.is_empty() => HTTP,
            Some(_) | None => return Err(EndpointError),
        };
        Ok(Endpoint {
            host: host.to_string(),
            port,
            tls: false,
        })
    }
}

impl Endpoint {
    /// The `Host` header.
    pub(crate) fn authority(&self) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_goes_to_stripe_or_to_this_machine() {
        assert_eq!(Endpoint::default().authority(), "api.stripe.com");
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
            assert_eq!(bad.parse::<Endpoint>(), Err(EndpointError), "{bad}");
        }
    }
}
