//! What a call of a model used, by pool, and how the makers' own counts become that.
//!
//! Pools exclude each other: each token is in one of them. The makers count otherwise, so what one of them counts
//! inside something else is taken out of it here, once.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Tokens that a call used, each in one pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TokenUsage {
    /// Read, and neither from a cache nor into one, nor audio.
    #[serde(skip_serializing_if = "is_zero")]
    pub input: u32,
    /// Read from a cache.
    #[serde(skip_serializing_if = "is_zero")]
    pub cached_input: u32,
    /// Read and written into a cache.
    #[serde(skip_serializing_if = "is_zero")]
    pub cache_write: u32,
    /// Written, and neither reasoning nor audio.
    #[serde(skip_serializing_if = "is_zero")]
    pub output: u32,
    /// Written to reason.
    #[serde(skip_serializing_if = "is_zero")]
    pub reasoning: u32,
    /// Audio that was heard, and not from a cache.
    #[serde(skip_serializing_if = "is_zero")]
    pub input_audio: u32,
    /// Audio that was spoken.
    #[serde(skip_serializing_if = "is_zero")]
    pub output_audio: u32,
}

/// Why a maker's counts cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} {problem}")]
pub struct UsageError {
    /// The field, `prompt_tokens_details.cached_tokens`, or `usage` for all of it.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
}

impl TokenUsage {
    /// Of `usage` in an answer of OpenAI's chat completions or responses. Cached tokens, written ones and audio are
    /// inside the prompt, reasoning and audio inside the completion. Audio from a cache counts as cached.
    /// <https://platform.openai.com/docs/api-reference/chat/object>,
    /// <https://platform.openai.com/docs/api-reference/responses/object>
    pub fn of_openai(usage: &Value) -> Result<Self, UsageError> {
        let counts = Counts::of(usage)?;
        let is_of_responses = !counts.has("prompt_tokens") && counts.has("input_tokens");
        let (prompt, completion) = if is_of_responses {
            ("input_tokens", "output_tokens")
        } else {
            ("prompt_tokens", "completion_tokens")
        };
        let read = counts.required(prompt)?;
        let details = counts.object(&format!("{prompt}_details"))?;
        let audio = details.count("audio_tokens")?;
        details.without(read, prompt, "audio_tokens", audio)?;
        let cached_input = details.count("cached_tokens")?;
        let rest = details.without(read, prompt, "cached_tokens", cached_input)?;
        let cache_write = details.count("cache_write_tokens")?;
        let rest = details.without(rest, prompt, "cache_write_tokens", cache_write)?;
        let input_audio = audio.min(rest);

        // An embedding has no completion: then all of it is the prompt.
        let is_all = counts.has("total_tokens") && counts.count("total_tokens")? == read;
        let written = if is_all {
            counts.count(completion)?
        } else {
            counts.required(completion)?
        };
        let details = counts.object(&format!("{completion}_details"))?;
        let reasoning = details.count("reasoning_tokens")?;
        let rest_written = details.without(written, completion, "reasoning_tokens", reasoning)?;
        let output_audio = details.count("audio_tokens")?;
        Ok(TokenUsage {
            input: rest.saturating_sub(input_audio),
            cached_input,
            cache_write,
            output: details.without(rest_written, completion, "audio_tokens", output_audio)?,
            reasoning,
            input_audio,
            output_audio,
        })
    }

    /// Of `usage` in a message of Anthropic's. Cache reads and writes are apart from the input; thinking is inside the
    /// output and not counted by itself. Of a stream, give the counts of its last event and, where it lacks them, those
    /// of its first.
    /// <https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching>
    pub fn of_anthropic(usage: &Value) -> Result<Self, UsageError> {
        let counts = Counts::of(usage)?;
        Ok(TokenUsage {
            input: counts.required("input_tokens")?,
            cached_input: counts.count("cache_read_input_tokens")?,
            cache_write: counts.count("cache_creation_input_tokens")?,
            output: counts.required("output_tokens")?,
            ..TokenUsage::default()
        })
    }

