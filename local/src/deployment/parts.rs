//! What a deployment consists of.

use std::collections::BTreeMap;

use super::policies::Statement;

/// One Lambda function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Name of its binary, which is also its package.
    pub name: String,
    /// The environment variables it is given.
    pub variables: BTreeMap<String, String>,
    /// How long one invocation may take, in seconds.
    pub timeout_seconds: u64,
    /// The ARN of the log group it writes to; none if it has none of its own.
    pub log_group: Option<String>,
    /// What its role allows it.
    pub statements: Vec<Statement>,
}

/// Configuration of the JWT authorizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorizer {
    /// The only accepted `iss`.
    pub issuer: String,
    /// Accepted `aud` values.
    pub audiences: Vec<String>,
}
