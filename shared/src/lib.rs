//! What every function of the Dedicated API shares, in three layers whose imports run
//! one way: [`domain`] (pure rules), [`store`] (DynamoDB) and [`http`] (the edge).
//! [`host`] is what a process gets from its machine: clock, randomness and environment,
//! each read in one file only.

pub use domain;

pub mod host;
pub mod http;
pub mod store;
