//! The change of a user's preferences. Who changes them for the first time comes into
//! being with it; who was erased or deactivated changes nothing.
//!
//! An erasure deletes the preferences in the transaction that puts the tombstone. So
//! preferences that are there belong to a user who was not erased, and a change that is
//! conditional on them needs no other condition.

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, ReturnValue, TransactWriteItem};

use crate::domain::{Preferences, PreferencesChange, SwitchedOn, Timestamp, User, UserId};
use crate::host::clock::Deadline;
use crate::store::client::attempts::{Attempts, LostRaces};
use crate::store::client::transaction::Transacted;
use crate::store::client::work::{Kind, WITH_CAPACITY};
use crate::store::schema::items::{SCHEMA_VERSION, key_attributes, read, stamp};
use crate::store::schema::keys;
use crate::store::schema::records::Record;
use crate::store::{Consistency, Person, Store, StoreError};

/// The outcome of a change of preferences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreferencesOutcome {
    /// All preferences as they are now.
    Changed(Preferences),
    /// The user is deactivated; nothing was written.
    Inactive,
    /// The user was erased; nothing was written.
    Erased,
}

/// Whose preferences may be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// An active user's; who is new is created.
    Active,
    /// Any user's who is there.
    Anybodys,
}

/// How a transaction that creates what is missing ended.
enum Begun {
    /// The preferences were created, as given.
    Created(Preferences),
    /// The user was created and had preferences, or others wrote meanwhile: look again.
    LookAgain,
    /// The user's account says that nothing may be written.
    Not(PreferencesOutcome),
}

impl Store {
    /// Changes preferences and returns all of them. Creates the user, known by the id
    /// alone, and the preferences if they are missing, in one transaction. Safe to
    /// repeat after any error.
    pub async fn change_preferences(
        &self,
        user_id: &UserId,
        change: &PreferencesChange,
        now: Timestamp,
        deadline: Deadline,
    ) -> Result<PreferencesOutcome, StoreError> {
        self.change_of(user_id, Whose::Active, change, now, deadline)
            .await
    }

    /// The same for who need not be active: a deactivated user may come back, and must
    /// not get then what was switched off. Nobody is created; who is not there counts as
    /// erased.
    pub async fn switch_off(
        &self,
        user_id: &UserId,
        change: &PreferencesChange,
        now: Timestamp,
        deadline: Deadline,
    ) -> Result<PreferencesOutcome, StoreError> {
        self.change_of(user_id, Whose::Anybodys, change, now, deadline)
            .await
    }

    async fn change_of(
        &self,
        user_id: &UserId,
        whose: Whose,
        change: &PreferencesChange,
        now: Timestamp,
        deadline: Deadline,
    ) -> Result<PreferencesOutcome, StoreError> {
        let must_be_active = whose == Whose::Active;
        let mut lost_races = LostRaces::default();
        loop {
            let person = self.load_person_alone(user_id).await?;
            if person.erased || (person.user.is_none() && !must_be_active) {
                return Ok(PreferencesOutcome::Erased);
            }
            if must_be_active && person.user.as_ref().is_some_and(|user| !user.active) {
                return Ok(PreferencesOutcome::Inactive);
            }
            if let (Some(_), Some(known)) = (&person.user, &person.preferences) {
                let switched_on = known.switched_on(change, now);
                let changed = self.update_preferences(user_id, change, switched_on, deadline);
                if let Some(preferences) = changed.await? {
                    return Ok(PreferencesOutcome::Changed(preferences));
                }
            } else {
                let begun = self.begin((user_id, whose), &person, change, now, deadline);
                match begun.await? {
                    Begun::Created(preferences) => {
                        return Ok(PreferencesOutcome::Changed(preferences));
                    }
                    Begun::Not(outcome) => return Ok(outcome),
                    Begun::LookAgain => {}
                }
            }
            if deadline.has_passed() {
                let text = "the preferences of a user keep changing".to_string();
                return Err(StoreError::Unavailable(text));
            }
            lost_races.another(self, deadline).await;
        }
    }

    /// Creates what is missing of a user's profile and preferences, if the user is
    /// neither erased nor deactivated.
    async fn begin(
        &self,
        (user_id, whose): (&UserId, Whose),
        person: &Person,
        change: &PreferencesChange,
        now: Timestamp,
        deadline: Deadline,
    ) -> Result<Begun, StoreError> {
        let mut parts = match &person.user {
            Some(_) => vec![self.check_profile(user_id, whose)?],
            None => {
                let mut parts = self.parts_of_stranger(user_id, now)?;
                parts.push(self.check_active_account(user_id)?);
                parts
            }
        };
        let preferences = Preferences::default_of(user_id.clone()).changed_by(change, now);
        let is_new = person.preferences.is_none();
        if is_new {
            let key = preferences.key();
            let item = stamp(&key, Preferences::ENTITY, &preferences)?;
            parts.push(self.put_new(&key, item)?);
        }
        match self.transact(&parts, None, deadline).await? {
            Transacted::Committed if is_new => Ok(Begun::Created(preferences)),
            Transacted::Committed => Ok(Begun::LookAgain),
            Transacted::Refused(_) if person.user.is_some() => Ok(Begun::LookAgain),
            Transacted::Refused(_) => self.who_may_not_begin(user_id).await,
        }
    }

