//! A life: commands of every kind at random moments over some years, and looks
//! at what the credits function answers in between.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use shared::domain::{
    AccountPlan, Action, Adjustment, Clawback, Command, Credits, Digester, Erasable, Grant, HoldId,
    LotEnd, LotId, LotKind, LotTerms, OnExpiry, ResetDay, Rollover, ScheduleGrant, ScheduleTerms,
    Settlement, Tier, Timestamp, Usage,
};
use shared::host::clock::{Clock, Deadline};
use shared::store::{CommitError, CommitRequest, Consistency};
use tests::user;

use super::super::ground::Ground;
use crate::routes::{credits_function, recorded, respond};

/// The generator SplitMix64: small, and good from any seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

pub(super) struct Life<'a> {
    ground: &'a Ground,
    function: credits::App,
    who: String,
    random: Random,
    now: Timestamp,
    commands: u64,
    is_holding: bool,
    done: BTreeMap<&'static str, u32>,
    holds: Vec<HoldId>,
    lots: Vec<LotId>,
}

impl<'a> Life<'a> {
    pub(super) fn begin(ground: &'a Ground, who: &str, seed: u64) -> Self {
        let now = tests::at("2023-01-31T12:00:00Z");
        ground.world.clock.set(now);
        let free = [("RATE_LIMIT_CREDITS_PER_MINUTE", "0")];
        Life {
            ground,
            function: credits_function(&ground.world, &free),
            who: who.to_string(),
            random: Random(seed),
            now,
            commands: 0,
            is_holding: false,
            done: BTreeMap::new(),
            holds: Vec::new(),
            lots: Vec::new(),
        }
    }

    /// How often each kind of command was done.
    pub(super) fn reported(&self) -> String {
        format!("{:?}", self.done)
    }

    pub(super) async fn entries(&self) -> u64 {
        let who = user(&self.who);
        let account = self
            .ground
            .world
            .store
            .load_account(&who, Consistency::Strong);
        account.await.unwrap().version
    }

    /// A moment later, which may be a month, somebody does something or not.
    pub(super) async fn go_on(&mut self) {
        let steps = self.random.below(3);
        for _ in 0..steps {
            self.pass();
            let action = if self.is_holding && self.random.below(3) > 0 {
                self.on_hold()
            } else {
                self.action()
            };
            self.command(action).await;
        }
        // What is done in the second of a look belongs to that second, so whoever
        // does something lets a second pass first.
        if self.random.below(2) == 0 {
            self.pass();
        }
    }

    fn pass(&mut self) {
        // A hold lives for minutes, and somebody is there to close it.
        let bound = if self.is_holding { 5 } else { 10 };
        let seconds = match self.random.below(bound) {
            0 => 1,
            1..5 => 1 + self.random.below(200),
            5..9 => 1 + self.random.below(500_000),
            _ => 1 + self.random.below(8_000_000),
        };
        self.now = self.now.plus_seconds(i64::try_from(seconds).unwrap());
        self.ground.world.clock.set(self.now);
        assert_eq!(self.ground.world.clock.now(), self.now);
    }

    /// What `GET /api/user/credits` answers now, and when that is.
    pub(super) async fn look(&mut self) -> (String, Value) {
        let mut event = recorded("get-credits.json");
        event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = json!(self.who);
        let response = respond(&self.function, &event).await;
        assert_eq!(response["statusCode"], 200, "{response}");
        let body = response["body"].as_str().unwrap();
        (self.now.to_string(), serde_json::from_str(body).unwrap())
    }

    async fn command(&mut self, action: Action) {
        self.commands += 1;
        let key = format!("api#inference-service#k{}", self.commands);
        let mut digester = Digester::new("life");
        digester.text("key", &key);
        let command = Command {
            key: key.parse().unwrap(),
            request_hash: digester.finish(),
            actor: Erasable::new("inference-service", [1; 16]),
            label: None,
            action,
        };
        let request = CommitRequest {
            user_id: &user(&self.who),
            command: &command,
            guess: None,
            now: self.now,
            deadline: Deadline::after(std::time::Duration::from_secs(60)),
        };
        match self.ground.world.store.commit(request).await {
            Ok(_) => *self.done.entry(command.action.kind().as_str()).or_default() += 1,
            // Life is not always as one would like it.
            Err(CommitError::Refused(_)) => *self.done.entry("refused").or_default() += 1,
            Err(error) => panic!("{error}"),
        }
    }

    fn amount(&mut self, most: u64) -> Credits {
        Credits::from_milli(i64::try_from(self.random.below(most * 1_000)).unwrap())
    }

