//! Our own functions, built as they are deployed.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::peers;

/// The functions that are measured.
pub(crate) const FUNCTIONS: [&str; 6] = [
    "credits",
    "notify",
    "profile",
    "stripe-webhook",
    "token",
    "billing",
];

/// The workspace's folder.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Builds them for release and returns their folder. Cargo prints progress.
pub(crate) async fn build() -> Result<PathBuf, String> {
    let target = workspace().join("target");
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--release", "--locked", "--target-dir"])
        .arg(&target)
        .current_dir(workspace());
    for function in FUNCTIONS {
        cargo.args(["-p", function]);
    }
    let status = cargo
        .status()
        .await
        .map_err(|error| format!("cargo: {error}"))?;
    if !status.success() {
        return Err("the functions do not build: see above".into());
    }
    Ok(target.join("release"))
}

/// Size in bytes of the archive for Lambda: only the program, under the name
/// that Lambda starts.
pub(crate) fn zip_bytes(program: &Path) -> Result<u64, String> {
    let name = program.file_name().unwrap_or_default();
    let folder = workspace().join("target/bench-functions").join(name);
    let copied = std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::copy(program, folder.join("bootstrap")));
    copied.map_err(|error| format!("{}: {error}", folder.display()))?;
    peers::zip_bytes(&folder)
}