    /// A user without a profile may be deactivated or erased by the account alone.
    async fn who_may_not_begin(&self, user_id: &UserId) -> Result<Begun, StoreError> {
        let account = self.load_account(user_id, Consistency::Strong).await?;
        Ok(if account.erased {
            Begun::Not(PreferencesOutcome::Erased)
        } else if !account.active {
            Begun::Not(PreferencesOutcome::Inactive)
        } else {
            Begun::LookAgain
        })
    }

    fn check_profile(
        &self,
        user_id: &UserId,
        whose: Whose,
    ) -> Result<TransactWriteItem, StoreError> {
        let check = ConditionCheck::builder()
            .expression_attribute_values(":user", AttributeValue::S(User::ENTITY.into()));
        let check = match whose {
            Whose::Active => check
                .condition_expression(
                    "entity = :user AND (attribute_not_exists(active) OR active = :yes)",
                )
                .expression_attribute_values(":yes", AttributeValue::Bool(true)),
            Whose::Anybodys => check.condition_expression("entity = :user"),
        };
        self.check(&keys::profile(user_id), check)
    }

    fn check_active_account(&self, user_id: &UserId) -> Result<TransactWriteItem, StoreError> {
        let check = ConditionCheck::builder()
            .condition_expression("attribute_not_exists(pk) OR active = :yes")
            .expression_attribute_values(":yes", AttributeValue::Bool(true));
        self.check(&keys::account(user_id), check)
    }

    /// Changes preferences that are there, in one write; none if they are not. The
    /// change is idempotent, so a lost reply is simply retried.
    async fn update_preferences(
        &self,
        user_id: &UserId,
        change: &PreferencesChange,
        switched_on: SwitchedOn,
        deadline: Deadline,
    ) -> Result<Option<Preferences>, StoreError> {
        let key = keys::preferences(user_id);
        let assignments = assignments(user_id, change, switched_on);
        let expression: Vec<String> = assignments
            .iter()
            .map(|(name, _)| format!("{name} = :{name}"))
            .collect();
        let mut request = self
            .client
            .update_item()
            .table_name(self.tables.name(key.table))
            .set_key(Some(key_attributes(&key)))
            .update_expression(format!("SET {}", expression.join(", ")))
            // An item of a newer release may give these names another meaning.
            .condition_expression(
                "attribute_exists(pk) AND \
                 (attribute_not_exists(schema_version) OR schema_version <= :schema_version)",
            )
            .return_values(ReturnValue::AllNew)
            .return_consumed_capacity(WITH_CAPACITY);
        for (name, value) in assignments {
            request = request.expression_attribute_values(format!(":{name}"), value);
        }
        let mut attempts = Attempts::until(deadline);
        let answered = attempts.until_answered(self, || {
            let request = request.clone();
            async move {
                match request.send().await {
                    Ok(output) => Ok(Some(output)),
                    // A failed condition is an answer: none.
                    Err(error) if error.code() == Some(CONDITION_FAILED) => Ok(None),
                    Err(error) => Err(error),
                }
            }
        });
        let Some(output) = answered.await? else {
            return Ok(None);
        };
        self.work.consumed(Kind::Write, output.consumed_capacity());
        let item = output.attributes.unwrap_or_default();
        Ok(Some(read(&key, Preferences::ENTITY, item)?))
    }
}

const CONDITION_FAILED: &str = "ConditionalCheckFailedException";

/// The assignments of a change, and the stamp in case the item is new.
fn assignments(
    user_id: &UserId,
    change: &PreferencesChange,
    switched_on: SwitchedOn,
) -> Vec<(&'static str, AttributeValue)> {
    let text = |value: &str| AttributeValue::S(value.to_string());
    let number = |value: u32| AttributeValue::N(value.to_string());
    let mut set = vec![
        ("entity", text(Preferences::ENTITY)),
        ("schema_version", number(SCHEMA_VERSION)),
        ("user_id", text(user_id.as_str())),
    ];
    if let Some(model) = &change.default_model {
        let value = match model {
            Some(model) => text(model),
            None => AttributeValue::Null(true),
        };
        set.push(("default_model", value));
    }
    let flags = [
        ("email_notifications", change.email_notifications),
        ("usage_alerts", change.usage_alerts),
        ("enable_streaming", change.enable_streaming),
    ];
    for (name, flag) in flags {
        set.extend(flag.map(|flag| (name, AttributeValue::Bool(flag))));
    }
    let moments = [
        ("email_notifications_since", switched_on.email_notifications),
        ("usage_alerts_since", switched_on.usage_alerts),
    ];
    for (name, moment) in moments {
        set.extend(moment.map(|moment| (name, text(&moment.to_string()))));
    }
    let numbers = [
        ("max_tokens", change.max_tokens),
        ("temperature_hundredths", change.temperature_hundredths),
    ];
    for (name, value) in numbers {
        set.extend(value.map(|value| (name, number(value))));
    }
    set
}
