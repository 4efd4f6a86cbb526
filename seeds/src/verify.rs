//! Verifies the seeds: reads every record and every opening entry and compares
//! them with the data. A balance may have changed since; its opening entry may
//! not.

use std::fmt;

use shared::domain::rating::RateCard;
use shared::domain::{
    CreditAccount, Lot, OAuthClient, Preferences, Subscription, SubscriptionStatus, Timestamp,
    User, roll_forward,
};
use shared::store::{Consistency, Record, Store, StoreError};

use crate::apply::ApplyError;
use crate::compare::compare;
use crate::data::{SeedData, SeedUser};
use crate::expected::{
    figures_hash, opening_key, preferences_record, subscription_record, user_record,
};
use crate::report::{Finding, Report};

/// The result, for people and for scripts.
#[derive(Clone, Debug, Default)]
pub struct Verification {
    /// The contents of the tables, one line each under a heading.
    pub facts: Vec<(&'static str, String)>,
    /// The state of every record.
    pub report: Report,
}

/// Reads all seeded records. An unreadable record counts as a difference; only
/// a store that does not answer is an error.
pub async fn verify(
    store: &Store,
    data: &SeedData,
    now: Timestamp,
) -> Result<Verification, ApplyError> {
    let mut found = Verification::default();
    for client in &data.clients {
        let name = client.client_id.as_str();
        if let Some(client) = found.check(store, "client", name, client).await? {
            found.fact("OAuth clients", describe_client(&client));
        }
    }
    for model in &data.models {
        if let Some(model) = found.check(store, "model", &model.id, model).await? {
            let cost = model.credits_per_1k_tokens;
            let text = format!("{}: {}, {cost} credits per 1k tokens", model.id, model.name);
            found.fact("Models", text);
        }
    }
    for card in &data.cards {
        let id = card.id.as_str();
        if let Some(card) = found.check(store, "rate card", id, card).await? {
            found.fact("Rate cards", describe_card(&card));
        }
    }
    for price in &data.prices {
        if let Some(price) = found.check(store, "price", &price.price_id, price).await? {
            let text = format!(
                "{}: {}, {} credits",
                price.price_id, price.plan, price.credits
            );
            found.fact("Prices", text);
        }
    }
    for user in &data.users {
        found.check_user(store, user, now).await?;
    }
    for user in &data.users {
        found.check_credits(store, user, now).await?;
    }
    Ok(found)
}

impl Verification {
    fn fact(&mut self, heading: &'static str, text: String) {
        self.facts.push((heading, text));
    }

    async fn check_user(
        &mut self,
        store: &Store,
        user: &SeedUser,
        now: Timestamp,
    ) -> Result<(), ApplyError> {
        let email = &user.email;
        let seeded = user_record(user, now);
        if let Some(user) = self.check(store, "user", email, &seeded).await? {
            self.fact("Users", describe_user(&user));
        }
        let seeded = subscription_record(user, now);
        if let Some(found) = self.check(store, "subscription", email, &seeded).await? {
            let text = format!("{email}: {}", describe_subscription(&found));
            self.fact("Subscriptions", text);
        }
        let seeded = preferences_record(user);
        if let Some(found) = self.check(store, "preferences", email, &seeded).await? {
            self.fact(
                "Preferences",
                format!("{email}: {}", describe_preferences(&found)),
            );
        }
        Ok(())
    }

    /// Compares one record, its claims and its markers with the seeds. Returns
    /// the record if it exists.
    async fn check<T: Record>(
        &mut self,
        store: &Store,
        kind: &'static str,
        name: &str,
        seeded: &T,
    ) -> Result<Option<T>, ApplyError> {
        let found = answered(kind, name, store.load::<T>(&seeded.key()).await)?;
        let (finding, record) = match found {
            Err(damage) => (Finding::Differs(damage), None),
            Ok(None) => (Finding::Missing, None),
            Ok(Some(record)) => (compare(seeded, &record), Some(record)),
        };
        let finding = match finding {
            Finding::Unchanged => match check_claims(store, kind, name, seeded).await? {
                Finding::Unchanged => check_marks(store, kind, name, seeded).await?,
                other => other,
            },
            other => other,
        };
        self.report.add(kind, name, finding, 1);
        Ok(record)
    }

