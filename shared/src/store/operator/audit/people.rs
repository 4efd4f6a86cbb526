//! The audit of the users table: records under their own keys, claims whose owners have
//! what is claimed, and records that have their claims.

use serde::de::DeserializeOwned;

use super::Finding;
use super::attributes::{check_expiry, check_schema};
use super::plans::check_snapshots;
use crate::domain::rating::RateCard;
use crate::domain::{
    Model, OAuthClient, Preferences, Price, StripeCustomer, Subscription, User, UserId,
};
use crate::store::client::pages::Partition;
use crate::store::operator::cards::{CARD_REVISION, CardRevision};
use crate::store::operator::migration::{MIGRATION, MigrationRecord};
use crate::store::operator::releases::{RELEASE, ReleasedClaim};
use crate::store::schema::item::key_of;
use crate::store::schema::items::{Item, read};
use crate::store::schema::keys::{self, Key, KeyKind, Table};
use crate::store::schema::records::{
    CLAIM, Claim, MARK, Mark, Record, TOMBSTONE, Tombstone, is_tombstone,
};
use crate::store::{Consistency, Store, StoreError};

/// The attribute with a subscription's snapshots, if it came from Stripe.
const HISTORY: &str = "history";

impl Store {
    /// Checks one item of the users table and the items it needs.
    pub(super) async fn audit_users_item(&self, item: Item) -> Result<Vec<Finding>, StoreError> {
        let key = key_of(Table::Users, &item);
        let mut findings: Vec<Finding> = check_schema(&key, &item)
            .into_iter()
            .chain(check_expiry(&key, &item))
            .collect();
        let history = item.get(HISTORY).cloned();
        let more = match key.kind() {
            Some(KeyKind::Profile) if is_tombstone(&item) => {
                self.check_tombstone(&key, item).await?
            }
            Some(KeyKind::Profile) => match parse::<User>(&key, item) {
                Ok(user) => self.check_record(&key, &user).await?,
                Err(finding) => vec![finding],
            },
            Some(KeyKind::Preferences) => match parse::<Preferences>(&key, item) {
                Ok(preferences) => self.check_record(&key, &preferences).await?,
                Err(finding) => vec![finding],
            },
            Some(KeyKind::Subscription) => match parse::<Subscription>(&key, item) {
                Ok(record) => {
                    let mut found = self.check_record(&key, &record).await?;
                    if let Some(history) = history {
                        found.extend(check_snapshots(&key, &record, history));
                        found.extend(self.check_plan(&key, &record).await?);
                    }
                    found
                }
                Err(finding) => vec![finding],
            },
            Some(KeyKind::Customer) => match parse::<StripeCustomer>(&key, item) {
                Ok(customer) => self.check_customer(&key, &customer).await?,
                Err(finding) => vec![finding],
            },
            Some(KeyKind::OAuthClient) => self.check_parsed::<OAuthClient>(&key, item).await?,
            Some(KeyKind::Model) => self.check_parsed::<Model>(&key, item).await?,
            Some(KeyKind::RateCard) => self.check_parsed::<RateCard>(&key, item).await?,
            Some(KeyKind::CardRevision) => check_card_revision(&key, item),
            Some(KeyKind::Price) => self.check_parsed::<Price>(&key, item).await?,
            Some(KeyKind::PaymentLink) => of_entity::<Mark>(&key, MARK, item),
            Some(KeyKind::Migration) => of_entity::<MigrationRecord>(&key, MIGRATION, item),
            Some(KeyKind::ReleasedClaim) => of_entity::<ReleasedClaim>(&key, RELEASE, item),
            Some(
                kind @ (KeyKind::EmailClaim | KeyKind::CustomerClaim | KeyKind::SubscriptionClaim),
            ) => self.check_claim(&key, kind, item).await?,
            _ => vec![Finding::new(&key, "nothing writes an item of such a key")],
        };
        findings.extend(more);
        Ok(findings)
    }

    /// An erased user has nothing that tells who they are, and may not spend.
    async fn check_tombstone(&self, key: &Key, item: Item) -> Result<Vec<Finding>, StoreError> {
        let Tombstone { user_id } = match read(key, TOMBSTONE, item) {
            Ok(tombstone) => tombstone,
            Err(damage) => return Ok(vec![Finding::new(key, damage.problem())]),
        };
        if keys::profile(&user_id) != *key {
            let problem = format!("it is the tombstone of {user_id}");
            return Ok(vec![Finding::new(key, problem)]);
        }
        let mut findings = Vec::new();
        let preferences = keys::preferences(&user_id);
        if self.get(&preferences, Consistency::Strong).await?.is_some() {
            findings.push(Finding::new(&preferences, "its user was erased"));
        }
        match self.load_account(&user_id, Consistency::Strong).await {
            Ok(account) if account.erased => {}
            Ok(_) => findings.push(Finding::new(key, "its account was not erased")),
            // Reported where the account itself is checked.
            Err(StoreError::Damaged(_)) => {}
            Err(error) => return Err(error),
        }
        Ok(findings)
    }

