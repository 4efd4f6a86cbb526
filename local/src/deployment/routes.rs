//! Routes and how a request matches one. A path is compared segment by segment
//! as it was sent. Nothing is normalised, so a doubled or trailing slash makes
//! another path, as on API Gateway.

use std::collections::BTreeMap;

/// One route of the HTTP API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// API Gateway's route key, for example `GET /api/user/credits`.
    pub key: String,
    /// HTTP method, upper case.
    pub method: String,
    /// Path with its parameters in braces.
    pub path: String,
    /// Name of its function.
    pub function: String,
    /// Whether the authorizer protects it.
    pub authorized: bool,
    /// Scopes of which a token must have at least one; empty requires none.
    pub scopes: Vec<String>,
}

impl Route {
    /// The path parameters if this route matches the request. `raw_path` is the
    /// path as sent, percent-encoded and without the query.
    pub fn matches(&self, method: &str, raw_path: &str) -> Option<BTreeMap<String, String>> {
        if self.method != method {
            return None;
        }
        let mut parameters = BTreeMap::new();
        let mut sent = raw_path.split('/');
        for expected in self.path.split('/') {
            let segment = percent_decode(sent.next()?)?;
            match parameter(expected) {
                Some(_) if segment.is_empty() => return None,
                Some(name) => {
                    parameters.insert(name.to_owned(), segment);
                }
                None if expected != segment => return None,
                None => {}
            }
        }
        sent.next().is_none().then_some(parameters)
    }

    /// Sorts before another matching route if it is more literal; earlier
    /// segments decide first.
    pub(super) fn precedence(&self) -> Vec<bool> {
        self.path
            .split('/')
            .map(|segment| parameter(segment).is_some())
            .collect()
    }

    /// Whether the path is supported.
    pub(super) fn well_formed(path: &str) -> bool {
        let Some(rest) = path.strip_prefix('/') else {
            return false;
        };
        let name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        rest.is_empty()
            || rest.split('/').all(|segment| match parameter(segment) {
                Some(parameter) => !parameter.is_empty() && parameter.chars().all(name),
                None => !segment.is_empty() && !segment.contains(['{', '}', '?', '#', ' ', '%']),
            })
    }
}

fn parameter(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// `None` for a broken escape or bytes that are not UTF-8.
pub(crate) fn percent_decode(segment: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let high = char::from(bytes.next()?).to_digit(16)?;
                let low = char::from(bytes.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}
