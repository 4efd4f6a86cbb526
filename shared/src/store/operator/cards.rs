//! The rate cards of a model change one after the other: whoever adds one does so on the
//! revision at which they read the others. Without it, two operators could each add a card
//! that fits what they saw, and the two contradict each other: the model would have no card.

use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use serde::{Deserialize, Serialize};

use crate::store::client::transaction::put;
use crate::store::schema::items::{ItemError, read, stamp};
use crate::store::schema::keys;
use crate::store::{Consistency, Store, StoreError};

pub(in crate::store) const CARD_REVISION: &str = "CardRevision";

/// How often the rate cards of a model were changed. Cards of an installation have none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardRevision {
    /// The model.
    pub model_id: String,
    /// Counts from 1; 0 if no card was added yet.
    pub revision: u64,
}

impl CardRevision {
    /// The one after it.
    pub fn next(&self) -> CardRevision {
        CardRevision {
            model_id: self.model_id.clone(),
            revision: self.revision.saturating_add(1),
        }
    }
}

impl Store {
    /// The revision of a model's rate cards, read strongly: read it before the cards.
    pub async fn load_card_revision(&self, model_id: &str) -> Result<CardRevision, StoreError> {
        let key = keys::card_revision(model_id);
        let Some(item) = self.get(&key, Consistency::Strong).await? else {
            return Ok(CardRevision {
                model_id: model_id.to_string(),
                revision: 0,
            });
        };
        let found: CardRevision = read(&key, CARD_REVISION, item)?;
        if found.model_id != model_id {
            return Err(ItemError::new(&key, "it is of another model").into());
        }
        Ok(found)
    }

    /// The part of a transaction that makes the next revision of the one that was seen.
    pub(super) fn put_next_revision(
        &self,
        seen: &CardRevision,
    ) -> Result<TransactWriteItem, StoreError> {
        let key = keys::card_revision(&seen.model_id);
        let item = stamp(&key, CARD_REVISION, seen.next())?;
        let condition = match seen.revision {
            0 => Put::builder().condition_expression("attribute_not_exists(pk)"),
            seen => Put::builder()
                .condition_expression("revision = :seen")
                .expression_attribute_values(":seen", AttributeValue::N(seen.to_string())),
        };
        put(self.tables.name(key.table), condition, item)
    }
}
