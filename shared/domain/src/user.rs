//! People and reference data: users, preferences, OAuth clients, models and
//! prices, as plain values.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::billing::{BillingInterval, IntervalUnit};
use super::{ClientId, Credits, Redacted, Tier, Timestamp, UserId};

/// A person with an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The token's `sub`.
    pub user_id: UserId,
    /// Unique among all users.
    pub email: Redacted<String>,
    /// What the app calls them.
    pub display_name: Redacted<String>,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When they last signed in, if ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_login_at: Option<Timestamp>,
    /// Whether they may use the service.
    #[serde(default = "yes")]
    pub active: bool,
}

/// What a user has chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preferences {
    /// Whose they are.
    pub user_id: UserId,
    /// The model the app starts with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_model: Option<String>,
    /// Notices by e-mail.
    #[serde(default = "yes")]
    pub email_notifications: bool,
    /// Notices when credits run low.
    #[serde(default = "yes")]
    pub usage_alerts: bool,
    /// Answers arrive as they are made.
    #[serde(default = "yes")]
    pub enable_streaming: bool,
    /// The longest answer, in tokens.
    #[serde(default = "default_max_tokens")]
    pub max_tokens: u32,
    /// The sampling temperature in hundredths: 70 is 0.70.
    #[serde(default = "default_temperature_hundredths")]
    pub temperature_hundredths: u32,
    /// What the app kept besides, as JSON text; brought along and never read here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Redacted<String>>,
}

impl Preferences {
    /// What a user has who never chose anything.
    pub fn default_of(user_id: UserId) -> Self {
        Preferences {
            user_id,
            default_model: None,
            email_notifications: true,
            usage_alerts: true,
            enable_streaming: true,
            max_tokens: default_max_tokens(),
            temperature_hundredths: default_temperature_hundredths(),
            metadata: None,
        }
    }
}

/// A change of preferences: only what is some is changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreferencesChange {
    /// Another default model, or none any more.
    pub default_model: Option<Option<String>>,
    /// Notices by e-mail.
    pub email_notifications: Option<bool>,
    /// Notices when credits run low.
    pub usage_alerts: Option<bool>,
    /// Answers arrive as they are made.
    pub enable_streaming: Option<bool>,
    /// The longest answer, in tokens.
    pub max_tokens: Option<u32>,
    /// The sampling temperature in hundredths.
    pub temperature_hundredths: Option<u32>,
}

fn yes() -> bool {
    true
}

fn is_yes(flag: &bool) -> bool {
    *flag
}

fn default_max_tokens() -> u32 {
    4096
}

fn default_temperature_hundredths() -> u32 {
    70
}

/// A program that may ask for tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OAuthClient {
    /// Its public id.
    pub client_id: ClientId,
    /// What people call it.
    pub name: String,
    /// Whether it can keep no secret, like a desktop app.
    pub public: bool,
    /// Where the browser may return to.
    pub redirect_uris: Vec<String>,
    /// The grants it may use.
    pub grant_types: Vec<String>,
    /// The response types it may ask for.
    pub response_types: Vec<String>,
    /// The scopes it may ask for, separated by spaces.
    pub scope: String,
    /// Whether it may be used.
    #[serde(default = "yes")]
    pub active: bool,
}

/// A language model and what it costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// The name in requests, `gpt-5`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Who makes it.
    pub provider: String,
    /// What it can do: `text`, `vision`, …
    pub capabilities: Vec<String>,
    /// How much it reads, in tokens.
    pub context_length: u32,
    /// How much it writes at most, in tokens.
    pub max_output_tokens: u32,
    /// What its maker charges, in US cents per million tokens read.
    pub input_cents_per_million_tokens: u32,
    /// What its maker charges, in US cents per million tokens written.
    pub output_cents_per_million_tokens: u32,
    /// What we charge for a thousand tokens.
    #[serde(rename = "credits_per_1k_tokens_milli")]
    pub credits_per_1k_tokens: Credits,
    /// Whether it is on offer; one that is not stays known for what was used
    /// of it.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub available: bool,
}

/// How a price is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceKind {
    /// By a recurring invoice.
    Subscription,
    /// Once.
    Pack,
    /// By an invoice, for something that gives no credits, knowingly: tokens
    /// that are metered, a set-up fee.
    None,
}

/// How often a subscription's credits come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantInterval {
    /// All with the invoice.
    #[default]
    Invoice,
    /// A part each month, on plans that are paid by the year.
    Month,
}

/// What is left of a period's credits and may be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollover {
    /// For how many months; 0 = nothing is kept.
    pub months: u32,
    /// At most how many credits.
    #[serde(rename = "cap_milli")]
    pub cap: Credits,
}

/// What a Stripe price buys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Stripe's price, `price_…`.
    pub price_id: String,
    /// How it is paid.
    pub kind: PriceKind,
    /// The plan or pack it belongs to.
    pub plan: String,
    /// What a subscription to it entitles to; packs entitle to nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<Tier>,
    /// Which of several plans wins: the higher.
    #[serde(default)]
    pub rank: u32,
    /// What one unit of it gives.
    #[serde(rename = "credits_milli")]
    pub credits: Credits,
    /// What a trial of it gives, once per user.
    #[serde(default, rename = "trial_credits_milli")]
    pub trial_credits: Credits,
    /// How often a subscription's credits come.
    #[serde(default)]
    pub every: GrantInterval,
    /// What is left at a period's end and may be kept.
    #[serde(default)]
    pub rollover: Rollover,
    /// Days for which the credits of a period outlive it.
    #[serde(default = "default_grace_days")]
    pub grace_days: u32,
    /// Stripe's payment link of a pack, `plink_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_link: Option<String>,
    /// The unit of the interval it bills; packs bill once.
    #[serde(default)]
    pub interval: IntervalUnit,
    /// How many units make the interval, from 1.
    #[serde(default = "default_interval_count")]
    pub interval_count: u32,
    /// Whether a buyer may choose how many, so that the amount of a checkout
    /// says how many it was.
    #[serde(default)]
    pub adjustable_quantity: bool,
    /// What it costs, in the smallest unit of the currency.
    pub amount_minor: u64,
    /// The currency, `usd`.
    pub currency: String,
    /// What it costs in other currencies, in their smallest units.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub other_amounts_minor: BTreeMap<String, u64>,
}

impl Price {
    /// How often it bills.
    pub fn interval(&self) -> BillingInterval {
        BillingInterval {
            unit: self.interval,
            count: self.interval_count.max(1),
        }
    }

    /// What one unit costs in a currency, if it is sold in that.
    pub fn amount_in(&self, currency: &str) -> Option<u64> {
        if self.currency == currency {
            Some(self.amount_minor)
        } else {
            self.other_amounts_minor.get(currency).copied()
        }
    }

    /// Whether it costs nothing in any currency.
    pub fn is_free(&self) -> bool {
        self.amount_minor == 0 && self.other_amounts_minor.values().all(|amount| *amount == 0)
    }
}

fn default_interval_count() -> u32 {
    1
}

/// A renewal's invoice stays a draft for an hour and its payment may be tried
/// again for days, so the old credits live on for three.
fn default_grace_days() -> u32 {
    3
}
