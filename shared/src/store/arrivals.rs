//! People who come into being by themselves: with their first sign-in, or when they
//! confirm their address. An erased user never comes back.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::domain::{Timestamp, User, UserId};
use crate::host::clock::Deadline;
use crate::store::client::attempts::Attempts;
use crate::store::client::work::{Kind, WITH_CAPACITY};
use crate::store::records::Created;
use crate::store::schema::items::{SCHEMA_VERSION, key_attributes};
use crate::store::schema::keys;
use crate::store::schema::records::Record;
use crate::store::{Store, StoreError};

/// What became of a user who arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Created by this call, as stored: without the address if it is another user's.
    Created(Box<User>),
    /// The user existed before; the existing record, unchanged.
    Existing(Box<User>),
    /// The user was erased, and nothing is created.
    Erased,
}

impl Store {
    /// Creates a user who does not exist yet, and claims the address. If that belongs to
    /// another user, this one is created without it: an address proves nothing about
    /// who owns an account.
    pub async fn arrive(&self, user: &User, deadline: Deadline) -> Result<Arrival, StoreError> {
        if let Some(arrival) = arrived(user, self.create(user, deadline).await?) {
            return Ok(arrival);
        }
        let nameless = User {
            email: None,
            ..user.clone()
        };
        let created = self.create(&nameless, deadline).await?;
        let claimless = || StoreError::Rejected("a user without claims met a claim".into());
        arrived(&nameless, created).ok_or_else(claimless)
    }

    /// Sets when a user last signed in. The profile must exist and not be erased.
    pub async fn note_sign_in(
        &self,
        user_id: &UserId,
        now: Timestamp,
        deadline: Deadline,
    ) -> Result<(), StoreError> {
        let key = keys::profile(user_id);
        let text = |value: String| AttributeValue::S(value);
        let request = self
            .client
            .update_item()
            .table_name(self.tables.name(key.table))
            .set_key(Some(key_attributes(&key)))
            .update_expression("SET last_login_at = :now")
            // Neither a tombstone nor an item of a newer release.
            .condition_expression("entity = :entity AND schema_version <= :schema_version")
            .expression_attribute_values(":now", text(now.to_string()))
            .expression_attribute_values(":entity", text(User::ENTITY.to_string()))
            .expression_attribute_values(
                ":schema_version",
                AttributeValue::N(SCHEMA_VERSION.to_string()),
            )
            .return_consumed_capacity(WITH_CAPACITY);
        let output = Attempts::until(deadline)
            .until_answered(self, || request.clone().send())
            .await?;
        self.work.consumed(Kind::Write, output.consumed_capacity());
        Ok(())
    }
}

/// The arrival; none if the address is another user's.
fn arrived(user: &User, created: Created<User>) -> Option<Arrival> {
    match created {
        Created::New => Some(Arrival::Created(Box::new(user.clone()))),
        Created::Existing(existing) => Some(Arrival::Existing(existing)),
        Created::Erased => Some(Arrival::Erased),
        Created::Taken { .. } => None,
    }
}
