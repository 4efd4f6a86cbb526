//! Reference and demo data, and how to seed the tables with it.
//!
//! The data is in `data/*.toml`. [`SeedData`] reads it, [`apply`] creates
//! missing records and reports the state of every record, [`verify`] only
//! reads. Existing records are never changed.

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
