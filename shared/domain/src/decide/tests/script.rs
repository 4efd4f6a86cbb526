//! Random commands with small amounts and times that fall on the edges, drawn from
//! a seed, so that the seed is enough to replay a sequence.

mod business;

use super::super::super::fixtures::{lot_id, reset_day};
use super::super::super::{
    Action, Adjustment, CreditAccount, Credits, GrantSchedule, HoldId, LotKind, OnExpiry,
    OpeningBalance, OpeningFree, OpeningLot, ResetDay, ScheduleTerms, Timestamp, Usage,
};
use super::model::DAY;
use super::random::Random;
use super::world::World;

/// The focus of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Mixed,
    /// Many holds with short lives.
    Holds,
    /// Many lots with ends and few credits.
    Lots,
}

/// Draws one sequence.
pub(crate) struct Script {
    pub(crate) random: Random,
    style: Style,
    /// The time of the caller's clock.
    pub(crate) clock: i64,
    scale: i64,
    names: i64,
    /// The schedules that were ever granted, or refused.
    schedules: Vec<ScheduleTerms>,
}

fn milli(amount: i64) -> Credits {
    Credits::from_milli(amount)
}

fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(seconds).unwrap()
}

impl Script {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let style = match random.upto(7) {
            0..=4 => Style::Mixed,
            5 | 6 => Style::Holds,
            _ => Style::Lots,
        };
        Script {
            style,
            // Somewhere in the years 2020 to 2029.
            clock: 1_577_836_800 + random.upto(3650) * DAY + random.upto(DAY - 1),
            scale: random.pick(&[5, 3_000, 20_000, 20_000]).unwrap(),
            random,
            names: 0,
            schedules: Vec::new(),
        }
    }

    fn name(&mut self) -> i64 {
        self.names += 1;
        self.names
    }

    /// Lets time pass and draws a command.
    pub(crate) fn next(&mut self, world: &World<'_>) -> (Action, Timestamp) {
        self.pass(&world.account);
        let skew = if self.random.percent(6) {
            self.random.upto(3 * DAY)
        } else {
            0
        };
        let action = self.action(world);
        (action, moment(self.clock - skew))
    }

    /// Often no time at all, or exactly until the next event.
    fn pass(&mut self, account: &CreditAccount) {
        let holds = account
            .holds
            .iter()
            .map(|hold| hold.expires_at.unix_seconds());
        let lots = account.lots.iter().filter_map(|lot| lot.terms.expires_at);
        let kept = account.lots.iter().filter_map(|lot| lot.terms.rollover);
        let months = account.schedules.iter().map(GrantSchedule::next_begins_at);
        let lots = lots.chain(kept.map(|it| it.from)).chain(months);
        let lots = lots.map(|end| end.unix_seconds());
        let until = match self.random.upto(19) {
            0..=7 => self.clock,
            8 | 9 => self.clock + self.random.upto(300),
            10 | 11 => self.clock + self.random.upto(DAY),
            12 | 13 => {
                let target = self.random.pick(&holds.collect::<Vec<_>>());
                let around = [-1, 0, 0, 1, DAY - 1, DAY, DAY + 1];
                target.unwrap_or(self.clock) + self.random.pick(&around).unwrap()
            }
            14 | 15 => {
                let target = self.random.pick(&lots.collect::<Vec<_>>());
                target.unwrap_or(self.clock) + self.random.upto(2) - 1
            }
            16 => self.clock + self.random.upto(3) * DAY,
            17 | 18 => self.clock + self.random.upto(12 * DAY),
            _ => self.clock + self.random.upto(70 * DAY),
        };
        // Lots may end years from now; the sequence stays among its commands.
        if until > self.clock && until <= self.clock + 70 * DAY {
            self.clock = until;
        }
    }

    fn action(&mut self, world: &World<'_>) -> Action {
        let account = &world.account;
        if account.version == 0 && self.random.percent(60) {
            return Action::Open(self.opening());
        }
        let kind = match self.style {
            Style::Mixed => self.random.upto(99),
            Style::Holds => self.random.upto(74),
            Style::Lots => 15 + self.random.upto(84),
        };
        match kind {
            0..=11 => self.hold(account),
            12..=14 => Action::Extend {
                hold: self.some_hold(account),
                ttl_seconds: self.lifetime(account),
            },
            15..=29 => Action::Charge {
                amount: self.amount(account),
                usage: Usage::default(),
            },
            30..=44 => self.hold(account),
            45..=64 => self.about_a_hold(account),
            65..=79 => self.grant(account),
            80..=83 => self.claw_back(world),
            84..=86 => self.claw_back_of_a_schedule(),
            87..=92 => Action::Settle(self.settlement(world)),
            93 => self.plan(),
            94 => Action::Adjust(Adjustment::Take {
                amount: self.amount(account),
            }),
            95 if self.random.percent(5) => Action::Adjust(Adjustment::Erased),
            95 | 96 => Action::Adjust(Adjustment::Active(self.random.percent(75))),
            97 | 98 => Action::Adjust(Adjustment::FreeTerms {
                monthly_allocation: milli(self.allocation()),
                reset_day_of_month: self.anchor(),
            }),
            _ => Action::Open(self.opening()),
        }
    }

    fn anchor(&mut self) -> ResetDay {
        let day = if self.random.percent(50) {
            1 + self.random.upto(30)
        } else {
            28 + self.random.upto(3)
        };
        reset_day(u32::try_from(day).unwrap())
    }

    fn allocation(&mut self) -> i64 {
        self.random
            .pick(&[0, 1, 999, 10_000, 10_000, 40_000])
            .unwrap()
    }

    /// 0, all that is available, a thousandth more, or any amount.
    fn amount(&mut self, account: &CreditAccount) -> Credits {
        let balance = super::super::super::Balance::of(account, account.as_of).unwrap();
        let free = balance.free_available.milli();
        let all = free + balance.pro_available.milli();
        let amount = match self.random.upto(11) {
            0 => 0,
            1 => all,
            2 => all + 1,
            3 => free,
            4 => free + 1,
            5 => all / 2,
            _ => self.random.upto(self.scale),
        };
        milli(amount)
    }

    fn lifetime(&mut self, account: &CreditAccount) -> u32 {
        let ends = account.lots.iter().filter_map(|lot| lot.terms.expires_at);
        let ends: Vec<i64> = ends.map(|end| end.unix_seconds() - self.clock).collect();
        let to_midnight = DAY - self.clock.rem_euclid(DAY);
        let seconds = match self.random.upto(9) {
            0 => self.random.upto(1),
            1 | 2 => self.random.upto(100),
            3 | 4 => 300,
            5 => to_midnight + self.random.upto(9) * DAY,
            6 | 7 => self.random.pick(&ends).unwrap_or(1),
            _ => self.random.upto(10 * DAY),
        };
        u32::try_from(seconds.clamp(0, 80 * DAY)).unwrap()
    }

    fn hold_named(&self, client: &str, number: i64) -> HoldId {
        format!("{client}#h{number}").parse().unwrap()
    }

    fn hold(&mut self, account: &CreditAccount) -> Action {
        let number = self.name();
        let again = self.random.percent(2);
        let known = self.random.pick(&account.holds).filter(|_| again);
        let client = self.random.pick(&["a", "b"]).unwrap();
        let amount = self.amount(account);
        let quarter = milli(amount.milli() / 4);
        Action::Hold {
            hold: known.map_or_else(|| self.hold_named(client, number), |hold| hold.id),
            amount: if self.random.percent(70) {
                quarter
            } else {
                amount
            },
            ttl_seconds: self.lifetime(account),
            on_expiry: self
                .random
                .pick(&[OnExpiry::Release, OnExpiry::Settle])
                .unwrap(),
        }
    }

    /// Mostly a known one; sometimes an old one or another client's.
    fn some_hold(&mut self, account: &CreditAccount) -> HoldId {
        let known = self.random.pick(&account.holds);
        match known {
            Some(hold) if self.random.percent(90) => hold.id,
            Some(hold) if self.random.percent(30) => HoldId {
                client: "stranger".parse().unwrap(),
                key: hold.id.key,
            },
            _ => {
                let number = self.random.upto(self.names);
                self.hold_named("a", number)
            }
        }
    }

    fn about_a_hold(&mut self, account: &CreditAccount) -> Action {
        let hold = self.some_hold(account);
        let known = account.holds.iter().find(|known| known.id == hold);
        let held = known.map_or(self.scale, |known| known.amount.milli());
        let reported = known.map_or(0, |known| known.reported.milli());
        let charged = known.and_then(|known| known.expired_charge);
        let balance = super::super::super::Balance::of(account, account.as_of).unwrap();
        let there = balance.total_available().unwrap().milli();
        let amount = milli(match self.random.upto(11) {
            0 => 0,
            1 => held,
            2 => held + 1,
            3 => held + there,
            4 => held + there + 1,
            5 => 2 * held + there,
            6 => 2 * held + there + 1,
            7 => reported,
            8 => charged.map_or(held / 2, |charged| charged.milli() + 1),
            _ => self.random.upto(2 * held),
        });
        let usage = Usage::default();
        match self.random.upto(9) {
            0..=3 => Action::Report {
                hold,
                amount,
                usage,
            },
            4..=7 => Action::Commit {
                hold,
                amount,
                usage,
            },
            _ => Action::Release { hold },
        }
    }

    fn opening(&mut self) -> OpeningBalance {
        let as_of = moment(self.clock - self.random.upto(90 * DAY));
        let allocation = self.allocation();
        let mut lots = Vec::new();
        for _ in 0..self.random.upto(3) {
            let granted = self.random.upto(self.scale);
            let end = as_of.plus_seconds(self.random.upto(200 * DAY) - 10 * DAY);
            lots.push(OpeningLot {
                id: lot_id(&format!("buy:{}", self.name())),
                kind: LotKind::Purchase,
                starts_at: as_of.plus_seconds(-30 * DAY),
                expires_at: self.random.percent(60).then_some(end),
                granted: milli(granted),
                used: milli(self.random.upto(granted)),
            });
        }
        OpeningBalance {
            as_of,
            free: OpeningFree {
                monthly_allocation: milli(allocation),
                reset_day_of_month: self.anchor(),
                granted: None,
                used: milli(self.random.upto(allocation)),
            },
            lots,
        }
    }
}
