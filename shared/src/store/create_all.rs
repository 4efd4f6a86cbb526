//! Several records at once: a person's profile, choices and subscriptions with
//! all their claims in one transaction, if nothing of them is there yet.

use aws_sdk_dynamodb::types::TransactWriteItem;

use super::items::{Item, stamp};
use super::keys::Key;
use super::transaction::Transacted;
use super::users::Record;
use super::{Store, StoreError};
use crate::domain::{Digester, UserId};
use crate::host::clock::Deadline;

/// DynamoDB takes no more parts in one transaction.
const MOST_PARTS: usize = 100;

/// A token is no longer than this.
const TOKEN_DIGITS: usize = 36;

/// Records to be created together.
#[derive(Debug, Default)]
pub struct NewRecords {
    records: Vec<(Key, Item)>,
    claims: Vec<(Key, UserId)>,
    marks: Vec<Key>,
}

impl NewRecords {
    /// One more. What several of them claim for one owner is claimed once.
    pub fn add<T: Record>(&mut self, record: &T) -> Result<(), StoreError> {
        let key = record.key();
        let item = stamp(&key, T::ENTITY, record)?;
        self.records.push((key, item));
        if let Some((owner, claims)) = record.claims() {
            for claim in claims {
                if self.claims.iter().all(|(known, _)| *known != claim) {
                    self.claims.push((claim, owner.clone()));
                }
            }
        }
        for mark in record.marks() {
            if !self.marks.contains(&mark) {
                self.marks.push(mark);
            }
        }
        Ok(())
    }
}

impl Store {
    /// Creates all of them, or nothing and says `false`: something is there
    /// already, belongs to somebody else, or they are too many for one
    /// transaction. [`Store::create`] then tells for each what stands.
    pub async fn create_all(
        &self,
        new: &NewRecords,
        deadline: Deadline,
    ) -> Result<bool, StoreError> {
        let NewRecords {
            records,
            claims,
            marks,
        } = new;
        let number = records.len() + claims.len() + marks.len();
        if number == 0 {
            return Ok(true);
        }
        if number > MOST_PARTS {
            return Ok(false);
        }
        let mut parts: Vec<TransactWriteItem> = Vec::with_capacity(number);
        for (key, item) in records {
            parts.push(self.put_new(key, item.clone())?);
        }
        for (claim, owner) in claims {
            parts.push(self.put_claim(claim, owner)?);
        }
        for mark in marks {
            parts.push(self.put_mark(mark)?);
        }
        // Sent again after a lost reply it succeeds, so that what was created
        // here is not taken for something that was there.
        let mut digester = Digester::new("create-all/1");
        digester.bytes("entropy", &self.entropy.bytes());
        for (key, _) in records {
            digester.text("record", &key.to_string());
        }
        let digits = digester.finish().to_string();
        let token: String = digits.chars().take(TOKEN_DIGITS).collect();
        let transacted = self.transact(&parts, Some(token), deadline).await?;
        Ok(matches!(transacted, Transacted::Committed))
    }
}
