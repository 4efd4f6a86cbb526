//! Whether a user may spend stands in the account, which decides, and in the profile,
//! which people read. An operator's command changes both in one transaction.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, TransactWriteItem, Update};

use crate::domain::{Decision, User, UserId, decide};
use crate::store::client::attempts::LostRaces;
use crate::store::commit::{CommittedWith, recognise};
use crate::store::schema::keys;
use crate::store::{CommitError, CommitRequest, Committed, Store, StoreError};

impl Store {
    /// Commits a command like [`Store::commit`], and with it sets in the user's profile,
    /// if there is one, whether the user is active. Safe to repeat after any error.
    pub async fn commit_with_status(
        &self,
        request: CommitRequest<'_>,
        active: bool,
    ) -> Result<Committed, CommitError> {
        let CommitRequest {
            user_id,
            command,
            guess: _,
            now,
            deadline,
        } = request;
        let mut lost_races = LostRaces::default();
        let mut sent: Option<Decision> = None;
        loop {
            let seen = self.load_account_with_entry(user_id, &command.key);
            let (account, entry) = seen.await?;
            match (entry, sent) {
                // The transaction was committed and its reply was lost.
                (Some(entry), Some(decision)) if entry.hash == decision.entry.hash => {
                    return Ok(Committed::Applied(Box::new(decision)));
                }
                (Some(entry), _) => return recognise(command, Box::new(entry)),
                (None, _) => {}
            }
            let decision = decide(&account, command, now)?;
            let status = self.put_status(user_id, active).await?;
            let written = self.commit_with(Some(&decision), vec![status], deadline);
            match written.await? {
                CommittedWith::Committed => {
                    return Ok(Committed::Applied(Box::new(decision)));
                }
                CommittedWith::EntryExists | CommittedWith::Moved => sent = Some(decision),
            }
            if deadline.has_passed() {
                return Err(CommitError::Contended);
            }
            lost_races.another(self, deadline).await;
        }
    }

    /// The write of the status into the profile, or a check that there still is none.
    async fn put_status(
        &self,
        user_id: &UserId,
        active: bool,
    ) -> Result<TransactWriteItem, StoreError> {
        let key = keys::profile(user_id);
        // A profile that cannot be read, or of a newer release, is not changed.
        if self.load::<User>(&key).await?.is_none() {
            let absent = ConditionCheck::builder().condition_expression("attribute_not_exists(pk)");
            return self.check(&key, absent);
        }
        let update = Update::builder()
            .update_expression("SET active = :active")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":active", AttributeValue::Bool(active));
        self.update(&key, update)
    }
}
