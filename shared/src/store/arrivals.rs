//! People who come into being by themselves: with their first sign-in, when they confirm
//! their address, or with their first change of preferences. An erased user never comes
//! back.
//!
//! These may come in any order, and not each of them says who somebody is. So whoever
//! introduces a user later adds what is not known yet, and changes nothing that is.

use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason, TransactWriteItem, Update};

use crate::domain::{Introduction, Redacted, Timestamp, User, UserId};
use crate::host::clock::Deadline;
use crate::store::client::attempts::{Attempts, LostRaces};
use crate::store::client::transaction::Transacted;
use crate::store::client::work::{Kind, WITH_CAPACITY};
use crate::store::records::Created;
use crate::store::schema::items::{SCHEMA_VERSION, key_attributes, read};
use crate::store::schema::keys;
use crate::store::schema::records::{Record, is_tombstone};
use crate::store::{Store, StoreError};

/// What became of a user who arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// Created by this call, as stored: without the address if it is another user's.
    Created(Box<User>),
    /// The user existed before, without the address or the name that this call added.
    Completed(Box<User>),
    /// The user existed before, and nothing was added.
    Existing(Box<User>),
    /// The user was erased, and nothing is created.
    Erased,
}

/// Whose the address is that a user would get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Address {
    /// Nobody's, as far as is known.
    Free,
    /// Another user's.
    Taken,
}

impl Store {
    /// Creates a user who does not exist yet, and claims their address. If that belongs to
    /// another user, this one is created without it: an address proves nothing about
    /// who owns an account. A user who exists gets what is missing.
    pub async fn arrive(&self, user: &User, deadline: Deadline) -> Result<Arrival, StoreError> {
        let mut arriving = user.clone();
        let mut created = self.create(&arriving, deadline).await?;
        if matches!(created, Created::Taken { .. }) {
            arriving.email = None;
            created = self.create(&arriving, deadline).await?;
        }
        match created {
            Created::New => Ok(Arrival::Created(Box::new(arriving))),
            Created::Existing(known) => {
                let introduction = Introduction {
                    email: user.email.clone(),
                    display_name: user.display_name.clone(),
                };
                let completing = self.complete(*known, &introduction, user.last_login_at, deadline);
                completing.await
            }
            Created::Erased => Ok(Arrival::Erased),
            Created::Taken { .. } => {
                let problem = "a user without claims met a claim";
                Err(StoreError::Rejected(problem.into()))
            }
        }
    }

    /// The parts of a transaction that creates a user of whom nothing but the id is
    /// known, if there is neither a profile nor a tombstone.
    pub(in crate::store) fn parts_of_stranger(
        &self,
        user_id: &UserId,
        now: Timestamp,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        self.parts_of_new(&User::known_by_id(user_id.clone(), now))
    }

    /// Adds the address and the name that a known user lacks, with the claim of the
    /// address, and notes a sign-in. What the user has stays, an address of another user
    /// is left out, and who was deactivated gets neither.
    pub async fn complete(
        &self,
        known: User,
        introduction: &Introduction,
        signed_in_at: Option<Timestamp>,
        deadline: Deadline,
    ) -> Result<Arrival, StoreError> {
        let (mut known, mut address) = (known, Address::Free);
        let mut lost_races = LostRaces::default();
        loop {
            let missing = missing(&known, introduction, address);
            if missing == Introduction::default() {
                if let Some(now) = signed_in_at {
                    self.note_sign_in(&known.user_id, now, deadline).await?;
                }
                return Ok(Arrival::Existing(Box::new(known)));
            }
            let parts = self.parts_of_completion(&known.user_id, &missing, signed_in_at)?;
            let key = known.key();
            match self.transact(&parts, None, deadline).await? {
                Transacted::Committed => {
                    known.email = missing.email.or(known.email);
                    known.display_name = missing.display_name.or(known.display_name);
                    known.last_login_at = signed_in_at.or(known.last_login_at);
                    return Ok(Arrival::Completed(Box::new(known)));
                }
                Transacted::Refused(reasons) => {
                    let profile = reasons.into_iter().next();
                    match profile.filter(is_of_condition).map(|reason| reason.item) {
                        // Only the claim is in the way.
                        None => address = Address::Taken,
                        Some(None) => {
                            let problem = "the profile of a user is gone".to_string();
                            return Err(StoreError::Rejected(problem));
                        }
                        Some(Some(item)) if is_tombstone(&item) => return Ok(Arrival::Erased),
                        Some(Some(item)) => known = read(&key, User::ENTITY, item)?,
                    }
                }
            }
            if deadline.has_passed() {
                let text = "the profile of a user keeps changing".to_string();
                return Err(StoreError::Unavailable(text));
            }
            lost_races.another(self, deadline).await;
        }
    }

