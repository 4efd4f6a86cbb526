//! The seed data of `data/*.toml`, compiled in.

use serde::{Deserialize, Serialize};
use shared::domain::rating::RateCard;
use shared::domain::{
    Credits, LotId, Model, OAuthClient, Price, ResetDay, SubscriptionStatus, Tier, UserId,
};

/// Everything that can be seeded.
#[derive(Clone, Debug)]
pub struct SeedData {
    /// OAuth clients.
    pub clients: Vec<OAuthClient>,
    /// Language models.
    pub models: Vec<Model>,
    /// What the models cost.
    pub cards: Vec<RateCard>,
    /// Stripe prices and what they buy.
    pub prices: Vec<Price>,
    /// Users with their subscription, preferences and credits.
    pub users: Vec<SeedUser>,
}

/// A user and their data.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedUser {
    /// The token's `sub`.
    pub user_id: UserId,
    /// Unique among all users.
    pub email: String,
    /// Display name in the app.
    pub display_name: String,
    /// Whether they may use the service.
    pub active: bool,
    /// Their subscription.
    pub subscription: SeedSubscription,
    /// Their preferences.
    pub preferences: SeedPreferences,
    /// This month's free credits.
    pub free_credits: SeedFreeCredits,
    /// Purchased credits.
    #[serde(default)]
    pub pro_credits: Vec<SeedLot>,
}

/// A subscription; its paid period is the month it is seeded in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedSubscription {
    /// Its tier.
    pub tier: Tier,
    /// Its rank: the highest in force wins.
    #[serde(default)]
    pub rank: u32,
    /// Its status.
    pub status: SubscriptionStatus,
    /// Stripe's customer.
    pub stripe_customer_id: Option<String>,
    /// Stripe's subscription.
    pub stripe_subscription_id: Option<String>,
    /// Stripe's price.
    pub stripe_price_id: Option<String>,
    /// Whether it ends with the period.
    #[serde(default)]
    pub cancel_at_period_end: bool,
}

/// Preferences of a user; others keep their defaults.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedPreferences {
    /// The model the app starts with.
    pub default_model: String,
    /// E-mail notifications.
    pub email_notifications: bool,
    /// Notifications of low credits.
    pub usage_alerts: bool,
}

/// The free credits of the month the seed is applied in, in whole credits.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedFreeCredits {
    /// Credits a month.
    pub monthly_allocation: i64,
    /// Used credits.
    pub used: i64,
    /// The anchor day of the months.
    pub reset_day_of_month: ResetDay,
}

/// Credits that were bought and never expire, in whole credits.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedLot {
    /// The lot's id.
    pub id: LotId,
    /// Granted credits.
    pub granted: i64,
    /// Used credits of the lot.
    pub used: i64,
}

/// A data file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("seeds/data/{file}: {problem}")]
pub struct SeedDataError {
    file: &'static str,
    problem: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clients {
    clients: Vec<OAuthClient>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Models {
    models: Vec<Model>,
    cards: Vec<RateCard>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    prices: Vec<Price>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Users {
    users: Vec<SeedUser>,
}

fn parse<T: for<'de> Deserialize<'de>>(file: &'static str, text: &str) -> Result<T, SeedDataError> {
    toml::from_str(text).map_err(|error| SeedDataError {
        file,
        problem: error.to_string(),
    })
}

impl SeedData {
    /// The data this program was built with.
    pub fn read() -> Result<Self, SeedDataError> {
        let clients: Clients = parse("clients.toml", include_str!("../data/clients.toml"))?;
        let models: Models = parse("models.toml", include_str!("../data/models.toml"))?;
        let catalogue: Catalogue = parse("catalogue.toml", include_str!("../data/catalogue.toml"))?;
        let users: Users = parse("users.toml", include_str!("../data/users.toml"))?;
        Ok(SeedData {
            clients: clients.clients,
            models: models.models,
            cards: models.cards,
            prices: catalogue.prices,
            users: users.users,
        })
    }
}

/// Whole credits of a data file; an error for a number out of range.
pub(crate) fn whole(credits: i64) -> Result<Credits, SeedDataError> {
    Credits::from_whole(credits).map_err(bad_data)
}

/// The error for an invalid number in users.toml.
pub(crate) fn bad_data(problem: impl ToString) -> SeedDataError {
    SeedDataError {
        file: "users.toml",
        problem: problem.to_string(),
    }
}
