//! What a process gets from its machine: the time, randomness and the
//! environment. Each is read in one file here and handed on as a value, so
//! that everything else can be run again with the same result.

pub mod clock;
pub mod entropy;
pub mod environment;
