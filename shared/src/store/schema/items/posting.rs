//! Postings as stored in an entry: one map each, distinguished by `posting`. Stored
//! names do not follow a rename.

#![deny(clippy::wildcard_enum_match_arm)]

use serde::{Deserialize, Serialize};

use super::account::{LotItem, allocation_from_pairs, allocation_to_pairs, first, is_first};
use super::schedule::{targets_from_pairs, targets_to_pairs};
use crate::domain::{
    AccountPlan, Credits, HoldId, HoldPosting, LotAmount, LotId, LotKind, LotRollover, LotTerms,
    OnExpiry, PastLot, Posting, PostingCause, ResetDay, SchedulePosting, ScheduleTerms, Timestamp,
};

#[derive(Serialize, Deserialize)]
#[serde(tag = "posting", rename_all = "snake_case")]
pub(super) enum PostingItem {
    FreeTerms {
        #[serde(rename = "monthly_allocation_milli")]
        monthly_allocation: Credits,
        reset_day_of_month: ResetDay,
    },
    Opened(TermsItem),
    Moved {
        lot: LotId,
        amount: LotAmount,
        #[serde(rename = "delta_milli")]
        delta: Credits,
        cause: PostingCause,
    },
    Archived {
        lot: LotId,
    },
    Recalled {
        lot: LotItem,
        ended_at: Timestamp,
    },
    EndMoved {
        lot: LotId,
        expires_at: Timestamp,
    },
    HoldOpened {
        hold: HoldId,
        #[serde(rename = "amount_milli")]
        amount: Credits,
        /// Pairs of lot and milli-credits, in burn order.
        allocation: Vec<(LotId, Credits)>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opened_at: Option<Timestamp>,
        expires_at: Timestamp,
        on_expiry: OnExpiry,
    },
    HoldExtended {
        hold: HoldId,
        expires_at: Timestamp,
    },
    HoldReported {
        hold: HoldId,
        #[serde(rename = "amount_milli")]
        amount: Credits,
    },
    HoldExpired {
        hold: HoldId,
        #[serde(rename = "charged_milli")]
        charged: Credits,
    },
    HoldClosed {
        hold: HoldId,
    },
    #[serde(rename = "drip_scheduled")]
    ScheduleOpened(ScheduleTerms),
    #[serde(rename = "drip_taken_back")]
    ScheduleClawedBack {
        #[serde(rename = "drip")]
        schedule: LotId,
        /// Pairs of a month and milli-credits, as in the account.
        targets_milli: Vec<(u32, Credits)>,
    },
    #[serde(rename = "drip_advanced")]
    ScheduleAdvanced {
        #[serde(rename = "drip")]
        schedule: LotId,
        next: u32,
    },
    #[serde(rename = "drip_ended")]
    ScheduleEnded {
        #[serde(rename = "drip")]
        schedule: LotId,
    },
    Plans {
        plans: Vec<AccountPlan>,
    },
    Active {
        active: bool,
    },
    Erased,
    PeriodsSkipped {
        periods: u32,
    },
}

/// The terms of a lot that are fixed when it opens.
#[derive(Serialize, Deserialize)]
pub(super) struct TermsItem {
    lot: LotId,
    kind: LotKind,
    starts_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Credits::is_zero")]
    monthly_allocation_milli: Credits,
    #[serde(default = "first", skip_serializing_if = "is_first")]
    reset_day_of_month: ResetDay,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rollover: Option<LotRollover>,
}

impl From<LotTerms> for TermsItem {
    fn from(terms: LotTerms) -> Self {
        TermsItem {
            lot: terms.id,
            kind: terms.kind,
            starts_at: terms.starts_at,
            expires_at: terms.expires_at,
            monthly_allocation_milli: terms.monthly_allocation,
            reset_day_of_month: terms.reset_day_of_month,
            rollover: terms.rollover,
        }
    }
}

impl From<TermsItem> for LotTerms {
    fn from(item: TermsItem) -> Self {
        LotTerms {
            id: item.lot,
            kind: item.kind,
            starts_at: item.starts_at,
            expires_at: item.expires_at,
            monthly_allocation: item.monthly_allocation_milli,
            reset_day_of_month: item.reset_day_of_month,
            rollover: item.rollover,
        }
    }
}

