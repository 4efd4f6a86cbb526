//! An account and its model, side by side: each command is given to both and the
//! results are compared.
//!
//! A difference is an error text and not a panic, so that the failing sequence can
//! be replayed with commands left out.

use std::collections::{BTreeSet, HashMap};

use super::super::super::fixtures::{command, grants, unopened};
use super::super::super::{
    Action, Adjustment, Command, CreditAccount, Credits, Decision, EntryKind, HoldId, HoldPosting,
    Lot, LotId, LotTerms, PastLot, Posting, Timestamp, view,
};
use super::super::decide;
use super::checks::{check_entry, check_shown, same};
use super::model::{Answer, Calendar, Model, Pot};
use super::notices::check_notices;

/// Both sides, and the lots that have left them.
pub(crate) struct World<'a> {
    pub(crate) calendar: &'a Calendar,
    pub(crate) account: CreditAccount,
    pub(crate) model: Model,
    /// The fold of the ledger's postings.
    folded: CreditAccount,
    /// The newest lot that left under each id, as the store would keep it.
    pub(crate) past: HashMap<String, PastLot>,
    /// The keys under which they are stored.
    pub(crate) places: Places,
    given_again: BTreeSet<LotId>,
    /// Their ids, in the order they left.
    pub(crate) left: Vec<String>,
    past_pots: HashMap<String, Pot>,
    /// The sums of pro lots that have left: granted, clawed back, used, lapsed.
    gone: [i128; 4],
    /// The sums of accepted commands: granted to pro lots, used of all lots.
    given: i128,
    consumed: i128,
    free_used_gone: i128,
    command: Command,
    pub(crate) steps: u64,
    pub(crate) accepted: u64,
}

fn milli(credits: Credits) -> i128 {
    i128::from(credits.milli())
}

/// Whether a lot equals the model's lot.
fn same_lot(what: &str, lot: &Lot, pot: Option<&Pot>) -> Result<(), String> {
    let terms = &lot.terms;
    let agrees = |pot: &&Pot| {
        *pot.id == *terms.id.as_str()
            && (pot.kind, pot.starts) == (terms.kind, terms.starts_at.unix_seconds())
            && pot.ends == terms.expires_at.map(|end| end.unix_seconds())
            && pot.kept
                == terms
                    .rollover
                    .map(|it| (it.from.unix_seconds(), milli(it.cap)))
            && [pot.granted, pot.clawed_back, pot.used, pot.held, pot.lapsed]
                == [lot.granted, lot.clawed_back, lot.used, lot.held, lot.lapsed].map(milli)
    };
    match pot.filter(agrees) {
        Some(_) => Ok(()),
        None => Err(format!("{what}\n     got {lot:?}\nexpected {pot:?}")),
    }
}

/// The command with its lots that have left, as the store reads them.
pub(crate) fn with_past_lots(
    action: &Action,
    account: &CreditAccount,
    past: &HashMap<String, PastLot>,
) -> Action {
    let mut action = action.clone();
    let left = |id: &LotId| {
        let left = past.get(id.as_str());
        left.filter(|_| account.lot(id).is_none()).cloned()
    };
    let (wanted, ends) = match &mut action {
        Action::Clawback { lots, .. } => (lots, &mut Vec::new()),
        Action::Settle(settlement) => (&mut settlement.clawbacks, &mut settlement.ends),
        _ => return action,
    };
    for one in wanted {
        one.past = left(&one.lot);
    }
    for one in ends {
        one.past = left(&one.lot);
    }
    action
}

/// The key of a past credit: the lot's id, and its end when it left.
pub(crate) type Places = BTreeSet<(LotId, Option<Timestamp>)>;

/// Does what the store does with a decision: inserts lots that leave, removes those
/// whose end was moved. No key may be written twice.
pub(crate) fn keep_places(places: &mut Places, decision: &Decision) -> Result<(), String> {
    let place = |terms: &LotTerms| (terms.id.clone(), terms.expires_at);
    let left = decision.archived.iter().map(|past| place(&past.lot.terms));
    let left: Places = left.collect();
    let empty: Places = decision.vacated.iter().map(place).collect();
    let written = decision.archived.len() + decision.vacated.len();
    same("places", &left.union(&empty).count(), &written)?;
    places.retain(|place| !empty.contains(place));
    places.extend(left);
    Ok(())
}

