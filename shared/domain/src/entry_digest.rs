//! The canonical form of an entry: every field that the hash covers, by name.
//! Absent fields are left out, so that a field added later does not change older
//! hashes.

use super::rating::{RatedPart, Rating};
use super::{
    AccountPlan, Allocation, Digest, Digester, Entry, HoldPosting, HoldSummary, Lot, LotRollover,
    LotTerms, Outcome, PaidLate, PastLot, Posting, Rollover, SchedulePosting, ScheduleTerms,
    TargetRun,
};

impl Entry {
    /// The hash that matches the entry's contents.
    pub fn compute_hash(&self) -> Digest {
        let mut digester = Digester::new("entry/1");
        digester
            .bytes("previous_hash", self.previous_hash.as_bytes())
            .text("user_id", self.user_id.as_str())
            .text("key", &self.key.to_string())
            .integer("seq", self.seq)
            .text("kind", self.kind.as_str())
            .bytes("request_hash", self.request_hash.as_bytes())
            .integer("at", self.at.unix_seconds())
            .bytes("actor", self.actor.digest.as_bytes());
        if let Some(label) = &self.label {
            digester.bytes("label", label.digest.as_bytes());
        }
        for posting in &self.postings {
            digest_posting(&mut digester, posting);
        }
        digest_outcome(&mut digester, &self.outcome);
        let balance = &self.balance_after;
        let shown = &self.shown_after;
        digester
            .integer("free_available", balance.free_available.milli())
            .integer("pro_available", balance.pro_available.milli())
            .integer("held", balance.held.milli())
            .integer("debt", balance.debt.milli())
            .integer("shown_total", shown.total_available)
            .integer("shown_held", shown.held)
            .integer("shown_debt", shown.debt);
        digester.finish()
    }
}

fn digest_outcome(digester: &mut Digester, outcome: &Outcome) {
    digester
        .integer("amount", outcome.amount.milli())
        .integer("free_delta", outcome.free_delta.milli())
        .integer("pro_delta", outcome.pro_delta.milli());
    if let Some(HoldSummary {
        id,
        status,
        expires_at,
    }) = &outcome.hold
    {
        digester
            .text("hold", &id.to_string())
            .text("hold_status", status.as_str())
            .integer("hold_expires_at", expires_at.unix_seconds());
    }
    let usage = &outcome.usage;
    if let Some(model_id) = &usage.model_id {
        digester.text("model_id", model_id);
    }
    if let Some(operation) = usage.operation {
        digester.text("operation", operation.as_str());
    }
    if let Some(tokens) = usage.input_tokens {
        digester.integer("input_tokens", tokens);
    }
    if let Some(tokens) = usage.output_tokens {
        digester.integer("output_tokens", tokens);
    }
    if let Some(session) = &usage.session {
        digester.bytes("session", session.digest.as_bytes());
    }
    if let Some(Rating { card, breakdown }) = &outcome.rating {
        digester.text("rate_card", card.as_str());
        for RatedPart { unit, count, cost } in breakdown {
            digester
                .text("part", &unit.to_string())
                .integer("count", *count)
                .integer("cost", cost.get());
        }
    }
    for alert in &outcome.alerts {
        digester.text("alert", alert.as_str());
    }
}

fn digest_posting(digester: &mut Digester, posting: &Posting) {
    match posting {
        Posting::FreeTerms {
            monthly_allocation,
            reset_day_of_month,
        } => {
            digester
                .text("posting", "free_terms")
                .integer("monthly_allocation", monthly_allocation.milli())
                .integer("reset_day_of_month", reset_day_of_month.day());
        }
        Posting::Opened(terms) => {
            digester.text("posting", "opened");
            digest_terms(digester, terms);
        }
        Posting::Moved {
            lot,
            amount,
            delta,
            cause,
        } => {
            digester
                .text("posting", "moved")
                .text("lot", lot.as_str())
                .text("amount", amount.as_str())
                .integer("delta", delta.milli())
                .text("cause", cause.as_str());
        }
        Posting::Archived { lot } => {
            digester
                .text("posting", "archived")
                .text("lot", lot.as_str());
        }
        Posting::Recalled(past) => digest_recalled(digester, past),
        Posting::EndMoved { lot, expires_at } => {
            digester
                .text("posting", "end_moved")
                .text("lot", lot.as_str())
                .integer("expires_at", expires_at.unix_seconds());
        }
        Posting::Plans(plans) => digest_plans(digester, plans),
        Posting::Active(active) => {
            digester
                .text("posting", "active")
                .integer("active", i128::from(*active));
        }
        Posting::Erased => {
            digester.text("posting", "erased");
        }
        Posting::PeriodsSkipped { periods } => {
            digester
                .text("posting", "periods_skipped")
                .integer("periods", *periods);
        }
        Posting::Hold(change) => digest_hold_posting(digester, change),
        Posting::Schedule(change) => digest_schedule_posting(digester, change),
    }
}

