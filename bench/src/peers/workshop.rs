//! The folder that a peer is built in, and the build steps.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::zip::zip_bytes;

/// Why a peer is not measured, in a sentence that names what is missing.
#[derive(Debug)]
pub(crate) struct NotMeasured(String);

impl fmt::Display for NotMeasured {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for NotMeasured {}

/// A peer's sources and the folder they are built in.
pub(super) struct Workshop {
    pub(super) peer: &'static str,
    pub(super) sources: PathBuf,
    pub(super) built: PathBuf,
}

impl Workshop {
    pub(super) fn of(peer: &'static str) -> Self {
        let bench = Path::new(env!("CARGO_MANIFEST_DIR"));
        let workspace = bench.parent().unwrap_or(bench);
        Workshop {
            peer,
            sources: bench.join("peers").join(peer),
            built: workspace.join("target/bench-peers").join(peer),
        }
    }

    /// The error of this peer.
    pub(super) fn not_measured(&self, because: impl fmt::Display) -> NotMeasured {
        NotMeasured(format!("{because}: the {} peer is not measured", self.peer))
    }

    /// The error of a file.
    pub(super) fn file_error(&self, path: &Path, error: &io::Error) -> NotMeasured {
        self.not_measured(format!("{}: {error}", path.display()))
    }

    /// A tool's version; if the tool is missing, the error says how to get it.
    pub(super) fn version(&self, tool: &str, install: &str) -> Result<String, NotMeasured> {
        let output = Command::new(tool).arg("--version").output();
        let output = output.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                self.not_measured(format!("{tool} is not on PATH ({install})"))
            }
            _ => self.not_measured(format!("{tool} does not run: {error}")),
        })?;
        if !output.status.success() {
            return Err(self.not_measured(format!("{tool} --version ended with {}", output.status)));
        }
        let said = String::from_utf8_lossy(&output.stdout);
        Ok(said.trim().to_string())
    }

    /// Runs one step; its output goes to standard error.
    pub(super) fn step(&self, command: &mut Command) -> Result<(), NotMeasured> {
        let text = text_of(command);
        eprintln!("bench: {}: {text}", self.peer);
        let status = command
            .stdin(Stdio::null())
            .stdout(io::stderr())
            .status()
            .map_err(|error| self.not_measured(format!("{text} does not run: {error}")))?;
        if status.success() {
            Ok(())
        } else {
            Err(self.not_measured(format!("{text} ended with {status}, see above")))
        }
    }

    /// Copies these sources into an empty folder and builds them there, unless
    /// that was done with the same sources and tools.
    pub(super) fn build_once(
        &self,
        files: &[&str],
        tools: &str,
        build: impl FnOnce() -> Result<(), NotMeasured>,
    ) -> Result<(), NotMeasured> {
        let mut inputs = format!("{tools}\n");
        let mut contents = Vec::new();
        for file in files {
            let path = self.sources.join(file);
            let text = fs::read_to_string(&path).map_err(|error| self.file_error(&path, &error))?;
            inputs.push_str(&format!("== {file}\n{text}\n"));
            contents.push((file, text));
        }
        // The stamp contains all inputs, so a stale one cannot look fresh.
        let stamp = self.built.with_extension("built-from");
        if self.built.exists() {
            if fs::read_to_string(&stamp).is_ok_and(|before| before == inputs) {
                return Ok(());
            }
            self.done(fs::remove_dir_all(&self.built))?;
        }
        self.done(fs::create_dir_all(&self.built))?;
        for (file, text) in contents {
            self.done(fs::write(self.built.join(file), text))?;
        }
        build()?;
        self.done(fs::write(stamp, inputs))
    }

    /// The size of a folder as the zip to upload.
    pub(super) fn zip_bytes(&self, folder: &Path) -> Result<u64, NotMeasured> {
        zip_bytes(folder).map_err(|missing| self.not_measured(missing))
    }

    /// Runs a file operation on the build folder.
    pub(super) fn done<T>(&self, result: io::Result<T>) -> Result<T, NotMeasured> {
        result.map_err(|error| self.file_error(&self.built, &error))
    }
}

/// A command as one would type it.
fn text_of(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}
