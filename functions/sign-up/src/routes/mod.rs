//! This function has no HTTP route: the user pool calls it.
