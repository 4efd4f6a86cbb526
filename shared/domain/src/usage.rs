//! What credits were used for: the model, the kind of call, its tokens and the session.
//!
//! The ledger records it; no amount is computed from it. What an amount was rated by
//! stands beside it, in the entry's rating.

use serde::{Deserialize, Serialize};

use super::Erasable;

/// The kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Text completion.
    Completion,
    /// A chat answer.
    Chat,
    /// An embedding.
    Embedding,
    /// A tool call.
    FunctionCall,
}

impl Operation {
    /// Its name in items, requests, answers and digests.
    pub fn as_str(self) -> &'static str {
        match self {
            Operation::Completion => "completion",
            Operation::Chat => "chat",
            Operation::Embedding => "embedding",
            Operation::FunctionCall => "function_call",
        }
    }
}

/// What credits were used for, as far as the caller said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The model's id.
    pub model_id: Option<String>,
    /// The kind of call.
    pub operation: Option<Operation>,
    /// Input tokens.
    pub input_tokens: Option<u32>,
    /// Output tokens.
    pub output_tokens: Option<u32>,
    /// The caller's name for the conversation that the call is part of.
    pub session: Option<Erasable>,
}
