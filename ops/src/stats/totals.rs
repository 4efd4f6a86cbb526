//! The totals, how they are added up, and how they are shown.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use shared::domain::{Credits, LotKind};
use shared::store::WaitingEvent;
use terminal::Columns;

use crate::ending::Failure;

/// Totals over everybody, or over a part of the tables.
#[derive(Debug, Default, Serialize)]
pub(super) struct Totals {
    /// Profiles.
    pub(super) users: u64,
    /// Profiles of users who may spend.
    pub(super) active_users: u64,
    /// Users by the plan in force.
    pub(super) plans: BTreeMap<String, u64>,
    pub(super) accounts: u64,
    pub(super) inactive_accounts: u64,
    /// What is left of open lots, by kind, before debts.
    #[serde(rename = "outstanding_milli")]
    outstanding: BTreeMap<&'static str, Credits>,
    #[serde(rename = "held_milli")]
    held: Credits,
    #[serde(rename = "owed_milli")]
    owed: Credits,
    /// What lapsed unused, ever, by kind: breakage.
    #[serde(rename = "lapsed_milli")]
    lapsed: BTreeMap<&'static str, Credits>,
    pub(super) open_holds: u64,
    pub(super) parked: Parked,
    /// Items that cannot be read and are not counted.
    pub(super) unreadable: u64,
}

/// Parked events.
#[derive(Debug, Default, Serialize)]
pub(super) struct Parked {
    events: u64,
    with_money: u64,
    /// Of customers whom nobody has claimed for thirty days.
    unclaimed: u64,
}

impl Parked {
    pub(super) fn count(&mut self, event: &WaitingEvent) {
        let record = event.record.as_ref().ok();
        let says = record.and_then(|record| record.event.as_deref());
        self.events += 1;
        self.with_money += u64::from(says.is_some_and(|event| event.carries_money()));
        self.unclaimed += u64::from(event.is_unclaimed);
    }
}

fn add(sum: &mut Credits, amount: Credits) -> Result<(), Failure> {
    *sum = sum
        .plus(amount)
        .map_err(|error| Failure::Could(format!("the totals are too large: {error}")))?;
    Ok(())
}

impl Totals {
    pub(super) fn add_outstanding(&mut self, kind: LotKind, left: Credits) -> Result<(), Failure> {
        if !left.is_positive() {
            return Ok(());
        }
        add(self.outstanding.entry(kind.as_str()).or_default(), left)
    }

    pub(super) fn add_lapsed(&mut self, kind: LotKind, lapsed: Credits) -> Result<(), Failure> {
        if lapsed.is_zero() {
            return Ok(());
        }
        add(self.lapsed.entry(kind.as_str()).or_default(), lapsed)
    }

    pub(super) fn add_held(&mut self, held: Credits) -> Result<(), Failure> {
        add(&mut self.held, held)
    }

    pub(super) fn add_debt(&mut self, debt: Credits) -> Result<(), Failure> {
        add(&mut self.owed, debt)
    }

    /// Adds the totals of another part of the tables.
    pub(super) fn add(&mut self, other: Totals) -> Result<(), Failure> {
        let Totals {
            users,
            active_users,
            plans,
            accounts,
            inactive_accounts,
            outstanding,
            held,
            owed,
            lapsed,
            open_holds,
            parked: _,
            unreadable,
        } = other;
        self.users += users;
        self.active_users += active_users;
        for (plan, count) in plans {
            *self.plans.entry(plan).or_default() += count;
        }
        self.accounts += accounts;
        self.inactive_accounts += inactive_accounts;
        for (kind, amount) in outstanding {
            add(self.outstanding.entry(kind).or_default(), amount)?;
        }
        for (kind, amount) in lapsed {
            add(self.lapsed.entry(kind).or_default(), amount)?;
        }
        add(&mut self.held, held)?;
        add(&mut self.owed, owed)?;
        self.open_holds += open_holds;
        self.unreadable += unreadable;
        Ok(())
    }
}

/// The report line.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    pub(super) stats: &'a Totals,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let totals = self.stats;
        let mut columns = Columns::new();
        let active = totals.active_users;
        columns.row([
            "users",
            &totals.users.to_string(),
            &format!("{active} active"),
        ]);
        for (plan, count) in &totals.plans {
            columns.row([&format!("  {plan}"), &count.to_string(), ""]);
        }
        let inactive = totals.inactive_accounts;
        let inactive = format!("{inactive} inactive");
        columns.row(["accounts", &totals.accounts.to_string(), &inactive]);
        columns.row(["credits outstanding", "", ""]);
        for (kind, amount) in &totals.outstanding {
            columns.row([&format!("  {kind}"), &amount.to_string(), ""]);
        }
        columns.row(["credits held", &totals.held.to_string(), ""]);
        columns.row(["credits owed", &totals.owed.to_string(), ""]);
        columns.row(["credits lapsed", "", ""]);
        for (kind, amount) in &totals.lapsed {
            columns.row([&format!("  {kind}"), &amount.to_string(), ""]);
        }
        columns.row(["open holds", &totals.open_holds.to_string(), ""]);
        let Parked {
            events,
            with_money,
            unclaimed,
        } = &totals.parked;
        let more = format!("{with_money} with money, {unclaimed} unclaimed");
        columns.row(["parked events", &events.to_string(), &more]);
        if totals.unreadable > 0 {
            let hint = "not counted; see `creditsctl verify --all`";
            columns.row(["unreadable items", &totals.unreadable.to_string(), hint]);
        }
        write!(formatter, "{columns}")
    }
}
