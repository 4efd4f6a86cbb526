//! The operator's tool `creditsctl` as a library: [`run`] takes a command line
//! and returns the exit code.

mod account;
mod act;
mod adjust;
mod claim;
mod command;
mod context;
mod doctor;
mod ending;
mod endpoint;
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
mod models;
mod notify;
mod parked;
mod redelivery;
mod reference;
mod stats;
mod stripe_args;
mod user;
mod verify;
mod with_stripe;

pub use command::{command_line, run, run_with};
