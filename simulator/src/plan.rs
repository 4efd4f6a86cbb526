//! What happens in a run, as a value: bursts of steps that begin at one moment. A shorter
//! plan is a valid plan, so a failing one can be shrunk.

use std::fmt;

use stripe_billing::History;

use crate::random::Random;

/// A whole run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where everything that is drawn comes from.
    pub seed: u64,
    /// What users do at Stripe.
    pub history: History,
    /// How Stripe reports it: by the older of two shapes.
    pub is_older_shape: bool,
    /// How many endpoints operators have. With one at least some users have an address,
    /// and all that the ledgers tell is sent.
    pub endpoints: usize,
    /// What happens, in order.
    pub bursts: Vec<Burst>,
}

/// Steps that begin at one moment, some time after the last burst.
#[derive(Clone, Debug)]
pub struct Burst {
    /// Seconds since then.
    pub wait_s: i64,
    /// The steps.
    pub steps: Vec<Step>,
}

/// One call, by one client.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its number in the whole plan, which stays when others are left out.
    pub number: u32,
    /// Where its faults come from.
    pub seed: u64,
    /// The user's number, from 0.
    pub user: usize,
    /// What is done.
    pub act: Act,
}

/// What a step does. Amounts are in thousandths of credits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Charges an amount.
    Charge(u64),
    /// Charges what tokens of a model cost.
    Use(u32, u32),
    /// Charges several amounts at once.
    Batch(Vec<u64>),
    /// Holds an amount, for seconds, settling at its end or not.
    Hold(u64, u32, bool),
    /// Holds what a call of a model costs at most.
    Estimate(u32, u32),
    /// Reports use of the hold that a step opened.
    Report(u32, u64),
    /// Extends it by seconds.
    Extend(u32, u32),
    /// Commits an amount.
    Commit(u32, u64),
    /// Commits what tokens of a model cost.
    CommitUse(u32, u32, u32),
    /// Releases it.
    Release(u32),
    /// Does what a step did once more, under its key.
    Again(u32),
    /// Does something else under the key of a step.
    OtherUnder(u32, u64),
    /// Reads credits, profile and history.
    Read,
    /// Changes preferences.
    Prefer(bool),
    /// An operator gives credits that last so many days.
    Give(u64, u32),
    /// An operator takes credits back.
    Take(u64),
    /// Stripe delivers one of the events that it has by now, drawn by this number.
    Deliver(u64),
}

impl Plan {
    /// The plan of a seed: so many steps of so many users.
    pub fn draw(seed: u64, steps: u32, users: usize, history: History, lasts_s: i64) -> Self {
        let mut random = Random::new(seed);
        let is_older_shape = random.chance(500);
        let (mut bursts, mut opened) = (Vec::new(), Vec::new());
        let (mut number, mut earlier) = (0_u32, Vec::new());
        let average = 8;
        let expected = i64::from(steps).checked_div(average).unwrap_or(1).max(1);
        let typical_s = lasts_s.checked_div(expected).unwrap_or(60).max(60);
        while number < steps {
            let size = 2 + random.below(15);
            let mut burst = Burst {
                wait_s: wait(&mut random, typical_s),
                steps: Vec::new(),
            };
            let crowd = random.place(users);
            for _ in 0..size {
                if number >= steps {
                    break;
                }
                // Most of a burst meets at one user.
                let user = if random.chance(700) {
                    crowd
                } else {
                    random.place(users)
                };
                let act = act(&mut random, user, &opened, &earlier);
                if matches!(act, Act::Hold(..) | Act::Estimate(..)) {
                    opened.push((user, number));
                }
                if act.has_key() {
                    earlier.push((user, number));
                }
                burst.steps.push(Step {
                    number,
                    seed: random.next(),
                    user,
                    act,
                });
                number = number.saturating_add(1);
            }
            bursts.push(burst);
        }
        Plan {
            seed,
            history,
            is_older_shape,
            endpoints: endpoints(seed),
            bursts,
        }
    }

    /// How many steps it has.
    pub fn steps(&self) -> usize {
        self.bursts.iter().map(|burst| burst.steps.len()).sum()
    }
}

