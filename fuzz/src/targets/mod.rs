//! The targets, one file each.

pub(crate) mod answers;
pub(crate) mod bodies;
pub(crate) mod cards;
pub(crate) mod claims;
pub(crate) mod cursor;
pub(crate) mod event;
pub(crate) mod import;
pub(crate) mod planner;
pub(crate) mod signature;
