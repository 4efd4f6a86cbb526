//! People and reference data: users, preferences, OAuth clients, models and
//! prices, as plain values.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::billing::{BillingInterval, IntervalUnit};
use super::{ClientId, Credits, Redacted, Tier, Timestamp, UserId};

/// A person with an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The `sub` of the token.
    pub user_id: UserId,
    /// Their address; unique among all users. None if nobody has named it yet: a user
    /// may begin with nothing but a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Redacted<String>>,
    /// The name the app shows, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<Redacted<String>>,
    /// When the user was created.
    pub created_at: Timestamp,
    /// When they last signed in, if ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_login_at: Option<Timestamp>,
    /// Whether they may use the service.
    #[serde(default = "yes")]
    pub active: bool,
}

impl User {
    /// An active user of whom a token says the id and nothing else.
    pub fn known_by_id(user_id: UserId, created_at: Timestamp) -> Self {
        User {
            user_id,
            email: None,
            display_name: None,
            created_at,
            last_login_at: None,
            active: true,
        }
    }

    /// Whether both their address and their name are known.
    pub fn is_introduced(&self) -> bool {
        self.email.is_some() && self.display_name.is_some()
    }

    /// Their address, if it is known.
    pub fn address(&self) -> Option<&str> {
        self.email.as_ref().map(|email| email.expose().as_str())
    }

    /// Their name, if it is known.
    pub fn name(&self) -> Option<&str> {
        self.display_name
            .as_ref()
            .map(|name| name.expose().as_str())
    }
}

/// A user's preferences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preferences {
    /// The user they belong to.
    pub user_id: UserId,
    /// The app's default model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_model: Option<String>,
    /// Whether to send notices by e-mail.
    #[serde(default = "yes")]
    pub email_notifications: bool,
    /// Since when, if they were switched on again: earlier ones are not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_notifications_since: Option<Timestamp>,
    /// Whether to send notices when credits run low.
    #[serde(default = "yes")]
    pub usage_alerts: bool,
    /// Since when, if they were switched on again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage_alerts_since: Option<Timestamp>,
    /// Whether to stream answers.
    #[serde(default = "yes")]
    pub enable_streaming: bool,
    /// The maximum length of an answer, in tokens.
    #[serde(default = "default_max_tokens")]
    pub max_tokens: u32,
    /// The sampling temperature in hundredths: 70 is 0.70.
    #[serde(default = "default_temperature_hundredths")]
    pub temperature_hundredths: u32,
    /// Other settings of the app, as JSON text; imported and never read here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Redacted<String>>,
}

impl Preferences {
    /// The preferences of a user who has set none.
    pub fn default_of(user_id: UserId) -> Self {
        Preferences {
            user_id,
            default_model: None,
            email_notifications: true,
            email_notifications_since: None,
            usage_alerts: true,
            usage_alerts_since: None,
            enable_streaming: true,
            max_tokens: default_max_tokens(),
            temperature_hundredths: default_temperature_hundredths(),
            metadata: None,
        }
    }

    /// Which e-mails a change switches on, having been off, and when.
    pub fn switched_on(&self, change: &PreferencesChange, now: Timestamp) -> SwitchedOn {
        let since =
            |was: bool, becomes: Option<bool>| (!was && becomes == Some(true)).then_some(now);
        SwitchedOn {
            email_notifications: since(self.email_notifications, change.email_notifications),
            usage_alerts: since(self.usage_alerts, change.usage_alerts),
        }
    }

    /// The same with a change made.
    #[must_use]
    pub fn changed_by(self, change: &PreferencesChange, now: Timestamp) -> Self {
        let switched_on = self.switched_on(change, now);
        let PreferencesChange {
            default_model,
            email_notifications,
            usage_alerts,
            enable_streaming,
            max_tokens,
            temperature_hundredths,
        } = change;
        Preferences {
            user_id: self.user_id,
            default_model: default_model.clone().unwrap_or(self.default_model),
            email_notifications: email_notifications.unwrap_or(self.email_notifications),
            email_notifications_since: switched_on
                .email_notifications
                .or(self.email_notifications_since),
            usage_alerts: usage_alerts.unwrap_or(self.usage_alerts),
            usage_alerts_since: switched_on.usage_alerts.or(self.usage_alerts_since),
            enable_streaming: enable_streaming.unwrap_or(self.enable_streaming),
            max_tokens: max_tokens.unwrap_or(self.max_tokens),
            temperature_hundredths: temperature_hundredths.unwrap_or(self.temperature_hundredths),
            metadata: self.metadata,
        }
    }
}

/// Which e-mails a change switches on, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SwitchedOn {
    /// Notices by e-mail.
    pub email_notifications: Option<Timestamp>,
    /// Notices when credits run low.
    pub usage_alerts: Option<Timestamp>,
}

