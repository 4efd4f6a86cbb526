//! The peers that the benchmark compares with: how each is built from
//! `bench/peers` with this machine's tools, and started.
//!
//! A missing tool does not fail the benchmark: the error names the tool and
//! what is not measured without it.

mod balance;
mod built;
mod express_pg;
mod functions;
mod owner;
mod postgres;
mod workshop;
mod zip;

pub(crate) use balance::Balance;
pub(crate) use built::Built;
pub(crate) use express_pg::{ExpressPg, Identity};
pub(crate) use workshop::NotMeasured;
pub(crate) use zip::zip_bytes;

use workshop::Workshop;

/// A function written in the usual way.
pub(crate) struct Peer {
    /// Its folder below `bench/peers`.
    pub(crate) name: &'static str,
    /// What it is, for a line of the table.
    pub(crate) what: &'static str,
    build: fn(&Workshop) -> Result<Built, NotMeasured>,
}

/// The peers that are Lambda functions; [`ExpressPg`] is the one that is not.
pub(crate) const FUNCTIONS: [Peer; 3] = [
    Peer {
        name: "textbook-rust",
        what: "Rust, lambda_http and the SDK's defaults",
        build: functions::textbook_rust,
    },
    Peer {
        name: "node",
        what: "Node, AWS SDK v3 bundled by esbuild",
        build: functions::node,
    },
    Peer {
        name: "python",
        what: "Python, boto3",
        build: functions::python,
    },
];

impl Peer {
    /// Builds it into `target/bench-peers/<name>` unless it is up to date, with
    /// progress on standard error.
    pub(crate) fn build(&self) -> Result<Built, NotMeasured> {
        (self.build)(&Workshop::of(self.name))
    }
}

#[cfg(test)]
mod tests;
