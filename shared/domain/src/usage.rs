//! What a charge was for: the model, the kind of call and its tokens.

use serde::{Deserialize, Serialize};

/// The kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// A text is continued.
    Completion,
    /// A conversation is answered.
    Chat,
    /// A text is turned into numbers.
    Embedding,
    /// A tool is called.
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

/// What a charge was for, as far as the caller said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// The model, by its id.
    pub model_id: Option<String>,
    /// The kind of call.
    pub operation: Option<Operation>,
    /// Tokens read.
    pub input_tokens: Option<u32>,
    /// Tokens written.
    pub output_tokens: Option<u32>,
}