/// A change of preferences: fields that are none stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreferencesChange {
    /// The new default model; an inner none removes it.
    pub default_model: Option<Option<String>>,
    /// Whether to send notices by e-mail.
    pub email_notifications: Option<bool>,
    /// Whether to send notices when credits run low.
    pub usage_alerts: Option<bool>,
    /// Whether to stream answers.
    pub enable_streaming: Option<bool>,
    /// The maximum length of an answer, in tokens.
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

/// An OAuth client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OAuthClient {
    /// Its public id.
    pub client_id: ClientId,
    /// Its display name.
    pub name: String,
    /// Whether it is a public client, which can keep no secret, like a desktop app.
    pub public: bool,
    /// The allowed redirect URIs.
    pub redirect_uris: Vec<String>,
    /// The allowed OAuth grant types.
    pub grant_types: Vec<String>,
    /// The allowed response types.
    pub response_types: Vec<String>,
    /// The allowed scopes, separated by spaces.
    pub scope: String,
    /// Whether it is enabled.
    #[serde(default = "yes")]
    pub active: bool,
}

/// A language model and its cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// The name in requests, `gpt-5`.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// Its provider.
    pub provider: String,
    /// Its capabilities: `text`, `vision`, …
    pub capabilities: Vec<String>,
    /// The context length, in tokens.
    pub context_length: u32,
    /// The maximum output, in tokens.
    pub max_output_tokens: u32,
    /// The provider's price, in US cents per million input tokens.
    pub input_cents_per_million_tokens: u32,
    /// The provider's price, in US cents per million output tokens.
    pub output_cents_per_million_tokens: u32,
    /// Our price for a thousand tokens.
    #[serde(rename = "credits_per_1k_tokens_milli")]
    pub credits_per_1k_tokens: Credits,
    /// Whether it is on offer. A model that is not stays known, because past use
    /// names it.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub available: bool,
}

/// How a price is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceKind {
    /// By a recurring invoice.
    Subscription,
    /// Once.
    Pack,
    /// By an invoice, for something that deliberately gives no credits: metered
    /// tokens, a set-up fee.
    None,
}

/// How often a subscription grants its credits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantInterval {
    /// All at once, with the invoice.
    #[default]
    Invoice,
    /// A part each month, on plans that are paid by the year.
    Month,
}

/// The rollover of a price: how much of a period's credits may outlive it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollover {
    /// For how many months; 0 = no rollover.
    pub months: u32,
    /// The cap in credits.
    #[serde(rename = "cap_milli")]
    pub cap: Credits,
}

/// What a Stripe price buys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Stripe's price, `price_…`.
    pub price_id: String,
    /// How it is billed.
    pub kind: PriceKind,
    /// The plan or pack it belongs to.
    pub plan: String,
    /// The tier that a subscription to it entitles to; none for packs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<Tier>,
    /// Among several plans the highest rank wins.
    #[serde(default)]
    pub rank: u32,
    /// The credits that one unit grants.
    #[serde(rename = "credits_milli")]
    pub credits: Credits,
    /// The credits that its trial grants, once per user.
    #[serde(default, rename = "trial_credits_milli")]
    pub trial_credits: Credits,
    /// How often a subscription grants its credits.
    #[serde(default)]
    pub every: GrantInterval,
    /// How much of a period's credits rolls over.
    #[serde(default)]
    pub rollover: Rollover,
    /// The grace in days: for so long a period's credits outlive it.
    #[serde(default = "default_grace_days")]
    pub grace_days: u32,
    /// Stripe's payment link of a pack, `plink_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_link: Option<String>,
    /// The unit of its billing interval; packs bill once.
    #[serde(default)]
    pub interval: IntervalUnit,
    /// The number of units in the interval, from 1.
    #[serde(default = "default_interval_count")]
    pub interval_count: u32,
    /// Whether a buyer may choose the quantity, which then follows from the amount
    /// of the checkout.
    #[serde(default)]
    pub adjustable_quantity: bool,
    /// Its price, in the smallest unit of the currency.
    pub amount_minor: u64,
    /// The currency, `usd`.
    pub currency: String,
    /// Its price in other currencies, in their smallest units.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub other_amounts_minor: BTreeMap<String, u64>,
    /// Whether it is on sale. One that is not stays known, because subscriptions renew
    /// at it and past purchases name it.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub available: bool,
}

impl Price {
    /// Its billing interval.
    pub fn interval(&self) -> BillingInterval {
        BillingInterval {
            unit: self.interval,
            count: self.interval_count.max(1),
        }
    }

    /// The price of one unit in a currency, if it is sold in that currency.
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

/// Three days: a renewal's invoice stays a draft for an hour and its payment may be
/// retried for days, so the old credits must live on.
fn default_grace_days() -> u32 {
    3
}
