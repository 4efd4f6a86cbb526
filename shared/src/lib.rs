//! What every function of the Dedicated API shares, in three layers that only
//! look downwards: [`domain`] (pure rules), [`store`] (DynamoDB) and [`http`]
//! (the edge). [`host`] is what a process gets from its machine: clock,
//! randomness and environment, each in one file and nowhere else.

pub use domain;

pub mod host;
pub mod http;
pub mod store;