    fn action(&mut self) -> Action {
        match self.random.below(18) {
            0..5 => Action::Charge {
                amount: self.amount(700),
                usage: Usage::default(),
            },
            5..8 => self.hold(),
            8..10 => self.on_hold(),
            10..12 => self.grant(),
            12 => self.schedule(),
            13 => self.claw_back(),
            14 => self.plan(),
            15 | 16 => self.settlement(),
            _ => Action::Adjust(Adjustment::FreeTerms {
                monthly_allocation: self.amount(3_000),
                reset_day_of_month: ResetDay::try_from(
                    u32::try_from(self.random.below(31)).unwrap() + 1,
                )
                .unwrap(),
            }),
        }
    }

    fn hold(&mut self) -> Action {
        let hold = HoldId {
            client: "inference-service".parse().unwrap(),
            key: format!("h{}", self.commands).parse().unwrap(),
        };
        self.holds.push(hold.clone());
        self.is_holding = true;
        Action::Hold {
            hold,
            amount: self.amount(400),
            ttl_seconds: u32::try_from(self.random.below(3_000)).unwrap() + 60,
            on_expiry: [OnExpiry::Release, OnExpiry::Settle][self.commands as usize % 2],
        }
    }

    fn on_hold(&mut self) -> Action {
        let Some(hold) = self.holds.last().cloned() else {
            return self.hold();
        };
        let usage = Usage::default();
        self.is_holding = self.random.below(2) == 0;
        match self.random.below(4) {
            0 => Action::Release { hold },
            1 => Action::Extend {
                hold,
                ttl_seconds: 600,
            },
            2 => Action::Report {
                hold,
                amount: self.amount(300),
                usage,
            },
            _ => Action::Commit {
                hold,
                amount: self.amount(500),
                usage,
            },
        }
    }

    fn grant(&mut self) -> Action {
        let id: LotId = format!("buy:p{}", self.commands).parse().unwrap();
        self.lots.push(id.clone());
        let lives_seconds = i64::try_from(self.random.below(10_000_000)).unwrap();
        let ends = self.random.below(2) == 0;
        let terms = LotTerms {
            id,
            kind: LotKind::Purchase,
            starts_at: self.now,
            expires_at: ends.then(|| self.now.plus_seconds(lives_seconds + 1)),
            monthly_allocation: Credits::ZERO,
            reset_day_of_month: ResetDay::FIRST,
            rollover: None,
        };
        Action::Grant {
            lots: vec![Grant {
                terms,
                amount: self.amount(2_000),
                clawed_back: Credits::ZERO,
            }],
            schedules: Vec::new(),
        }
    }

    fn schedule(&mut self) -> Action {
        let ends_at = self.now.plus_seconds(150 * 86_400);
        let terms = ScheduleTerms {
            id: format!("sub:d{}", self.commands).parse().unwrap(),
            starts_at: self.now,
            ends_at,
            expires_at: ends_at.plus_seconds(3 * 86_400),
            total: self.amount(5_000),
            rollover: Rollover::default(),
            paid_late: None,
        };
        Action::Grant {
            lots: Vec::new(),
            schedules: vec![ScheduleGrant {
                terms,
                targets: (0..self.random.below(6))
                    .map(|_| self.amount(500))
                    .collect(),
            }],
        }
    }

    fn claw_back(&mut self) -> Action {
        let Some(lot) = self.lots.last().cloned() else {
            return self.grant();
        };
        Action::Clawback {
            lots: vec![Clawback {
                lot,
                target: self.amount(2_000),
                past: None,
            }],
            schedules: Vec::new(),
        }
    }

    /// Another end for the newest lot, with something that comes along.
    fn settlement(&mut self) -> Action {
        let Action::Grant { lots, schedules } = self.grant() else {
            unreachable!("it grants");
        };
        let newest = self.lots.iter().rev().nth(1).cloned();
        let later = i64::try_from(self.random.below(6_000_000)).unwrap();
        let end = newest.map(|lot| LotEnd {
            lot,
            expires_at: self.now.plus_seconds(later - 1_000_000),
            target: self.amount(2_000),
            past: None,
        });
        Action::Settle(Settlement {
            grants: lots,
            schedules,
            ends: end.into_iter().collect(),
            ..Settlement::default()
        })
    }

    fn plan(&mut self) -> Action {
        let end = self.now.plus_seconds(30 * 86_400);
        let plan = AccountPlan {
            subscription_id: "sub_life".into(),
            tier: Tier::Pro,
            rank: 10,
            period_end: Some(end),
            lapses_at: Some(end),
            payment_due: false,
        };
        Action::SetPlan {
            subscription_id: "sub_life".into(),
            plan: (self.random.below(3) > 0).then_some(plan),
        }
    }
}
