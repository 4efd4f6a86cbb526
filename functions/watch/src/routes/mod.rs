//! This function has no HTTP route: a schedule calls it.
