//! The one error of reading a deployment.
//! Every message names the file, the path inside it and what to do there.

use std::fmt::Display;

/// Why a template cannot be served locally.
#[derive(Debug, thiserror::Error)]
pub enum DeploymentError {
    /// The file is not there or not text.
    #[error("{file}: cannot be read ({source}): check the path")]
    Unreadable {
        /// The template as it was named.
        file: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file is there but no YAML that can be followed.
    #[error("{file}: is not usable YAML: {problem}")]
    NotYaml {
        /// The template as it was named.
        file: String,
        /// What the parser said, with its line.
        problem: String,
    },
    /// A part of the template that the local world does not understand.
    #[error("{file}: {path}: {problem}")]
    NotUnderstood {
        /// The template as it was named.
        file: String,
        /// Where in the template, keys joined by dots.
        path: String,
        /// What is wrong there and what would be right.
        problem: String,
    },
}

impl DeploymentError {
    pub(super) fn at(file: &str, path: impl Display, problem: impl Into<String>) -> Self {
        Self::NotUnderstood {
            file: file.to_owned(),
            path: path.to_string(),
            problem: problem.into(),
        }
    }
}
