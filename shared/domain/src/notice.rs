//! Notices: what an entry of the ledger has to tell the user and the receivers of
//! webhooks.
//!
//! They follow from the entry alone, so an entry that is read again, late or in any
//! order tells the same under the same ids. Records of another system tell nothing: an
//! import must not write to everybody.

use std::fmt;
use std::str::FromStr;

use super::{
    AccountPlan, Alert, CreditType, Credits, CreditsOverflow, Digester, Entry, EntryKind, HoldId,
    HoldPosting, LotAmount, LotKind, LotTerms, Posting, PostingCause,
};

/// The kind of a notice. Names are public: receivers of webhooks tell notices apart by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeKind {
    /// 75 or 90 % of the credits are used.
    CreditsLow,
    /// No credits remain.
    CreditsExhausted,
    /// Credits were granted, or a clawback was reduced.
    CreditsGranted,
    /// Credits were clawed back.
    CreditsClawedBack,
    /// A month of free credits began.
    CreditsReset,
    /// A hold expired that nobody had closed.
    HoldExpired,
    /// Subscriptions began, changed or ended.
    SubscriptionChanged,
    /// A payment of a subscription is outstanding.
    PaymentNeedsAttention,
}

/// A text that names no kind of notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it names no kind of notice")]
pub struct UnknownNotice;

impl NoticeKind {
    /// All kinds, in order of declaration.
    pub const ALL: [NoticeKind; 8] = [
        NoticeKind::CreditsLow,
        NoticeKind::CreditsExhausted,
        NoticeKind::CreditsGranted,
        NoticeKind::CreditsClawedBack,
        NoticeKind::CreditsReset,
        NoticeKind::HoldExpired,
        NoticeKind::SubscriptionChanged,
        NoticeKind::PaymentNeedsAttention,
    ];

    /// Its public name.
    pub fn as_str(self) -> &'static str {
        match self {
            NoticeKind::CreditsLow => "credits.low",
            NoticeKind::CreditsExhausted => "credits.exhausted",
            NoticeKind::CreditsGranted => "credits.granted",
            NoticeKind::CreditsClawedBack => "credits.clawed_back",
            NoticeKind::CreditsReset => "credits.reset",
            NoticeKind::HoldExpired => "hold.expired",
            NoticeKind::SubscriptionChanged => "subscription.changed",
            NoticeKind::PaymentNeedsAttention => "payment.needs_attention",
        }
    }
}

impl fmt::Display for NoticeKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for NoticeKind {
    type Err = UnknownNotice;

    fn from_str(text: &str) -> Result<Self, UnknownNotice> {
        let mut all = NoticeKind::ALL.into_iter();
        all.find(|kind| kind.as_str() == text).ok_or(UnknownNotice)
    }
}

/// One thing that an entry has to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A threshold was crossed.
    CreditsLow {
        /// Which credits.
        credit_type: CreditType,
        /// The threshold: 75 or 90. For pro credits, 90 of the last grant.
        percent_used: u8,
    },
    /// The last credits were used or clawed back.
    CreditsExhausted {
        /// Which credits.
        credit_type: CreditType,
    },
    /// Pro credits came in.
    CreditsGranted {
        /// All that came in with the entry; positive.
        amount: Credits,
    },
    /// Pro credits were clawed back.
    CreditsClawedBack {
        /// The sum over all lots of the entry; positive.
        amount: Credits,
    },
    /// A month of free credits began.
    CreditsReset {
        /// The month's lot. Of several months that began since the entry before, the
        /// last.
        month: LotTerms,
    },
    /// A hold expired.
    HoldExpired {
        /// The hold.
        hold: HoldId,
        /// The amount charged at the expiry.
        charged: Credits,
        /// Its place among the expiries of its entry, from 0. A hold without any time
        /// to live may expire in the entry that opens it, after one of the same name.
        place: u32,
    },
    /// The user's subscriptions as they are now.
    SubscriptionChanged {
        /// Those that have not ended.
        plans: Vec<AccountPlan>,
    },
    /// A subscription is past due, unpaid or paused.
    PaymentNeedsAttention {
        /// The subscription.
        plan: AccountPlan,
    },
}

impl Notice {
    /// Its kind.
    pub fn kind(&self) -> NoticeKind {
        match self {
            Notice::CreditsLow { .. } => NoticeKind::CreditsLow,
            Notice::CreditsExhausted { .. } => NoticeKind::CreditsExhausted,
            Notice::CreditsGranted { .. } => NoticeKind::CreditsGranted,
            Notice::CreditsClawedBack { .. } => NoticeKind::CreditsClawedBack,
            Notice::CreditsReset { .. } => NoticeKind::CreditsReset,
            Notice::HoldExpired { .. } => NoticeKind::HoldExpired,
            Notice::SubscriptionChanged { .. } => NoticeKind::SubscriptionChanged,
            Notice::PaymentNeedsAttention { .. } => NoticeKind::PaymentNeedsAttention,
        }
    }

