//! One person's profile, preferences and subscriptions in one read, and the change of
//! preferences.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use crate::domain::{Preferences, PreferencesChange, Subscription, User, UserId};
use crate::host::clock::Deadline;
use crate::store::client::attempts::Attempts;
use crate::store::client::work::{Kind, WITH_CAPACITY};
use crate::store::schema::item::key_of;
use crate::store::schema::items::{SCHEMA_VERSION, key_attributes, read};
use crate::store::schema::keys::{self, KeyKind, Table};
use crate::store::schema::records::{Record, is_tombstone};
use crate::store::{Store, StoreError};

/// What the users table holds of one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The profile, after sign-up.
    pub user: Option<User>,
    /// The preferences, after the first change.
    pub preferences: Option<Preferences>,
    /// All subscriptions, including ended ones.
    pub subscriptions: Vec<Subscription>,
    /// Whether the person was erased; then only subscriptions are left.
    pub erased: bool,
}

impl Person {
    /// Whether the person exists: has signed up or subscribed, and was not erased.
    pub fn is_known(&self) -> bool {
        !self.erased && (self.user.is_some() || !self.subscriptions.is_empty())
    }
}

impl Store {
    /// Loads a person with one strongly consistent query, so that a change shows at
    /// once.
    pub async fn load_person(&self, user_id: &UserId) -> Result<Person, StoreError> {
        let pk = keys::profile(user_id).pk;
        let mut person = Person::default();
        for item in self.query_partition(Table::Users, &pk, "").await? {
            let key = key_of(Table::Users, &item);
            match key.kind() {
                Some(KeyKind::Profile) if is_tombstone(&item) => person.erased = true,
                Some(KeyKind::Profile) => person.user = Some(read(&key, User::ENTITY, item)?),
                Some(KeyKind::Preferences) => {
                    person.preferences = Some(read(&key, Preferences::ENTITY, item)?);
                }
                Some(KeyKind::Subscription) => {
                    let subscription = read(&key, Subscription::ENTITY, item)?;
                    person.subscriptions.push(subscription);
                }
                _ => {}
            }
        }
        Ok(person)
    }

    /// A person's preferences, or the defaults.
    pub async fn load_preferences(&self, user_id: &UserId) -> Result<Preferences, StoreError> {
        let stored = self.load(&keys::preferences(user_id)).await?;
        Ok(stored.unwrap_or_else(|| Preferences::default_of(user_id.clone())))
    }

    /// Changes preferences in one write and returns all of them. The change is
    /// idempotent, so a lost reply is simply retried.
    pub async fn change_preferences(
        &self,
        user_id: &UserId,
        change: &PreferencesChange,
        deadline: Deadline,
    ) -> Result<Preferences, StoreError> {
        let key = keys::preferences(user_id);
        let assignments = assignments(user_id, change);
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
                "attribute_not_exists(schema_version) OR schema_version <= :schema_version",
            )
            .return_values(ReturnValue::AllNew)
            .return_consumed_capacity(WITH_CAPACITY);
        for (name, value) in assignments {
            request = request.expression_attribute_values(format!(":{name}"), value);
        }
        let output = Attempts::until(deadline)
            .until_answered(self, || request.clone().send())
            .await?;
        self.work.consumed(Kind::Write, output.consumed_capacity());
        let item = output.attributes.unwrap_or_default();
        Ok(read(&key, Preferences::ENTITY, item)?)
    }
}

/// The assignments of a change, and the stamp in case the item is new.
fn assignments(
    user_id: &UserId,
    change: &PreferencesChange,
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
    let numbers = [
        ("max_tokens", change.max_tokens),
        ("temperature_hundredths", change.temperature_hundredths),
    ];
    for (name, value) in numbers {
        set.extend(value.map(|value| (name, number(value))));
    }
    set
}
