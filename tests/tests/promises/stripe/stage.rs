//! A stage: tables, prices in them, and a store that settles events at one
//! fixed moment. What lies in the tables can be taken and put back, item by
//! item that differs, which costs a fraction of making the tables anew.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dynoxide::actions::delete_item::DeleteItemRequest;
use dynoxide::actions::put_item::PutItemRequest;
use dynoxide::actions::scan::ScanRequest;
use dynoxide::{AttributeValue, Database, Item};
use local::deployment::Deployment;
use local::dynamodb::{InProcessDynamoDb, create_tables};
use seeds::SeedData;
use shared::domain::Timestamp;
use shared::domain::billing::BillingEvent;
use shared::host::clock::Deadline;
use shared::host::entropy::Entropy;
use shared::store::{CatalogueCache, SettleError, SettleRequest, Settled, Store, TableNames};

use super::books::Books;
use super::meaning::{lots_of, meaning_of};

const READS: [&str; 4] = ["GetItem", "BatchGetItem", "TransactGetItems", "Query"];
const TABLES: [&str; 3] = ["users", "credits", "billing"];

/// Where an item lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) table: &'static str,
    pub(super) pk: String,
    pub(super) sk: String,
}

/// An item, and what it says apart from how often and in which order it was
/// written; nothing if it says nothing of the kind.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) item: Item,
    pub(super) meaning: Option<String>,
}

/// All items of all tables. Snapshots share what they have in common.
pub(super) type Snapshot = BTreeMap<Arc<Place>, Arc<Kept>>;

/// What the tables hold, and what that comes to.
#[derive(Clone)]
pub(super) struct Scene {
    pub(super) snapshot: Snapshot,
    /// What the ledgers come to.
    ledger: Arc<str>,
    /// A hash of the state; the text itself would fill the memory.
    pub(super) fingerprint: (u64, u64),
}

impl Scene {
    fn of(snapshot: Snapshot, ledger: String) -> Self {
        let mut scene = Scene {
            snapshot,
            ledger: ledger.into(),
            fingerprint: (0, 0),
        };
        let state = scene.state();
        let hash = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            (salt, &state).hash(&mut hasher);
            hasher.finish()
        };
        scene.fingerprint = (hash(1), hash(2));
        scene
    }

    /// What is compared with the ends of other orders.
    pub(super) fn state(&self) -> String {
        let mut state = String::new();
        for (place, kept) in &self.snapshot {
            let meaning = kept.meaning.as_ref();
            if let Some(meaning) = meaning.filter(|_| !self.is_recalled(place)) {
                let Place { table, pk, sk } = place.as_ref();
                state.push_str(&format!("{table} {pk}/{sk} {meaning}\n"));
            }
        }
        state + &self.ledger
    }

    /// Whether this is a past lot that came back to its account: it stays under
    /// its key until the lot leaves again, and nobody reads it meanwhile.
    fn is_recalled(&self, place: &Place) -> bool {
        let past = place.sk.strip_prefix("CREDIT#");
        let Some(lot) = past.and_then(|rest| rest.splitn(3, '#').nth(2)) else {
            return false;
        };
        let account = Place {
            sk: "ACCOUNT".into(),
            ..place.clone()
        };
        let lots = self.snapshot.get(&account).map(|kept| lots_of(&kept.item));
        lots.is_some_and(|lots| lots.iter().any(|known| known == lot))
    }
}

/// Pauses between retries draw nothing: nobody waits for another here.
#[derive(Debug)]
struct NoPause;

impl Entropy for NoPause {
    fn bytes(&self) -> [u8; 16] {
        [0; 16]
    }
}

/// A process that settles events; whatever it remembers ends with it.
pub(super) struct Process {
    pub(super) dynamodb: InProcessDynamoDb,
    pub(super) store: Store,
    catalogue: CatalogueCache,
    now: Timestamp,
}

impl Process {
    fn new(database: Database, now: Timestamp) -> Self {
        let dynamodb = InProcessDynamoDb::new(database);
        let tables = TableNames {
            users: "users".into(),
            credits: "credits".into(),
            billing: "billing".into(),
            notices: "notices".into(),
        };
        let store = Store::new(dynamodb.client(), tables, Arc::new(NoPause));
        Process {
            dynamodb,
            store,
            catalogue: CatalogueCache::default(),
            now,
        }
    }

    pub(super) async fn settle(&self, event: &BillingEvent) -> Result<Settled, SettleError> {
        let request = SettleRequest {
            event,
            terms: &shared::domain::billing::BillingTerms::default(),
            catalogue: &self.catalogue,
            now: self.now,
            deadline: Deadline::after(Duration::from_secs(60)),
        };
        self.store.settle(request).await
    }
}

/// Tables, and the process that is at work on them.
pub(super) struct Stage {
    database: Database,
    pub(super) process: Process,
    books: Books,
    /// What the tables hold, as far as is known.
    held: Snapshot,
    pub(super) now: Timestamp,
}

