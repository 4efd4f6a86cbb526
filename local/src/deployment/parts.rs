//! The parts of a deployment.

use std::collections::BTreeMap;

use super::policies::Statement;

/// One Lambda function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Name of its binary, which is also its package.
    pub name: String,
    /// Its environment variables.
    pub variables: BTreeMap<String, String>,
    /// Timeout of one invocation, in seconds.
    pub timeout_seconds: u64,
    /// The ARN of its own log group, if it has one.
    pub log_group: Option<String>,
    /// The filter patterns of the streams it is on, by the table.
    pub filters: BTreeMap<String, serde_json::Value>,
    /// What its role allows.
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
