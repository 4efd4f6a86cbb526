//! A paid invoice: its lines go into the books of their subscriptions, and the
//! resulting grants and clawbacks go to the account.

use super::lines::{LineReader, Verdict};
use super::owner::owner;
use super::returns::bought_pack;
use super::settlement::{ChangedBook, Changes, PackTarget, put_books};
use super::view::{Stop, View, parked};
use crate::billing::{
    BookLine, EventOutcome, FactKey, FactValue, Invoice, InvoiceLine, LineEffect, LineKind,
    PackLot, PaidInvoice, ParkReason, Plan, SettledInvoice, Trial,
};
use crate::{StripeId, UserId};

/// The lines of an invoice, sorted by their verdict.
#[derive(Default)]
struct Sorted {
    lines: Vec<(StripeId, BookLine)>,
    packs: Vec<(StripeId, PackLot)>,
    /// Why the first waiting line waits, while others are settled.
    waits: Option<ParkReason>,
    /// Why the first line that needs an operator needs one.
    operator: Option<String>,
}

pub(super) fn plan(view: &View<'_>, paid: &PaidInvoice) -> Result<Plan, Stop> {
    let owner = owner(view, &paid.parties, false)?;
    let user_id = owner.user_id.clone();
    if !paid.complete {
        return Err(waits(&user_id, ParkReason::Review(paid.id.clone())));
    }
    let paid_at = paid.paid_at.unwrap_or(view.request.event.created);
    let elsewhere = view.request.catalogue.is_granted_elsewhere(paid_at);
    let sorted = if elsewhere {
        Sorted::default()
    } else {
        sort(view, paid, &user_id)?
    };
    let mut invoice = view.invoice(&paid.id);
    let mut plan = owner.plan();
    let subscriptions = subscriptions_of(paid, &sorted);
    link_payments(view, paid, &subscriptions, &mut invoice, &mut plan)?;
    let mut changes = Changes::default();
    let (packs, mut waits) = given_packs(&sorted, paid, &invoice);
    note_settled(&mut invoice, paid, &user_id, subscriptions, &packs);
    let returned = invoice.returned();
    let known = view.invoice(&paid.id);
    take_packs(view, (&known, &invoice), &plan, &mut changes);
    // An event may name none of the subscriptions that its invoice was settled for.
    let settled = settled_subscriptions(&invoice).iter().cloned();
    view.want(settled.map(FactKey::Book).collect())?;
    let mut books = Vec::new();
    for id in settled_subscriptions(&invoice) {
        let mut book = ChangedBook::of(view, id, &user_id);
        for (_, line) in sorted.lines.iter().filter(|(of, _)| of == id) {
            note_line(view, line, &user_id, &mut book, &mut plan)?;
        }
        book.after.set_returned(&paid.id, returned.clone());
        books.push(book);
    }
    let idle = idle(&books, paid, &sorted, &user_id)?;
    put_books(view, books, &mut plan, &mut changes)?;
    if invoice != known {
        plan.puts.insert(
            FactKey::Invoice(paid.id.clone()),
            FactValue::Invoice(invoice),
        );
    }
    // What an invoice comes to later is under the name of a further attempt.
    let cause = format!("invoice:{}", paid.id);
    let mut plan = changes.decide(view, &user_id, &cause, plan)?;
    if let Some(problem) = sorted.operator {
        let operator = view.operator(problem);
        (plan.outcome, plan.reason, plan.parks) =
            (operator.outcome, operator.reason, operator.parks);
    } else if let Some(reason) = sorted.waits.or(waits.take()).or(idle) {
        plan.outcome = EventOutcome::Parked;
        plan.reason = Some(reason.to_string());
        plan.parks = Some(reason);
    } else if elsewhere {
        plan.reason = Some("it was paid before the cutover".to_string());
    }
    Ok(plan)
}