impl Stage {
    /// Empty tables but for the prices of the catalogue. All is settled at `now`.
    pub(super) async fn at(now: Timestamp) -> Self {
        let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("../template.yaml");
        let issuer = [("Issuer".to_owned(), "http://issuer".to_owned())].into();
        let deployment = Deployment::read(&template, &issuer).unwrap();
        let database = Database::memory().unwrap();
        create_tables(&database.clone().into(), &deployment.tables).unwrap();
        let process = Process::new(database.clone(), now);
        let deadline = Deadline::after(Duration::from_secs(60));
        for price in SeedData::read().unwrap().prices {
            process.store.create(&price, deadline).await.unwrap();
        }
        let mut stage = Stage {
            database,
            process,
            books: Books::default(),
            held: Snapshot::new(),
            now,
        };
        stage.held = stage.take();
        stage
    }

    /// Another process on the same tables, as after the first was killed.
    pub(super) fn new_process(&self) -> Process {
        Process::new(self.database.clone(), self.now)
    }

    /// Delivers an event, which has to be settled.
    pub(super) async fn deliver(&self, event: &BillingEvent) -> Settled {
        self.process.dynamodb.meter().reset();
        let settled = self.process.settle(event).await;
        settled.unwrap_or_else(|error| panic!("{} {}: {error}", event.id, event.event_type))
    }

    /// Whether the last delivery asked for anything but to read.
    pub(super) fn has_written(&self) -> bool {
        let asked = self.process.dynamodb.meter().snapshot().operations;
        asked
            .keys()
            .any(|operation| !READS.contains(&operation.as_str()))
    }

    /// What the tables hold now, once the books were found to be in order.
    pub(super) async fn scene(&mut self) -> Scene {
        self.held = self.take();
        let store = &self.process.store;
        let ledger = self.books.audit(store, &self.held, self.now).await;
        Scene::of(self.held.clone(), ledger)
    }

    /// What the tables held when they were last looked at.
    pub(super) fn held(&self) -> &Snapshot {
        &self.held
    }

    /// Whether the tables hold exactly this, to the last attribute.
    pub(super) fn holds(&mut self, snapshot: &Snapshot) -> bool {
        self.held = self.take();
        // What did not change since it was put back is the very same value.
        let same = |(one, other): (&Arc<Kept>, &Arc<Kept>)| Arc::ptr_eq(one, other);
        self.held.keys().eq(snapshot.keys()) && self.held.values().zip(snapshot.values()).all(same)
    }

    /// Puts the tables back to what they held.
    pub(super) fn restore(&mut self, snapshot: &Snapshot) {
        for place in self.held.keys() {
            if !snapshot.contains_key(place) {
                let request = DeleteItemRequest {
                    table_name: place.table.into(),
                    key: key_of(place),
                    ..DeleteItemRequest::default()
                };
                self.database.delete_item(request).unwrap();
            }
        }
        for (place, kept) in snapshot {
            let stands = self.held.get(place);
            if !stands.is_some_and(|stands| Arc::ptr_eq(stands, kept)) {
                let request = PutItemRequest {
                    table_name: place.table.into(),
                    item: kept.item.clone(),
                    ..PutItemRequest::default()
                };
                self.database.put_item(request).unwrap();
            }
        }
        self.held = snapshot.clone();
    }

    /// Reads all tables; what is as it was is shared with what was held before.
    fn take(&self) -> Snapshot {
        let mut snapshot = Snapshot::new();
        for table in TABLES {
            let request = ScanRequest {
                table_name: table.into(),
                ..ScanRequest::default()
            };
            let page = self.database.scan(request).unwrap();
            assert!(page.last_evaluated_key.is_none(), "{table} fills a page");
            for item in page.items.unwrap_or_default() {
                let (pk, sk) = (text_of(&item, "pk"), text_of(&item, "sk"));
                let place = Place { table, pk, sk };
                match self.held.get_key_value(&place) {
                    Some((known, kept)) if kept.item == item => {
                        snapshot.insert(known.clone(), kept.clone());
                    }
                    _ => {
                        let meaning = meaning_of(&place, &item);
                        let kept = Arc::new(Kept { item, meaning });
                        snapshot.insert(Arc::new(place), kept);
                    }
                }
            }
        }
        snapshot
    }
}

fn key_of(place: &Place) -> Item {
    let text = |text: &String| AttributeValue::S(text.clone());
    Item::from([
        ("pk".to_string(), text(&place.pk)),
        ("sk".to_string(), text(&place.sk)),
    ])
}

/// An attribute that is text.
pub(super) fn text_of(item: &Item, name: &str) -> String {
    match item.get(name) {
        Some(AttributeValue::S(text)) => text.clone(),
        other => panic!("{name} is {other:?}"),
    }
}
