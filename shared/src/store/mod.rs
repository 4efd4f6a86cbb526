//! DynamoDB: keys, items, reads and the single write path.
//!
//! [`Store`] is a concrete struct over the SDK client. Tests, the local world and AWS
//! run the same code; only the client's HTTP transport differs.
//!
//! ```text
//! operator            audits, migrations, records in bulk (feature `operator`)
//! billing             Stripe's events
//! notices             endpoints, deliveries, records of streams
//! arrivals,           people who come into being by themselves; what they change
//! preferences         themselves
//! checkouts           what is being sold at Stripe, and who a user is there
//! commit_all          several commands of one user in one transaction
//! commit, records     writing accounts; creating people and reference data
//! readers             accounts, ledger, people, reference data
//! client              connection, attempts, pages, batches, transactions
//! schema              keys, items, versions: pure
//! ```

mod arrivals;
mod billing;
mod checkouts;
mod client;
mod commit;
mod commit_all;
mod notices;
#[cfg(feature = "operator")]
mod operator;
mod preferences;
mod readers;
mod records;
mod schema;

pub use arrivals::Arrival;
pub use billing::{
    DrainRequest, Drained, KnownEvent, SettleError, SettleRequest, Settled, SettledEvent,
    UnreadableEvent, WaitingEvent, WaitingWalk,
};
pub use checkouts::{Claimed as CustomerClaimed, KnownCheckout};
pub use client::connect::{Connection, ring_http_client};
pub use client::failure::StoreError;
pub use client::pages::{Page, Segment, Wanted};
pub use client::read::Consistency;
pub use client::store::Store;
pub use client::tables::TableNames;
pub use client::work::{Work, WorkDone};
pub use commit::{CommitError, CommitRequest, Committed};
pub use commit_all::{CommitAllRequest, CommittedAll, Refused};
#[cfg(feature = "operator")]
pub use notices::DeliveriesWalk;
pub use notices::{LinkKeys, MailOfDay, StreamImage, StreamItem, delivery_key};
#[cfg(feature = "operator")]
pub use operator::{
    audit::{AuditSink, Audited, Finding, MAX_PAST_CREDITS, UserAudit},
    billing::{Assignment, EventDifference, OperatorPlan},
    cards::CardRevision,
    claims::{ClaimName, FoundClaim},
    create_all::NewRecords,
    declared::FoundTable,
    entries::EntriesPage,
    erasure::ErasedPage,
    export::ExportPart,
    migration::{MigrationRecord, MigrationState, Passed, PlannedClaims},
    people::{AtStripe, Claimed, OpenEvent, PeoplePage, PersonRow},
    read_back::{ExpectedRecord, FoundRecord},
    rebuild::{PlannedRebuild, Rebuild, Rebuilt},
    reference::{FieldChange, Replaced, Stored, StoredCard},
    releases::{DamagedClaim, ReleaseNote},
    totals::{HoldingRow, HoldingsPage},
    verify_pass::VerifyPass,
    walk::{ENTRIES_HELD, LedgerRow, LedgerWalk},
};
pub use preferences::PreferencesOutcome;
pub use readers::ledger::{Cursor, HistoryPage, IndexedEntry, LedgerLine, UsageError};
pub use readers::people::Person;
pub use readers::price::SinglePrices;
pub use readers::rate::RateCount;
pub use readers::recent::RecentAccounts;
pub use readers::reference::{CatalogueCache, ModelCache, ModelList, PriceCache};
pub use records::Created;
pub use schema::imported::{Cutover, ImportedBook, ImportedTrial};
pub use schema::item::{Item, SCHEMA_VERSION};
pub use schema::items::ItemError;
pub use schema::keys::{
    ENTRIES_BY_TIME, EXPIRES_AT, INDEXES, Index, Key, PRIMARY_KEY, STREAMED, Table,
};
pub use schema::limits::{MAX_ITEM_BYTES, MAX_PARTITION_KEY_BYTES, MAX_SORT_KEY_BYTES, TooLarge};
pub use schema::records::Record;
pub use schema::versions::{MIGRATIONS, Migration};