/// The verdict on each line. If the whole invoice must wait, it stops here.
fn sort(view: &View<'_>, paid: &PaidInvoice, user_id: &UserId) -> Result<Sorted, Stop> {
    let reader = LineReader {
        view,
        invoice: paid,
        user_id,
    };
    let mut sorted = Sorted::default();
    if paid.lines.is_empty() && paid.total_minor > 0 {
        sorted.operator = Some("it has no lines".to_string());
    }
    for line in &paid.lines {
        match reader.verdict(line) {
            Verdict::Book(subscription, line) => sorted.lines.push((subscription, *line)),
            Verdict::Pack(pack) => sorted.packs.push((line.id.clone(), pack)),
            Verdict::Nothing => {}
            Verdict::Waits(reason) => {
                sorted.waits.get_or_insert(reason);
            }
            Verdict::Operator(problem) => {
                sorted.operator.get_or_insert(problem);
            }
            Verdict::AllWaits(reason) => return Err(waits(user_id, reason)),
        }
    }
    let unclear = |line: &&InvoiceLine| is_unclear(view, line, user_id);
    if !reader.names_any() && paid.lines.iter().filter(unclear).count() > 1 {
        let problem = "several of its prorations are of nothing, and none says which it credits";
        return Err(Stop::from(view.operator(problem)));
    }
    credits_are_known(view, paid, user_id, &sorted)?;
    let silent = sorted.lines.iter().find(|(id, line)| {
        let book = view.book(id, user_id);
        book.gives_nothing(line) && !book.is_in_trial(line.period.start)
    });
    if let Some((_, line)) = silent {
        let problem = format!(
            "its line {} is of nothing, and may bill or credit what others cover",
            line.id
        );
        sorted.operator.get_or_insert(problem);
    }
    Ok(sorted)
}

/// Whether a line that names no credited line may be a credit as well as a grant of
/// time. Within a trial it is neither.
fn is_unclear(view: &View<'_>, line: &InvoiceLine, user_id: &UserId) -> bool {
    let price = line.price.as_ref();
    let price = price.and_then(|id| view.request.catalogue.price(id));
    let gives = price.is_some_and(|price| {
        price.kind == crate::PriceKind::Subscription && price.credits.is_positive()
    });
    let in_trial = || match (&line.subscription, line.period) {
        (Some(id), Some(period)) => view.book(id, user_id).is_in_trial(period.start),
        _ => false,
    };
    line.kind == LineKind::Proration
        && line.amount_minor == Some(0)
        && line.credited.is_empty()
        && gives
        && !in_trial()
}

fn waits(user_id: &UserId, reason: ParkReason) -> Stop {
    let mut plan = parked(reason);
    plan.user_id = Some(user_id.clone());
    Stop::from(plan)
}

/// An invoice waits if it credits time that is not known to be paid. Otherwise an
/// upgrade that is never paid and a downgrade that its credit pays for would give
/// credits for nothing.
fn credits_are_known(
    view: &View<'_>,
    paid: &PaidInvoice,
    user_id: &UserId,
    sorted: &Sorted,
) -> Result<(), Stop> {
    for (subscription, line) in &sorted.lines {
        let LineEffect::Credits(named) = &line.effect else {
            continue;
        };
        let book = view.book(subscription, user_id);
        for named in named {
            let is_known = named.invoice == paid.id || book.has_invoice(&named.invoice);
            if !is_known && !book.has_imported(&line.price) {
                return Err(waits(user_id, ParkReason::Invoice(named.invoice.clone())));
            }
        }
    }
    Ok(())
}

/// The reason to park an invoice that does not count yet, because no book has the
/// lines that its credits credit; or because of which another invoice does not
/// count.
///
/// Its lines are in the book all the same, since the book decides from all lines.
/// Only an invoice that changes more than one book, or gives packs, waits as a
/// whole.
fn idle(
    books: &[ChangedBook],
    paid: &PaidInvoice,
    sorted: &Sorted,
    user_id: &UserId,
) -> Result<Option<ParkReason>, Stop> {
    let does_more = books.len() > 1 || !sorted.packs.is_empty();
    let mut reason = None;
    for book in books {
        let idle = book.after.idle_by(&paid.id);
        let waits_for = ParkReason::Lines(book.id.clone());
        if idle.contains(&paid.id) && does_more && !book.before.has_invoice(&paid.id) {
            return Err(waits(user_id, waits_for));
        }
        if !idle.is_empty() {
            reason.get_or_insert(waits_for);
        }
    }
    Ok(reason)
}

