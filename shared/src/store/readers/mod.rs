//! What routes read: accounts, ledgers, people and reference data. The rate counter is
//! the only item written here besides preferences.

pub(super) mod accounts;
pub(super) mod ledger;
pub(super) mod people;
pub(super) mod price;
pub(super) mod rate;
pub(super) mod recent;
pub(super) mod reference;