impl Act {
    /// Whether it is a command under a key of its own.
    pub fn has_key(&self) -> bool {
        match self {
            Act::Charge(_)
            | Act::Use(..)
            | Act::Hold(..)
            | Act::Estimate(..)
            | Act::Report(..)
            | Act::Extend(..)
            | Act::Commit(..)
            | Act::CommitUse(..)
            | Act::Release(_) => true,
            Act::Batch(_)
            | Act::Again(_)
            | Act::OtherUnder(..)
            | Act::Read
            | Act::Prefer(_)
            | Act::Give(..)
            | Act::Take(_)
            | Act::Deliver(_) => false,
        }
    }
}

/// One seed in six has endpoints, one or two: they take half as long again as the others.
fn endpoints(seed: u64) -> usize {
    match seed % 12 {
        0 => 2,
        6 => 1,
        _ => 0,
    }
}

/// Mostly short, sometimes as long as it takes to see the whole history, and now and then
/// past the end of a month, or of several.
fn wait(random: &mut Random, typical_s: i64) -> i64 {
    let up_to = |random: &mut Random, limit: i64| {
        let limit = u64::try_from(limit).unwrap_or(1);
        i64::try_from(random.below(limit)).unwrap_or(0)
    };
    match random.below(20) {
        0..=3 => 0,
        4..=8 => up_to(random, 120),
        9..=11 => up_to(random, 7_200),
        12..=18 => up_to(random, typical_s.saturating_mul(3)),
        _ => up_to(random, 70 * 86_400),
    }
}

/// Small amounts, whole amounts, and more than anybody has.
fn amount(random: &mut Random) -> u64 {
    match random.below(12) {
        0 => 0,
        1 => 1,
        2 => random.below(1_000),
        3..=8 => random.below(200).saturating_mul(1_000),
        9 => random.below(2_000_000),
        10 => 2_000_000,
        _ => random.below(20_000_000),
    }
}

fn tokens(random: &mut Random) -> u32 {
    u32::try_from(random.below(30_000)).unwrap_or(0)
}

fn act(random: &mut Random, user: usize, opened: &[(usize, u32)], earlier: &[(usize, u32)]) -> Act {
    let mut of_user = |all: &[(usize, u32)]| {
        let own: Vec<u32> = all
            .iter()
            .filter(|(of, _)| *of == user)
            .map(|(_, number)| *number)
            .collect();
        // The newest are the ones that things still happen to.
        let place = own.len().checked_sub(1 + random.place(own.len().min(6)))?;
        own.get(place).copied()
    };
    let (hold, before) = (of_user(opened), of_user(earlier));
    let kind = random.below(100);
    match (kind, hold, before) {
        (0..=17, ..) => Act::Charge(amount(random)),
        (18..=21, ..) => Act::Use(tokens(random), tokens(random)),
        (22..=25, ..) => {
            let count = 1 + random.below(6);
            Act::Batch((0..count).map(|_| amount(random)).collect())
        }
        (26..=33, ..) => {
            let ttl = random.one_of(300, &[1, 60, 3_600, 86_400]);
            Act::Hold(amount(random), ttl, random.chance(500))
        }
        (34..=36, ..) => Act::Estimate(tokens(random), tokens(random)),
        (37..=42, Some(hold), _) => Act::Report(hold, amount(random)),
        (43..=45, Some(hold), _) => Act::Extend(hold, random.one_of(600, &[30, 86_400])),
        (46..=52, Some(hold), _) => Act::Commit(hold, amount(random)),
        (53..=54, Some(hold), _) => Act::CommitUse(hold, tokens(random), tokens(random)),
        (55..=58, Some(hold), _) => Act::Release(hold),
        (59..=64, _, Some(before)) => Act::Again(before),
        (65..=66, _, Some(before)) => Act::OtherUnder(before, amount(random)),
        (67..=70, ..) => Act::Prefer(random.chance(500)),
        (71..=72, ..) => Act::Give(amount(random).max(1), 1 + tokens(random) % 90),
        (73, ..) => Act::Take(amount(random).max(1)),
        (74..=92, ..) => Act::Deliver(random.next()),
        _ => Act::Read,
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "at Stripe, {:?}:", self.history.crediting)?;
        for step in &self.history.steps {
            writeln!(formatter, "  after {} s {:?}", step.wait_s, step.act)?;
        }
        for burst in &self.bursts {
            writeln!(formatter, "after {} s at once:", burst.wait_s)?;
            for step in &burst.steps {
                let Step {
                    number, user, act, ..
                } = step;
                writeln!(formatter, "  {number}: user {user} {act:?}")?;
            }
        }
        Ok(())
    }
}
