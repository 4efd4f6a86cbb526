//! Shared by the operator's tools: connecting to the tables, printing results,
//! showing progress, and stopping on request.

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
