//! What only operator tools do: audits, migrations, many commands in one transaction,
//! reading back. No function enables the feature `operator`.

pub(super) mod audit;
pub(super) mod billing;
pub(super) mod cards;
pub(super) mod claims;
pub(super) mod create_all;
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
pub(super) mod walk;
