//! The operator's tool `creditsctl` as a library: [`run`] takes a command line
//! and returns the exit code.

mod act;
mod adjust;
mod command;
mod context;
mod ending;
mod erase;
mod event;
mod explain;
mod export;
mod finding;
mod grant;
mod hold;
pub mod import;
mod ledger;
mod migrate;
mod parked;
mod reference;
mod stats;
mod user;
mod verify;

pub use command::run;
