//! An HTTP request.

/// An HTTP request.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The method, upper case.
    pub method: String,
    /// The path as sent, percent-encoded, without the query.
    pub path: String,
    /// The query as sent, without the question mark.
    pub query: String,
    /// Header names and values as sent; a name may come more than once.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// The sender's address.
    pub source_ip: String,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut same = self
            .headers
            .iter()
            .filter(|(sent, _)| sent.eq_ignore_ascii_case(name));
        same.next().map(|(_, value)| value.as_str())
    }
}