    async fn check_credits(
        &mut self,
        store: &Store,
        user: &SeedUser,
        now: Timestamp,
    ) -> Result<(), ApplyError> {
        let email = &user.email;
        let loaded = store.load_account(&user.user_id, Consistency::Strong).await;
        let finding = match answered("credits", email, loaded)? {
            Err(damage) => Finding::Differs(damage),
            Ok(account) => {
                for text in describe_credits(&account, now) {
                    self.fact("Credits", format!("{email}: {text}"));
                }
                check_opening(store, user, &account).await?
            }
        };
        let records = user.pro_credits.len() + 1;
        self.report.add("credits", email, finding, records);
        Ok(())
    }
}

/// A damaged item is a finding; a store that does not answer is an error.
fn answered<T>(
    kind: &str,
    name: &str,
    result: Result<T, StoreError>,
) -> Result<Result<T, String>, ApplyError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(StoreError::Damaged(damage)) => Ok(Err(damage.full_text())),
        Err(error) => Err(ApplyError::Record {
            record: format!("{kind} {name}"),
            problem: error.to_string(),
        }),
    }
}

/// The record's unique values must be claimed by its owner.
async fn check_claims<T: Record>(
    store: &Store,
    kind: &str,
    name: &str,
    seeded: &T,
) -> Result<Finding, ApplyError> {
    let Some((owner, claims)) = seeded.claims() else {
        return Ok(Finding::Unchanged);
    };
    for claim in claims {
        match answered(kind, name, store.load_claim(&claim).await)? {
            Err(damage) => return Ok(Finding::Differs(damage)),
            Ok(Some(found)) if found == *owner => {}
            Ok(Some(found)) => {
                let text = format!("{claim} belongs to {found}, seeded for {owner}");
                return Ok(Finding::Differs(text));
            }
            Ok(None) => return Ok(Finding::Differs(format!("{claim} is missing"))),
        }
    }
    Ok(Finding::Unchanged)
}

/// Everything the record makes known must have its marker.
async fn check_marks<T: Record>(
    store: &Store,
    kind: &str,
    name: &str,
    seeded: &T,
) -> Result<Finding, ApplyError> {
    for mark in seeded.marks() {
        match answered(kind, name, store.has_mark(&mark).await)? {
            Err(damage) => return Ok(Finding::Differs(damage)),
            Ok(true) => {}
            Ok(false) => return Ok(Finding::Differs(format!("{mark} is missing"))),
        }
    }
    Ok(Finding::Unchanged)
}

/// The opening entry must be authentic and have the seeded figures. While it is
/// the only entry, the account must equal its result.
async fn check_opening(
    store: &Store,
    user: &SeedUser,
    account: &CreditAccount,
) -> Result<Finding, ApplyError> {
    let key = opening_key()?;
    let loaded = store.load_entry(&user.user_id, &key).await;
    let entry = match answered("credits", &user.email, loaded)? {
        Err(damage) => return Ok(Finding::Differs(damage)),
        Ok(None) => return Ok(Finding::Missing),
        Ok(Some(entry)) => entry,
    };
    let differs = |text: &str| Ok(Finding::Differs(text.to_string()));
    if !entry.is_authentic() {
        return differs("the entry cause#seed:opening was changed after it was written");
    }
    if entry.request_hash != figures_hash(user) {
        return differs("the entry cause#seed:opening is from other figures");
    }
    if account.version < entry.seq {
        return differs("the account is behind its opening entry");
    }
    if account.version == entry.seq {
        let mut folded = CreditAccount::unopened(user.user_id.clone());
        for posting in &entry.postings {
            if let Err(error) = folded.apply(posting) {
                return Ok(Finding::Differs(format!(
                    "the opening does not fold: {error}"
                )));
            }
        }
        folded.record(entry.seq, entry.at, entry.hash);
        if folded != *account {
            return differs("the account is not what its opening entry led to");
        }
    }
    Ok(Finding::Unchanged)
}

fn describe_client(client: &OAuthClient) -> String {
    let kind = if client.public {
        "public"
    } else {
        "confidential"
    };
    let OAuthClient {
        client_id, name, ..
    } = client;
    format!("{client_id}: {name}, {kind}, {}", activity(client.active))
}