fn digest_schedule_posting(digester: &mut Digester, change: &SchedulePosting) {
    match change {
        SchedulePosting::Opened(terms) => digest_schedule_terms(digester, terms),
        SchedulePosting::ClawedBack { schedule, targets } => {
            digester
                .text("posting", "drip_taken_back")
                .text("drip", schedule.as_str());
            for TargetRun { from, each } in targets.runs() {
                digester
                    .integer("from", *from)
                    .integer("each", each.milli());
            }
        }
        SchedulePosting::Advanced { schedule, next } => {
            digester
                .text("posting", "drip_advanced")
                .text("drip", schedule.as_str())
                .integer("next", *next);
        }
        SchedulePosting::Ended { schedule } => {
            digester
                .text("posting", "drip_ended")
                .text("drip", schedule.as_str());
        }
    }
}

fn digest_schedule_terms(digester: &mut Digester, terms: &ScheduleTerms) {
    digester
        .text("posting", "drip_scheduled")
        .text("drip", terms.id.as_str())
        .integer("starts_at", terms.starts_at.unix_seconds())
        .integer("ends_at", terms.ends_at.unix_seconds())
        .integer("expires_at", terms.expires_at.unix_seconds())
        .integer("total", terms.total.milli());
    let Rollover { months, cap } = terms.rollover;
    if months > 0 {
        digester.integer("rollover_months", months);
    }
    if !cap.is_zero() {
        digester.integer("rollover_cap", cap.milli());
    }
    if let Some(PaidLate {
        paid_at,
        spend_until,
    }) = terms.paid_late
    {
        digester
            .integer("paid_at", paid_at.unix_seconds())
            .integer("spend_until", spend_until.unix_seconds());
    }
}

fn digest_hold_posting(digester: &mut Digester, change: &HoldPosting) {
    match change {
        HoldPosting::Opened {
            hold,
            amount,
            allocation,
            opened_at,
            expires_at,
            on_expiry,
        } => {
            digester
                .text("posting", "hold_opened")
                .text("hold", &hold.to_string())
                .integer("amount", amount.milli())
                .integer("expires_at", expires_at.unix_seconds())
                .text("on_expiry", on_expiry.as_str());
            if let Some(opened_at) = opened_at {
                digester.integer("opened_at", opened_at.unix_seconds());
            }
            for Allocation { lot, amount } in allocation {
                digester
                    .text("lot", lot.as_str())
                    .integer("amount", amount.milli());
            }
        }
        HoldPosting::Extended { hold, expires_at } => {
            digester
                .text("posting", "hold_extended")
                .text("hold", &hold.to_string())
                .integer("expires_at", expires_at.unix_seconds());
        }
        HoldPosting::Reported { hold, amount } => {
            digester
                .text("posting", "hold_reported")
                .text("hold", &hold.to_string())
                .integer("amount", amount.milli());
        }
        HoldPosting::Expired { hold, charged } => {
            digester
                .text("posting", "hold_expired")
                .text("hold", &hold.to_string())
                .integer("charged", charged.milli());
        }
        HoldPosting::Closed { hold } => {
            digester
                .text("posting", "hold_closed")
                .text("hold", &hold.to_string());
        }
    }
}

fn digest_recalled(digester: &mut Digester, PastLot { lot, ended_at }: &PastLot) {
    let Lot {
        terms,
        granted,
        clawed_back,
        used,
        held,
        lapsed,
    } = lot;
    digester
        .text("posting", "recalled")
        .integer("ended_at", ended_at.unix_seconds());
    digest_terms(digester, terms);
    digester
        .integer("granted", granted.milli())
        .integer("clawed", clawed_back.milli())
        .integer("used", used.milli())
        .integer("held", held.milli())
        .integer("lapsed", lapsed.milli());
}

fn digest_plans(digester: &mut Digester, plans: &[AccountPlan]) {
    digester.text("posting", "plans");
    for plan in plans {
        digester
            .text("subscription_id", &plan.subscription_id)
            .text("tier", plan.tier.as_str())
            .integer("rank", plan.rank);
        if let Some(period_end) = plan.period_end {
            digester.integer("period_end", period_end.unix_seconds());
        }
        if let Some(lapses_at) = plan.lapses_at {
            digester.integer("lapses_at", lapses_at.unix_seconds());
        }
        if plan.payment_due {
            digester.integer("payment_due", 1);
        }
    }
}

fn digest_terms(digester: &mut Digester, terms: &LotTerms) {
    digester
        .text("lot", terms.id.as_str())
        .text("kind", terms.kind.as_str())
        .integer("starts_at", terms.starts_at.unix_seconds())
        .integer("monthly_allocation", terms.monthly_allocation.milli())
        .integer("reset_day_of_month", terms.reset_day_of_month.day());
    if let Some(expires_at) = terms.expires_at {
        digester.integer("expires_at", expires_at.unix_seconds());
    }
    if let Some(LotRollover { from, cap }) = terms.rollover {
        digester
            .integer("rollover_from", from.unix_seconds())
            .integer("rollover_cap", cap.milli());
    }
}
