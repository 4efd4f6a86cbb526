//! The operator's tool `creditsctl` as a library: [`run`] takes a command line
//! and returns the exit code.

mod act;
mod command;
mod context;
mod ending;
mod erase;
mod event;
mod explain;
mod export;
mod finding;
pub mod import;
mod migrate;
mod parked;
mod reference;
mod verify;

pub use command::run;
