//! What the API answers. Balances are whole credits, amounts are exact, times are RFC 3339 text in UTC. A field that
//! the API adds later is ignored; a struct may gain fields.

use serde::Deserialize;

use crate::amount::{Amount, Temperature};
use crate::selling::Price;
use crate::words::{
    CreditType, EntryKind, HoldStatus, LotKind, Operation, SubscriptionStatus, Tier,
};

/// A user's credits.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Credits {
    /// The free credits of this month.
    pub free_credits: FreeCredits,
    /// Paid and granted credits.
    pub pro_credits: ProCredits,
    /// What can be spent now.
    pub total_available: i64,
    /// When the API said so.
    #[serde(default)]
    pub last_updated: Option<String>,
    /// Reserved by open holds.
    pub held: i64,
    /// Owed, after a clawback of spent credits.
    pub debt: i64,
    /// Grows with every change of the account.
    pub version: u64,
    /// The lots, in the order they are spent.
    pub lots: Vec<Lot>,
}

/// The free credits of this month.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FreeCredits {
    /// Left of this month.
    pub remaining: i64,
    /// Given each month.
    pub monthly_allocation: i64,
    /// Used of this month.
    pub used: i64,
    /// When the next month begins.
    pub reset_date: String,
    /// Whole days until then.
    pub days_until_reset: i64,
    /// Reserved by open holds.
    pub held: i64,
}

/// Paid and granted credits.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ProCredits {
    /// Left of all lots.
    pub remaining: i64,
    /// Granted in the lots that count now.
    pub purchased_total: i64,
    /// Used since the account began.
    pub lifetime_used: i64,
    /// Reserved by open holds.
    pub held: i64,
}

/// A lot: credits that came together and expire together.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Lot {
    /// Its id.
    pub id: String,
    /// Free or paid.
    pub credit_type: CreditType,
    /// Where it comes from.
    pub kind: LotKind,
    /// What is left of it.
    pub remaining: i64,
    /// When it expires, if it does.
    pub expires_at: Option<String>,
}

/// A user's profile. A user who has not signed up yet has no e-mail, name and dates.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Profile {
    /// The user's id, the `sub` of the token.
    pub user_id: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The name to show.
    pub display_name: Option<String>,
    /// The plan in force.
    pub subscription: Subscription,
    /// Whether the user can buy, and manage what they bought.
    #[serde(default)]
    pub billing: Billing,
    /// The preferences that are part of the profile.
    pub preferences: Notices,
    /// When the account was created.
    pub account_created_at: Option<String>,
    /// The last sign-in.
    pub last_login_at: Option<String>,
}

/// The plan in force.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Subscription {
    /// Its tier.
    pub tier: Tier,
    /// Its state.
    pub status: SubscriptionStatus,
    /// When the paid period began.
    pub current_period_start: Option<String>,
    /// When the paid period ends.
    pub current_period_end: Option<String>,
    /// Whether it ends with the period.
    pub cancel_at_period_end: bool,
    /// When it ends, if it is to end.
    #[serde(default)]
    pub cancel_at: Option<String>,
    /// The price at which it renews, if it was bought at one of the catalogue.
    #[serde(default)]
    pub price: Option<Price>,
}

/// Whether a user can buy, and manage what they bought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Billing {
    /// Whether this token and user can buy.
    pub can_manage: bool,
    /// Whether the portal has something to show.
    pub portal_available: bool,
}

/// The preferences that are part of the profile.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Notices {
    /// The id of the model that is chosen by default.
    pub default_model: Option<String>,
    /// Whether e-mails are sent.
    pub email_notifications: bool,
    /// Whether low credits are announced.
    pub usage_alerts: bool,
}

/// All preferences of a user.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Preferences {
    /// The id of the model that is chosen by default.
    pub default_model: Option<String>,
    /// Whether e-mails are sent.
    pub email_notifications: bool,
    /// Whether low credits are announced.
    pub usage_alerts: bool,
    /// Whether answers are streamed.
    pub enable_streaming: bool,
    /// The longest answer of a model, in tokens.
    pub max_tokens: u32,
    /// The temperature of models.
    pub temperature: Temperature,
}

/// Everything that an app needs at launch.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Launch {
    /// The profile.
    pub user: Profile,
    /// The credits.
    pub credits: Credits,
}

/// A page of the ledger, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct History {
    /// The entries.
    pub entries: Vec<HistoryEntry>,
    /// Where the next page begins, if there is one.
    pub next_cursor: Option<String>,
}

