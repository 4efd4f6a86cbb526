//! The size of a folder as the zip to upload, packed with Python's `zipfile`,
//! as `sam package` does.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::{Command, Stdio};

/// Packs a folder's contents into a zip next to it and returns its bytes. The
/// error is a clause that names what is missing.
pub(crate) fn zip_bytes(folder: &Path) -> Result<u64, String> {
    let reported = |error: io::Error| match error.kind() {
        ErrorKind::NotFound => "python3 is not on PATH (its zipfile packs what is uploaded)".into(),
        _ => format!("python3 does not run: {error}"),
    };
    let archive = folder.with_extension("zip");
    let names = names_in(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let status = Command::new("python3")
        .args(["-m", "zipfile", "-c"])
        .arg(&archive)
        .args(names)
        .current_dir(folder)
        .stdin(Stdio::null())
        .status()
        .map_err(reported)?;
    if !status.success() {
        return Err(format!("python3 -m zipfile ended with {status}, see above"));
    }
    let packed = fs::metadata(&archive);
    let packed = packed.map_err(|error| format!("{}: {error}", archive.display()))?;
    Ok(packed.len())
}

/// In order, because a zip keeps it and a folder does not.
fn names_in(folder: &Path) -> io::Result<Vec<std::ffi::OsString>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name());
    }
    names.sort();
    Ok(names)
}
