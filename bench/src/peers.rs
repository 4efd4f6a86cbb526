//! The peers: what the benchmark is held against, built from `bench/peers`
//! with the tools of this machine, and how each is started.
//!
//! A tool that is missing is no failure of the benchmark: it is an error that
//! names the tool and what is not measured without it.

mod balance;
mod express_pg;
mod functions;
mod owner;
mod postgres;
mod workshop;
mod zip;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub(crate) use balance::Balance;
pub(crate) use express_pg::{ExpressPg, Identity};
pub(crate) use workshop::NotMeasured;
pub(crate) use zip::zip_bytes;

use workshop::Workshop;

/// A function that is written as anyone would write it.
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
    /// Builds it into `target/bench-peers/<name>`, with progress on standard
    /// error; what is up to date is left as it is.
    pub(crate) fn build(&self) -> Result<Built, NotMeasured> {
        (self.build)(&Workshop::of(self.name))
    }
}

/// A function that can be started.
pub(crate) struct Built {
    /// Versions of what it runs on, for the table.
    pub(crate) versions: String,
    /// The bytes of the zip that would be uploaded.
    pub(crate) zip_bytes: u64,
    /// The program and what it is called with. Beside its own `environment` it
    /// wants what Lambda sets for every function, among it `AWS_DEFAULT_REGION`.
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    /// The folder it is started in.
    pub(crate) folder: PathBuf,
    /// The variable that names a PEM file of the authorities it trusts.
    trust: &'static str,
    /// That file.
    roots: PathBuf,
}

/// Where systems keep the authorities they trust: Debian, Amazon Linux, BSD.
const SYSTEM_ROOTS: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

impl Built {
    /// The variables that make it trust the authority in this PEM file, beside
    /// those of the system: reading all of them is a part of its start, and
    /// must not get cheaper because it is measured.
    pub(crate) fn environment(
        &self,
        authority: &Path,
    ) -> std::io::Result<Vec<(&'static str, OsString)>> {
        let system = SYSTEM_ROOTS
            .iter()
            .find_map(|file| std::fs::read(file).ok());
        let mut roots = system.unwrap_or_default();
        roots.push(b'\n');
        roots.extend(std::fs::read(authority)?);
        std::fs::write(&self.roots, roots)?;
        // A function's folder is read-only on Lambda; Python would write to it.
        let nothing_written = ("PYTHONDONTWRITEBYTECODE", "1".into());
        Ok(vec![
            (self.trust, self.roots.clone().into()),
            nothing_written,
        ])
    }
}

#[cfg(test)]
mod tests;
