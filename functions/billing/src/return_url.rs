//! Where buyers may return to: an allow-list of addresses, and the strict reading of an
//! address that a request names.
//!
//! An address that one program reads one way and a browser another is how buyers are led
//! astray. So anything unusual is refused rather than repaired: user names, backslashes,
//! control characters, encoded dots and slashes, fragments, capital letters in a host.

/// The longest address.
pub(crate) const MAX_LENGTH: usize = 1_000;
/// Schemes that a browser would run or show by itself.
const NO_PLACE: [&str; 8] = [
    "about",
    "blob",
    "data",
    "file",
    "filesystem",
    "javascript",
    "vbscript",
    "view-source",
];
/// The hosts of this machine, to which plain HTTP may go.
const THIS_MACHINE: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];
/// Encoded characters that would change what a path means.
const ENCODED: [&str; 3] = ["%2e", "%2f", "%5c"];

/// The parts of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Address<'a> {
    scheme: &'a str,
    host: &'a str,
    port: Option<u16>,
    /// From the first slash on; empty if there is none.
    path: &'a str,
    query: Option<&'a str>,
}

/// What of an address must be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// Any address of the scheme.
    Scheme,
    /// Any path of the host.
    Host,
    /// Any path below the entry's.
    Below,
    /// This path alone.
    Path,
}

/// An entry of the allow-list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Allowed {
    address: String,
    reach: Reach,
}

impl Allowed {
    /// An entry as the operator writes it: a host with every path (`https://app.example`),
    /// with what is below a path (`https://app.example/shop/`), with one path, or a scheme
    /// of an app (`myapp://`).
    pub(crate) fn listed(entry: &str) -> Option<Self> {
        let address = Address::read(entry)?;
        let reach = match (address.host, address.path) {
            _ if address.query.is_some() => return None,
            ("", "") => Reach::Scheme,
            (_, "") => Reach::Host,
            (_, path) if path.ends_with('/') => Reach::Below,
            (_, _) => Reach::Path,
        };
        Some(Allowed {
            address: entry.to_string(),
            reach,
        })
    }

    /// A redirect URI of an OAuth client: this path alone.
    pub(crate) fn redirect(uri: &str) -> Option<Self> {
        let address = Address::read(uri)?;
        address.query.is_none().then(|| Allowed {
            address: uri.to_string(),
            reach: Reach::Path,
        })
    }

    fn lets(&self, asked: &Address<'_>) -> bool {
        let Some(own) = Address::read(&self.address) else {
            return false;
        };
        if own.scheme != asked.scheme {
            return false;
        }
        let is_host = own.host == asked.host && own.port() == asked.port();
        match self.reach {
            Reach::Scheme => true,
            Reach::Host => is_host,
            Reach::Below => is_host && asked.path().starts_with(own.path),
            Reach::Path => is_host && own.path() == asked.path(),
        }
    }
}

/// Whether a list lets buyers return to an address.
pub(crate) fn is_allowed(list: &[Allowed], url: &str) -> bool {
    let address = Address::read(url);
    address.is_some_and(|address| list.iter().any(|entry| entry.lets(&address)))
}

/// The address with what came of the checkout, so that the app can tell.
pub(crate) fn with_outcome(url: &str, outcome: &str) -> String {
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}checkout={outcome}")
}

impl<'a> Address<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let is_plain =
            |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?@!$&'()*+,;=%[]".contains(&byte);
        if text.len() > MAX_LENGTH || !text.bytes().all(is_plain) || !is_well_encoded(text) {
            return None;
        }
        let (scheme, rest) = text.split_once("://")?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(end)?;
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        let (host, port) = host_and_port(authority)?;
        let address = Address {
            scheme,
            host,
            port,
            path,
            query,
        };
        (is_scheme(scheme) && address.is_reachable() && is_straight(path)).then_some(address)
    }

    /// HTTPS anywhere, HTTP on this machine; an app's scheme needs no host.
    fn is_reachable(&self) -> bool {
        match self.scheme {
            "https" => !self.host.is_empty(),
            "http" => THIS_MACHINE.contains(&self.host),
            _ => true,
        }
    }

    fn port(&self) -> Option<u16> {
        match (self.port, self.scheme) {
            (None, "https") => Some(443),
            (None, "http") => Some(80),
            (port, _) => port,
        }
    }

    /// The path as it is sent: of the web, none is the same as a slash.
    fn path(&self) -> &'a str {
        match (self.path, self.scheme) {
            ("", "https" | "http") => "/",
            (path, _) => path,
        }
    }
}

fn is_scheme(text: &str) -> bool {
    let starts = text.starts_with(|first: char| first.is_ascii_lowercase());
    let is_plain = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.')
    };
    starts && text.bytes().all(is_plain) && !NO_PLACE.contains(&text)
}

/// The host in small letters, and the port; neither user names nor encoded characters.
fn host_and_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match authority.strip_prefix("[::1]") {
        Some(rest) => (authority.get(..5)?, rest),
        None => {
            let end = authority.find(':').unwrap_or(authority.len());
            authority.split_at_checked(end)?
        }
    };
    let is_name = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.')
    };
    let labels_are_full = host.is_empty() || host.split('.').all(|label| !label.is_empty());
    if host != "[::1]" && !(host.bytes().all(is_name) && labels_are_full) {
        return None;
    }
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => None,
        None => return None,
        Some(digits) => {
            let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
            let is_number = is_number && !digits.starts_with('0') && !host.is_empty();
            Some(digits.parse().ok().filter(|_| is_number)?)
        }
    };
    Some((host, port))
}

/// Every percent sign begins an encoded character, and none of them is a control
/// character.
fn is_well_encoded(text: &str) -> bool {
    let mut parts = text.split('%').skip(1);
    parts.all(|part| {
        let byte = part.get(..2).and_then(|digits| {
            let are_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            u8::from_str_radix(digits, 16).ok().filter(|_| are_digits)
        });
        byte.is_some_and(|byte| !byte.is_ascii_control())
    })
}

/// Whether a path has no steps upwards and nothing that hides any.
fn is_straight(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let is_hidden = ENCODED.iter().any(|encoded| lower.contains(encoded));
    let goes_up = path.split('/').any(|step| step == "." || step == "..");
    !is_hidden && !goes_up && !path.contains(['[', ']'])
}

#[cfg(test)]
mod tests;
