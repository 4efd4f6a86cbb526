//! What only operator tools do: audits, migrations, many commands in one transaction,
//! reading back. Of the functions `watch` alone enables the feature `operator`: it audits.

pub(super) mod audit;
pub(super) mod billing;
pub(super) mod cards;
pub(super) mod claims;
pub(super) mod create_all;
pub(super) mod declared;
pub(super) mod entries;
pub(super) mod erasure;
pub(super) mod export;
pub(super) mod migration;
pub(super) mod pages;
pub(super) mod people;
pub(super) mod read_back;
pub(super) mod rebuild;
pub(super) mod reference;
pub(super) mod releases;
pub(super) mod setting;
pub(super) mod totals;
pub(super) mod verify_pass;
pub(super) mod walk;
