//! The operator's tool `creditsctl` as a library: [`run`] takes a command line
//! and returns the exit code.

mod act;
mod adjust;
mod command;
mod context;
mod ending;
mod event;
mod explain;
mod finding;
mod grant;
mod hold;
pub mod import;
mod ledger;
mod migrate;
mod parked;
mod stats;
mod user;
mod verify;

pub use command::run;