/// An entry of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct HistoryEntry {
    /// Its number, without gaps.
    pub seq: u64,
    /// The key of the request that made it.
    pub id: String,
    /// What it did.
    pub kind: EntryKind,
    /// The amount of the request.
    pub amount: Amount,
    /// The change of the free credits.
    pub free_delta: Amount,
    /// The change of the paid credits.
    pub pro_delta: Amount,
    /// What could be spent afterwards.
    pub total_available: i64,
    /// The model that was used.
    pub model_id: Option<String>,
    /// What it was used for.
    pub operation: Option<Operation>,
    /// Tokens read.
    pub input_tokens: Option<u32>,
    /// Tokens written.
    pub output_tokens: Option<u32>,
    /// The label that the service gave it.
    pub label: Option<String>,
    /// The conversation that the call was part of.
    #[serde(default)]
    pub session: Option<String>,
    /// The rate card that the amount follows from; none if the caller named it.
    #[serde(default)]
    pub rate_card: Option<String>,
    /// How the amount comes about: the parts add up to it.
    #[serde(default)]
    pub breakdown: Vec<RatedPart>,
    /// When it was written.
    pub at: String,
}

/// Use from one time to another, both inclusive.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Usage {
    /// The start.
    pub from: String,
    /// The end.
    pub to: String,
    /// What the rows stand for: `day`, `model`, `operation` or `session`.
    pub group_by: String,
    /// A row for each with any use.
    pub rows: Vec<UsageRow>,
    /// The sum of all rows.
    pub total: UsageSum,
}

/// The use of one day or model.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct UsageRow {
    /// The day, such as `2025-11-06`, or the id of the model.
    pub key: String,
    /// Its sum.
    #[serde(flatten)]
    pub sum: UsageSum,
}

/// Sums of use.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UsageSum {
    /// Credits used.
    pub credits: Amount,
    /// Number of charges and commits.
    pub requests: u64,
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// The parts of what was rated, summed by unit.
    #[serde(default)]
    pub breakdown: Vec<RatedPart>,
}

/// A part of an amount that was rated.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RatedPart {
    /// A pool of tokens, `request`, `images:<size>:<quality>`, `providerCost`, or `rounding`, which brings the sum
    /// to a thousandth.
    pub unit: String,
    /// Tokens, calls, images, or millionths of a unit of money.
    pub count: u64,
    /// Credits, exact: up to nine places.
    pub amount: String,
}

/// The account after a command.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Balance {
    /// What can be spent.
    pub total_available: i64,
    /// Reserved by open holds.
    pub held: i64,
    /// Owed.
    pub debt: i64,
    /// The number of the ledger's entry.
    pub version: u64,
}

/// The outcome of a charge.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Charged {
    /// The charge's id, which is its idempotency key.
    pub charge_id: String,
    /// The amount charged.
    pub amount: Amount,
    /// Taken from free credits.
    pub free_used: Amount,
    /// Taken from paid credits.
    pub pro_used: Amount,
    /// The rate card that the amount follows from; none if the caller named it.
    #[serde(default)]
    pub rate_card: Option<String>,
    /// How the amount comes about: the parts add up to it.
    #[serde(default)]
    pub breakdown: Vec<RatedPart>,
    /// The account afterwards.
    #[serde(flatten)]
    pub balance: Balance,
}

/// The outcome of a command on a hold.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Held {
    /// The hold's id, which is the idempotency key that opened it.
    pub hold_id: String,
    /// The amount held, reported, committed or released.
    pub amount: Amount,
    /// Taken from free credits.
    pub free_used: Amount,
    /// Taken from paid credits.
    pub pro_used: Amount,
    /// The rate card that the amount follows from; none if the caller named it.
    #[serde(default)]
    pub rate_card: Option<String>,
    /// How the amount comes about: the parts add up to it.
    #[serde(default)]
    pub breakdown: Vec<RatedPart>,
    /// The state of the hold.
    pub status: HoldStatus,
    /// When the hold expires.
    pub expires_at: String,
    /// The account afterwards.
    #[serde(flatten)]
    pub balance: Balance,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_newer_api_adds_is_ignored_or_kept_as_a_word() {
        let lot = json!({"id": "l", "creditType": "pro", "kind": "gift", "remaining": 1,
            "expiresAt": null, "colour": "red"});
        let lot: Lot = serde_json::from_value(lot).unwrap();
        assert_eq!(lot.kind, LotKind::Other("gift".into()));
        let sum = json!({"key": "2025-11-06", "credits": "0.5", "requests": 1, "inputTokens": 2,
            "outputTokens": 3, "seconds": 4});
        let row: UsageRow = serde_json::from_value(sum).unwrap();
        assert_eq!(row.sum.credits.to_string(), "0.5");
        let charged = json!({"chargeId": "c", "amount": "1", "freeUsed": "1", "proUsed": "0",
            "totalAvailable": 1, "held": 0, "debt": 0, "version": 1, "lots": []});
        let charged: Charged = serde_json::from_value(charged).unwrap();
        assert_eq!(charged.balance.version, 1);
    }
}
