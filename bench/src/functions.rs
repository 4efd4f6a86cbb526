//! Our own functions, built as they are deployed.

use std::path::{Path, PathBuf};

use tokio::process::Command;

/// The functions that are measured.
pub(crate) const FUNCTIONS: [&str; 3] = ["credits", "profile", "stripe-webhook"];

/// Where the workspace is.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Builds them for release; the folder they are in. Cargo tells its progress.
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

/// How large the archive is that Lambda is given, in bytes.
pub(crate) async fn zip_bytes(program: &Path) -> Result<u64, String> {
    const SCRIPT: &str = "import io, sys, zipfile\n\
        archive = io.BytesIO()\n\
        with zipfile.ZipFile(archive, 'w', zipfile.ZIP_DEFLATED, compresslevel=9) as z:\n    \
            z.write(sys.argv[1], 'bootstrap')\n\
        print(len(archive.getvalue()))";
    let output = Command::new("python3")
        .args(["-c", SCRIPT])
        .arg(program)
        .output()
        .await
        .map_err(|error| format!("python3 packs the archive: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    said.trim()
        .parse()
        .map_err(|_| format!("python3: {}", String::from_utf8_lossy(&output.stderr)))
}
