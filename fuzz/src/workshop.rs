//! What a run needs on disk: the program for libFuzzer, and a folder for each target.

use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use fuzz::{Target, words};
use tokio::process::Command;

/// The folders of one target.
#[derive(Clone, Debug)]
pub(crate) struct Folders {
    /// Inputs that reached something new, kept from run to run.
    pub(crate) found: PathBuf,
    /// Inputs to begin with.
    pub(crate) seeds: PathBuf,
    /// Inputs to begin with that are committed.
    pub(crate) committed: PathBuf,
    /// Where a failing input is written.
    pub(crate) failed: PathBuf,
    /// The words that inputs are made of; none where the seeds are no JSON.
    pub(crate) dictionary: Option<PathBuf>,
}

/// The folder of this program's build: `target/sim`, or `target/debug`.
fn profile() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let folder = program.parent().map(Path::to_path_buf);
    folder.ok_or_else(|| Error::other("this program is in no folder"))
}

/// The place of everything: `target/sim/fuzzing`.
fn place() -> Result<PathBuf> {
    Ok(profile()?.join("fuzzing"))
}

/// The test that brings the program with it. Its dependencies have the features that
/// `cargo test --workspace` gives them, so that they are compiled once for both.
const TEST_OF_THE_PROGRAM: [&str; 5] = [
    "--workspace",
    "--features",
    "fuzz/libfuzzer",
    "--test",
    "command_line",
];

/// Builds the program for libFuzzer in the profile that this one was built in: our
/// packages instrumented, all others as they are.
pub(crate) async fn build() -> Result<PathBuf> {
    let profile = profile()?;
    let target = profile.parent().unwrap_or(&profile);
    // Cargo's folder of the profile `dev` has a name of its own.
    let name = profile.file_name().unwrap_or_default();
    let name = if name == "debug" {
        "dev".as_ref()
    } else {
        name
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut cargo = Command::new("cargo");
    cargo
        .args(["test", "--no-run", "--quiet", "--locked", "--profile"])
        .arg(name)
        .args(TEST_OF_THE_PROGRAM)
        .arg("--target-dir")
        .arg(target)
        .current_dir(root)
        .env("RUSTC_WORKSPACE_WRAPPER", root.join("instrumented.sh"))
        .stdin(Stdio::null());
    if !cargo.status().await?.success() {
        return Err(Error::other("the targets do not build: see above"));
    }
    // The next `cargo run` writes this program where that one is now.
    let place = place()?;
    std::fs::create_dir_all(&place)?;
    let program = place.join("targets");
    let built = profile.join("fuzz");
    // One that runs is replaced, not overwritten.
    let _ = std::fs::remove_file(&program);
    std::fs::copy(&built, &program)
        .map_err(|error| Error::other(format!("{}: {error}", built.display())))?;
    Ok(program)
}

impl Folders {
    /// The folders of a target, filled.
    pub(crate) fn of(target: &Target) -> Result<Self> {
        let own = place()?.join(target.name);
        let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
        let folders = Folders {
            found: own.join("found"),
            seeds: own.join("seeds"),
            committed: committed.join(target.name),
            failed: own.join("failed"),
            dictionary: None,
        };
        for folder in [&folders.found, &folders.seeds, &folders.failed] {
            std::fs::create_dir_all(folder)?;
        }
        let seeds = (target.seeds)();
        for (number, seed) in seeds.iter().enumerate() {
            std::fs::write(folders.seeds.join(format!("{number:04}")), seed)?;
        }
        let words = words(&seeds);
        if words.is_empty() {
            return Ok(folders);
        }
        let words = words.into_iter().map(|word| {
            let bytes = word.bytes().map(|byte| format!("\\x{byte:02x}"));
            format!("\"{}\"\n", bytes.collect::<String>())
        });
        let dictionary = own.join("words.dict");
        std::fs::write(&dictionary, words.collect::<String>())?;
        Ok(Folders {
            dictionary: Some(dictionary),
            ..folders
        })
    }
}
