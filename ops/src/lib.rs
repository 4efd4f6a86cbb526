//! The operator's tool `creditsctl` as a library: [`run`] takes a command line
//! and returns the exit code.

mod account;
mod act;
mod claim;
mod command;
mod context;
mod ending;
mod event;
mod explain;
mod finding;
pub mod import;
mod migrate;
mod parked;
mod verify;

pub use command::run;
