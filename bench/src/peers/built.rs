//! A peer that is built and can be started.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A function that can be started.
pub(crate) struct Built {
    /// Versions of what it runs on, for the table.
    pub(crate) versions: String,
    /// The bytes of the zip that would be uploaded.
    pub(crate) zip_bytes: u64,
    /// The program and its arguments. Besides its own `environment` it needs
    /// what Lambda sets for every function, including `AWS_DEFAULT_REGION`.
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    /// The folder it is started in.
    pub(crate) folder: PathBuf,
    /// The variable that names a PEM file of the authorities it trusts.
    pub(super) trust: &'static str,
    /// That file.
    pub(super) roots: PathBuf,
}

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

/// Where systems keep trusted CA certificates: Debian, Amazon Linux, BSD.
const SYSTEM_ROOTS: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];