    /// The parts of a transaction that adds to a profile: the profile first, if it is
    /// active and still lacks these, then the claim of the address.
    fn parts_of_completion(
        &self,
        user_id: &UserId,
        missing: &Introduction,
        signed_in_at: Option<Timestamp>,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let text = |value: &Redacted<String>| AttributeValue::S(value.expose().clone());
        let active = "(attribute_not_exists(active) OR active = :yes)";
        let (mut sets, mut conditions) = (Vec::new(), vec![OURS.to_string(), active.into()]);
        let mut update = Update::builder()
            .expression_attribute_values(":entity", AttributeValue::S(User::ENTITY.into()))
            .expression_attribute_values(":schema_version", schema_version())
            .expression_attribute_values(":yes", AttributeValue::Bool(true));
        let texts = [
            ("email", &missing.email),
            ("display_name", &missing.display_name),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                sets.push(format!("{name} = :{name}"));
                conditions.push(format!("attribute_not_exists({name})"));
                update = update.expression_attribute_values(format!(":{name}"), text(value));
            }
        }
        if let Some(now) = signed_in_at {
            sets.push("last_login_at = :now".into());
            let now = AttributeValue::S(now.to_string());
            update = update.expression_attribute_values(":now", now);
        }
        let update = update
            .update_expression(format!("SET {}", sets.join(", ")))
            .condition_expression(conditions.join(" AND "));
        let mut parts = vec![self.update(&keys::profile(user_id), update)?];
        if let Some(email) = &missing.email {
            parts.push(self.put_claim(&keys::email_claim(email.expose()), user_id)?);
        }
        Ok(parts)
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
            .condition_expression(OURS)
            .expression_attribute_values(":now", text(now.to_string()))
            .expression_attribute_values(":entity", text(User::ENTITY.to_string()))
            .expression_attribute_values(":schema_version", schema_version())
            .return_consumed_capacity(WITH_CAPACITY);
        let output = Attempts::until(deadline)
            .until_answered(self, || request.clone().send())
            .await?;
        self.work.consumed(Kind::Write, output.consumed_capacity());
        Ok(())
    }
}

/// A profile that may be written: neither a tombstone nor an item of a newer release.
const OURS: &str = "entity = :entity \
     AND (attribute_not_exists(schema_version) OR schema_version <= :schema_version)";

fn schema_version() -> AttributeValue {
    AttributeValue::N(SCHEMA_VERSION.to_string())
}

/// Whether a part of a transaction was refused by its own condition.
fn is_of_condition(reason: &CancellationReason) -> bool {
    reason.code() == Some("ConditionalCheckFailed")
}

/// What an introduction says that is not known of a user and may be added.
fn missing(known: &User, introduction: &Introduction, address: Address) -> Introduction {
    if !known.active {
        return Introduction::default();
    }
    let Introduction {
        email,
        display_name,
    } = introduction;
    let may_have = known.email.is_none() && address == Address::Free;
    Introduction {
        email: email.clone().filter(|_| may_have),
        display_name: display_name
            .clone()
            .filter(|_| known.display_name.is_none()),
    }
}