impl From<&Posting> for PostingItem {
    fn from(posting: &Posting) -> Self {
        match posting.clone() {
            Posting::FreeTerms {
                monthly_allocation,
                reset_day_of_month,
            } => PostingItem::FreeTerms {
                monthly_allocation,
                reset_day_of_month,
            },
            Posting::Opened(terms) => PostingItem::Opened(terms.into()),
            Posting::Moved {
                lot,
                amount,
                delta,
                cause,
            } => PostingItem::Moved {
                lot,
                amount,
                delta,
                cause,
            },
            Posting::Archived { lot } => PostingItem::Archived { lot },
            Posting::Recalled(PastLot { lot, ended_at }) => PostingItem::Recalled {
                lot: LotItem::from(&lot),
                ended_at,
            },
            Posting::EndMoved { lot, expires_at } => PostingItem::EndMoved { lot, expires_at },
            Posting::Hold(HoldPosting::Opened {
                hold,
                amount,
                allocation,
                opened_at,
                expires_at,
                on_expiry,
            }) => PostingItem::HoldOpened {
                hold,
                amount,
                allocation: allocation_to_pairs(&allocation),
                opened_at,
                expires_at,
                on_expiry,
            },
            Posting::Hold(HoldPosting::Extended { hold, expires_at }) => {
                PostingItem::HoldExtended { hold, expires_at }
            }
            Posting::Hold(HoldPosting::Reported { hold, amount }) => {
                PostingItem::HoldReported { hold, amount }
            }
            Posting::Hold(HoldPosting::Expired { hold, charged }) => {
                PostingItem::HoldExpired { hold, charged }
            }
            Posting::Hold(HoldPosting::Closed { hold }) => PostingItem::HoldClosed { hold },
            Posting::Schedule(SchedulePosting::Opened(terms)) => PostingItem::ScheduleOpened(terms),
            Posting::Schedule(SchedulePosting::ClawedBack { schedule, targets }) => {
                PostingItem::ScheduleClawedBack {
                    schedule,
                    targets_milli: targets_to_pairs(&targets),
                }
            }
            Posting::Schedule(SchedulePosting::Advanced { schedule, next }) => {
                PostingItem::ScheduleAdvanced { schedule, next }
            }
            Posting::Schedule(SchedulePosting::Ended { schedule }) => {
                PostingItem::ScheduleEnded { schedule }
            }
            Posting::Plans(plans) => PostingItem::Plans { plans },
            Posting::Active(active) => PostingItem::Active { active },
            Posting::Erased => PostingItem::Erased,
            Posting::PeriodsSkipped { periods } => PostingItem::PeriodsSkipped { periods },
        }
    }
}

impl From<PostingItem> for Posting {
    fn from(item: PostingItem) -> Self {
        match item {
            PostingItem::FreeTerms {
                monthly_allocation,
                reset_day_of_month,
            } => Posting::FreeTerms {
                monthly_allocation,
                reset_day_of_month,
            },
            PostingItem::Opened(terms) => Posting::Opened(terms.into()),
            PostingItem::Moved {
                lot,
                amount,
                delta,
                cause,
            } => Posting::Moved {
                lot,
                amount,
                delta,
                cause,
            },
            PostingItem::Archived { lot } => Posting::Archived { lot },
            PostingItem::Recalled { lot, ended_at } => Posting::Recalled(PastLot {
                lot: lot.into(),
                ended_at,
            }),
            PostingItem::EndMoved { lot, expires_at } => Posting::EndMoved { lot, expires_at },
            PostingItem::HoldOpened {
                hold,
                amount,
                allocation,
                opened_at,
                expires_at,
                on_expiry,
            } => Posting::Hold(HoldPosting::Opened {
                hold,
                amount,
                allocation: allocation_from_pairs(allocation),
                opened_at,
                expires_at,
                on_expiry,
            }),
            PostingItem::HoldExtended { hold, expires_at } => {
                Posting::Hold(HoldPosting::Extended { hold, expires_at })
            }
            PostingItem::HoldReported { hold, amount } => {
                Posting::Hold(HoldPosting::Reported { hold, amount })
            }
            PostingItem::HoldExpired { hold, charged } => {
                Posting::Hold(HoldPosting::Expired { hold, charged })
            }
            PostingItem::HoldClosed { hold } => Posting::Hold(HoldPosting::Closed { hold }),
            PostingItem::ScheduleOpened(terms) => Posting::Schedule(SchedulePosting::Opened(terms)),
            PostingItem::ScheduleClawedBack {
                schedule,
                targets_milli,
            } => Posting::Schedule(SchedulePosting::ClawedBack {
                schedule,
                targets: targets_from_pairs(targets_milli),
            }),
            PostingItem::ScheduleAdvanced { schedule, next } => {
                Posting::Schedule(SchedulePosting::Advanced { schedule, next })
            }
            PostingItem::ScheduleEnded { schedule } => {
                Posting::Schedule(SchedulePosting::Ended { schedule })
            }
            PostingItem::Plans { plans } => Posting::Plans(plans),
            PostingItem::Active { active } => Posting::Active(active),
            PostingItem::Erased => Posting::Erased,
            PostingItem::PeriodsSkipped { periods } => Posting::PeriodsSkipped { periods },
        }
    }
}