/// The subscriptions whose books have its lines.
fn subscriptions_of(paid: &PaidInvoice, sorted: &Sorted) -> Vec<StripeId> {
    let own = paid.parties.subscription.iter();
    let mut ids: Vec<_> = own
        .chain(sorted.lines.iter().map(|(id, _)| id))
        .cloned()
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

fn settled_subscriptions(invoice: &Invoice) -> &[StripeId] {
    invoice
        .settled
        .as_ref()
        .map_or(&[], |settled| settled.subscriptions.as_slice())
}

/// The packs that its lines granted, by line.
pub(super) fn packs_of(invoice: &Invoice) -> impl Iterator<Item = (&StripeId, &PackLot)> {
    invoice.settled.iter().flat_map(|settled| &settled.packs)
}

/// Records what is known of its payments; each payment learns which subscriptions it paid.
fn link_payments(
    view: &View<'_>,
    paid: &PaidInvoice,
    subscriptions: &[StripeId],
    invoice: &mut Invoice,
    plan: &mut Plan,
) -> Result<(), Stop> {
    let mut ids: Vec<_> = invoice.payments.keys().cloned().collect();
    ids.extend(paid.payment.clone());
    view.want(ids.iter().map(|id| FactKey::Payment(id.clone())).collect())?;
    for id in ids {
        let before = view.payment(&id);
        let mut payment = before.clone();
        payment.invoice.get_or_insert_with(|| paid.id.clone());
        if payment.invoice.as_ref() != Some(&paid.id) {
            continue;
        }
        payment.subscriptions = subscriptions.to_vec();
        if invoice.bought.is_none() {
            invoice.bought.clone_from(&payment.pack);
        }
        invoice.payments.insert(id.clone(), payment.returned());
        // It is written even if unchanged, so that a concurrent checkout of the
        // same payment conflicts with this invoice.
        plan.puts
            .insert(FactKey::Payment(id), FactValue::Payment(payment));
    }
    Ok(())
}

/// The packs that its lines grant: none if a checkout has granted them; and none
/// until it is known what paid the invoice, if anything was paid.
fn given_packs(
    sorted: &Sorted,
    paid: &PaidInvoice,
    invoice: &Invoice,
) -> (Vec<(StripeId, PackLot)>, Option<ParkReason>) {
    if sorted.packs.is_empty() || invoice.bought.is_some() {
        return (Vec::new(), None);
    }
    let is_known = paid.paid_minor == 0 || invoice.paid_otherwise || !invoice.payments.is_empty();
    let by_line = packs_of(invoice).next().is_some();
    if is_known || by_line {
        (sorted.packs.clone(), None)
    } else {
        (Vec::new(), Some(ParkReason::Payment(paid.id.clone())))
    }
}

/// Grants its packs and sets what must be gone of them, and of one that a checkout granted.
fn take_packs(
    view: &View<'_>,
    (known, invoice): (&Invoice, &Invoice),
    plan: &Plan,
    changes: &mut Changes,
) {
    let (was, is) = (known.returned(), invoice.returned());
    for (line, pack) in packs_of(invoice) {
        let before = packs_of(known).any(|(granted, _)| granted == line);
        let before = before.then(|| was.share_of(line));
        changes.pack(&PackTarget::new(pack.clone(), is.share_of(line), before));
    }
    for (key, value) in &plan.puts {
        if let (FactKey::Payment(id), FactValue::Payment(payment)) = (key, value) {
            bought_pack(changes, (&view.payment(id), known), (payment, invoice));
        }
    }
}

fn note_settled(
    invoice: &mut Invoice,
    paid: &PaidInvoice,
    user_id: &UserId,
    subscriptions: Vec<StripeId>,
    packs: &[(StripeId, PackLot)],
) {
    let amounts = paid
        .lines
        .iter()
        .filter_map(|line| Some((line.id.clone(), line.amount_minor?)));
    let settled = invoice.settled.get_or_insert_with(|| SettledInvoice {
        user_id: user_id.clone(),
        total_minor: paid.total_minor,
        subscriptions,
        packs: std::collections::BTreeMap::new(),
        line_amounts_minor: amounts.collect(),
    });
    for (line, pack) in packs {
        settled
            .packs
            .entry(line.clone())
            .or_insert_with(|| pack.clone());
    }
}

/// Adds a line to its book. A trial that the user has had already grants nothing.
fn note_line(
    view: &View<'_>,
    line: &BookLine,
    user_id: &UserId,
    book: &mut ChangedBook,
    plan: &mut Plan,
) -> Result<(), Stop> {
    let mut line = line.clone();
    if let LineEffect::Trial(lot) = &line.effect
        && book.after.line(&line.invoice, &line.id).is_none()
    {
        let of = lot.lot.as_str().strip_prefix("trial:").unwrap_or_default();
        let key = FactKey::Trial(of.to_string(), user_id.clone());
        view.want(vec![key.clone(), FactKey::Account(user_id.clone())])?;
        if view.trial(&key).is_some() || plan.puts.contains_key(&key) {
            line.effect = LineEffect::Nothing;
        } else {
            let trial = Trial {
                user_id: user_id.clone(),
                invoice: Some(line.invoice.clone()),
            };
            plan.puts.insert(key, FactValue::Trial(trial));
        }
    }
    book.after.note_line(line);
    if book.after.is_full() {
        let problem =
            "its subscription has too many lines that end together: replay it once they have ended";
        return Err(Stop::from(view.operator(problem)));
    }
    Ok(())
}
