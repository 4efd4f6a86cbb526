//! An address with a path: `https` to any host, `http` to this machine.

use std::str::FromStr;

use crate::endpoint::Endpoint;

/// Where something is: the host, and the path with its query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// The host.
    pub endpoint: Endpoint,
    /// The path and query, from the slash on.
    pub path: String,
}

/// A text that is no URL we call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be https, or http to this machine")]
pub struct UrlError;

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let parts = |rest: &str| {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            let (authority, path) = rest.split_at_checked(end)?;
            let path = if path.is_empty() { "/" } else { path };
            let is_plain = path.starts_with('/')
                && path
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() && byte != b'#');
            is_plain.then(|| (authority.to_string(), path.to_string()))
        };
        let found = if let Some(rest) = text.strip_prefix("https://") {
            parts(rest).and_then(|(host, path)| Some((Endpoint::elsewhere(&host)?, path)))
        } else if let Some(rest) = text.strip_prefix("http://") {
            parts(rest).and_then(|(host, path)| Some((Endpoint::on_this_machine(&host)?, path)))
        } else {
            None
        };
        let (endpoint, path) = found.ok_or(UrlError)?;
        Ok(Url { endpoint, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_over_tls_or_on_this_machine() {
        for (good, authority, path) in [
            (
                "https://x.auth.eu-west-1.amazoncognito.com/oauth2/token",
                "x.auth.eu-west-1.amazoncognito.com",
                "/oauth2/token",
            ),
            ("https://Issuer.example:8443", "issuer.example:8443", "/"),
            (
                "http://127.0.0.1:8787/_local/oauth/token",
                "127.0.0.1:8787",
                "/_local/oauth/token",
            ),
            ("http://[::1]:1/k?x=1", "[::1]:1", "/k?x=1"),
        ] {
            let url: Url = good.parse().unwrap();
            assert_eq!(url.endpoint.authority(), authority);
            assert_eq!(url.path, path);
        }
        for bad in [
            "",
            "issuer.example",
            "http://issuer.example/token",
            "http://127.0.0.1.example.com/",
            "https://user@issuer.example/",
            "https:///token",
            "https://issuer.example:port/",
            "https://issuer.example/a b",
            "https://issuer.example/#part",
            "https://issuer.example?x=1",
            "HTTPS://issuer.example/",
        ] {
            assert_eq!(bad.parse::<Url>(), Err(UrlError), "{bad}");
        }
    }
}
