//! What a process gets from its machine: the time, randomness and the
//! environment, and where its log goes. Each stands in one place here and is
//! handed on as a value, so that everything else can be run again with the same
//! result.

pub mod clock;
pub mod entropy;
pub mod environment;
pub mod log;
pub mod sink;