/// `gpt-5@2025-01-01: input 2000, output 2000 credits per million tokens`
fn describe_card(card: &RateCard) -> String {
    let rates = card.milli_per_million.iter();
    let rates: Vec<String> = rates.map(|(pool, rate)| format!("{pool} {rate}")).collect();
    let rates = rates.join(", ");
    format!("{}: {rates} credits per million tokens", card.id)
}

fn describe_user(user: &User) -> String {
    format!(
        "{}: {}, {}",
        user.address().unwrap_or("no address"),
        user.name().unwrap_or("no name"),
        activity(user.active)
    )
}

fn activity(active: bool) -> &'static str {
    if active { "active" } else { "not active" }
}

fn describe_subscription(subscription: &Subscription) -> String {
    let mut parts = vec![
        subscription.tier.as_str().to_string(),
        status_name(subscription.status).to_string(),
    ];
    let stripe = [
        &subscription.stripe_customer_id,
        &subscription.stripe_subscription_id,
        &subscription.stripe_price_id,
    ];
    parts.extend(stripe.into_iter().flatten().cloned());
    let ending = subscription.cancel_at_period_end;
    parts.push(
        if ending {
            "cancelling"
        } else {
            "not cancelling"
        }
        .to_string(),
    );
    parts.join(", ")
}

fn status_name(status: SubscriptionStatus) -> &'static str {
    match status {
        SubscriptionStatus::Incomplete => "incomplete",
        SubscriptionStatus::IncompleteExpired => "incomplete, expired",
        SubscriptionStatus::Trialing => "trialing",
        SubscriptionStatus::Active => "active",
        SubscriptionStatus::PastDue => "past due",
        SubscriptionStatus::Unpaid => "unpaid",
        SubscriptionStatus::Paused => "paused",
        SubscriptionStatus::Cancelled => "cancelled",
        SubscriptionStatus::Expired => "expired",
    }
}

fn describe_preferences(preferences: &Preferences) -> String {
    let on = |flag: bool| if flag { "on" } else { "off" };
    format!(
        "default model {}, e-mail notifications {}, usage alerts {}",
        preferences.default_model.as_deref().unwrap_or("none"),
        on(preferences.email_notifications),
        on(preferences.usage_alerts),
    )
}

/// One line per lot, as of `now`.
fn describe_credits(account: &CreditAccount, now: Timestamp) -> Vec<String> {
    match roll_forward(account, now) {
        Ok(rolled) => rolled
            .account
            .lots
            .iter()
            .map(|lot| describe_lot(lot, rolled.account.as_of))
            .collect(),
        Err(error) => vec![format!("cannot be rolled forward: {error}")],
    }
}

fn describe_lot(lot: &Lot, now: Timestamp) -> String {
    let remaining = match lot.surplus() {
        Ok(surplus) => surplus.to_string(),
        Err(error) => error.to_string(),
    };
    format!(
        "{}, {remaining} remaining ({} used of {}), allocation={}, resetDay={}, current={}",
        lot.credit_type(),
        lot.used,
        lot.granted,
        lot.terms.monthly_allocation,
        lot.terms.reset_day_of_month.day(),
        !lot.is_closed(now),
    )
}

/// The facts under their headings, then every difference, then the verdict.
impl fmt::Display for Verification {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for heading in [
            "OAuth clients",
            "Models",
            "Rate cards",
            "Prices",
            "Users",
            "Subscriptions",
            "Credits",
            "Preferences",
        ] {
            writeln!(formatter, "{heading}")?;
            for (_, text) in self.facts.iter().filter(|(under, _)| *under == heading) {
                writeln!(formatter, "  {text}")?;
            }
        }
        writeln!(formatter)?;
        let mut differences = 0;
        for line in self.report.differences() {
            differences += 1;
            writeln!(formatter, "{} {} {}", line.kind, line.name, line.finding)?;
        }
        match differences {
            0 => write!(formatter, "as seeded: {}", self.report.totals()),
            1 => write!(
                formatter,
                "1 record differs from the seeds; `seeds apply` creates missing records"
            ),
            many => write!(
                formatter,
                "{many} records differ from the seeds; `seeds apply` creates missing records"
            ),
        }
    }
}
