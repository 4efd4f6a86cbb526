//! What a replay adds up, over a part of the ledgers or all of them.

use std::collections::BTreeMap;

use shared::domain::{Credits, Entry, UserId};
use shared::store::LedgerRow;

use super::past::{OtherCards, Rerated, Step, is_use, runs_dry};
use crate::ending::Failure;

/// Charges of one model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ModelTotals {
    pub(super) charges: u64,
    pub(super) was: i128,
    pub(super) would_be: i128,
    /// Charges for which the card has no rate.
    pub(super) no_rate: u64,
    /// Charges without counts.
    pub(super) uncounted: u64,
}

/// What one user used: was, would have been, in milli-credits, and whether the user would
/// have run dry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UserTotals {
    pub(super) was: i128,
    pub(super) would_be: i128,
    pub(super) dry: bool,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) models: BTreeMap<String, ModelTotals>,
    /// Charges of models without a card in the file.
    pub(super) others: ModelTotals,
    /// Users who used something; the only part that grows, by 48 bytes each.
    pub(super) users: Vec<UserTotals>,
    /// Users with too many entries to say whether they would have run dry.
    pub(super) unfollowed: u64,
    /// Entries that cannot be read.
    pub(super) unreadable: u64,
    /// Why a card has no rate, by model; one reason each.
    pub(super) reasons: BTreeMap<String, String>,
}

/// How many entries of one user are held at once, 40 bytes each.
const MAX_STEPS: usize = 500_000;

/// Adds up the entries of a segment, one user at a time.
pub(super) struct Counting<'a> {
    cards: &'a OtherCards,
    totals: Totals,
    current: Option<Current>,
}

/// The user whose entries are being read.
struct Current {
    user_id: UserId,
    was: i128,
    would_be: i128,
    steps: Vec<Step>,
    has_too_many: bool,
}

impl<'a> Counting<'a> {
    pub(super) fn by(cards: &'a OtherCards) -> Self {
        Counting {
            cards,
            totals: Totals::default(),
            current: None,
        }
    }

    pub(super) fn skip(&mut self, unreadable: u64) {
        self.totals.unreadable = self.totals.unreadable.saturating_add(unreadable);
    }

    pub(super) fn take(&mut self, user_id: UserId, row: LedgerRow) -> Result<(), Failure> {
        let Ok(entry) = row.entry else {
            self.skip(1);
            return Ok(());
        };
        let is_current = self
            .current
            .as_ref()
            .is_some_and(|it| it.user_id == user_id);
        if !is_current {
            self.end_user();
        }
        let (was, would_be) = match is_use(&entry) {
            true => self.rate(&entry),
            false => (0, 0),
        };
        let more = would_be.saturating_sub(was);
        let key = &row.key;
        let step =
            Step::of(&entry, more).map_err(|error| Failure::Could(format!("{key}: {error}")))?;
        let current = self.current.get_or_insert_with(|| Current {
            user_id,
            was: 0,
            would_be: 0,
            steps: Vec::new(),
            has_too_many: false,
        });
        current.was = current.was.saturating_add(i128::from(was));
        current.would_be = current.would_be.saturating_add(i128::from(would_be));
        if step.matters() && current.steps.len() < MAX_STEPS {
            current.steps.push(step);
        } else {
            current.has_too_many |= step.matters();
        }
        Ok(())
    }

    /// What a use cost, and what it would have cost, in milli-credits.
    fn rate(&mut self, entry: &Entry) -> (i64, i64) {
        let was = entry.outcome.amount;
        let totals = &mut self.totals;
        let (of_model, would_be) = match self.cards.rate(entry) {
            Rerated::Rated { model, amount } => (totals.models.entry(model).or_default(), amount),
            Rerated::NoRate { model, error } => {
                let reason = totals.reasons.entry(model.clone());
                reason.or_insert_with(|| error.to_string());
                let of_model = totals.models.entry(model).or_default();
                of_model.no_rate = of_model.no_rate.saturating_add(1);
                (of_model, was)
            }
            Rerated::Uncounted { model } => {
                let of_model = totals.models.entry(model).or_default();
                of_model.uncounted = of_model.uncounted.saturating_add(1);
                (of_model, was)
            }
            Rerated::OtherModel => (&mut totals.others, was),
        };
        of_model.count(was, would_be);
        (was.milli(), would_be.milli())
    }

    fn end_user(&mut self) {
        let Some(current) = self.current.take() else {
            return;
        };
        if current.was == 0 && current.would_be == 0 {
            return;
        }
        let unfollowed = u64::from(current.has_too_many);
        self.totals.unfollowed = self.totals.unfollowed.saturating_add(unfollowed);
        self.totals.users.push(UserTotals {
            was: current.was,
            would_be: current.would_be,
            dry: !current.has_too_many && runs_dry(current.steps),
        });
    }

    pub(super) fn finish(mut self) -> Totals {
        self.end_user();
        self.totals
    }
}

impl ModelTotals {
    fn count(&mut self, was: Credits, would_be: Credits) {
        self.add(ModelTotals {
            charges: 1,
            was: i128::from(was.milli()),
            would_be: i128::from(would_be.milli()),
            ..ModelTotals::default()
        });
    }

    pub(super) fn add(&mut self, other: ModelTotals) {
        let ModelTotals {
            charges,
            was,
            would_be,
            no_rate,
            uncounted,
        } = other;
        self.charges = self.charges.saturating_add(charges);
        self.was = self.was.saturating_add(was);
        self.would_be = self.would_be.saturating_add(would_be);
        self.no_rate = self.no_rate.saturating_add(no_rate);
        self.uncounted = self.uncounted.saturating_add(uncounted);
    }
}

impl Totals {
    /// Adds the totals of another segment.
    pub(super) fn add(&mut self, other: Totals) {
        for (model, totals) in other.models {
            self.models.entry(model).or_default().add(totals);
        }
        self.others.add(other.others);
        self.users.extend(other.users);
        self.unfollowed = self.unfollowed.saturating_add(other.unfollowed);
        self.unreadable = self.unreadable.saturating_add(other.unreadable);
        for (model, reason) in other.reasons {
            self.reasons.entry(model).or_insert(reason);
        }
    }
}
