//! Settling in the model: part by part; a moved end counts as if it had always been so.

use super::super::super::super::{LotEnd, LotKind, PlanChange, Refusal, Settlement};
use super::commands::{Answer, milli};
use super::{Calendar, Model, Pot};

impl Model {
    pub(super) fn settle(
        &mut self,
        settlement: &Settlement,
        calendar: &Calendar,
        past: &dyn Fn(&str) -> Option<Pot>,
        answer: &mut Answer,
    ) -> Result<(), Refusal> {
        let Settlement {
            grants,
            schedules,
            clawbacks,
            schedule_clawbacks,
            ends,
            plan,
        } = settlement;
        if let Some(PlanChange {
            subscription_id,
            plan,
        }) = plan
        {
            self.set_plan(subscription_id, plan.as_ref());
        }
        let now = self.now.unwrap();
        let mut taken = 0;
        for end in ends {
            taken += self.move_end(end, now, past)?;
        }
        let given = self.grant(grants, now)?;
        answer.scheduled = self.grant_schedules(schedules, calendar)?;
        taken += self.claw_back(clawbacks, past)?;
        taken += self.take_back_of_schedules(schedule_clawbacks);
        let gives = grants.len() + schedules.len() > 0;
        answer.amount = if gives {
            given + answer.scheduled
        } else {
            taken
        };
        Ok(())
    }

    /// Resets what lapsed and what was clawed back, and computes both anew.
    fn move_end(
        &mut self,
        wanted: &LotEnd,
        now: i64,
        past: &dyn Fn(&str) -> Option<Pot>,
    ) -> Result<i128, Refusal> {
        let id = wanted.lot.as_str();
        let gone = if self.has(id) || wanted.past.is_none() {
            None
        } else {
            past(id)
        };
        let here = self.pots.iter().find(|pot| *pot.id == *id);
        let Some(pot) = here.or(gone.as_ref()) else {
            return Err(Refusal::NoSuchLot(wanted.lot.clone()));
        };
        let ours = matches!(pot.kind, LotKind::Free | LotKind::Overdraft);
        if ours || pot.ends.is_none() || pot.kept.is_some() {
            return Err(Refusal::ImpossibleGrant(wanted.lot.clone()));
        }
        let end = wanted.expires_at.unix_seconds();
        if pot.ends == Some(end) {
            return Ok(0);
        }
        if let Some(back) = gone {
            self.past_used -= back.used;
            self.pots.push(back);
        }
        let pot = self.pot(id);
        let before = pot.clawed_back;
        (pot.clawed_back, pot.lapsed) = (0, 0);
        (pot.ends, pot.over) = (Some(end), end <= now);
        if pot.over {
            pot.lapsed = pot.left().max(0);
        }
        let target = milli(wanted.target).min(pot.granted);
        pot.clawed_back = (target - pot.lapsed).max(0);
        Ok(pot.clawed_back - before)
    }
}
