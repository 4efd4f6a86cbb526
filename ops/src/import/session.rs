//! One user's import: the profile, then past rows one by one, then the current
//! state. Each has its own key; all are ordered by time.
//!
//! One time decides what is current: that of the user's opening entry once it
//! exists. A run days later therefore gets the same result.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use shared::domain::{
    Action, Command, CreditAccount, Digest, Digester, EntryKind, LotKind, PastCredits,
    Subscription, Timestamp, UserId,
};

use super::billing::Beside;
use super::context::Context;
use super::credits::{self, CreditRow};
use super::error::ImportError;
use super::file::Row;
use super::names::{entry_key, opening_key};
use super::outcome::{About, ExpectedEntry, ExpectedRow, Figures, Outcome};
use super::person::{self, Head, Person, Records};
use super::remark::{Remark, Verdict};
use super::tables::Source;
use super::tally::Figure;
use super::text::to_nano;
use super::usage;

/// The limit of an opening; no real account has as many current lots.
const MAX_LOTS: usize = 50;

/// A transaction has at most 100 parts, one of them the account.
const MAX_PARTS: usize = 99;

/// A pending command and its source rows.
pub(super) struct Pending {
    pub(super) command: Command,
    pub(super) rows: Vec<ExpectedRow>,
}

/// One user's import in progress.
pub(crate) struct Session {
    pub(super) context: Arc<Context>,
    pub(super) user_id: UserId,
    /// The time that decides what is current.
    pub(super) now: Timestamp,
    pub(super) account: CreditAccount,
    /// Whether the tables can only hold what this import wrote for the user.
    pub(super) is_fresh: bool,
    /// Whether to commit only at the end.
    holds_back: bool,
    /// The time of the account's latest past row.
    reported_until: Timestamp,
    pub(super) pending: Vec<Pending>,
    parts: usize,
    pub(super) subscriptions: Vec<(Row, Subscription)>,
    is_paid: HashMap<String, bool>,
    /// Seen ids: of all rows of `credits`, and of the uses at one time.
    credits_seen: HashSet<String>,
    uses_seen: (Option<String>, HashSet<String>),
    /// Whether the user may spend; none if that is unreadable.
    pub(super) may_spend: Option<bool>,
    /// Items stored beside the records and the ledger.
    pub(super) beside: Vec<Beside>,
    /// The current rows: the free one that counts, and the others.
    pub(super) free: Option<CreditRow>,
    pub(super) pro: Vec<CreditRow>,
    pub(super) outcome: Outcome,
}

impl Session {
    /// Imports the profile and loads the account.
    pub(crate) async fn begin(
        context: Arc<Context>,
        user_id: UserId,
        head: &Head,
    ) -> Result<Self, ImportError> {
        let mut outcome = Outcome::default();
        let key = opening_key()?;
        let seen = context.store.load_account_with_entry(&user_id, &key).await;
        let (account, opening) =
            seen.map_err(|error| ImportError::store(format!("user {user_id}"), error))?;
        let records = person::read(&context, &user_id, head, &mut outcome)?;
        let person = person::settle(&context, &user_id, records, &mut outcome).await?;
        let now = opening.map_or(context.now, |entry| entry.at);
        Ok(Session::at(now, account, person, outcome, context, user_id))
    }

    /// For a user who should not exist yet and whose rows are in memory:
    /// imports everything in one transaction if it fits. Returns none if
    /// something existed; then start the other way.
    pub(crate) async fn import_new(
        context: Arc<Context>,
        user_id: UserId,
        head: &Head,
        rows: &[Row],
    ) -> Result<Option<Outcome>, ImportError> {
        let mut outcome = Outcome::default();
        let records = person::read(&context, &user_id, head, &mut outcome)?;
        let Records {
            person,
            mut new,
            expected,
            ..
        } = records;
        let account = CreditAccount::unopened(user_id.clone());
        let now = context.now;
        let mut session = Session::at(now, account, person, outcome, context, user_id);
        session.holds_back = true;
        for row in rows {
            session.take(row).await?;
        }
        session.take_current().await?;
        let what = |error| ImportError::store(format!("user {}", session.user_id), error);
        for beside in &session.beside {
            beside.add_to(&mut new).map_err(what)?;
        }
        if !session.commit_with_new(&new).await? {
            return Ok(None);
        }
        person::conclude(expected, true, &mut session.outcome);
        for beside in std::mem::take(&mut session.beside) {
            let what = |error| ImportError::store(format!("user {}", session.user_id), error);
            beside.expect(&mut session.outcome).map_err(what)?;
        }
        Ok(Some(session.outcome))
    }

