//! The store: the DynamoDB client, the table names, and the counters of the work done.
//! It holds no state of its own beside these.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;

use super::tables::TableNames;
use super::work::Work;
use crate::host::entropy::SharedEntropy;

/// All access to the tables.
#[derive(Clone, Debug)]
pub struct Store {
    pub(in crate::store) client: Client,
    pub(in crate::store) tables: Arc<TableNames>,
    pub(in crate::store) entropy: SharedEntropy,
    pub(in crate::store) work: Work,
}

impl Store {
    /// A store on these tables. `entropy` provides the jitter of retries.
    pub fn new(client: Client, tables: TableNames, entropy: SharedEntropy) -> Self {
        Store {
            client,
            tables: Arc::new(tables),
            entropy,
            work: Work::default(),
        }
    }

    /// The same store with its counters at zero.
    #[must_use]
    pub fn for_one_request(&self) -> Self {
        Store {
            work: Work::default(),
            ..self.clone()
        }
    }

    /// The work this store has done.
    pub fn work(&self) -> &Work {
        &self.work
    }
}
