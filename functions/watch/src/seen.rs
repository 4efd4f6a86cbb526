//! What one call has found out, for its log lines.

use std::sync::{Arc, Mutex, PoisonError};

use shared::host::log::{Level, Line, Log};
use shared::store::{AuditSink, Audited};

/// More findings than this are counted and not told one by one.
const TOLD: u64 = 20;

/// Counts of one call. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen(Arc<Mutex<Counts>>);

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    accounts: u64,
    findings: u64,
    not_verified: u64,
}

impl Seen {
    /// Where the audit reports to. Items are named by their kind: no line names a user,
    /// and `creditsctl verify` finds them.
    pub(crate) fn sink(&self, log: &Log) -> AuditSink {
        let (seen, log) = (self.clone(), log.clone());
        Arc::new(move |audited| match audited {
            Audited::Account { .. } => seen.change(|counts| counts.accounts += 1),
            Audited::Items(_) => {}
            // An event that waits has an alarm of its own.
            Audited::Finding(finding) if finding.only_waits => {}
            Audited::Finding(finding) => {
                let told = seen.change(|counts| {
                    counts.findings += 1;
                    counts.findings
                });
                if told <= TOLD {
                    let mut line = log.line(Level::Error);
                    line.text("message", "stored data contradicts itself");
                    line.text("item", &finding.place);
                    line.write();
                }
            }
        })
    }

    /// Counts accounts for which one call is too short.
    pub(crate) fn not_verified(&self, accounts: u64) {
        self.change(|counts| counts.not_verified += accounts);
    }

    /// How many accounts were checked or left out.
    pub(crate) fn looked_at(&self) -> u64 {
        self.change(|counts| counts.accounts.saturating_add(counts.not_verified))
    }

    pub(crate) fn write(&self, line: &mut Line<'_>) {
        let counts = self.change(|counts| *counts);
        line.count("AccountsVerified", counts.accounts);
        line.count("AccountsNotVerified", counts.not_verified);
        line.count("LedgerMismatches", counts.findings);
    }

    fn change<T>(&self, change: impl FnOnce(&mut Counts) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
