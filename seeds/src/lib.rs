//! Reference and demo data, and how it gets into the tables.
//!
//! The data lies in `data/*.toml`; [`SeedData`] reads it, [`apply`] writes
//! what is missing and tells of every record what it found. Nothing that is
//! there already is changed.

mod apply;
mod connection;
mod data;
mod report;

pub use apply::{ApplyError, apply};
pub use connection::{ConnectionArgs, ConnectionError};
pub use data::{
    SeedData, SeedDataError, SeedFreeCredits, SeedLot, SeedPreferences, SeedSubscription, SeedUser,
};
pub use report::{Finding, Line, Report};
