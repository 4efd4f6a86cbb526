//! The parts of the overview of a user, as JSON shows them.

use serde::Serialize;
use shared::domain::billing::{Claim, EventOutcome, EventRecord};
use shared::domain::{
    Credits, CreditsOverflow, CreditsView, Entry, EntryKind, Erasable, Lot, LotId, LotKind, Plan,
    PlanStatus, StripeId, Subscription, Timestamp, UserId,
};
use shared::http::CreditsBody;

use crate::hold::OpenHold;

/// Everything known of a user.
#[derive(Serialize)]
pub(super) struct Overview {
    pub(super) user_id: UserId,
    pub(super) email: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) created_at: Option<Timestamp>,
    pub(super) last_login_at: Option<Timestamp>,
    /// In the account, which decides.
    pub(super) active: bool,
    pub(super) active_in_profile: Option<bool>,
    pub(super) plan: PlanLine,
    #[serde(rename = "monthly_allocation_milli")]
    pub(super) monthly_allocation: Credits,
    pub(super) reset_day_of_month: u32,
    pub(super) subscriptions: Vec<Subscription>,
    /// As the API shows it.
    pub(super) balance: CreditsBody,
    #[serde(skip)]
    pub(super) shown: CreditsView,
    #[serde(skip)]
    pub(super) now: Timestamp,
    pub(super) lots: Vec<LotLine>,
    pub(super) holds: Vec<OpenHold>,
    pub(super) claims: Vec<ClaimLine>,
    pub(super) entries: Vec<EntryLine>,
    pub(super) open_events: Vec<EventLine>,
}

/// The plan in force.
#[derive(Serialize)]
pub(super) struct PlanLine {
    pub(super) tier: &'static str,
    pub(super) status: &'static str,
    pub(super) current_period_end: Option<Timestamp>,
    pub(super) cancel_at_period_end: bool,
    pub(super) cancel_at: Option<Timestamp>,
}

impl PlanLine {
    pub(super) fn of(plan: Plan) -> Self {
        PlanLine {
            tier: plan.tier.as_str(),
            status: match plan.status {
                PlanStatus::Active => "active",
                PlanStatus::Trialing => "trialing",
                PlanStatus::Expired => "expired",
                PlanStatus::Cancelled => "cancelled",
            },
            current_period_end: plan.current_period_end,
            cancel_at_period_end: plan.cancel_at_period_end,
            cancel_at: plan.cancel_at,
        }
    }
}

/// A lot with its exact amounts.
#[derive(Serialize)]
pub(super) struct LotLine {
    pub(super) id: LotId,
    pub(super) kind: LotKind,
    #[serde(rename = "left_milli")]
    pub(super) left: Credits,
    #[serde(rename = "granted_milli")]
    pub(super) granted: Credits,
    #[serde(rename = "clawed_back_milli")]
    pub(super) clawed_back: Credits,
    #[serde(rename = "used_milli")]
    pub(super) used: Credits,
    #[serde(rename = "held_milli")]
    pub(super) held: Credits,
    #[serde(rename = "lapsed_milli")]
    pub(super) lapsed: Credits,
    pub(super) starts_at: Timestamp,
    pub(super) expires_at: Option<Timestamp>,
}

impl LotLine {
    pub(super) fn of(lot: &Lot) -> Result<Self, CreditsOverflow> {
        Ok(LotLine {
            id: lot.terms.id.clone(),
            kind: lot.terms.kind,
            left: lot.surplus()?,
            granted: lot.granted,
            clawed_back: lot.clawed_back,
            used: lot.used,
            held: lot.held,
            lapsed: lot.lapsed,
            starts_at: lot.terms.starts_at,
            expires_at: lot.terms.expires_at,
        })
    }
}

/// A value that the user should have claimed.
#[derive(Serialize)]
pub(super) struct ClaimLine {
    pub(super) kind: &'static str,
    pub(super) value: String,
    /// None if nobody has it.
    pub(super) owner: Option<UserId>,
    pub(super) is_theirs: bool,
    /// When it was deleted at Stripe.
    pub(super) deleted_at: Option<Timestamp>,
    /// The operator who assigned it.
    pub(super) assigned_by: Option<String>,
}

impl ClaimLine {
    pub(super) fn of(
        user_id: &UserId,
        kind: &'static str,
        value: String,
        claim: Option<Claim>,
    ) -> Self {
        let owner = claim.as_ref().map(|claim| claim.user_id.clone());
        ClaimLine {
            kind,
            value,
            is_theirs: owner.as_ref() == Some(user_id),
            owner,
            deleted_at: claim.as_ref().and_then(|claim| claim.deleted_at),
            assigned_by: claim.and_then(|claim| claim.operator.map(|note| note.actor)),
        }
    }

    pub(super) fn is_right(&self) -> bool {
        self.is_theirs
    }
}

/// A ledger entry.
#[derive(Serialize)]
pub(super) struct EntryLine {
    pub(super) seq: u64,
    pub(super) at: Timestamp,
    pub(super) kind: EntryKind,
    #[serde(rename = "amount_milli")]
    pub(super) amount: Credits,
    pub(super) key: String,
    /// None once they are erased.
    pub(super) actor: Option<String>,
    /// An operator's reason, or a caller's label.
    pub(super) label: Option<String>,
}

impl EntryLine {
    pub(super) fn of(entry: &Entry) -> Self {
        let text = |erasable: &Erasable| erasable.text.as_ref().map(|(text, _)| text.clone());
        EntryLine {
            seq: entry.seq,
            at: entry.at,
            kind: entry.kind,
            amount: entry.outcome.amount,
            key: entry.key.to_string(),
            actor: text(&entry.actor),
            label: entry.label.as_ref().and_then(text),
        }
    }
}

/// An event of Stripe that is not settled.
#[derive(Serialize)]
pub(super) struct EventLine {
    pub(super) event: StripeId,
    #[serde(rename = "type")]
    pub(super) event_type: String,
    pub(super) outcome: EventOutcome,
    pub(super) since: Timestamp,
    pub(super) waits_for: Option<String>,
}

impl EventLine {
    pub(super) fn of(id: StripeId, record: EventRecord) -> Self {
        EventLine {
            event: id,
            event_type: record.event_type,
            outcome: record.outcome,
            since: record.settled_at,
            waits_for: record.waits_for.map(|reason| reason.to_string()),
        }
    }
}
