//! The operator's tool `creditsctl`, as a library: [`run`] takes a command line
//! and gives the exit code.

mod command;
mod desk;
mod ending;
pub mod import;

pub use command::run;