    fn at(
        now: Timestamp,
        account: CreditAccount,
        person: Person,
        outcome: Outcome,
        context: Arc<Context>,
        user_id: UserId,
    ) -> Self {
        Session {
            now,
            is_fresh: account.version == 0,
            account,
            holds_back: false,
            reported_until: Timestamp::MIN,
            pending: Vec::new(),
            parts: 0,
            subscriptions: person.subscriptions,
            is_paid: person.is_paid,
            credits_seen: HashSet::new(),
            uses_seen: (None, HashSet::new()),
            may_spend: person.may_spend,
            beside: Vec::new(),
            free: None,
            pro: Vec::new(),
            outcome,
            context,
            user_id,
        }
    }

    /// Imports one row of `credits` or `usage_history`; a user's rows are
    /// ordered by time.
    pub(crate) async fn take(&mut self, row: &Row) -> Result<(), ImportError> {
        if row.id().is_empty() {
            self.outcome.refuse(row, "it has no id");
            return Ok(());
        }
        if !self.is_first(row) {
            self.outcome.refuse(row, "an earlier row has the same id");
            return Ok(());
        }
        match row.source {
            Source::Credits => self.take_credits(row).await,
            _ => self.take_usage(row).await,
        }
    }

    /// Whether its id is new. A user may have many uses, so only the ids at one
    /// time are kept; the ledger catches other duplicates.
    fn is_first(&mut self, row: &Row) -> bool {
        let id = row.id().to_string();
        if row.source == Source::Credits {
            return self.credits_seen.insert(id);
        }
        let (at, seen) = &mut self.uses_seen;
        let said = row.get("created_at");
        if at.as_deref() != said {
            *at = said.map(str::to_string);
            seen.clear();
        }
        seen.insert(id)
    }

    async fn take_usage(&mut self, row: &Row) -> Result<(), ImportError> {
        let remarks = &mut self.outcome.remarks;
        let Some(read) = usage::read(row, &self.context.models, remarks) else {
            self.outcome.tally.count_refused(row);
            return Ok(());
        };
        let (reported, amount, said) = (read.reported, read.amount, read.at);
        let sum = self.outcome.tally.sum(Figure::UsageUsed);
        sum.source += reported;
        sum.mended += reported - to_nano(amount);
        let at = self.past_time(row, said);
        let rows = vec![ExpectedRow {
            about: About::of(row),
            figures: Figures::Use(amount, said.filter(|said| *said == at)),
        }];
        let action = Action::PastUse(read.past(at));
        self.push("usage", row.id(), digest_of(row), action, rows)
            .await
    }

    async fn take_credits(&mut self, row: &Row) -> Result<(), ImportError> {
        let subscription = row.get("subscription_id").map(str::trim);
        let is_paid = subscription.and_then(|id| self.is_paid.get(id).copied());
        let read = credits::read(row, is_paid, self.now, &mut self.outcome.remarks)?;
        let Some(read) = read else {
            self.outcome.tally.count_refused(row);
            return Ok(());
        };
        let mended = read.mended();
        for (figure, reported, mended) in [
            (Figure::CreditsTotal, read.reported.0, mended.0),
            (Figure::CreditsUsed, read.reported.1, mended.1),
        ] {
            let sum = self.outcome.tally.sum(figure);
            sum.source += reported;
            sum.mended += mended;
        }
        if !read.is_current {
            return self.past_credits(read).await;
        }
        if !read.is_live(self.now) {
            let end = read.ends_at.unwrap_or(self.now);
            let why = format!("it is marked current but its period ended at {end}: kept as past");
            return self.over(read, why).await;
        }
        if read.kind == LotKind::Free {
            return self.current_free(read).await;
        }
        self.pro.push(read);
        if self.pro.len() <= MAX_LOTS {
            return Ok(());
        }
        self.pro.sort_by_cached_key(CreditRow::precedence);
        let oldest = self.pro.remove(0);
        let why = format!("more than {MAX_LOTS} rows are current: the oldest is kept as past");
        self.over(oldest, why).await
    }