impl<'a> World<'a> {
    pub(crate) fn new(calendar: &'a Calendar) -> Self {
        World {
            calendar,
            account: unopened(),
            model: Model::new(),
            folded: unopened(),
            past: HashMap::new(),
            places: Places::new(),
            given_again: BTreeSet::new(),
            left: Vec::new(),
            past_pots: HashMap::new(),
            gone: [0; 4],
            given: 0,
            consumed: 0,
            free_used_gone: 0,
            command: command(grants(Vec::new())),
            steps: 0,
            accepted: 0,
        }
    }

    /// Lots that have left are supplied with the command, as the store reads them.
    fn with_past_lots(&self, action: &Action) -> Action {
        with_past_lots(action, &self.account, &self.past)
    }

    /// Gives one command to both sides and compares the results.
    pub(crate) fn step(&mut self, action: &Action, now: Timestamp) -> Result<(), String> {
        self.steps += 1;
        self.command.action = self.with_past_lots(action);
        let command = &self.command;
        let decided = decide(&self.account, command, now);
        let mut model = self.model.clone();
        let past = |id: &str| self.past_pots.get(id).cloned();
        let answer = model.act(&command.action, now.unix_seconds(), self.calendar, &past);
        let (decision, answer) = match (decided, answer) {
            (Err(refusal), Err(expected)) => return same("refusal", &refusal, &expected),
            (Ok(decision), Ok(answer)) => (decision, answer),
            (Ok(_), Err(expected)) => return Err(format!("accepted, but: {expected:?}")),
            (Err(refusal), Ok(_)) => return Err(format!("refused: {refusal:?}")),
        };
        if self.steps.is_multiple_of(32) {
            let again = decide(&self.account, command, now).map_err(|it| it.to_string())?;
            same("deciding twice", &again.account, &decision.account)?;
            same("deciding twice", &again.entry, &decision.entry)?;
            same("deciding twice", &again.archived, &decision.archived)?;
            same("deciding twice", &again.vacated, &decision.vacated)?;
        }
        self.accepted += 1;
        self.count(&decision, &answer);
        self.model = model;
        self.leave(&decision)?;
        self.check_places(&decision)?;
        self.check_lots(&decision)?;
        self.check_fold(&decision)?;
        check_entry(&self.account, &decision, &self.command, &answer)?;
        check_shown(&decision, &self.model)?;
        check_notices(&self.account, &decision)?;
        self.account = decision.account;
        self.check_sums()
    }

    /// Compares the views of both sides some time later, without writing.
    pub(crate) fn look(&self, now: Timestamp) -> Result<(), String> {
        let mut model = self.model.clone();
        model.roll(now.unix_seconds(), self.calendar);
        let shown = view(&self.account, now).map_err(|it| it.to_string())?;
        super::checks::same_view(&shown, &model)
    }

    /// Sums up what was requested, independently of both sides.
    fn count(&mut self, decision: &Decision, answer: &Answer) {
        let hold_of = |id: &HoldId| self.account.holds.iter().find(|hold| hold.id == *id);
        let mut expired = HashMap::new();
        for posting in &decision.entry.postings {
            if let Posting::Hold(HoldPosting::Expired { hold, charged }) = posting {
                expired.insert(hold.clone(), milli(*charged));
                self.consumed += milli(*charged);
            }
        }
        match &self.command.action {
            Action::Charge { amount, .. } | Action::Adjust(Adjustment::Take { amount }) => {
                self.consumed += milli(*amount);
            }
            Action::Commit { hold, amount, .. } => {
                let before = hold_of(hold)
                    .and_then(|hold| hold.expired_charge)
                    .map(milli);
                let charged = before.or(expired.get(hold).copied());
                self.consumed += (milli(*amount) - charged.unwrap_or(0)).max(0);
            }
            Action::Settle(settlement) if settlement.kind() != EntryKind::Grant => {}
            Action::Grant { .. } | Action::Settle(_) => {
                self.given += answer.amount - answer.scheduled
            }
            Action::Open(opening) => {
                self.consumed += milli(opening.free.used);
                for lot in &opening.lots {
                    self.given += milli(lot.granted);
                    self.consumed += milli(lot.used);
                }
            }
            _ => {}
        }
        self.given += answer.begun;
        for posting in &decision.entry.postings {
            if let Posting::Recalled(past) = posting {
                self.count_gone(&past.lot, -1);
            }
        }
        for past in &decision.archived {
            self.count_gone(&past.lot, 1);
        }
    }

    fn count_gone(&mut self, lot: &Lot, sign: i128) {
        if lot.terms.id.is_free() {
            self.free_used_gone += sign * milli(lot.used);
            return;
        }
        let amounts = [lot.granted, lot.clawed_back, lot.used, lot.lapsed];
        for (sum, amount) in self.gone.iter_mut().zip(amounts) {
            *sum += sign * milli(amount);
        }
    }

