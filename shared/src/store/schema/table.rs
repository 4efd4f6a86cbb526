//! The tables, their primary key and their indexes, as `infra/data.yaml` declares them.

/// The table that holds an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// People and reference data.
    Users,
    /// Accounts and their ledgers.
    Credits,
    /// Stripe's events and what follows from them.
    Billing,
    /// Endpoints and deliveries.
    Notices,
}

impl Table {
    /// All tables.
    pub const ALL: [Table; 4] = [Table::Users, Table::Credits, Table::Billing, Table::Notices];

    /// Its name in keys that are shown.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Table::Users => "users",
            Table::Credits => "credits",
            Table::Billing => "billing",
            Table::Notices => "notices",
        }
    }

    /// The environment variable that holds its name.
    pub const fn variable(self) -> &'static str {
        match self {
            Table::Users => "USERS_TABLE",
            Table::Credits => "CREDITS_TABLE",
            Table::Billing => "BILLING_TABLE",
            Table::Notices => "NOTICES_TABLE",
        }
    }
}

/// The attributes of every table's primary key: partition key, sort key.
pub const PRIMARY_KEY: [&str; 2] = ["pk", "sk"];

/// The attribute by which items of every table expire, in Unix seconds.
pub const EXPIRES_AT: &str = "expires_at";

/// The tables that have a stream of new images.
pub const STREAMED: [Table; 2] = [Table::Credits, Table::Notices];

/// A secondary index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Index {
    /// The table it belongs to.
    pub table: Table,
    /// Its name.
    pub name: &'static str,
    /// Its partition key and its sort key.
    pub keys: [&'static str; 2],
}

impl Index {
    const fn new(table: Table, name: &'static str, keys: [&'static str; 2]) -> Self {
        Index { table, name, keys }
    }
}

/// A user's ledger by time.
pub const ENTRIES_BY_TIME: Index =
    Index::new(Table::Credits, "entries-by-time", ["user_id", "at_seq"]);

/// Parked events of one shard by the time at which they were parked.
pub(crate) const PARKED_BY_SHARD: Index = Index::new(
    Table::Billing,
    "parked-by-shard",
    [PARKED_SHARD, "parked_at"],
);

/// The shard of a parked event, its place in the index; only parked events have one.
pub(crate) const PARKED_SHARD: &str = "parked_shard";

/// Deliveries of one shard of a recipient by the time of their entries.
pub(crate) const DELIVERIES_BY_SHARD: Index = Index::new(
    Table::Notices,
    "deliveries-by-shard",
    [RECIPIENT_SHARD, "sk"],
);

/// The shard of a delivery, its place in the index; only deliveries have one.
pub(crate) const RECIPIENT_SHARD: &str = "recipient_shard";

/// All indexes; `infra/data.yaml` declares the same.
pub const INDEXES: [Index; 4] = [
    ENTRIES_BY_TIME,
    DELIVERIES_BY_SHARD,
    PARKED_BY_SHARD,
    Index::new(Table::Billing, "billing-by-user", ["user_id", "pk"]),
];
