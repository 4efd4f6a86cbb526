//! The operator's tool `creditsctl` as a library: [`run`] takes a command line
//! and returns the exit code.

mod act;
mod command;
mod context;
mod ending;
mod event;
mod explain;
mod finding;
pub mod import;
mod migrate;
mod parked;
mod stripe_args;
mod verify;

pub use command::{run, run_with};
