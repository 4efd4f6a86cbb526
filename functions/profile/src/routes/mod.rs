//! The routes of the profile function, one file each: parse, load, decide, commit,
//! render. Rules are in `shared`.

pub(crate) mod get_models;
pub(crate) mod get_preferences;
pub(crate) mod get_profile;
pub(crate) mod get_unsubscribe;
pub(crate) mod get_user;
pub(crate) mod patch_preferences;
pub(crate) mod post_unsubscribe;
