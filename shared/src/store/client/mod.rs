//! The DynamoDB client: connection, attempts and failures, pages, batches,
//! transactions, and the accounting of what they cost.

pub(super) mod attempts;
pub(super) mod batch;
pub(super) mod connect;
pub(super) mod failure;
pub(super) mod pages;
pub(super) mod read;
pub(super) mod shards;
pub(super) mod store;
pub(super) mod tables;
pub(super) mod transaction;
pub(super) mod work;
