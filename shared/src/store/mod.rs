//! DynamoDB: keys, items, reads and the one write path.
//!
//! [`Store`] is a concrete struct over the SDK's client. Tests, the local
//! world and AWS run this same code; only the client's HTTP transport differs.

mod accounts;
mod attempts;
mod audit;
mod batch;
mod billing;
mod commit;
mod commit_all;
mod connect;
mod create_all;
mod failure;
mod imported;
mod items;
mod keys;
mod ledger;
mod limits;
mod migration;
mod pages;
mod people;
mod rate;
mod read_back;
mod recent;
mod reference;
mod transaction;
mod users;
mod walk;
mod work;

use std::sync::Arc;

use aws_sdk_dynamodb::Client;

use crate::host::entropy::SharedEntropy;
use crate::host::environment::{VariableError, Variables};

pub use accounts::Consistency;
pub use audit::{AuditSink, Audited, Finding, MOST_PAST_CREDITS, UserAudit};
pub use billing::{
    Assignment, DrainRequest, Drained, KnownEvent, OperatorPlan, SettleError, SettleRequest,
    Settled, SettledEvent, UnreadableEvent, WaitingEvent, WaitingWalk,
};
pub use commit::{CommitError, CommitRequest, Committed};
pub use commit_all::{CommitAllRequest, CommittedAll, Refused};
pub use connect::{Connection, ring_http_client};
pub use create_all::NewRecords;
pub use failure::StoreError;
pub use imported::{Cutover, ImportedBook, ImportedTrial};
pub use items::{Item, ItemError, SCHEMA_VERSION};
pub use keys::{ENTRIES_BY_TIME, INDEXES, Index, Key, PRIMARY_KEY, Table};
pub use ledger::{Cursor, HistoryPage, IndexedEntry, LedgerLine, UsageError};
pub use limits::{MAX_ITEM_BYTES, MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES, TooLarge};
pub use migration::{
    MIGRATIONS, Migration, MigrationRecord, MigrationState, Passed, PlannedClaims,
};
pub use pages::{Page, Segment, Wanted};
pub use people::Person;
pub use rate::RateCount;
pub use read_back::{ExpectedRecord, FoundRecord};
pub use recent::RecentAccounts;
pub use reference::{CatalogueCache, ModelCache};
pub use users::{Created, Record};
pub use walk::{ENTRIES_HELD, LedgerRow, LedgerWalk};
pub use work::{Work, WorkDone};

/// What the three tables are called in this deployment.
#[derive(Clone, Debug)]
pub struct TableNames {
    /// People, subscriptions, preferences, claims and reference data.
    pub users: String,
    /// Accounts, ledger entries, past credits, rate counters.
    pub credits: String,
    /// What Stripe said.
    pub billing: String,
}

impl TableNames {
    /// From `USERS_TABLE`, `CREDITS_TABLE` and `BILLING_TABLE`. A function's
    /// template sets only those it may touch; `needed` lists them, and the
    /// others stay empty, so that a stray access fails at once.
    pub fn read(variables: &Variables, needed: &[Table]) -> Result<Self, VariableError> {
        let name = |table: Table| -> Result<String, VariableError> {
            if needed.contains(&table) {
                variables
                    .required(table.variable(), "the name of a DynamoDB table")
                    .map(str::to_string)
            } else {
                Ok(String::new())
            }
        };
        Ok(TableNames {
            users: name(Table::Users)?,
            credits: name(Table::Credits)?,
            billing: name(Table::Billing)?,
        })
    }

    /// The name of one of them.
    pub fn name(&self, table: Table) -> &str {
        match table {
            Table::Users => &self.users,
            Table::Credits => &self.credits,
            Table::Billing => &self.billing,
        }
    }
}

/// All access to the tables.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    tables: Arc<TableNames>,
    entropy: SharedEntropy,
    work: Work,
}

impl Store {
    /// A store on these tables. `entropy` spreads the pauses between retries.
    pub fn new(client: Client, tables: TableNames, entropy: SharedEntropy) -> Self {
        Store {
            client,
            tables: Arc::new(tables),
            entropy,
            work: Work::default(),
        }
    }

    /// The same store, which counts what it does from zero.
    #[must_use]
    pub fn for_one_request(&self) -> Self {
        Store {
            work: Work::default(),
            ..self.clone()
        }
    }

    /// What it has done.
    pub fn work(&self) -> &Work {
        &self.work
    }

    /// One cheap read, of the first of a function's tables, whose answer does not
    /// matter: it opens the connection while the sandbox starts, when the
    /// processor is not yet throttled.
    pub async fn warm_up(&self, tables: &[Table]) {
        let Some(first) = tables.first() else {
            return;
        };
        let key = keys::warm_up(*first);
        if let Err(failure) = self.get(&key, Consistency::Eventual).await {
            tracing::warn!(%failure, "the connection could not be opened ahead of time");
        }
    }
}
