//! The error of reading a deployment. Every message names the file, the path
//! inside it and what to do.

use std::fmt::Display;

/// Why a template cannot be served locally.
#[derive(Debug, thiserror::Error)]
pub enum DeploymentError {
    /// The file is missing or is not text.
    #[error("{file}: cannot be read ({source}): check the path")]
    Unreadable {
        /// The template's path as given.
        file: String,
        /// The operating system's message.
        source: std::io::Error,
    },
    /// The file is not valid YAML.
    #[error("{file}: is not valid YAML: {problem}")]
    NotYaml {
        /// The template's path as given.
        file: String,
        /// The parser's message, with the line.
        problem: String,
    },
    /// A part of the template that the local world does not support.
    #[error("{file}: {path}: {problem}")]
    NotUnderstood {
        /// The template's path as given.
        file: String,
        /// Location in the template: keys joined by dots.
        path: String,
        /// What is wrong and how to fix it.
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
