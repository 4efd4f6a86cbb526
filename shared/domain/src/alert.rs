//! Alerts: thresholds that a command crosses. Each crossing is reported once,
//! because the levels before and after the command are compared.

use serde::{Deserialize, Serialize};

use super::{CreditAccount, CreditType, Credits, CreditsOverflow, LotKind};

/// A threshold that a command crossed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alert {
    /// 75 % of the month's free credits are used.
    #[serde(rename = "free_75")]
    Free75,
    /// 90 % of the month's free credits are used.
    #[serde(rename = "free_90")]
    Free90,
    /// All of the month's free credits are used.
    #[serde(rename = "free_100")]
    Free100,
    /// At most 10 % of the last pro grant remains.
    ProLow,
    /// No pro credits remain.
    ProEmpty,
}

impl Alert {
    /// Its name in items and digests.
    pub fn as_str(self) -> &'static str {
        match self {
            Alert::Free75 => "free_75",
            Alert::Free90 => "free_90",
            Alert::Free100 => "free_100",
            Alert::ProLow => "pro_low",
            Alert::ProEmpty => "pro_empty",
        }
    }
}

/// The levels that thresholds compare.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Levels {
    free_granted: Credits,
    free_used: Credits,
    pro_left: Credits,
    last_pro_grant: Credits,
}

impl Levels {
    /// Held credits count as remaining: the hold may still be released.
    pub(crate) fn of(account: &CreditAccount) -> Result<Self, CreditsOverflow> {
        let mut levels = Levels::default();
        let mut newest = None;
        for lot in &account.lots {
            match lot.credit_type() {
                CreditType::Free if !lot.is_closed(account.as_of) => {
                    levels.free_granted = levels.free_granted.plus(lot.granted)?;
                    levels.free_used = levels.free_used.plus(lot.used)?;
                }
                CreditType::Free => {}
                CreditType::Pro => {
                    let left = lot.surplus()?.plus(lot.held)?;
                    levels.pro_left = levels.pro_left.plus(left)?;
                    let age = Some((lot.terms.starts_at, &lot.terms.id));
                    let is_open = !lot.is_closed(account.as_of);
                    if is_open && lot.terms.kind != LotKind::Overdraft && age > newest {
                        newest = age;
                        levels.last_pro_grant = lot.granted;
                    }
                }
            }
        }
        Ok(levels)
    }

    fn free_used_at_least(&self, percent: i64) -> bool {
        let used = i128::from(self.free_used.milli()).saturating_mul(100);
        let part = i128::from(self.free_granted.milli()).saturating_mul(i128::from(percent));
        self.free_granted.is_positive() && used >= part
    }

    fn pro_is_low(&self) -> bool {
        let left = i128::from(self.pro_left.milli()).saturating_mul(10);
        left <= i128::from(self.last_pro_grant.milli())
    }

    fn pro_is_empty(&self) -> bool {
        !self.pro_left.is_positive()
    }
}

/// The thresholds between two levels.
pub(crate) fn crossed(before: &Levels, after: &Levels) -> Vec<Alert> {
    let mut alerts = Vec::new();
    for (percent, alert) in [
        (75, Alert::Free75),
        (90, Alert::Free90),
        (100, Alert::Free100),
    ] {
        if !before.free_used_at_least(percent) && after.free_used_at_least(percent) {
            alerts.push(alert);
        }
    }
    // Only spending raises alerts; a smaller pack after a larger one does not.
    if after.pro_left < before.pro_left {
        if !before.pro_is_low() && after.pro_is_low() {
            alerts.push(Alert::ProLow);
        }
        if !before.pro_is_empty() && after.pro_is_empty() {
            alerts.push(Alert::ProEmpty);
        }
    }
    alerts
}

#[cfg(test)]
mod tests;
