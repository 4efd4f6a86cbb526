//! Reference and demo data, and how it gets into the tables.
//!
//! The data lies in `data/*.toml`; [`SeedData`] reads it, [`apply`] writes
//! what is missing and reports every record what it found, [`verify`] only
//! looks. Nothing that is there already is changed.

mod apply;
mod command;
mod compare;
mod data;
mod expected;
mod report;
mod verify;

pub use apply::{ApplyError, apply};
pub use command::run;
pub use data::{
    SeedData, SeedDataError, SeedFreeCredits, SeedLot, SeedPreferences, SeedSubscription, SeedUser,
};
pub use report::{Finding, Line, Report};
pub use verify::{Verification, verify};
