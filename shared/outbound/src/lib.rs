//! Requests to hosts outside AWS: Stripe, the issuer of tokens, receivers of notices.
//!
//! One connection at a time over TLS with ring and the roots that browsers trust, or
//! plain HTTP to this machine. It neither retries nor follows redirects nor reads what
//! an answer says: callers know what may be sent twice and what an answer means.

#![deny(clippy::wildcard_enum_match_arm)]

mod address;
mod dial;
mod endpoint;
mod url;
mod wire;

pub use address::{is_public, resolve};
pub use dial::{Destination, Dial, Stream, Tcp};
pub use endpoint::{Endpoint, NotThisMachine};
pub use http_body_util::Full;
pub use hyper::body::Bytes;
pub use hyper::{HeaderMap, Method, Request, header};
pub use url::{Url, UrlError};
pub use wire::{Answer, Reuse, Wire, WireError};