    /// Lots that leave must be finished, and every finished lot must leave, unless
    /// there are too many at once.
    fn leave(&mut self, decision: &Decision) -> Result<(), String> {
        let now = decision.account.as_of;
        if decision.archived.len() > 20 {
            return Err(format!("{} lots leave at once", decision.archived.len()));
        }
        for past in &decision.archived {
            let id = past.lot.terms.id.as_str();
            let end = past.lot.terms.expires_at.unwrap_or(now);
            same("end of a lot that leaves", &past.ended_at, &end)?;
            self.left.push(id.to_string());
            self.past.insert(id.to_string(), past.clone());
            let Some(index) = self.model.pots.iter().position(|pot| *pot.id == *id) else {
                same_lot("a lot that leaves late", &past.lot, self.past_pots.get(id))?;
                continue;
            };
            let pot = self.model.pots.remove(index);
            same_lot("a lot that leaves", &past.lot, Some(&pot))?;
            if !pot.is_done() {
                return Err(format!("left too early: {pot:?}"));
            }
            if !pot.is_free() {
                self.model.past_used += pot.used;
            }
            self.past_pots.insert(id.to_string(), pot);
        }
        // The model opens months that nobody read; those leave no trace.
        let past = &mut self.past_pots;
        self.model.pots.retain(|pot| {
            let done = pot.is_free() && pot.is_done();
            if done {
                past.insert(pot.id.to_string(), pot.clone());
            }
            !done
        });
        let waiting = self.model.pots.iter().find(|pot| pot.is_done());
        match waiting {
            Some(pot) if decision.archived.len() < 20 => Err(format!("should leave: {pot:?}")),
            _ => Ok(()),
        }
    }

    /// Every lot that has left is stored under one key, that of its end; except for
    /// lots that a shop granted again by mistake after they had left.
    fn check_places(&mut self, decision: &Decision) -> Result<(), String> {
        for posting in &decision.entry.postings {
            if let Posting::Opened(terms) = posting
                && self.places.iter().any(|(id, _)| *id == terms.id)
            {
                self.given_again.insert(terms.id.clone());
            }
        }
        keep_places(&mut self.places, decision)?;
        for (id, end) in &self.places {
            if self.given_again.contains(id) {
                continue;
            }
            let past = self.past.get(id.as_str()).map(|past| &past.lot);
            let lot = decision.account.lot(id).or(past);
            same("its place", &Some(*end), &lot.map(|it| it.terms.expires_at))?;
        }
        Ok(())
    }

    fn check_lots(&self, decision: &Decision) -> Result<(), String> {
        let lots = &decision.account.lots;
        for lot in lots {
            let id = lot.terms.id.as_str();
            let here = self.model.pots.iter().find(|pot| *pot.id == *id);
            same_lot("lot", lot, here.or_else(|| self.past_pots.get(id)))?;
            let amounts = [lot.granted, lot.clawed_back, lot.used, lot.held, lot.lapsed];
            if amounts.iter().any(|amount| amount.is_negative()) {
                return Err(format!("less than nothing: {lot:?}"));
            }
        }
        for pot in &self.model.pots {
            if !lots.iter().any(|lot| *lot.terms.id.as_str() == *pot.id) {
                return Err(format!("missing: {pot:?}"));
            }
        }
        Ok(())
    }

    /// The ledger alone rebuilds the account.
    fn check_fold(&mut self, decision: &Decision) -> Result<(), String> {
        for posting in &decision.entry.postings {
            self.folded.apply(posting).map_err(|it| it.to_string())?;
        }
        // These three come from the entry itself.
        self.folded.version = decision.entry.seq;
        self.folded.as_of = decision.entry.at;
        self.folded.head_hash = decision.entry.hash;
        same("fold of the ledger", &self.folded, &decision.account)
    }

    /// No credit appears or disappears between lots, holds and past credits.
    fn check_sums(&self) -> Result<(), String> {
        let [mut granted, clawed_back, mut used, lapsed] = self.gone;
        same("what left", &granted, &(clawed_back + used + lapsed))?;
        let mut held = 0;
        let mut free_used = self.free_used_gone;
        for lot in &self.account.lots {
            held += milli(lot.held);
            if lot.terms.id.is_free() {
                free_used += milli(lot.used);
            } else {
                granted += milli(lot.granted);
                used += milli(lot.used);
            }
        }
        let open = self.account.holds.iter().filter(|hold| hold.is_open());
        same("held", &held, &open.map(|hold| milli(hold.amount)).sum())?;
        same("granted", &granted, &self.given)?;
        same("used", &(free_used + used), &self.consumed)
    }
}
