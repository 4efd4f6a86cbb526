//! The model's view and alerts.
//!
//! Rounding is written anew as well: remaining down, used up.

use std::rc::Rc;

use super::super::super::super::{Alert, LotKind};
use super::Model;

/// Remaining, used, held and total as shown.
pub(crate) type Figures = [i128; 4];

/// Id, kind, what can be spent and the end of a lot.
pub(crate) type ShownPot = (Rc<str>, LotKind, i128, Option<i64>);

/// The view in whole credits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) free: Figures,
    pub(crate) pro: Figures,
    pub(crate) debt: i128,
    /// The lots in burn order.
    pub(crate) lots: Vec<ShownPot>,
    pub(crate) reset: i64,
}

/// The levels that alerts compare.
pub(crate) struct Levels {
    free_granted: i128,
    free_used: i128,
    pro_left: i128,
    last_grant: i128,
}

fn down(milli: i128) -> i128 {
    milli.div_euclid(1000)
}

fn up(milli: i128) -> i128 {
    -down(-milli)
}

fn figures(available: i128, used: i128, held: i128) -> Figures {
    let total = if held == 0 {
        down(available) + up(used)
    } else {
        up(available + used + held)
    };
    let rest = total - down(available) - up(used);
    [down(available), up(used), rest, total]
}

impl Model {
    pub(crate) fn shown(&self) -> Shown {
        let (free, pro, debt) = self.totals();
        let month = self.pots.iter().find(|pot| pot.is_free() && !pot.over);
        let month = month.unwrap();
        let (mut pro_used, mut pro_held) = (self.past_used, 0);
        for pot in self.pots.iter().filter(|pot| !pot.is_free()) {
            pro_used += pot.used;
            pro_held += pot.held;
        }
        // Finished lots leave; whether one has left already makes no difference.
        let shown = |index: usize| {
            let pot = &self.pots[index];
            pot.kind != LotKind::Overdraft && !pot.is_done()
        };
        let parts = self.spendable().0.into_iter();
        let lots = parts
            .filter(|(index, _)| shown(*index))
            .map(|(index, part)| {
                let pot = &self.pots[index];
                (pot.id.clone(), pot.kind, down(part), pot.ends)
            });
        Shown {
            free: figures(free, month.used, month.held),
            pro: figures(pro, pro_used, pro_held),
            debt: up(debt),
            lots: lots.collect(),
            reset: month.ends.unwrap(),
        }
    }

    pub(crate) fn levels(&self) -> Levels {
        let month = self.pots.iter().find(|pot| pot.is_free() && !pot.over);
        let month = month.unwrap();
        let pro = || self.pots.iter().filter(|pot| !pot.is_free());
        let granted = pro().filter(|pot| pot.kind != LotKind::Overdraft && !pot.over);
        let last = granted.max_by_key(|pot| (pot.starts, &pot.id));
        Levels {
            free_granted: month.granted,
            free_used: month.used,
            pro_left: pro().map(|pot| pot.left() + pot.held).sum(),
            last_grant: last.map_or(0, |pot| pot.granted),
        }
    }
}

impl Levels {
    pub(crate) fn crossed_since(&self, before: &Levels) -> Vec<Alert> {
        let mut alerts = Vec::new();
        let reached = |levels: &Levels, percent: i128| {
            levels.free_granted > 0 && levels.free_used * 100 >= levels.free_granted * percent
        };
        for (percent, alert) in [
            (75, Alert::Free75),
            (90, Alert::Free90),
            (100, Alert::Free100),
        ] {
            if reached(self, percent) && !reached(before, percent) {
                alerts.push(alert);
            }
        }
        let low = |levels: &Levels| levels.pro_left * 10 <= levels.last_grant;
        let spent = self.pro_left < before.pro_left;
        if spent && low(self) && !low(before) {
            alerts.push(Alert::ProLow);
        }
        if spent && self.pro_left <= 0 && before.pro_left > 0 {
            alerts.push(Alert::ProEmpty);
        }
        alerts
    }
}