    /// The customer under whom a user buys is no other user's: what they pay for would be
    /// granted to that one. While events wait for it, it may be claimed by nobody.
    async fn check_customer(
        &self,
        key: &Key,
        customer: &StripeCustomer,
    ) -> Result<Vec<Finding>, StoreError> {
        let mut findings = self.check_record(key, customer).await?;
        let claim = keys::stripe_customer_claim(customer.customer_id.as_str());
        match self.load_claim(&claim).await {
            Ok(Some(owner)) if owner != customer.user_id => {
                let problem = format!("it names a customer that is {owner}'s, by {claim}");
                findings.push(Finding::new(key, problem));
            }
            // A damaged claim is reported where it is checked itself.
            Ok(_) | Err(StoreError::Damaged(_)) => {}
            Err(error) => return Err(error),
        }
        Ok(findings)
    }

    async fn check_parsed<T: Record>(
        &self,
        key: &Key,
        item: Item,
    ) -> Result<Vec<Finding>, StoreError> {
        match parse::<T>(key, item) {
            Ok(record) => self.check_record(key, &record).await,
            Err(finding) => Ok(vec![finding]),
        }
    }

    /// A record must lie under its own key and have its claims and marks.
    async fn check_record<T: Record>(
        &self,
        key: &Key,
        record: &T,
    ) -> Result<Vec<Finding>, StoreError> {
        let mut findings = Vec::new();
        if record.key() != *key {
            let problem = format!("what it says belongs under {}", record.key());
            findings.push(Finding::new(key, problem));
            return Ok(findings);
        }
        let (owner, claims) = match record.claims() {
            Some((owner, claims)) => (Some(owner.clone()), claims),
            None => (None, Vec::new()),
        };
        for claim in &claims {
            let problem = match self.load_claim(claim).await {
                Ok(found) if found == owner => continue,
                Ok(Some(found)) => format!("it is {found}'s, and {key} needs it"),
                Ok(None) => format!("it is missing, and {key} needs it"),
                // Reported where the claim itself is checked.
                Err(StoreError::Damaged(_)) => continue,
                Err(error) => return Err(error),
            };
            findings.push(Finding::new(claim, problem));
        }
        for mark in record.marks() {
            if !self.has_mark(&mark).await? {
                let problem = format!("it is missing, and {key} needs it");
                findings.push(Finding::new(&mark, problem));
            }
        }
        Ok(findings)
    }

    /// A claim must point at an owner who has what is claimed.
    async fn check_claim(
        &self,
        key: &Key,
        kind: KeyKind,
        item: Item,
    ) -> Result<Vec<Finding>, StoreError> {
        let claim: Claim = match read(key, CLAIM, item) {
            Ok(claim) => claim,
            Err(damage) => return Ok(vec![Finding::new(key, damage.problem())]),
        };
        // What was deleted keeps its claim, so that later events find its user.
        if claim.deleted_at.is_some() {
            return Ok(Vec::new());
        }
        let owner = &claim.user_id;
        let is_email = kind == KeyKind::EmailClaim;
        let has_it = if is_email {
            self.has_email(owner, key).await?
        } else {
            // A customer or a subscription may be claimed before it has any item.
            self.is_known(owner).await?
        };
        if has_it {
            return Ok(Vec::new());
        }
        let problem = if is_email {
            format!("{owner} has it, and no profile with this address")
        } else {
            format!("{owner} has it, of whom nothing is known")
        };
        Ok(vec![Finding::new(key, problem)])
    }

    async fn has_email(&self, owner: &UserId, claim: &Key) -> Result<bool, StoreError> {
        match self.load::<User>(&keys::profile(owner)).await {
            Ok(Some(user)) => Ok(user.address().map(keys::email_claim).as_ref() == Some(claim)),
            Ok(None) => Ok(false),
            Err(StoreError::Damaged(_)) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Whether any table has an item of a user.
    pub async fn is_known(&self, user_id: &UserId) -> Result<bool, StoreError> {
        for (table, pk) in [
            (Table::Users, keys::profile(user_id).pk),
            (Table::Credits, keys::account(user_id).pk),
        ] {
            let any = Partition {
                table,
                pk: &pk,
                prefix: "",
                keys_only: true,
                seqs: None,
                limit: 1,
            };
            if !self.partition_page(&any, None).await?.items.is_empty() {
                return Ok(true);
            }
        }
        self.has_billing(user_id).await
    }
}

fn check_card_revision(key: &Key, item: Item) -> Vec<Finding> {
    match read::<CardRevision>(key, CARD_REVISION, item) {
        Ok(found) if keys::card_revision(&found.model_id) == *key => Vec::new(),
        Ok(found) => {
            let problem = format!("it is of the model {}", found.model_id);
            vec![Finding::new(key, problem)]
        }
        Err(damage) => vec![Finding::new(key, damage.problem())],
    }
}

fn parse<T: Record>(key: &Key, item: Item) -> Result<T, Finding> {
    read(key, T::ENTITY, item).map_err(|damage| Finding::new(key, damage.problem()))
}

fn of_entity<T: DeserializeOwned>(key: &Key, entity: &str, item: Item) -> Vec<Finding> {
    match read::<T>(key, entity, item) {
        Ok(_) => Vec::new(),
        Err(damage) => vec![Finding::new(key, damage.problem())],
    }
}
