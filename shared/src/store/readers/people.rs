//! One person's profile, preferences and subscriptions in one read.

use crate::domain::{Preferences, StripeCustomer, Subscription, User, UserId};
use crate::store::schema::item::key_of;
use crate::store::schema::items::read;
use crate::store::schema::keys::{self, KeyKind, Table};
use crate::store::schema::records::{Record, is_tombstone};
use crate::store::{Store, StoreError};

/// What the users table holds of one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The profile, after a sign-up or the first change of preferences.
    pub user: Option<User>,
    /// The preferences, once any were stored.
    pub preferences: Option<Preferences>,
    /// All subscriptions, including ended ones.
    pub subscriptions: Vec<Subscription>,
    /// The customer of Stripe's under whom they buy, once there is one.
    pub customer: Option<StripeCustomer>,
    /// Whether the person was erased; then only subscriptions are left.
    pub erased: bool,
}

impl Person {
    /// Whether the tables know the person: there is a profile or a subscription, and
    /// nobody erased them.
    pub fn is_known(&self) -> bool {
        !self.erased && (self.user.is_some() || !self.subscriptions.is_empty())
    }
}

impl Store {
    /// Loads a person with one strongly consistent query, so that a change shows at
    /// once.
    pub async fn load_person(&self, user_id: &UserId) -> Result<Person, StoreError> {
        self.load_person_under(user_id, "").await
    }

    /// The same without subscriptions.
    pub async fn load_person_alone(&self, user_id: &UserId) -> Result<Person, StoreError> {
        self.load_person_under(user_id, keys::PERSON_PREFIX).await
    }

    async fn load_person_under(
        &self,
        user_id: &UserId,
        prefix: &str,
    ) -> Result<Person, StoreError> {
        let pk = keys::profile(user_id).pk;
        let mut person = Person::default();
        for item in self.query_partition(Table::Users, &pk, prefix).await? {
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
                Some(KeyKind::Customer) => {
                    person.customer = Some(read(&key, StripeCustomer::ENTITY, item)?);
                }
                _ => {}
            }
        }
        Ok(person)
    }
}
