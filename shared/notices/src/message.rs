//! What is sent: one JSON object per notice, the same at every attempt.

use serde::Serialize;
use shared::domain::{AccountPlan, CreditType, Entry, EntryKey, Notice, Timestamp, Told, UserId};

/// The event that tests an endpoint.
pub const TEST_EVENT: &str = "endpoint.test";
/// The version of the messages. A field may be added without a new one.
const VERSION: u32 = 1;

/// A message, as a receiver gets it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The id of the notice, as in the header `webhook-id`: the same at every attempt and
    /// at every endpoint.
    id: String,
    /// What happened.
    r#type: String,
    /// The version of the message's form.
    version: u32,
    /// When the entry was written.
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Moment))]
    timestamp: Timestamp,
    /// What it is about.
    data: Data,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = MessageData))]
#[serde(rename_all = "camelCase")]
struct Data {
    /// The user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, required = false))]
    user_id: Option<UserId>,
    /// The id of the ledger entry, as in the history.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, required = false))]
    entry_id: Option<String>,
    /// The number of the entry: it orders the messages of one user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = u64, required = false))]
    seq: Option<u64>,
    /// What the user could spend after the entry, in whole credits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = i64, required = false))]
    total_available: Option<i64>,
    /// `free` or `pro`: of which credits a threshold was crossed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, required = false))]
    credit_type: Option<&'static str>,
    /// The threshold that was crossed, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = u8, required = false))]
    percent_used: Option<u8>,
    /// Credits granted, clawed back or charged, as a decimal number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Amount, required = false))]
    amount: Option<String>,
    /// The end of the month that began.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = shared::http::openapi::Moment, required = false))]
    reset_date: Option<Timestamp>,
    /// The hold that expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = String, required = false))]
    hold_id: Option<String>,
    /// The subscriptions that have not ended, or the one with the outstanding payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<SubscriptionBody>, required = false))]
    subscriptions: Option<Vec<SubscriptionBody>>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = MessageSubscription))]
#[serde(rename_all = "camelCase")]
struct SubscriptionBody {
    /// Stripe's subscription.
    id: String,
    /// The level it entitles to.
    tier: &'static str,
    /// The end of the paid period.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<shared::http::openapi::Moment>, required = true))]
    current_period_end: Option<Timestamp>,
    /// Whether a payment is outstanding.
    payment_due: bool,
}

impl From<&AccountPlan> for SubscriptionBody {
    fn from(plan: &AccountPlan) -> Self {
        SubscriptionBody {
            id: plan.subscription_id.clone(),
            tier: plan.tier.as_str(),
            current_period_end: plan.period_end,
            payment_due: plan.payment_due,
        }
    }
}

/// The id of an entry, as the history shows it.
fn entry_id(key: &EntryKey) -> String {
    match key {
        EntryKey::Api { key, .. } | EntryKey::Ops(key) => key.to_string(),
        EntryKey::Cause(cause) => cause.to_string(),
    }
}

impl Message {
    /// What a notice of an entry says.
    pub fn of(entry: &Entry, notice: &Notice) -> Self {
        let mut message = Message {
            id: format!("msg_{}", notice.id(entry)),
            r#type: notice.kind().to_string(),
            version: VERSION,
            timestamp: entry.at,
            data: Data {
                user_id: Some(entry.user_id.clone()),
                entry_id: Some(entry_id(&entry.key)),
                seq: Some(entry.seq),
                total_available: Some(entry.shown_after.total_available),
                ..Data::empty()
            },
        };
        message.data.add(notice);
        message
    }

    /// A test of an endpoint; `id` must be new.
    pub fn test(id: &str, now: Timestamp) -> Self {
        Message {
            id: format!("msg_{id}"),
            r#type: TEST_EVENT.to_string(),
            version: VERSION,
            timestamp: now,
            data: Data::empty(),
        }
    }

    /// It as JSON.
    ///
    /// # Errors
    ///
    /// Never, as all keys are texts.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

impl Data {
    fn empty() -> Self {
        Data {
            user_id: None,
            entry_id: None,
            seq: None,
            total_available: None,
            credit_type: None,
            percent_used: None,
            amount: None,
            reset_date: None,
            hold_id: None,
            subscriptions: None,
        }
    }

    fn add(&mut self, notice: &Notice) {
        let name = |credit_type: &CreditType| Some(credit_type.as_str());
        match notice {
            Notice::CreditsLow {
                credit_type,
                percent_used,
            } => {
                self.credit_type = name(credit_type);
                self.percent_used = Some(*percent_used);
            }
            Notice::CreditsExhausted { credit_type } => {
                self.credit_type = name(credit_type);
                self.percent_used = Some(100);
            }
            Notice::CreditsGranted { amount } | Notice::CreditsClawedBack { amount } => {
                self.amount = Some(amount.to_string());
            }
            Notice::CreditsReset { month } => {
                self.amount = Some(month.monthly_allocation.to_string());
                self.reset_date = month.expires_at;
            }
            Notice::HoldExpired { hold, charged, .. } => {
                self.hold_id = Some(hold.key.to_string());
                self.amount = Some(charged.to_string());
            }
            Notice::SubscriptionChanged { plans } => {
                self.subscriptions = Some(plans.iter().map(SubscriptionBody::from).collect());
            }
            Notice::PaymentNeedsAttention { plan } => {
                self.subscriptions = Some(vec![plan.into()]);
            }
        }
    }
}

/// A notice as it is told to any recipient.
///
/// # Errors
///
/// Never, as [`Message::to_json`].
pub fn told(entry: &Entry, notice: &Notice) -> serde_json::Result<Told> {
    Ok(Told {
        notice_id: notice.id(entry),
        user_id: Some(entry.user_id.clone()),
        event: notice.kind().to_string(),
        at: entry.at,
        seq: entry.seq,
        payload: Message::of(entry, notice).to_json()?,
    })
}
