//! What the operator's tools have in common: reaching the tables, printing
//! results, showing progress, and ending when they are asked to.

mod columns;
mod connection;
mod output;
mod progress;
mod stop;

pub use columns::Columns;
pub use connection::{ConnectionArgs, ConnectionError};
pub use output::Output;
pub use progress::Progress;
pub use stop::{Interrupted, Stop};
