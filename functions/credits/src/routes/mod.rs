//! The routes of the credits function, one file each: parse, load, decide, commit,
//! render. Rules are in `shared`.

pub(crate) mod get_credits;
pub(crate) mod get_history;
pub(crate) mod get_usage;
pub(crate) mod get_user_credits;
pub(crate) mod post_charge;
pub(crate) mod post_charges_batch;
pub(crate) mod post_hold;
pub(crate) mod post_hold_commit;
pub(crate) mod post_hold_extend;
pub(crate) mod post_hold_release;
pub(crate) mod post_hold_report;
pub(crate) mod post_quotes;
