//! The routes of the credits function, one file each.

pub(crate) mod get_credits;