    /// Its id: 32 hexadecimal digits that no other notice of any entry has. It follows
    /// from the entry's hash and from what distinguishes the notice within its entry.
    pub fn id(&self, entry: &Entry) -> String {
        let mut digester = Digester::new("notice/1");
        digester
            .bytes("entry", entry.hash.as_bytes())
            .text("kind", self.kind().as_str());
        match self {
            Notice::CreditsLow {
                credit_type,
                percent_used,
            } => digester
                .text("credit_type", credit_type.as_str())
                .integer("percent_used", *percent_used),
            Notice::CreditsExhausted { credit_type } => {
                digester.text("credit_type", credit_type.as_str())
            }
            Notice::HoldExpired { hold, place, .. } => digester
                .text("hold", &hold.to_string())
                .integer("place", *place),
            Notice::PaymentNeedsAttention { plan } => {
                digester.text("subscription_id", &plan.subscription_id)
            }
            Notice::CreditsGranted { .. }
            | Notice::CreditsClawedBack { .. }
            | Notice::CreditsReset { .. }
            | Notice::SubscriptionChanged { .. } => &mut digester,
        };
        let mut id = digester.finish().to_string();
        id.truncate(32);
        id
    }
}

impl Entry {
    /// What it has to tell, in the order of the rules: what time brought, what was paid
    /// for, what was used. Fails only if the sum of its grants exceeds 64 bits.
    pub fn notices(&self) -> Result<Vec<Notice>, CreditsOverflow> {
        if !tells(self.kind) {
            return Ok(Vec::new());
        }
        let (mut month, mut plans) = (None, None);
        let (mut granted, mut clawed_back) = (Credits::ZERO, Credits::ZERO);
        let mut notices = Vec::new();
        let mut places = 0..;
        for posting in &self.postings {
            match posting {
                Posting::Opened(terms) if begins_a_month(terms) => month = Some(terms),
                Posting::Moved {
                    amount: LotAmount::Granted,
                    delta,
                    cause: PostingCause::Grant,
                    ..
                } => granted = granted.plus(*delta)?,
                Posting::Moved {
                    amount: LotAmount::ClawedBack,
                    delta,
                    ..
                } => clawed_back = clawed_back.plus(*delta)?,
                Posting::Hold(HoldPosting::Expired { hold, charged }) => {
                    notices.push(Notice::HoldExpired {
                        hold: hold.clone(),
                        charged: *charged,
                        place: places.next().unwrap_or(u32::MAX),
                    });
                }
                Posting::Plans(after) => plans = Some(after),
                Posting::Opened(_)
                | Posting::Moved { .. }
                | Posting::FreeTerms { .. }
                | Posting::Archived { .. }
                | Posting::Recalled(_)
                | Posting::EndMoved { .. }
                | Posting::Hold(_)
                | Posting::Schedule(_)
                | Posting::Active(_)
                | Posting::Erased
                | Posting::PeriodsSkipped { .. } => {}
            }
        }
        if let Some(month) = month.cloned() {
            notices.push(Notice::CreditsReset { month });
        }
        notices.extend(plans.into_iter().flat_map(|plans| of_plans(plans)));
        // A clawback that shrinks gives credits back.
        let returned = Credits::ZERO.minus(clawed_back.min(Credits::ZERO))?;
        let amount = granted.plus(returned)?;
        if amount.is_positive() {
            notices.push(Notice::CreditsGranted { amount });
        }
        if clawed_back.is_positive() {
            let amount = clawed_back;
            notices.push(Notice::CreditsClawedBack { amount });
        }
        notices.extend(self.outcome.alerts.iter().map(|alert| of_alert(*alert)));
        Ok(notices)
    }

    /// Whether it has anything to tell; also if that cannot be computed.
    pub fn has_notices(&self) -> bool {
        self.notices().map_or(true, |notices| !notices.is_empty())
    }
}

/// Whether entries of the kind tell anything. Openings and records of the past come
/// from other systems, where all of it has been told.
fn tells(kind: EntryKind) -> bool {
    match kind {
        EntryKind::Open | EntryKind::PastUse | EntryKind::PastCredits => false,
        EntryKind::Charge
        | EntryKind::Hold
        | EntryKind::Extend
        | EntryKind::Report
        | EntryKind::Commit
        | EntryKind::Release
        | EntryKind::Grant
        | EntryKind::Clawback
        | EntryKind::Plans
        | EntryKind::Adjust => true,
    }
}

/// A month without an allocation brings nothing.
fn begins_a_month(terms: &LotTerms) -> bool {
    terms.kind == LotKind::Free && terms.monthly_allocation.is_positive()
}

fn of_plans(plans: &[AccountPlan]) -> Vec<Notice> {
    let due = plans.iter().filter(|plan| plan.payment_due).cloned();
    let changed = Notice::SubscriptionChanged {
        plans: plans.to_vec(),
    };
    let due = due.map(|plan| Notice::PaymentNeedsAttention { plan });
    std::iter::once(changed).chain(due).collect()
}

fn of_alert(alert: Alert) -> Notice {
    let low = |credit_type, percent_used| Notice::CreditsLow {
        credit_type,
        percent_used,
    };
    match alert {
        Alert::Free75 => low(CreditType::Free, 75),
        Alert::Free90 => low(CreditType::Free, 90),
        Alert::ProLow => low(CreditType::Pro, 90),
        Alert::Free100 => Notice::CreditsExhausted {
            credit_type: CreditType::Free,
        },
        Alert::ProEmpty => Notice::CreditsExhausted {
            credit_type: CreditType::Pro,
        },
    }
}

#[cfg(test)]
mod tests;
