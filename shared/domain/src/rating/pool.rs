//! Pools: the kinds of tokens that are counted and priced apart.
//!
//! Pools exclude each other: a token is counted in one of them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A kind of token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Pool {
    /// Input that no cache had.
    Input,
    /// Input read from the maker's cache.
    CachedInput,
    /// Input written to the maker's cache.
    CacheWrite,
    /// Output that the caller sees.
    Output,
    /// Output spent on reasoning.
    Reasoning,
    /// Audio in.
    InputAudio,
    /// Audio out.
    OutputAudio,
}

/// A text that names no pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be input, cachedInput, cacheWrite, output, reasoning, inputAudio or outputAudio")]
pub struct ParsePoolError;

impl Pool {
    /// All pools, in order of declaration.
    pub const ALL: [Pool; 7] = [
        Pool::Input,
        Pool::CachedInput,
        Pool::CacheWrite,
        Pool::Output,
        Pool::Reasoning,
        Pool::InputAudio,
        Pool::OutputAudio,
    ];

    /// Its name in requests, answers, items and card files.
    pub fn as_str(self) -> &'static str {
        match self {
            Pool::Input => "input",
            Pool::CachedInput => "cachedInput",
            Pool::CacheWrite => "cacheWrite",
            Pool::Output => "output",
            Pool::Reasoning => "reasoning",
            Pool::InputAudio => "inputAudio",
            Pool::OutputAudio => "outputAudio",
        }
    }

    /// Whether its tokens are part of a call's context, whose length decides the tier.
    pub fn is_input(self) -> bool {
        match self {
            Pool::Input | Pool::CachedInput | Pool::CacheWrite | Pool::InputAudio => true,
            Pool::Output | Pool::Reasoning | Pool::OutputAudio => false,
        }
    }
}

impl fmt::Display for Pool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Pool {
    type Err = ParsePoolError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Pool::ALL.into_iter().find(|pool| pool.as_str() == text);
        named.ok_or(ParsePoolError)
    }
}