    /// Of `usageMetadata` in an answer of Gemini's. Cached tokens are inside the prompt; thoughts and the prompts of
    /// tools are apart. Audio is taken from the details by modality.
    /// <https://ai.google.dev/api/generate-content#UsageMetadata>
    pub fn of_gemini(usage: &Value) -> Result<Self, UsageError> {
        let counts = Counts::of(usage)?;
        let prompt = "promptTokenCount";
        let read = counts.required(prompt)?;
        let audio = counts.audio("promptTokensDetails")?;
        counts.without(read, prompt, "promptTokensDetails", audio)?;
        let cached = "cachedContentTokenCount";
        let cached_input = counts.count(cached)?;
        let rest = counts.without(read, prompt, cached, cached_input)?;
        let cached_audio = counts.audio("cacheTokensDetails")?;
        counts.without(cached_input, cached, "cacheTokensDetails", cached_audio)?;
        let input_audio = audio.saturating_sub(cached_audio).min(rest);
        let tools = "toolUsePromptTokenCount";
        let input = rest
            .saturating_sub(input_audio)
            .checked_add(counts.count(tools)?);
        let candidates = "candidatesTokenCount";
        let written = counts.count(candidates)?;
        let output_audio = counts.audio("candidatesTokensDetails")?;
        let details = "candidatesTokensDetails";
        Ok(TokenUsage {
            input: input.ok_or_else(|| counts.error(tools, COUNT))?,
            cached_input,
            cache_write: 0,
            output: counts.without(written, candidates, details, output_audio)?,
            reasoning: counts.count("thoughtsTokenCount")?,
            input_audio,
            output_audio,
        })
    }
}

/// What every count must be.
const COUNT: &str = "must be an integer from 0 to 4294967295";
const OBJECT: &str = "must be an object";

/// An object of counts, and where it stands.
struct Counts<'a> {
    counts: Option<&'a Map<String, Value>>,
    path: String,
}

impl<'a> Counts<'a> {
    fn of(usage: &'a Value) -> Result<Self, UsageError> {
        let counts = Counts {
            counts: usage.as_object(),
            path: String::new(),
        };
        match counts.counts {
            Some(_) => Ok(counts),
            None => Err(counts.error("usage", OBJECT)),
        }
    }

    fn error(&self, name: &str, problem: &str) -> UsageError {
        UsageError {
            field: format!("{}{name}", self.path),
            problem: problem.to_string(),
        }
    }

    /// A value, unless it is missing or null.
    fn get(&self, name: &str) -> Option<&'a Value> {
        let value = self.counts.and_then(|counts| counts.get(name));
        value.filter(|value| !value.is_null())
    }

    fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A count; 0 if it is missing.
    fn count(&self, name: &str) -> Result<u32, UsageError> {
        let Some(value) = self.get(name) else {
            return Ok(0);
        };
        let count = value.as_u64().and_then(|count| u32::try_from(count).ok());
        count.ok_or_else(|| self.error(name, COUNT))
    }

    /// A count that is always there: without it the call would seem to cost nothing.
    fn required(&self, name: &str) -> Result<u32, UsageError> {
        if self.has(name) {
            self.count(name)
        } else {
            Err(self.error(name, "is missing"))
        }
    }

    /// An object of more counts; an empty one if it is missing.
    fn object(&self, name: &str) -> Result<Counts<'a>, UsageError> {
        let counts = match self.get(name) {
            Some(Value::Object(counts)) => Some(counts),
            Some(_) => return Err(self.error(name, OBJECT)),
            None => None,
        };
        Ok(Counts {
            counts,
            path: format!("{}{name}.", self.path),
        })
    }

    /// What is left of a whole without a part of it, which must not be above it.
    fn without(
        &self,
        whole: u32,
        whole_name: &str,
        part_name: &str,
        part: u32,
    ) -> Result<u32, UsageError> {
        let rest = whole.checked_sub(part);
        let problem = || format!("is above what {whole_name} has");
        rest.ok_or_else(|| self.error(part_name, &problem()))
    }

    /// The audio of a list of counts by modality.
    fn audio(&self, name: &str) -> Result<u32, UsageError> {
        let list = match self.get(name) {
            Some(Value::Array(list)) => list.as_slice(),
            Some(_) => return Err(self.error(name, "must be a list")),
            None => &[],
        };
        let mut sum = 0_u32;
        for (index, value) in list.iter().enumerate() {
            let here = format!("{name}[{index}]");
            let counts = Counts {
                counts: value.as_object(),
                path: format!("{}{here}.", self.path),
            };
            if counts.counts.is_none() {
                return Err(self.error(&here, OBJECT));
            }
            let count = counts.count("tokenCount")?;
            if counts.get("modality").and_then(Value::as_str) == Some("AUDIO") {
                let more = sum.checked_add(count);
                sum = more.ok_or_else(|| counts.error("tokenCount", COUNT))?;
            }
        }
        Ok(sum)
    }
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}