    /// Among several current rows of free credits the newest counts.
    async fn current_free(&mut self, row: CreditRow) -> Result<(), ImportError> {
        let Some(other) = self.free.take() else {
            self.free = Some(row);
            return Ok(());
        };
        let (newer, older) = if row.precedence() > other.precedence() {
            (row, other)
        } else {
            (other, row)
        };
        let why = format!(
            "row {} is also current and newer: kept as past",
            newer.row.id()
        );
        self.free = Some(newer);
        self.over(older, why).await
    }

    /// A row that is marked current but counts as past.
    async fn over(&mut self, row: CreditRow, why: String) -> Result<(), ImportError> {
        let rest = row.rest();
        let why = if rest.is_zero() {
            why
        } else {
            format!("{why}; its remaining {rest} credits lapsed")
        };
        let remark = Remark::of(&row.row, Verdict::Mended, why);
        self.outcome.remark(remark);
        self.past_credits(row).await
    }

    async fn past_credits(&mut self, row: CreditRow) -> Result<(), ImportError> {
        let at = self.past_time(&row.row, row.created_at);
        let terms = row.past_terms();
        let rows = vec![ExpectedRow {
            about: About::of(&row.row),
            figures: Figures::Past {
                terms: terms.clone(),
                granted: row.granted,
                used: row.used,
            },
        }];
        let action = Action::PastCredits(PastCredits {
            at,
            terms,
            granted: row.granted,
            used: row.used,
        });
        let hash = digest_of(&row.row);
        self.push("credits", row.row.id(), hash, action, rows).await
    }

    /// The time of a past row: in ascending order, at most now.
    fn past_time(&mut self, row: &Row, said: Option<Timestamp>) -> Timestamp {
        let at = said.unwrap_or(self.reported_until).min(self.now);
        if said != Some(at) {
            let why = match said {
                Some(said) => format!("created_at {said} is in the future: kept as {at}"),
                None => format!("it has no created_at: kept as {at}"),
            };
            self.outcome.remark(Remark::of(row, Verdict::Mended, why));
        }
        if let Some(said) = said.filter(|said| *said == at && at < self.reported_until) {
            let until = self.reported_until;
            let why = format!(
                "created_at {said} is before {until}, the time of an earlier row: kept as {until}"
            );
            self.outcome.remark(Remark::of(row, Verdict::Mended, why));
        }
        self.reported_until = self.reported_until.max(at);
        self.reported_until
    }

    pub(super) async fn push(
        &mut self,
        kind: &str,
        id: &str,
        hash: Digest,
        action: Action,
        rows: Vec<ExpectedRow>,
    ) -> Result<(), ImportError> {
        let parts = match action {
            // The lot that leaves the account gets its own item.
            Action::PastCredits(_) => 2,
            _ => 1,
        };
        if self.parts + parts > MAX_PARTS && !self.holds_back {
            self.flush().await?;
        }
        let command = self.context.command(entry_key(kind, id)?, hash, action);
        let pending = Pending { command, rows };
        if self.refuse_too_large(&pending)? {
            return Ok(());
        }
        self.parts += parts;
        self.pending.push(pending);
        Ok(())
    }

    /// Commits the pending commands.
    pub(super) async fn flush(&mut self) -> Result<(), ImportError> {
        self.parts = 0;
        self.commit_pending().await
    }

    /// Remarks and expected items so far, for a caller that reports before the end.
    pub(crate) fn take_outcome(&mut self) -> Outcome {
        std::mem::take(&mut self.outcome)
    }

    /// The expected items of a committed command.
    pub(super) fn expect(&mut self, pending: &Pending) {
        let Pending { command, rows } = pending;
        let kind: EntryKind = command.action.kind();
        self.outcome.expect_entry(ExpectedEntry {
            user_id: self.user_id.clone(),
            key: command.key.clone(),
            kind,
            request_hash: command.request_hash,
            rows: rows.clone(),
        });
    }
}

/// A digest of a row, to recognise it.
pub(super) fn digest_of(row: &Row) -> Digest {
    let mut digester = Digester::new("import/1");
    digester.text("table", row.source.as_str());
    row.digest(&mut digester);
    digester.finish()
}
