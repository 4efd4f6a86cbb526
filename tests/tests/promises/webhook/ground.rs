//! A ground to settle events on: an empty database with the tables of the
//! template, and a catalogue that is remembered as a warm process remembers it.
//! It costs a few milliseconds, so that a test can have thousands.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use dynoxide::actions::put_item::PutItemRequest;
use dynoxide::actions::scan::ScanRequest;
use dynoxide::{Database, Item};
use local::deployment::{Deployment, TableDefinition};
use local::dynamodb::{InProcessDynamoDb, create_tables};
use seeds::SeedData;
use shared::domain::billing::{BillingEvent, EventOutcome};
use shared::domain::{CreditAccount, CreditsView, Price, Timestamp, view};
use shared::host::clock::Deadline;
use shared::host::entropy::Entropy;
use shared::store::{
    CatalogueCache, CommitError, Committed, Consistency, SettleError, SettleRequest, Settled,
    Store, TableNames,
};
use tests::{a_charge, at, commit, user};

/// When everything is settled: a few days after the stories begin.
pub(crate) const SETTLED_AT: &str = "2025-11-10T00:00:00Z";

/// Pauses are drawn from this: there are none, so that nothing depends on chance.
#[derive(Debug)]
struct NoPauses;

impl Entropy for NoPauses {
    fn bytes(&self) -> [u8; 16] {
        [0; 16]
    }
}

fn definitions() -> &'static [TableDefinition] {
    static TABLES: OnceLock<Vec<TableDefinition>> = OnceLock::new();
    TABLES.get_or_init(|| {
        let template = local::WorldOptions::default().template;
        let issuer = [("Issuer".to_string(), "http://issuer".to_string())].into();
        Deployment::read(&template, &issuer).unwrap().tables
    })
}

/// The prices of the seeds.
pub(crate) fn prices() -> Vec<Price> {
    SeedData::read().unwrap().prices
}

/// A database, its tables, and what a process remembers of the catalogue.
pub(crate) struct Ground {
    database: Database,
    pub(crate) catalogue: CatalogueCache,
}

impl Ground {
    /// Tables without a single item. The catalogue is remembered from elsewhere.
    pub(crate) fn new(catalogue: &CatalogueCache) -> Self {
        let database = Database::memory().unwrap();
        create_tables(&database.clone().into(), definitions()).unwrap();
        Ground {
            database,
            catalogue: catalogue.clone(),
        }
    }

    /// Tables with these prices in them, and a process that has read none.
    pub(crate) async fn with(prices: &[Price]) -> Self {
        let ground = Ground::new(&CatalogueCache::default());
        let store = ground.store();
        for price in prices {
            store.create(price, deadline()).await.unwrap();
        }
        ground
    }

    /// The same tables and items once more: cheaper than settling again what
    /// led to them.
    pub(crate) fn copy(&self) -> Self {
        let copy = Ground::new(&self.catalogue);
        for table in ["users", "credits", "billing"] {
            for item in self.items(table) {
                let request = PutItemRequest {
                    table_name: table.into(),
                    item,
                    ..PutItemRequest::default()
                };
                copy.database.put_item(request).unwrap();
            }
        }
        copy
    }

    fn items(&self, table: &str) -> Vec<Item> {
        let request = ScanRequest {
            table_name: table.into(),
            ..ScanRequest::default()
        };
        let page = self.database.scan(request).unwrap();
        assert!(page.last_evaluated_key.is_none(), "{table} fills a page");
        page.items.unwrap_or_default()
    }

    /// A connection of its own, with its own meter and faults.
    pub(crate) fn connection(&self) -> InProcessDynamoDb {
        InProcessDynamoDb::new(self.database.clone())
    }

    /// A store on a connection of its own.
    pub(crate) fn store(&self) -> Store {
        store_on(&self.connection())
    }

    /// Settles an event from the beginning to the end.
    pub(crate) async fn settle(&self, event: &BillingEvent) -> Result<Settled, SettleError> {
        settle_on(&self.store(), &self.catalogue, event).await
    }

    /// Settles events one after the other and says what became of each.
    pub(crate) async fn settle_all(&self, events: &[BillingEvent]) -> Vec<EventOutcome> {
        let mut outcomes = Vec::new();
        for event in events {
            let settled = self.settle(event).await;
            outcomes.push(settled.unwrap().event.outcome);
        }
        outcomes
    }

    /// A user's account.
    pub(crate) async fn account(&self, id: &str) -> CreditAccount {
        let account = self.store();
        let account = account.load_account(&user(id), Consistency::Strong).await;
        account.unwrap()
    }

    /// What a user sees when everything is settled.
    pub(crate) async fn shown(&self, id: &str) -> CreditsView {
        view(&self.account(id).await, now()).unwrap()
    }
}

/// A catalogue as a warm process remembers it.
pub(crate) async fn remembered() -> CatalogueCache {
    let ground = Ground::with(&prices()).await;
    let known = ground.catalogue.prices(&ground.store(), now()).await;
    known.unwrap();
    ground.catalogue
}

pub(crate) fn now() -> Timestamp {
    at(SETTLED_AT)
}

/// Longer than anything takes here.
pub(crate) fn deadline() -> Deadline {
    Deadline::after(Duration::from_secs(20))
}

pub(crate) fn store_on(connection: &InProcessDynamoDb) -> Store {
    let tables = TableNames {
        users: "users".into(),
        credits: "credits".into(),
        billing: "billing".into(),
        notices: "notices".into(),
    };
    Store::new(connection.client(), tables, Arc::new(NoPauses))
}

pub(crate) async fn settle_on(
    store: &Store,
    catalogue: &CatalogueCache,
    event: &BillingEvent,
) -> Result<Settled, SettleError> {
    settle_until(store, catalogue, event, deadline()).await
}

pub(crate) async fn settle_until(
    store: &Store,
    catalogue: &CatalogueCache,
    event: &BillingEvent,
    deadline: Deadline,
) -> Result<Settled, SettleError> {
    let request = SettleRequest {
        event,
        terms: &shared::domain::billing::BillingTerms::default(),
        catalogue,
        now: now(),
        deadline,
    };
    store.settle(request).await
}

/// What a process comes to on a connection; none if it ends before, after so many requests.
pub(crate) async fn unless_cut<T: Send + 'static>(
    connection: &InProcessDynamoDb,
    requests: usize,
    work: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    let steps = connection.faults().step_by_step();
    let mut process = tokio::spawn(work);
    steps.let_pass(requests);
    let done = tokio::select! {
        biased;
        done = &mut process => Some(done.unwrap()),
        () = steps.arrived(requests + 1) => None,
    };
    process.abort();
    done
}

/// A charge as the inference service makes it.
pub(crate) async fn charge_on(
    store: &Store,
    id: &str,
    amount: &str,
) -> Result<Committed, CommitError> {
    commit(store, id, &a_charge(amount), now()).await
}
