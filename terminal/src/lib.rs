//! What the operator's tools have in common: reaching the tables, and printing
//! for people.

mod columns;
mod connection;

pub use columns::Columns;
pub use connection::{ConnectionArgs, ConnectionError};
