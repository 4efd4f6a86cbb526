//! What a process gets from its machine: time, randomness, environment and the log's
//! output. Each has one file here and is passed on as a value, so that everything else
//! is reproducible.

pub mod clock;
pub mod entropy;
pub mod environment;
pub mod log;
pub mod sink;
