//! The seed data as it lies in `data/*.toml`, compiled in.

use serde::{Deserialize, Serialize};
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
    /// What Stripe's prices buy.
    pub prices: Vec<Price>,
    /// People with their subscription, preferences and credits.
    pub users: Vec<SeedUser>,
}

/// A user and what belongs to them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedUser {
    /// The token's `sub`.
    pub user_id: UserId,
    /// Unique among all users.
    pub email: String,
    /// What the app calls them.
    pub display_name: String,
    /// Whether they may use the service.
    pub active: bool,
    /// Their subscription.
    pub subscription: SeedSubscription,
    /// What they have chosen.
    pub preferences: SeedPreferences,
    /// This month's free credits.
    pub free_credits: SeedFreeCredits,
    /// What they bought.
    #[serde(default)]
    pub pro_credits: Vec<SeedLot>,
}

/// A subscription; its paid period is the month it is seeded in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedSubscription {
    /// What it entitles to.
    pub tier: Tier,
    /// Which of several in force wins.
    #[serde(default)]
    pub rank: u32,
    /// Where it stands.
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

/// What a user has chosen; the rest stays at its default.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedPreferences {
    /// The model the app starts with.
    pub default_model: String,
    /// Notices by e-mail.
    pub email_notifications: bool,
    /// Notices when credits run low.
    pub usage_alerts: bool,
}

/// The free credits of the month the seed is applied in, in whole credits.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedFreeCredits {
    /// Credits a month.
    pub monthly_allocation: i64,
    /// What was used of them.
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
    /// What it was given.
    pub granted: i64,
    /// What was used of it.
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
            prices: catalogue.prices,
            users: users.users,
        })
    }
}

/// Whole credits of a data file; a number that does not fit names its file.
pub(crate) fn whole(credits: i64) -> Result<Credits, SeedDataError> {
    Credits::from_whole(credits).map_err(bad_data)
}

/// A figure of users.toml that cannot be used.
pub(crate) fn bad_data(problem: impl ToString) -> SeedDataError {
    SeedDataError {
        file: "users.toml",
        problem: problem.to_string(),
    }
}
